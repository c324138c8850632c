//! The keys of one vendor: pinned fingerprints, and certificates that match them.

use std::fmt;

use jiff::Timestamp;
use pgp::composed::SignedPublicKey;
use pgp::types::KeyDetails;

use crate::openpgp::{self, ParsedSignature};
use crate::{Error, Fingerprint, SignedText, Verified};

const UBUNTU_KEYS: &[u8] = include_bytes!("keys/ubuntu-cloudimage-keyring.gpg");
/// UEC Image Automatic Signing Key: signs `SHA256SUMS.gpg`.
const UBUNTU_UEC: &str = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81";
/// Ubuntu Cloud Image Builder: signs the simplestreams index.
const UBUNTU_BUILDER: &str = "4A3CE3CD565D7EB5C810E2B97FF3F408476CF100";

/// The pinned keys of one vendor.
///
/// What is trusted is the **full fingerprint of a primary key**. The key file that carries the
/// key may come from anywhere: it counts only if its primary key has a pinned fingerprint. A
/// key counts for its own vendor only, so every vendor has a keyring of its own.
///
/// ```
/// use bonafide_verify::Keyring;
///
/// let keyring = Keyring::ubuntu();
/// assert_eq!(keyring.vendor(), "ubuntu");
/// assert_eq!(keyring.pinned().len(), 2);
/// ```
#[derive(Clone)]
pub struct Keyring {
    vendor: String,
    pinned: Vec<Fingerprint>,
    certificates: Vec<SignedPublicKey>,
}

impl Keyring {
    /// An empty keyring that trusts the given primary keys once their key file is added.
    #[must_use]
    pub fn new(vendor: impl Into<String>, pinned: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self {
            vendor: vendor.into(),
            pinned: pinned.into_iter().collect(),
            certificates: Vec::new(),
        }
    }

    /// Canonical's keys for Ubuntu cloud images, embedded as Debian's `ubuntu-keyring` ships them.
    #[must_use]
    pub fn ubuntu() -> Self {
        let pinned = [UBUNTU_UEC, UBUNTU_BUILDER];
        let mut keyring = Self::new("ubuntu", pinned.iter().filter_map(|pin| pin.parse().ok()));
        // A test shows that both keys are there; if the file were damaged, the keyring would be
        // empty and refuse everything.
        let _ = keyring.add(UBUNTU_KEYS);
        keyring
    }

    /// The embedded keyring of a vendor by its short name, if there is one.
    #[must_use]
    pub fn embedded(vendor: &str) -> Option<Self> {
        (vendor == "ubuntu").then(Self::ubuntu)
    }

    /// Adds the certificates of a key file, armored or binary. Returns how many counted:
    /// certificates whose primary key is not pinned are left out, and so is what can't be read
    /// beside a pinned one.
    ///
    /// # Errors
    ///
    /// [`Error::KeyFile`] if no certificate in the file has a pinned primary key.
    pub fn add(&mut self, key_file: &[u8]) -> Result<usize, Error> {
        let refused = |reason: String| Error::KeyFile {
            vendor: self.vendor.clone(),
            reason,
            pinned: self.pinned.clone(),
        };
        let (certificates, unreadable) = openpgp::certificates(key_file).map_err(refused)?;
        let fingerprint =
            |certificate: &SignedPublicKey| Fingerprint::from(certificate.fingerprint());
        let (added, foreign): (Vec<_>, Vec<_>) = certificates
            .into_iter()
            .partition(|certificate| self.pinned.contains(&fingerprint(certificate)));
        if added.is_empty() {
            return Err(refused(match unreadable {
                _ if !foreign.is_empty() => {
                    let found: Vec<_> =
                        foreign.iter().map(|f| fingerprint(f).to_string()).collect();
                    format!("it holds {}", found.join(", "))
                }
                Some(reason) => reason,
                None => "it holds no certificate".to_owned(),
            }));
        }
        let count = added.len();
        self.certificates.extend(added);
        Ok(count)
    }

    /// The vendor whose keys these are.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The pinned primary fingerprints.
    #[must_use]
    pub fn pinned(&self) -> &[Fingerprint] {
        &self.pinned
    }

    /// Proves `data` by a detached signature, armored or binary.
    ///
    /// Of several signatures one good one by a pinned key suffices. `now` is the time of the
    /// check, UTC.
    ///
    /// # Errors
    ///
    /// [`Error::Unsigned`], [`Error::Malformed`] or [`Error::UnknownSigner`] if there is no
    /// signature by a pinned key, else the rule that the signature breaks.
    pub fn verify_detached(
        &self,
        data: &[u8],
        signature: &[u8],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        let signatures = openpgp::detached_signatures(signature)?;
        self.verify(data, &signatures, now)
    }

    /// Proves a clear-signed message and gives its signed text: without dash escapes, with line
    /// feeds as line ends and without trailing blanks. Nothing before, after or beside the
    /// signed text is ever returned.
    ///
    /// # Errors
    ///
    /// As [`Keyring::verify_detached`].
    pub fn verify_cleartext(
        &self,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        let (text, signatures) = openpgp::cleartext(message)?;
        let proven = self.verify(text.as_bytes(), &signatures, now)?;
        let evidence = proven.shared_evidence();
        Ok(Verified::new(
            SignedText::new(text.replace("\r\n", "\n").into_bytes()),
            evidence,
        ))
    }

    fn verify(
        &self,
        data: &[u8],
        signatures: &[ParsedSignature],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        // What a pinned key got wrong says more than that there are unknown keys beside it.
        let mut refusal = None;
        for signature in signatures {
            for certificate in &self.certificates {
                match openpgp::verify(&self.vendor, certificate, signature, data, now) {
                    Ok(Some(evidence)) => {
                        return Ok(Verified::new(
                            SignedText::new(data.to_vec()),
                            evidence.into(),
                        ));
                    }
                    Ok(None) => {}
                    Err(error) => refusal = refusal.or(Some(error)),
                }
            }
        }
        Err(refusal.unwrap_or_else(|| Error::UnknownSigner {
            vendor: self.vendor.clone(),
            found: signatures.iter().map(ParsedSignature::issuer).collect(),
            pinned: self.pinned.clone(),
        }))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("vendor", &self.vendor)
            .field("pinned", &self.pinned)
            .field("certificates", &self.certificates.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_embedded_ubuntu_keys_match_their_pins() {
        let keyring = Keyring::ubuntu();
        let mut found: Vec<_> = keyring
            .certificates
            .iter()
            .map(|certificate| Fingerprint::from(certificate.fingerprint()).to_string())
            .collect();
        found.sort();
        assert_eq!(found, [UBUNTU_BUILDER, UBUNTU_UEC]);
    }

    #[test]
    fn a_key_file_without_a_pinned_key_is_refused() {
        let pin = "0000000000000000000000000000000000000000".parse().unwrap();
        let mut keyring = Keyring::new("other", [pin]);
        let error = keyring.add(UBUNTU_KEYS).unwrap_err().to_string();
        assert!(error.contains(UBUNTU_UEC), "{error}");
        assert!(keyring.add(b"<html>404</html>").is_err());
        assert!(keyring.add(b"").is_err());
    }
}
