//! Whose signatures are valid for a channel, and where the keys come from.

use std::path::{Path, PathBuf};

use bonafide_sources::Fetch;
use bonafide_verify::{Fingerprint, Keyring};
use url::Url;

use crate::error::Error;

/// The real key files have up to 60 kilobytes.
const MAX_KEY_FILE: u64 = 1024 * 1024;

/// Pinned fingerprints, and the places where keys that match them may be found.
///
/// Trusted are the fingerprints alone. A key file may be embedded, given, or fetched from anywhere: it is
/// accepted only if its primary key has a pinned fingerprint.
#[derive(Clone, Debug)]
pub struct KeySources {
    name: String,
    keyring: Keyring,
    files: Vec<PathBuf>,
    urls: Vec<Url>,
    /// Whether the URLs were added explicitly, or are only a last resort.
    always_fetch: bool,
}

impl KeySources {
    /// The keys of a known keyring, such as `ubuntu` or `fedora-44`. Keys that are not embedded are
    /// fetched from the vendor.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        let urls = Keyring::key_urls(name).iter();
        Some(Self {
            name: name.to_owned(),
            keyring: Keyring::embedded(name)?,
            files: Vec::new(),
            urls: urls.filter_map(|url| url.parse().ok()).collect(),
            always_fetch: false,
        })
    }

    /// Only signatures by these primary keys are valid for the vendor.
    #[must_use]
    pub fn pinned(vendor: &str, pinned: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self {
            name: vendor.to_owned(),
            keyring: Keyring::new(vendor, pinned),
            files: Vec::new(),
            urls: Vec::new(),
            always_fetch: true,
        }
    }

    /// Adds a key file.
    ///
    /// # Errors
    ///
    /// [`bonafide_verify::Error::KeyFile`] if none of its keys is pinned.
    pub fn key(mut self, key_file: &[u8]) -> Result<Self, bonafide_verify::Error> {
        self.keyring.add(key_file)?;
        Ok(self)
    }

    /// Reads this key file too.
    ///
    /// It is read when the keys are collected, by [`KeySources::keyring`].
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// Fetches a key file from this URL too, even if all keys are available already: so a renewed key is
    /// known as soon as the vendor publishes it.
    #[must_use]
    pub fn url(mut self, url: Url) -> Self {
        if !self.always_fetch {
            self.urls.clear();
            self.always_fetch = true;
        }
        self.urls.push(url);
        self
    }

    /// The vendor whose keys these are.
    #[must_use]
    pub fn vendor(&self) -> &str {
        self.keyring.vendor()
    }

    /// The pinned primary fingerprints.
    #[must_use]
    pub fn fingerprints(&self) -> &[Fingerprint] {
        self.keyring.pinned()
    }

    /// Collects the keys.
    ///
    /// A place that can't be read, or has other keys, is ignored if each pinned key is found at
    /// another place.
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`] if there is no key at all, with what was tried; and for a given key file
    /// without a pinned key.
    pub async fn keyring(&self, fetch: &dyn Fetch) -> Result<Keyring, Error> {
        let mut keyring = self.keyring.clone();
        let mut tried = Vec::new();
        for path in &self.files {
            let added = read(path).await.and_then(|bytes| add(&mut keyring, &bytes));
            if let Err(reason) = added {
                return Err(self.no_key(&keyring, &[format!("`{}`: {reason}", path.display())]));
            }
        }
        if self.always_fetch || !keyring.missing().is_empty() {
            for url in &self.urls {
                let fetched = fetch.read(url, MAX_KEY_FILE).await;
                let fetched = fetched.map_err(|error| error.to_string());
                if let Err(reason) = fetched.and_then(|bytes| add(&mut keyring, &bytes)) {
                    tried.push(format!("{url}: {reason}"));
                }
            }
        }
        if keyring.missing().len() == keyring.pinned().len() {
            return Err(self.no_key(&keyring, &tried));
        }
        Ok(keyring)
    }

    fn no_key(&self, keyring: &Keyring, tried: &[String]) -> Error {
        let missing = keyring.missing();
        let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
        Error::NoKey {
            keyring: self.name.clone(),
            tried: if tried.is_empty() {
                "no place is known where it could be".to_owned()
            } else {
                tried.join("; ")
            },
            pinned: missing.join(", "),
        }
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = path.to_owned();
    let read = tokio::task::spawn_blocking(move || bonafide_files::read(&file, MAX_KEY_FILE));
    match read.await {
        Ok(Ok(bytes)) => Ok(bytes),
        // The path is named already.
        Ok(Err(bonafide_files::Error::Io { source, .. })) => Err(source.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn add(keyring: &mut Keyring, bytes: &[u8]) -> Result<(), String> {
    let added = keyring.add(bytes);
    added.map(|_| ()).map_err(|error| error.to_string())
}
