//! The keys of one vendor: pinned fingerprints, and certificates that match them.

use std::fmt;

use jiff::Timestamp;
use pgp::composed::SignedPublicKey;
use pgp::types::KeyDetails;

use crate::openpgp::{self, Certificate, KeyFile, ParsedSignature, SignatureCandidate};
use crate::{Error, Evidence, FileSignature, Fingerprint, Issuer, SignedText, Verified};

mod converted;
mod known;
pub(crate) mod owners;
mod signers;

use known::Known;

/// Larger than any list; Ubuntu's index of all builds has some 10 MiB.
const MAX_TEXT: usize = 64 * 1024 * 1024;
/// How many foreign keys an error names.
const MAX_SHOWN: usize = 8;

/// The pinned keys of one vendor.
///
/// The **full fingerprint of a primary key** is trusted. The key file that carries the key may come
/// from anywhere: it is accepted only if its primary key has a pinned fingerprint. A key is valid
/// for its own vendor only, so every vendor has a keyring of its own.
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
    /// One for each primary key: copies are merged.
    certificates: Vec<Certificate>,
}

impl Keyring {
    /// An empty keyring that trusts the given primary keys once their key file is added.
    ///
    /// The vendor's name is used in errors and in the evidence.
    ///
    /// ```
    /// use bonafide_verify::Keyring;
    ///
    /// let pin: bonafide_verify::Fingerprint = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81".parse()?;
    /// let mut keyring = Keyring::new("ubuntu", [pin]);
    /// assert_eq!(keyring.missing().len(), 1, "no key file was added yet");
    /// assert!(keyring.add(b"not a key").is_err());
    /// # Ok::<(), bonafide_verify::Error>(())
    /// ```
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
        // A test shows that it is in the table; a keyring without pins would refuse everything.
        Self::embedded("ubuntu").unwrap_or_else(|| Self::new("ubuntu", []))
    }

    /// The keyring of this name that comes with the crate; see [`Keyring::embedded_names`].
    ///
    /// Not every key could be embedded: add the keys that [`Keyring::missing`] returns from where
    /// the vendor publishes them ([`Keyring::key_urls`]).
    #[must_use]
    pub fn embedded(name: &str) -> Option<Self> {
        let Known {
            vendor, pins, file, ..
        } = known::known(name)?;
        let mut keyring = Self::new(*vendor, pins.iter().filter_map(|pin| pin.parse().ok()));
        if let Some(file) = file {
            // Tests show that the pinned keys are embedded; if a file were damaged, the key would
            // be missing and everything refused.
            let _ = keyring.add(file);
        }
        Some(keyring)
    }

    /// The names of the keyrings that come with the crate, sorted.
    ///
    /// ```
    /// use bonafide_verify::Keyring;
    ///
    /// assert!(Keyring::embedded_names().contains(&"rocky-9"));
    /// ```
    #[must_use]
    pub fn embedded_names() -> &'static [&'static str] {
        &known::NAMES
    }

    /// Where the vendor publishes the keys of the keyring with this name, over https; empty if that
    /// is not known.
    ///
    /// The files found there can be added to the keyring safely: only pinned keys are accepted, and
    /// an older copy removes nothing.
    #[must_use]
    pub fn key_urls(name: &str) -> &'static [&'static str] {
        known::known(name).map_or(&[], |known| known.urls)
    }

    /// Adds the certificates of a key file, armored or binary. Returns how many were accepted:
    /// certificates whose primary key is not pinned are left out, and so is unreadable data beside
    /// a pinned one. Another copy of a known key adds newer self-signatures, subkeys and
    /// revocations. No copy removes anything.
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
        let pinned =
            |certificate: &SignedPublicKey| self.pinned.contains(&fingerprint(certificate));
        let KeyFile {
            certificates,
            unreadable,
            bound,
        } = openpgp::certificates(key_file, pinned).map_err(refused)?;
        let (added, foreign): (Vec<_>, Vec<_>) = certificates
            .into_iter()
            .partition(|certificate| self.pinned.contains(&fingerprint(certificate)));
        if added.is_empty() {
            let reason = match unreadable {
                _ if !foreign.is_empty() => {
                    let found = foreign.iter().take(MAX_SHOWN);
                    let found: Vec<_> = found.map(|f| fingerprint(f).to_string()).collect();
                    let more = if foreign.len() > MAX_SHOWN {
                        ", …"
                    } else {
                        ""
                    };
                    format!("it holds {}{more}", found.join(", "))
                }
                Some(reason) => reason,
                None => "it holds no certificate".to_owned(),
            };
            return Err(refused(match bound {
                Some(bound) => format!("{reason}; {bound}"),
                None => reason,
            }));
        }
        let count = added.len();
        self.learn(added);
        Ok(count)
    }

    /// All copies of a key at once: they are evaluated together, one time.
    fn learn(&mut self, mut copies: Vec<SignedPublicKey>) {
        while let Some(first) = copies.first() {
            let key = first.primary_key.clone();
            let held = Fingerprint::from(key.fingerprint());
            let (same, others) = copies
                .into_iter()
                .partition(|copy| fingerprint(copy) == held);
            copies = others;
            let mut known = self.certificates.iter_mut();
            if let Some(known) = known.find(|known| known.fingerprint() == held) {
                known.learn(same);
            } else {
                let mut new = Certificate::new(key);
                new.learn(same);
                self.certificates.push(new);
            }
        }
    }

    /// The vendor whose keys these are.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The pinned primary fingerprints.
    ///
    /// They are those of primary keys; subkeys are not pinned.
    #[must_use]
    pub fn pinned(&self) -> &[Fingerprint] {
        &self.pinned
    }

    /// The pinned fingerprints for which no certificate was added yet: signatures by those keys are
    /// refused.
    #[must_use]
    pub fn missing(&self) -> Vec<Fingerprint> {
        let held: Vec<_> = self
            .certificates
            .iter()
            .map(Certificate::fingerprint)
            .collect();
        let missing = self.pinned.iter().filter(|pin| !held.contains(pin));
        missing.cloned().collect()
    }

    /// Verifies `data` by a detached signature, armored or binary.
    ///
    /// Of several signatures one valid signature by a pinned key suffices. `now` is the time of the
    /// check, UTC.
    ///
    /// # Errors
    ///
    /// [`Error::Unsigned`], [`Error::Malformed`] or [`Error::UnknownSigner`] if there is no
    /// signature by a pinned key, [`Error::NotDetached`] if it belongs to a text of its own, else
    /// the rule that the signature breaks. [`Error::TooLarge`] if the data has more than 64 MiB:
    /// for whole images there is [`Keyring::file_signature`].
    pub fn verify_detached(
        &self,
        data: &[u8],
        signature: &[u8],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        bounded("the signed file", data)?;
        let signatures = openpgp::detached_signatures(signature)?;
        self.verify(data, &signatures, now).map_err(|error| {
            let fits = |original: &[u8]| self.verify(original, &signatures, now).is_ok();
            converted::explained(error, data, signature, fits)
        })
    }

    /// Verifies a clear-signed message and returns its signed text: without dash escapes, with line
    /// feeds as line ends and without trailing blanks. Nothing before, after or beside the signed
    /// text is ever returned.
    ///
    /// # Errors
    ///
    /// As [`Keyring::verify_detached`].
    pub fn verify_cleartext(
        &self,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        bounded("the clear-signed message", message)?;
        let (text, signatures) = openpgp::cleartext(message)?;
        let proven = self.verify(text.as_bytes(), &signatures, now)?;
        let evidence = proven.shared_evidence();
        Ok(Verified::new(
            SignedText::new(text.replace("\r\n", "\n").into_bytes()),
            evidence,
        ))
    }

    /// Checks a detached signature over a whole file, armored or binary, before the file is
    /// available. [`DigestCheck::signed_by`](crate::DigestCheck::signed_by) then checks the
    /// mathematics.
    ///
    /// Of several signatures one valid signature by a pinned key suffices. `now` is the time of the
    /// check, UTC.
    ///
    /// # Errors
    ///
    /// As [`Keyring::verify_detached`], but for [`Error::BadSignature`]; and
    /// [`Error::NotStreamable`] unless the signature is binary (0x00), of version 4, and over
    /// SHA-256 or SHA-512.
    pub fn file_signature(&self, signature: &[u8], now: Timestamp) -> Result<FileSignature, Error> {
        let signatures = openpgp::detached_signatures(signature)?;
        let judged = self.judge(&signatures, |certificate, signature| {
            SignatureCandidate::new(&self.vendor, certificate, signature, now)
        });
        FileSignature::new(judged.good, judged.others).ok_or(judged.refusal)
    }

    #[cfg(fuzzing)]
    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    fn verify(
        &self,
        data: &[u8],
        signatures: &[ParsedSignature],
        now: Timestamp,
    ) -> Result<Verified<SignedText>, Error> {
        let judged = self.judge(signatures, |certificate, signature| {
            openpgp::verify(&self.vendor, certificate, signature, data, now)
        });
        let evidence = judged.good.into_iter().next().ok_or(judged.refusal)?;
        let evidence = Evidence {
            others: judged.others,
            ..evidence
        };
        Ok(Verified::new(
            SignedText::new(data.to_vec()),
            evidence.into(),
        ))
    }

    fn judge<T>(
        &self,
        signatures: &[ParsedSignature],
        check: impl Fn(&Certificate, &ParsedSignature) -> Result<Option<T>, Error>,
    ) -> Judged<T> {
        let mut good = Vec::new();
        let mut others = Vec::new();
        let mut refusal = None;
        for signature in signatures {
            let before = good.len();
            for certificate in &self.certificates {
                match check(certificate, signature) {
                    Ok(found) => good.extend(found),
                    Err(error) => refusal = refusal.or(Some(error)),
                }
            }
            if good.len() == before {
                others.push(signature.issuer());
            }
        }
        let refusal = refusal.unwrap_or_else(|| Error::UnknownSigner {
            vendor: self.vendor.clone(),
            found: others.clone(),
            pinned: self.pinned.clone(),
        });
        Judged {
            good,
            others,
            refusal,
        }
    }
}

