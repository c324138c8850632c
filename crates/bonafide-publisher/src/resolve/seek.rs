//! Looks for a list's signature in the places where the vendor may have put it.

use std::collections::BTreeMap;

use bonafide_sources::{SignatureLocation, SignedList};
use url::Url;

use crate::Error;
use crate::resolve::verify::{ProvenList, ReleaseVerifier};

/// How a clear-signed message begins.
const CLEAR_SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// The places where a list's signature may be, and what was read so far.
pub(crate) struct Seeking<'a> {
    proving: &'a ReleaseVerifier<'a>,
    places: &'a [SignedList],
    lists: BTreeMap<Url, Vec<u8>>,
    signatures: BTreeMap<Url, Option<Vec<u8>>>,
}

impl<'a> Seeking<'a> {
    pub(crate) const fn new(proving: &'a ReleaseVerifier<'a>, places: &'a [SignedList]) -> Self {
        Self {
            proving,
            places,
            lists: BTreeMap::new(),
            signatures: BTreeMap::new(),
        }
    }

    /// The list at the first place whose signature is valid. A signature that exists and is invalid
    /// is never "no signature": it is the error, unless another one is valid.
    pub(crate) async fn list(mut self) -> Result<ProvenList, Error> {
        let url = self.proving.release.list.clone();
        let list = self.read_list(&url).await?;
        // The vendor may put the signature around the list.
        if list.starts_with(CLEAR_SIGNED) {
            return found(
                self.proving.clear_signed(&url, list),
                url,
                SignatureLocation::ClearSigned,
            );
        }
        let mut refusal = None;
        for place in self.places {
            let judged = match self.read_signature(&place.signature).await {
                Ok(Some(signature)) => self.judge(place, signature).await,
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            match judged {
                Ok(proven) => return Ok(proven),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.unwrap_or_else(|| self.unsigned()))
    }

    /// There is no signature at any of the places.
    fn unsigned(&self) -> Error {
        let mut looked: Vec<Url> = Vec::new();
        for place in self.places {
            if !looked.contains(&place.signature) {
                looked.push(place.signature.clone());
            }
        }
        self.proving.unsigned(looked)
    }

    async fn judge(&mut self, place: &SignedList, signature: Vec<u8>) -> Result<ProvenList, Error> {
        // A clear-signed copy of the list instead of a signature over it, as CentOS 7 has.
        if signature.starts_with(CLEAR_SIGNED) {
            let url = place.signature.clone();
            let proven = self.proving.clear_signed(&url, signature);
            return found(proven, url, SignatureLocation::ClearSigned);
        }
        let list = self.read_list(&place.list).await?;
        let proven = self.proving.detached(&place.list, list, signature);
        let signature = SignatureLocation::Detached(place.signature.clone());
        found(proven, place.list.clone(), signature)
    }

    async fn read_list(&mut self, url: &Url) -> Result<Vec<u8>, Error> {
        if let Some(list) = self.lists.get(url) {
            return Ok(list.clone());
        }
        let list = self.proving.read_list(url).await?;
        self.lists.insert(url.clone(), list.clone());
        Ok(list)
    }

    async fn read_signature(&mut self, url: &Url) -> Result<Option<Vec<u8>>, Error> {
        if let Some(signature) = self.signatures.get(url) {
            return Ok(signature.clone());
        }
        let signature = self.proving.find_signature(url).await?;
        self.signatures.insert(url.clone(), signature.clone());
        Ok(signature)
    }
}

fn found(
    proven: Result<ProvenList, Error>,
    list: Url,
    signature: SignatureLocation,
) -> Result<ProvenList, Error> {
    Ok(ProvenList {
        found: Some((list, signature)),
        ..proven?
    })
}
