//! The keys for files that are named on the command line, and the files themselves.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;

use bonafide::Keyring;
use bonafide::verify::{Fingerprint, Issuer};

/// Ubuntu's list of all its builds had 1.4 megabytes in 2016, and grows.
pub const MAX_LIST: u64 = 64 * 1024 * 1024;
/// The real signatures have below a kilobyte.
pub const MAX_SIGNATURE: u64 = 64 * 1024;
/// The real key files have up to 60 kilobytes.
pub const MAX_KEY: u64 = 1024 * 1024;

/// Either the usage was wrong, or the verification failed.
#[derive(Debug)]
pub enum Failure {
    /// The verification failed.
    Refused(Box<dyn Error>),
    /// The arguments are wrong.
    Usage(String),
}

impl Failure {
    /// The reason alone.
    pub fn into_error(self) -> Box<dyn Error> {
        match self {
            Self::Refused(error) => error,
            Self::Usage(reason) => reason.into(),
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// Reads a named file; `-` is standard input.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let read = match path.to_str() {
        Some("-") => bonafide_files::read_standard_input(limit),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            return Err(Failure::Usage(format!(
                "`{url}` is a URL, and only files are read; fetch it first, or give \
                 <(curl -fsSL {url})"
            )));
        }
        _ => bonafide_files::read(path, limit),
    };
    read.map_err(|error| unreadable(&error))
}

/// A file that can't be read is wrong usage, with the cause in the same line.
pub fn unreadable(error: &bonafide_files::Error) -> Failure {
    Failure::Usage(match error {
        bonafide_files::Error::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
            format!("{error}: {source}; look at the path, or fetch the file first")
        }
        bonafide_files::Error::Io { source, .. } => format!("{error}: {source}"),
        other => other.to_string(),
    })
}

/// The keys that the user wants to use.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The name of an embedded keyring.
    pub vendor: Option<&'a str>,
    /// The content of a key file.
    pub key: Option<&'a [u8]>,
    /// Full fingerprints of primary keys.
    pub pinned: &'a [Fingerprint],
}

/// The keys, and the name of the embedded keyring that they are from.
#[derive(Debug)]
pub struct Found {
    /// The keys.
    pub keyring: Keyring,
    /// The name of the embedded keyring, if they are from one.
    pub name: Option<&'static str>,
}

impl Wanted<'_> {
    /// The keys to verify with. Without an option, the signatures select them: they name the keys
    /// of exactly one embedded keyring, or nothing is accepted.
    pub fn keyring(
        &self,
        issuers: impl FnOnce() -> Result<Vec<Issuer>, bonafide::verify::Error>,
    ) -> Result<Found, Failure> {
        if let Some(name) = self.vendor {
            return self.named(name);
        }
        if !self.pinned.is_empty() {
            let mut keyring = Keyring::new("operator", self.pinned.iter().cloned());
            if let Some(key) = self.key {
                keyring.add(key)?;
            }
            return Ok(Found {
                keyring,
                name: None,
            });
        }
        self.signed_for(&issuers()?)
    }

    /// Finds mistakes before anything is read.
    pub fn check(vendor: &str, has_key: bool) -> Result<(), Failure> {
        let keyring = Keyring::embedded(vendor);
        let keyring = keyring.ok_or_else(|| Failure::Usage(unknown_vendor(vendor)))?;
        let lacks_all = keyring.missing().len() == keyring.pinned().len();
        match lacks_all && !has_key {
            true => Err(Failure::Usage(no_key(vendor))),
            false => Ok(()),
        }
    }

    fn named(&self, name: &str) -> Result<Found, Failure> {
        let known = Keyring::embedded_names().iter();
        let Some((name, mut keyring)) = known
            .copied()
            .find(|known| *known == name)
            .and_then(|name| Some((name, Keyring::embedded(name)?)))
        else {
            return Err(Failure::Usage(unknown_vendor(name)));
        };
        if let Some(key) = self.key {
            keyring.add(key)?;
        }
        if keyring.missing().len() == keyring.pinned().len() {
            return Err(Failure::Usage(no_key(name)));
        }
        Ok(Found {
            keyring,
            name: Some(name),
        })
    }

    /// The embedded keyring whose keys the signatures name.
    fn signed_for(&self, issuers: &[Issuer]) -> Result<Found, Failure> {
        let mut found = Vec::new();
        let mut takes_key = false;
        for name in Keyring::embedded_names() {
            let Some(mut keyring) = Keyring::embedded(name) else {
                continue;
            };
            if let Some(key) = self.key {
                if keyring.add(key).is_err() {
                    continue;
                }
                takes_key = true;
            }
            if keyring.is_named(issuers) {
                found.push((*name, keyring));
            }
        }
        let vendors: BTreeSet<String> = found
            .iter()
            .map(|(_, keyring)| keyring.vendor().to_owned())
            .collect();
        if vendors.len() > 1 {
            let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
            return Err(Failure::Usage(format!(
                "there are signatures by keys of {}; select one with --vendor",
                names.join(" and ")
            )));
        }
        let Some((name, keyring)) = found.pop() else {
            return Err(self.of_no_vendor(issuers, takes_key));
        };
        if keyring.missing().len() == keyring.pinned().len() {
            return Err(Failure::Usage(no_key(name)));
        }
        Ok(Found {
            keyring,
            name: Some(name),
        })
    }

    /// The library knows some keys that sign other things, and names them.
    fn of_no_vendor(&self, issuers: &[Issuer], takes_key: bool) -> Failure {
        let vendor = "any vendor";
        if let (Some(key), false) = (self.key, takes_key) {
            let nothing_pinned = Keyring::new(vendor, []).add(key).err();
            let held = nothing_pinned.map(|error| error.to_string());
            return Failure::Usage(format!(
                "{}; if it is a key of your own, give the fingerprint of its primary key with --pinned",
                held.unwrap_or_default()
            ));
        }
        let refusal = bonafide::verify::Error::UnknownSigner {
            vendor: vendor.to_owned(),
            found: issuers.to_vec(),
            pinned: Vec::new(),
        };
        Failure::Refused(
            format!(
                "{refusal}; for a key of your own, give its file with --key and its fingerprint with \
                 --pinned"
            )
            .into(),
        )
    }
}

/// Why this name of a keyring is refused, with the names that there are.
pub fn unknown_vendor(name: &str) -> String {
    let known = Keyring::embedded_names().join(", ");
    match Keyring::similar_names(name).first() {
        Some(similar) => {
            format!("no keys of `{name}` are known; did you mean `{similar}`? There are {known}")
        }
        None => format!(
            "no keys of `{name}` are known; there are {known}. For another vendor give its key file \
             with --key, and the fingerprint of its primary key with --pinned"
        ),
    }
}

fn no_key(name: &str) -> String {
    let urls = Keyring::key_urls(name).join(" ");
    format!("the key of `{name}` is not embedded; give it with --key, for example from {urls}")
}
