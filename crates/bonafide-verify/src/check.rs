//! Compares the digest of a stream with the one that the vendor signed.

use serde::Serialize;

use crate::digest::Both;
use crate::{Algorithm, Digest, Error, Evidence, ExpectedDigest, FileSignature, Verified};

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
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-512 of the file.
    pub sha512: Digest,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The evidence of the vendor's signature over the file itself, if that was checked
    /// ([`DigestCheck::signed_by`]).
    pub file_signature: Option<Evidence>,
}

impl FileDigests {
    /// The file's digest in the given algorithm.
    ///
    /// Both are always computed, whichever the vendor signed.
    #[must_use]
    pub const fn digest(&self, algorithm: Algorithm) -> &Digest {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => &self.sha512,
        }
    }
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
    digests: Both,
    bytes: u64,
    signature: Option<FileSignature>,
}

impl DigestCheck {
    /// Prepares to compare with `expected`.
    #[must_use]
    pub fn new(expected: &Verified<ExpectedDigest>) -> Self {
        Self {
            expected: expected.clone(),
            digests: Both::default(),
            bytes: 0,
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
        self.bytes += data.len() as u64;
        self.digests.update(data);
    }

    /// How many bytes were added so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
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
        let bytes = self.bytes;
        let (sha256, sha512) = self.digests.clone().finish();
        self.expected.compare(&sha256, &sha512, bytes)?;
        if let Some(expected) = size.filter(|size| *size != bytes) {
            return Err(Error::SizeMismatch {
                name: name.clone(),
                expected,
                found: bytes,
            });
        }
        let signature = self.signature.as_ref();
        let file_signature = signature
            .map(|signature| signature.verify(&self.digests, &sha256))
            .transpose()?;
        let digests = FileDigests {
            name: name.clone(),
            vendor: digest.clone(),
            sha256,
            sha512,
            bytes,
            file_signature,
        };
        Ok(Verified::new(digests, self.expected.shared_evidence()))
    }
}
