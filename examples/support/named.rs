//! An image that is named on the command line, and its evidence.

use std::path::{Path, PathBuf};

use bonafide::Fetch;
use bonafide::publisher::{Channel, KeySources};
use bonafide::sources::CustomImage;
use bonafide::verify::{Fingerprint, Issuer};
use clap::Args;
use tempfile::TempDir;
use url::Url;

use crate::proof::{Failure, MAX_KEY, MAX_LIST, MAX_SIGNATURE, Wanted, read};
use crate::{AnyError, World};

/// The evidence of a URL or a file.
#[derive(Debug, Args)]
pub struct Proof {
    /// The keyring of a URL or file, for example ubuntu or fedora-44. Without it, the vendor whose
    /// pinned key the signature names
    #[arg(
        long,
        value_name = "KEYRING",
        requires = "list",
        conflicts_with = "channel"
    )]
    pub vendor: Option<String>,
    /// A key file for a URL or file: a newer copy of a vendor's key, one that is not embedded, or
    /// your own. Only the pinned keys in it are valid
    #[arg(
        long,
        value_name = "FILE",
        requires = "list",
        conflicts_with = "channel"
    )]
    pub key: Option<PathBuf>,
    /// The full fingerprint of the primary key in --key, for a key that is not an embedded
    /// vendor's; may be given again
    #[arg(
        long,
        value_name = "FINGERPRINT",
        requires = "key",
        conflicts_with = "vendor"
    )]
    pub pinned: Vec<Fingerprint>,
    /// The signed list that names a URL or file: a URL or a file
    #[arg(long, value_name = "URL|FILE", requires = "image")]
    pub list: Option<String>,
    /// The list's detached signature; without it the list must be clear-signed
    #[arg(long, value_name = "URL|FILE", requires = "list")]
    pub signature: Option<String>,
    /// A detached signature over the image itself, which must be valid as well as the list's
    #[arg(long, value_name = "URL|FILE", requires = "list")]
    pub file_signature: Option<String>,
    /// The image's name in the list, if it was renamed
    #[arg(long = "as", value_name = "NAME", requires = "list")]
    pub listed_as: Option<String>,
}

impl Proof {
    /// Finds mistakes before anything is sent.
    pub fn check(&self) -> Result<(), AnyError> {
        let given = [&self.list, &self.signature, &self.file_signature];
        for text in given.into_iter().flatten() {
            present(text)?;
        }
        if let Some(vendor) = self.vendor.as_deref()
            && KeySources::known(vendor).is_none()
        {
            return Err(crate::proof::unknown_vendor(vendor).into());
        }
        Ok(())
    }

    /// The image as a channel of its own, whose list the wanted keys sign. Data from a pipe is kept
    /// in a directory, since it is read again after the image.
    pub async fn channel(
        &self,
        image: &str,
        world: &World,
    ) -> Result<(Channel, TempDir), AnyError> {
        let kept = tempfile::tempdir()?;
        let list = self.list.as_deref().unwrap_or_default();
        let list = keep(list, "list", MAX_LIST, &kept)?;
        let keep = |given: &Option<String>, name| {
            let given = given.as_deref();
            given
                .map(|text| keep(text, name, MAX_SIGNATURE, &kept))
                .transpose()
        };
        let signature = keep(&self.signature, "signature")?;
        let file_signature = keep(&self.file_signature, "file-signature")?;
        let trust = self
            .trust(&list, signature.as_ref(), world.fetch.as_ref())
            .await?;
        let mut source = CustomImage::new("upload", url(image)?, list, signature)?.any_form();
        // With a pin it is a custom image.
        if self.pinned.is_empty() {
            source = source.of_vendor(trust.vendor());
        }
        if let Some(name) = &self.listed_as {
            source = source.listed_as(name);
        }
        if let Some(signature) = file_signature {
            source = source.file_signature(signature);
        }
        let keyring = trust.keyring(world.fetch.as_ref()).await?;
        Ok((Channel::new(source, keyring), kept))
    }

    async fn trust(
        &self,
        list: &Url,
        signature: Option<&Url>,
        fetch: &dyn Fetch,
    ) -> Result<KeySources, AnyError> {
        let trust = if let Some(name) = &self.vendor {
            KeySources::known(name).ok_or_else(|| crate::proof::unknown_vendor(name))?
        } else if self.pinned.is_empty() {
            let key = self.key.as_deref().map(|key| read(key, MAX_KEY));
            let key = key.transpose().map_err(Failure::into_error)?;
            let issuers = match signature {
                Some(signature) => {
                    Issuer::of_detached(&fetch.read(signature, MAX_SIGNATURE).await?)
                }
                None => Issuer::of_cleartext(&fetch.read(list, MAX_LIST).await?),
            };
            let wanted = Wanted {
                vendor: None,
                key: key.as_deref(),
                pinned: &[],
            };
            let found = wanted.keyring(|| issuers).map_err(Failure::into_error)?;
            let known = found.name.and_then(KeySources::known);
            known.ok_or("no embedded keyring has this key; give --vendor")?
        } else {
            KeySources::pinned("operator", self.pinned.iter().cloned())
        };
        Ok(match &self.key {
            Some(key) => trust.file(key),
            None => trust,
        })
    }
}

/// Whether a named file exists; a URL shows that later.
pub fn present(text: &str) -> Result<(), AnyError> {
    let path = Path::new(text);
    if Url::parse(text).is_ok() || path.exists() && !path.is_dir() {
        return Ok(());
    }
    let what = match path.is_dir() {
        true => "is a directory; give a file in it",
        false => "does not exist; give a file, or a URL that begins with https://",
    };
    Err(format!("`{text}` {what}").into())
}

/// A URL or a file unchanged. Data from a pipe is written to a file first.
fn keep(text: &str, name: &str, limit: u64, kept: &TempDir) -> Result<Url, AnyError> {
    let path = Path::new(text);
    if Url::parse(text).is_ok() || path.is_file() {
        return url(text);
    }
    let bytes = bonafide_files::read(path, limit)?;
    let path = kept.path().join(name);
    std::fs::write(&path, bytes)?;
    url(&path.to_string_lossy())
}

/// A URL unchanged, or a file as a `file:` URL.
pub fn url(text: &str) -> Result<Url, AnyError> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" => Ok(url),
        Ok(url) => Err(format!(
            "`{}:` is not a scheme that is fetched; give a URL that begins with https://, or a file",
            url.scheme()
        )
        .into()),
        Err(_) => {
            let path = std::path::absolute(Path::new(text))?;
            Url::from_file_path(path).map_err(|()| format!("`{text}` is not a file name").into())
        }
    }
}
