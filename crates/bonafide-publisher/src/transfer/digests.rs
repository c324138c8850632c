//! What an image's bytes must match: a signed digest, or nothing.

use bonafide_verify::{
    Commit, DigestCheck, Digester, Digests, Error as VerifyError, ExpectedDigest, FileDigests,
    Gate, Verified, danger,
};

/// Takes a file's bytes, compares them at the end, and has the gate for it.
pub(crate) trait Check: Sized + Send + 'static {
    type Proof: Send + 'static;

    fn gate(&self) -> Gate;
    fn update(&mut self, data: &[u8]);
    fn finish(self) -> Result<Self::Proof, VerifyError>;
    fn open(gate: Gate, proof: &Self::Proof) -> Result<Commit, VerifyError>;
    fn file(proof: &Self::Proof) -> Digests;
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

    fn file(proof: &Self::Proof) -> Digests {
        proof.digests.clone()
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
    digests: Digests,
}

impl Unproven {
    /// `expected` may come from an unsigned list: it detects damage and does not verify the origin.
    pub(crate) fn new(reason: danger::Reason, expected: Option<ExpectedDigest>) -> Self {
        Self {
            reason,
            expected,
            digests: Digester::new(),
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
        let digests = self.digests.finish();
        if let Some(expected) = self.expected {
            expected.compare(&digests)?;
        }
        Ok(UnprovenDigests {
            reason: self.reason,
            digests,
        })
    }

    fn open(gate: Gate, proof: &Self::Proof) -> Result<Commit, VerifyError> {
        danger::open(gate, &proof.reason)
    }

    fn file(proof: &Self::Proof) -> Digests {
        proof.digests.clone()
    }
}
