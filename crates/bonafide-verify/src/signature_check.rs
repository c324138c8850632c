//! Compares a stream of bytes with a signature over the whole file.

use crate::{Digester, Error, ExpectedDigest, FileDigests, FileSignature, Verified};

/// Verifies a file only by a signature over the file itself, in one pass and bounded memory. A
/// vendor's `image.sig` without a list is such a signature.
///
/// No list names the file: it is verified that a pinned key signed these bytes, and not what their
/// name is.
///
/// ```no_run
/// # fn main() -> Result<(), bonafide_verify::Error> {
/// # let (keyring, signature, chunks): (bonafide_verify::Keyring, Vec<u8>, Vec<Vec<u8>>) = todo!();
/// # let now: jiff::Timestamp = todo!();
/// use bonafide_verify::SignatureCheck;
///
/// let mut check = SignatureCheck::new("image.qcow2", keyring.file_signature(&signature, now)?);
/// for chunk in &chunks {
///     check.update(chunk);
/// }
/// let digests = check.finish()?; // Verified<FileDigests>
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignatureCheck {
    name: String,
    signature: FileSignature,
    digester: Digester,
}

impl SignatureCheck {
    /// Prepares to check the signature; `name` is the name of the file in results and errors.
    #[must_use]
    pub fn new(name: &str, signature: FileSignature) -> Self {
        Self {
            name: name.to_owned(),
            signature,
            digester: Digester::new(),
        }
    }

    /// Adds the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        self.digester.update(data);
    }

    /// How many bytes were added so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.digester.bytes()
    }

    /// Ends the file and returns the result. The digest that the vendor signed is the one inside
    /// the signature.
    ///
    /// # Errors
    ///
    /// [`Error::BadSignature`] if the signature is not over these bytes.
    pub fn finish(self) -> Result<Verified<FileDigests>, Error> {
        let digests = self.digester.clone().finish();
        let evidence = self.signature.verify(&self.digester, &digests.sha256)?;
        // A signature that can be checked over a stream has one of these two.
        let vendor = match &*evidence.digest_algorithm {
            "SHA256" => &digests.sha256,
            _ => &digests.sha512,
        };
        let file = FileDigests {
            name: self.name,
            vendor: vendor.clone(),
            digests,
            file_signature: Some(evidence.clone()),
        };
        Ok(Verified::new(file, evidence.into()))
    }
}

impl Verified<FileDigests> {
    /// What another copy of this file must match, so that a file that was verified once can be read
    /// again.
    #[must_use]
    pub fn expected(&self) -> Verified<ExpectedDigest> {
        let expected = ExpectedDigest {
            name: self.name.clone(),
            digest: self.vendor.clone(),
            others: Vec::new(),
            size: Some(self.digests.bytes),
        };
        Verified::new(expected, self.shared_evidence())
    }
}
