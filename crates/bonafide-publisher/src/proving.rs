//! Fetches what a vendor signed, and proves it.

use bonafide_sources::{Fetch, FetchError, ListFormat, Release, SignatureLocation};
use bonafide_verify::{ChecksumList, Error as VerifyError, FileSignature, SignedText, Verified};
use jiff::Timestamp;
use url::Url;

use crate::{Channel, Error, SignedFiles};

/// The real lists have up to 30 kilobytes.
const MAX_LIST: u64 = 4 * 1024 * 1024;
/// Ubuntu's index of all its builds had 1.4 megabytes in 2016, and grows.
const MAX_INDEX: u64 = 64 * 1024 * 1024;
/// The real signatures have below a kilobyte.
const MAX_SIGNATURE: u64 = 64 * 1024;
const MAX_STAMP: u64 = 16 * 1024;

/// One release that is being proven.
pub(crate) struct Proving<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) release: &'a Release,
    pub(crate) fetch: &'a dyn Fetch,
    pub(crate) now: Timestamp,
}

impl Proving<'_> {
    /// The list, proven by its signature, and the files that prove it.
    pub(crate) async fn list(&self) -> Result<(Verified<ChecksumList>, SignedFiles), Error> {
        let url = &self.release.list;
        let limit = match self.release.format {
            ListFormat::Simplestreams => MAX_INDEX,
            _ => MAX_LIST,
        };
        let list = match (&self.release.signature, self.fetch.read(url, limit).await) {
            // Where the list itself carries the signature, no file is no signature.
            (SignatureLocation::ClearSigned, Err(FetchError::NotFound { url })) => {
                return Err(self.unsigned(url));
            }
            (_, list) => list?,
        };
        if looks_like_html(&list) {
            return Err(Error::HtmlInsteadOfList { url: url.clone() });
        }
        let keyring = &self.channel.keyring;
        let mut signature = None;
        let text = match &self.release.signature {
            SignatureLocation::ClearSigned => keyring.verify_cleartext(&list, self.now),
            SignatureLocation::Detached(location) => {
                let detached = self.signature(location).await?;
                let text = keyring.verify_detached(&list, &detached, self.now);
                signature = Some(detached);
                text
            }
            _ => {
                return Err(Error::UnknownSignatureLocation {
                    channel: self.channel.name().to_owned(),
                });
            }
        };
        let proven = text.and_then(|text| read_list(&text, self.release.format));
        let proven = proven.map_err(|source| Error::unproven(url, source))?;
        let files = SignedFiles {
            list,
            signature,
            file_signature: None,
        };
        Ok((proven, files))
    }

    /// The text of the release's stamp and when it was signed, proven by its signature.
    pub(crate) async fn stamp(&self) -> Result<Option<(String, Timestamp)>, Error> {
        let Some(stamp) = &self.release.stamp else {
            return Ok(None);
        };
        let text = self.fetch.read(&stamp.url, MAX_STAMP).await?;
        let signature = self.signature(&stamp.signature).await?;
        let keyring = &self.channel.keyring;
        let proven = keyring
            .verify_detached(&text, &signature, self.now)
            .map_err(|source| Error::unproven(&stamp.url, source))?;
        let text = String::from_utf8_lossy(proven.as_bytes()).into_owned();
        Ok(Some((text, proven.evidence().signed_at)))
    }

    /// A signature over the image itself, read and found fit to count before the image is fetched.
    pub(crate) async fn file_signature(
        &self,
        url: &Url,
    ) -> Result<(FileSignature, Vec<u8>), Error> {
        let bytes = self.signature(url).await?;
        let keyring = &self.channel.keyring;
        let signature = keyring
            .file_signature(&bytes, self.now)
            .map_err(|source| Error::unproven(url, source))?;
        Ok((signature, bytes))
    }

    async fn signature(&self, url: &Url) -> Result<Vec<u8>, Error> {
        match self.fetch.read(url, MAX_SIGNATURE).await {
            Err(FetchError::NotFound { url }) => Err(self.unsigned(url)),
            other => Ok(other?),
        }
    }

    fn unsigned(&self, url: Url) -> Error {
        Error::Unsigned {
            url,
            signing: self.channel.product().signing,
        }
    }
}

/// Reads signed text in the form that the vendor uses.
pub(crate) fn read_list(
    text: &Verified<SignedText>,
    format: ListFormat,
) -> Result<Verified<ChecksumList>, VerifyError> {
    match format {
        ListFormat::Simplestreams => text.simplestreams(),
        _ => text.checksum_list(),
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes))
        .trim_start()
        .to_lowercase();
    head.starts_with("<!doctype") || head.starts_with("<html")
}