/// The result for the signatures of one file.
struct Judged<T> {
    /// The valid ones.
    good: Vec<T>,
    /// The issuers of the others.
    others: Vec<Issuer>,
    /// Why the others are invalid: the error of a pinned key is more helpful than that there are
    /// unknown keys beside it.
    refusal: Error,
}

fn bounded(what: &'static str, data: &[u8]) -> Result<(), Error> {
    let (bytes, most) = (data.len(), MAX_TEXT);
    match bytes > most {
        true => Err(Error::TooLarge { what, bytes, most }),
        false => Ok(()),
    }
}

fn fingerprint(certificate: &SignedPublicKey) -> Fingerprint {
    certificate.fingerprint().into()
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
    fn a_key_file_without_a_pinned_key_is_refused() {
        let pin = "0000000000000000000000000000000000000000".parse().unwrap();
        let mut keyring = Keyring::new("other", [pin]);
        let ubuntu = known::known("ubuntu").unwrap();
        let error = keyring.add(ubuntu.file.unwrap()).unwrap_err().to_string();
        assert!(error.contains(ubuntu.pins[0]), "{error}");
        assert!(keyring.add(b"<html>404</html>").is_err());
        assert!(keyring.add(b"").is_err());
        assert_eq!(keyring.missing().len(), 1);
    }
}
