//! Compares the digest of a stream with the one that the vendor signed.

use serde::Serialize;

use crate::{Digest, Digester, Digests, Error, Evidence, ExpectedDigest, FileSignature, Verified};

/// The digests of a whole file that matches the vendor's digest.
///
/// Only [`DigestCheck::finish`] and [`SignatureCheck::finish`](crate::SignatureCheck::finish) make
/// one, as [`Verified<FileDigests>`](Verified), which opens the gate of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileDigests {
    /// The file's name in the signed list.
    pub name: String,
    /// The digest that the vendor signed.
    pub vendor: Digest,
    /// The computed digests and the size of the file. In JSON they are beside the other fields.
    #[serde(flatten)]
    pub digests: Digests,
    /// The evidence of the vendor's signature over the file itself, if that was checked
    /// ([`DigestCheck::signed_by`]).
    pub file_signature: Option<Evidence>,
}

/// Compares a stream with a digest from a signed list, in one pass and bounded memory.
///
/// ```no_run
/// # fn main() -> Result<(), bonafide_verify::Error> {
/// # let expected: bonafide_verify::Verified<bonafide_verify::ExpectedDigest> = todo!();
/// # let chunks: Vec<Vec<u8>> = todo!();
/// use bonafide_verify::DigestCheck;
///
/// let mut check = DigestCheck::new(&expected);
/// for chunk in &chunks {
///     check.update(chunk);
/// }
/// let digests = check.finish()?; // Verified<FileDigests>
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DigestCheck {
    expected: Verified<ExpectedDigest>,
    digester: Digester,
    signature: Option<FileSignature>,
}

impl DigestCheck {
    /// Prepares to compare with `expected`.
    #[must_use]
    pub fn new(expected: &Verified<ExpectedDigest>) -> Self {
        Self {
            expected: expected.clone(),
            digester: Digester::new(),
            signature: None,
        }
    }

    /// Also requires a valid signature over the file itself, such as Flatcar's.
    #[must_use]
    pub fn signed_by(mut self, signature: FileSignature) -> Self {
        self.signature = Some(signature);
        self
    }

    /// Adds the next bytes of the file.
    ///
    /// The size of a chunk does not matter; 64 KiB or more is fast.
    pub fn update(&mut self, data: &[u8]) {
        self.digester.update(data);
    }

    /// How many bytes were added so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.digester.bytes()
    }

    /// Ends the file and returns the result.
    ///
    /// # Errors
    ///
    /// [`Error::DigestMismatch`] if the bytes are not those that the vendor signed,
    /// [`Error::DigestContradiction`] if they match one digest of the list and not another,
    /// [`Error::SizeMismatch`] if they match, but the list states another size,
    /// [`Error::BadSignature`] if the signature over the file is not over these bytes.
    pub fn finish(self) -> Result<Verified<FileDigests>, Error> {
        let ExpectedDigest {
            name, digest, size, ..
        } = self.expected.value();
        let digests = self.digester.clone().finish();
        self.expected.compare(&digests)?;
        if let Some(expected) = size.filter(|size| *size != digests.bytes) {
            return Err(Error::SizeMismatch {
                name: name.clone(),
                expected,
                found: digests.bytes,
            });
        }
        let signature = self.signature.as_ref();
        let file_signature = signature
            .map(|signature| signature.verify(&self.digester, &digests.sha256))
            .transpose()?;
        let file = FileDigests {
            name: name.clone(),
            vendor: digest.clone(),
            digests,
            file_signature,
        };
        Ok(Verified::new(file, self.expected.shared_evidence()))
    }
}
