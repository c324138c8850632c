//! Does a stream of bytes have the digest that the vendor signed?

use serde::Serialize;

use crate::digest::Both;
use crate::{Algorithm, Digest, Error, ExpectedDigest, Verified};

/// The digests of a whole file, whose vendor digest was found right.
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
}

impl FileDigests {
    /// The file's digest in the given algorithm.
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
}

impl DigestCheck {
    /// Prepares to compare with `expected`.
    #[must_use]
    pub fn new(expected: &Verified<ExpectedDigest>) -> Self {
        Self {
            expected: expected.clone(),
            digests: Both::default(),
            bytes: 0,
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        self.bytes += data.len() as u64;
        self.digests.update(data);
    }

    /// How many bytes were taken so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the file and gives the verdict.
    ///
    /// # Errors
    ///
    /// [`Error::DigestMismatch`] if the bytes are not those that the vendor signed.
    pub fn finish(self) -> Result<Verified<FileDigests>, Error> {
        let ExpectedDigest { name, digest } = self.expected.value();
        let bytes = self.bytes;
        let (sha256, sha512) = self.digests.finish();
        let computed = match digest.algorithm() {
            Algorithm::Sha256 => &sha256,
            Algorithm::Sha512 => &sha512,
        };
        if computed != digest {
            return Err(Error::DigestMismatch {
                name: name.clone(),
                algorithm: digest.algorithm(),
                expected: digest.clone(),
                computed: computed.clone(),
                bytes,
            });
        }
        let digests = FileDigests {
            name: name.clone(),
            vendor: digest.clone(),
            sha256,
            sha512,
            bytes,
        };
        Ok(Verified::new(digests, self.expected.shared_evidence()))
    }
}
