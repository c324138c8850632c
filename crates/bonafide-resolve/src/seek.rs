//! Looks for a list's signature in the places where the vendor may have put it.

use std::collections::BTreeMap;

use bonafide_sources::{SignatureLocation, SignedList};
use url::Url;

use crate::error::Error;
use crate::verify::{ReleaseVerifier, VerifiedList};

/// The beginning of a clear-signed message (RFC 9580, section 7).
const CLEAR_SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// The places where a list's signature may be, and what was read so far.
pub(crate) struct Seeking<'a> {
    verifier: &'a ReleaseVerifier<'a>,
    places: &'a [SignedList],
    lists: BTreeMap<Url, Vec<u8>>,
    signatures: BTreeMap<Url, Option<Vec<u8>>>,
}

impl<'a> Seeking<'a> {
    pub(crate) const fn new(verifier: &'a ReleaseVerifier<'a>, places: &'a [SignedList]) -> Self {
        Self {
            verifier,
            places,
            lists: BTreeMap::new(),
            signatures: BTreeMap::new(),
        }
    }

    /// The list of the first place whose signature is valid. An invalid signature is never "no signature":
    /// it is the reason of the refusal, unless another one is valid.
    pub(crate) async fn list(mut self) -> Result<VerifiedList, Error> {
        let url = self.verifier.release.list.clone();
        let list = self.read_list(&url).await?;
        // The vendor may put the signature around the list.
        if list.starts_with(CLEAR_SIGNED) {
            return found(
                self.verifier.clear_signed(&url, list),
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
                Ok(verified) => return Ok(verified),
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
        self.verifier.unsigned(looked)
    }

    async fn judge(
        &mut self,
        place: &SignedList,
        signature: Vec<u8>,
    ) -> Result<VerifiedList, Error> {
        // A clear-signed copy of the list instead of a signature over it, as CentOS 7 has.
        if signature.starts_with(CLEAR_SIGNED) {
            let url = place.signature.clone();
            let verified = self.verifier.clear_signed(&url, signature);
            return found(verified, url, SignatureLocation::ClearSigned);
        }
        let list = self.read_list(&place.list).await?;
        let verified = self.verifier.detached(&place.list, list, signature);
        let signature = SignatureLocation::Detached(place.signature.clone());
        found(verified, place.list.clone(), signature)
    }

    async fn read_list(&mut self, url: &Url) -> Result<Vec<u8>, Error> {
        if let Some(list) = self.lists.get(url) {
            return Ok(list.clone());
        }
        let list = self.verifier.read_list(url).await?;
        self.lists.insert(url.clone(), list.clone());
        Ok(list)
    }

    async fn read_signature(&mut self, url: &Url) -> Result<Option<Vec<u8>>, Error> {
        if let Some(signature) = self.signatures.get(url) {
            return Ok(signature.clone());
        }
        let signature = self.verifier.find_signature(url).await?;
        self.signatures.insert(url.clone(), signature.clone());
        Ok(signature)
    }
}

fn found(
    verified: Result<VerifiedList, Error>,
    list: Url,
    signature: SignatureLocation,
) -> Result<VerifiedList, Error> {
    Ok(VerifiedList {
        found: Some((list, signature)),
        ..verified?
    })
}
