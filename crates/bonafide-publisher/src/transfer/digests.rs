//! What an image's bytes must match: a signed digest, or nothing.

use bonafide_verify::{
    Algorithm, Commit, Digest, DigestCheck, Digester, Error as VerifyError, ExpectedDigest,
    FileDigests, Gate, Verified, danger,
};
use serde::Serialize;

/// Digests and size of an image as it is stored in Glance.
///
/// They are the file's own if it is uploaded unchanged, and those of its content if it was
/// compressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageDigests {
    /// SHA-256 of the image.
    pub sha256: Digest,
    /// SHA-512 of the image.
    pub sha512: Digest,
    /// The size of the image in bytes.
    pub bytes: u64,
}

impl ImageDigests {
    /// The image's digest in the given algorithm.
    #[must_use]
    pub const fn digest(&self, algorithm: Algorithm) -> &Digest {
        match algorithm {
            Algorithm::Sha512 => &self.sha512,
            _ => &self.sha256,
        }
    }
}

/// Takes a file's bytes, compares them at the end, and has the gate for it.
pub(crate) trait Check: Sized + Send + 'static {
    type Proof: Send + 'static;

    fn gate(&self) -> Gate;
    fn update(&mut self, data: &[u8]);
    fn finish(self) -> Result<Self::Proof, VerifyError>;
    fn open(gate: Gate, proof: &Self::Proof) -> Result<Commit, VerifyError>;
    fn file(proof: &Self::Proof) -> ImageDigests;
}

/// The digest that the vendor signed.
#[derive(Debug)]
pub(crate) struct SignedCheck {
    expected: Verified<ExpectedDigest>,
    check: DigestCheck,
}

impl SignedCheck {
    pub(crate) const fn new(expected: Verified<ExpectedDigest>, check: DigestCheck) -> Self {
        Self { expected, check }
    }
}

impl Check for SignedCheck {
    type Proof = Verified<FileDigests>;

    fn gate(&self) -> Gate {
        Gate::new(&self.expected)
    }

    fn update(&mut self, data: &[u8]) {
        self.check.update(data);
    }

    fn finish(self) -> Result<Self::Proof, VerifyError> {
        self.check.finish()
    }

    fn open(gate: Gate, proof: &Self::Proof) -> Result<Commit, VerifyError> {
        gate.open(proof)
    }

    fn file(proof: &Self::Proof) -> ImageDigests {
        ImageDigests {
            sha256: proof.sha256.clone(),
            sha512: proof.sha512.clone(),
            bytes: proof.bytes,
        }
    }
}

/// No proof at all, for a stated reason: for private images only.
#[derive(Debug)]
pub(crate) struct Unproven {
    reason: danger::Reason,
    expected: Option<ExpectedDigest>,
    digests: Digester,
}

/// The digests of unsigned bytes.
#[derive(Clone, Debug)]
pub(crate) struct UnprovenDigests {
    reason: danger::Reason,
    digests: ImageDigests,
}

impl Unproven {
    /// `expected` may come from an unsigned list: it detects damage and does not verify the origin.
    pub(crate) fn new(reason: danger::Reason, expected: Option<ExpectedDigest>) -> Self {
        Self {
            reason,
            expected,
            digests: Digester::both(),
        }
    }
}

impl Check for Unproven {
    type Proof = UnprovenDigests;

    fn gate(&self) -> Gate {
        danger::gate(&self.reason)
    }

    fn update(&mut self, data: &[u8]) {
        self.digests.update(data);
    }

    fn finish(self) -> Result<Self::Proof, VerifyError> {
        let digests = finish(self.digests);
        if let Some(expected) = self.expected {
            expected.compare(&digests.sha256, &digests.sha512, digests.bytes)?;
        }
        Ok(UnprovenDigests {
            reason: self.reason,
            digests,
        })
    }

    fn open(gate: Gate, proof: &Self::Proof) -> Result<Commit, VerifyError> {
        danger::open(gate, &proof.reason)
    }

    fn file(proof: &Self::Proof) -> ImageDigests {
        proof.digests.clone()
    }
}

/// Ends a digester of both algorithms.
pub(crate) fn finish(digester: Digester) -> ImageDigests {
    let bytes = digester.bytes();
    match <[Digest; 2]>::try_from(digester.finish()) {
        Ok([sha256, sha512]) => ImageDigests {
            sha256,
            sha512,
            bytes,
        },
        Err(_) => unreachable!("both digests were asked for"),
    }
}
