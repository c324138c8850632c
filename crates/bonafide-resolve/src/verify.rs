//! Reads what a vendor signed, and verifies it.

use bonafide_core::html;
use bonafide_sources::{Fetch, FetchError, ListFormat, Product, Release, SignatureLocation};
use bonafide_verify::{
    ChecksumList, Error as VerifyError, FileSignature, Keyring, SignedText, Verified,
};
use jiff::Timestamp;
use url::Url;

use crate::error::Error;
use crate::list::read_list;
use crate::signed_files::SignedFiles;

/// The real lists have up to 30 kilobytes.
const MAX_LIST: u64 = 4 * 1024 * 1024;
/// Ubuntu's index of all its builds had 1.4 megabytes in 2016, and grows.
const MAX_INDEX: u64 = 64 * 1024 * 1024;
/// The real signatures are smaller than a kilobyte.
const MAX_SIGNATURE: u64 = 64 * 1024;
const MAX_STAMP: u64 = 16 * 1024;

/// One release that is being verified.
pub(crate) struct ReleaseVerifier<'a> {
    pub(crate) product: &'a Product,
    pub(crate) keyring: &'a Keyring,
    pub(crate) release: &'a Release,
    pub(crate) fetch: &'a dyn Fetch,
    pub(crate) now: Timestamp,
}

/// A verified list.
pub(crate) struct VerifiedList {
    pub(crate) list: Verified<ChecksumList>,
    /// The files that it was verified with.
    pub(crate) files: SignedFiles,
    /// Where the list and its signature are, if several places were possible.
    pub(crate) found: Option<(Url, SignatureLocation)>,
}

impl ReleaseVerifier<'_> {
    /// The list, verified by the signature in its one place.
    pub(crate) async fn list(&self) -> Result<VerifiedList, Error> {
        let url = &self.release.list;
        match &self.release.signature {
            SignatureLocation::ClearSigned => {
                let list = match self.read_list(url).await {
                    // If the list itself carries the signature, no file means no signature.
                    Err(Error::Fetch(error)) if error.is_not_found() => {
                        return Err(self.unsigned([url.clone()]));
                    }
                    list => list?,
                };
                self.clear_signed(url, list)
            }
            SignatureLocation::Detached(location) => {
                let list = self.read_list(url).await?;
                let signature = self.signature(location).await?;
                self.detached(url, list, signature)
            }
            _ => Err(Error::UnknownSignatureLocation {
                channel: self.product.channel.clone(),
            }),
        }
    }

    /// Reads a small file, from the vendor's other host if a mirror to which it was redirected
    /// fails.
    async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FetchError> {
        let read = self.fetch.read(url, limit).await;
        match (read, self.product.stable_url(url)) {
            (Err(error), Some(stable)) if error.is_by_redirect() => {
                self.fetch.read(&stable, limit).await
            }
            (read, _) => read,
        }
    }

    pub(crate) async fn read_list(&self, url: &Url) -> Result<Vec<u8>, Error> {
        let limit = match self.release.format {
            ListFormat::AnyForm | ListFormat::Simplestreams => MAX_INDEX,
            _ => MAX_LIST,
        };
        let list = self.read(url, limit).await?;
        match html::is_page(&list) {
            true => Err(Error::HtmlInsteadOfList { url: url.clone() }),
            false => Ok(list),
        }
    }

    pub(crate) fn clear_signed(&self, url: &Url, list: Vec<u8>) -> Result<VerifiedList, Error> {
        let text = self.keyring.verify_cleartext(&list, self.now);
        self.verified(url, text, list, None)
    }

    pub(crate) fn detached(
        &self,
        url: &Url,
        list: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<VerifiedList, Error> {
        let keyring = self.keyring;
        let text = keyring.verify_detached(&list, &signature, self.now);
        self.verified(url, text, list, Some(signature))
    }

    fn verified(
        &self,
        url: &Url,
        text: Result<Verified<SignedText>, VerifyError>,
        list: Vec<u8>,
        signature: Option<Vec<u8>>,
    ) -> Result<VerifiedList, Error> {
        let name = self.release.side_car_of.as_deref().unwrap_or_default();
        let verified = text.and_then(|text| read_list(&text, self.release.format, name));
        Ok(VerifiedList {
            list: verified.map_err(|source| Error::unverified(url, source))?,
            files: SignedFiles::new(list).signature(signature),
            found: None,
        })
    }

    /// The verified text of the release's version file, and when it was signed.
    pub(crate) async fn stamp(&self) -> Result<Option<(String, Timestamp)>, Error> {
        let Some(stamp) = &self.release.stamp else {
            return Ok(None);
        };
        let text = self.read(&stamp.url, MAX_STAMP).await?;
        let signature = self.signature(&stamp.signature).await?;
        let keyring = self.keyring;
        let verified = keyring
            .verify_detached(&text, &signature, self.now)
            .map_err(|source| Error::unverified(&stamp.url, source))?;
        let text = String::from_utf8_lossy(verified.as_bytes()).into_owned();
        Ok(Some((text, verified.evidence().signed_at)))
    }

    /// A signature over the image itself, read and checked before the image is fetched.
    pub(crate) async fn file_signature(
        &self,
        url: &Url,
    ) -> Result<(FileSignature, Vec<u8>), Error> {
        let bytes = self.signature(url).await?;
        let keyring = self.keyring;
        let signature = keyring
            .file_signature(&bytes, self.now)
            .map_err(|source| Error::unverified(url, source))?;
        Ok((signature, bytes))
    }

    async fn signature(&self, url: &Url) -> Result<Vec<u8>, Error> {
        match self.find_signature(url).await? {
            Some(signature) => Ok(signature),
            None => Err(self.unsigned([url.clone()])),
        }
    }

    /// A signature, or that there is none.
    pub(crate) async fn find_signature(&self, url: &Url) -> Result<Option<Vec<u8>>, Error> {
        match self.read(url, MAX_SIGNATURE).await {
            Err(error) if error.is_not_found() => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    pub(crate) fn unsigned(&self, looked: impl Into<Vec<Url>>) -> Error {
        Error::Unsigned {
            looked: looked.into(),
            signing: self.product.signing,
        }
    }
}
