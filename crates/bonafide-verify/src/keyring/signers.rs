//! The issuers that signatures name, and the owners of those keys. They only select the keyring.

use crate::nearest::nearest;
use crate::openpgp;
use crate::{Error, Issuer, Keyring};

impl Issuer {
    /// The issuers that the signatures of a detached signature file name, one for each. None is
    /// checked.
    ///
    /// # Errors
    ///
    /// [`Error::Unsigned`] or [`Error::Malformed`] if there is no signature to read.
    pub fn of_detached(signature: &[u8]) -> Result<Vec<Self>, Error> {
        let signatures = openpgp::detached_signatures(signature)?;
        Ok(signatures.iter().map(|found| found.issuer()).collect())
    }

    /// The issuers that the signatures of a clear-signed message name, one for each. None is
    /// checked.
    ///
    /// # Errors
    ///
    /// As [`Issuer::of_detached`].
    pub fn of_cleartext(message: &[u8]) -> Result<Vec<Self>, Error> {
        let (_, signatures) = openpgp::cleartext(message)?;
        Ok(signatures.iter().map(|found| found.issuer()).collect())
    }

    /// Whether a key with this fingerprint is named: by the fingerprint, or by the key id.
    pub(crate) fn names(&self, fingerprint: &str) -> bool {
        let Some(key) = &self.key else { return false };
        // The id is the end of a version 4 fingerprint, and the beginning of a version 6 one.
        let id = match fingerprint.len() {
            40 => fingerprint.get(24..),
            _ => fingerprint.get(..16),
        };
        key == fingerprint || Some(key.as_str()) == id
    }
}

impl Keyring {
    /// Whether one of these signatures names a pinned key, or a subkey of one that was added.
    #[must_use]
    pub fn is_named(&self, issuers: &[Issuer]) -> bool {
        let pinned = self.pinned.iter().map(ToString::to_string);
        let held = self
            .certificates
            .iter()
            .flat_map(openpgp::Certificate::keys);
        let keys: Vec<String> = pinned.chain(held.map(|key| key.to_string())).collect();
        issuers
            .iter()
            .any(|issuer| keys.iter().any(|key| issuer.names(key)))
    }

    /// The names of the embedded keyrings that were probably meant, nearest first.
    #[must_use]
    pub fn similar_names(name: &str) -> Vec<String> {
        nearest(name, Self::embedded_names().iter().copied())
    }
}
