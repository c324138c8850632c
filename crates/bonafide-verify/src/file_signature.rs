//! Signatures over a whole file, checked while it streams by.

use crate::digest::Both;
use crate::openpgp::Candidate;
use crate::{Digest, Error, Evidence};

/// A detached signature over a whole file that keeps every rule but the mathematics, which needs
/// the file's last byte: [`DigestCheck::signed_by`](crate::DigestCheck::signed_by).
///
/// Made by [`Keyring::file_signature`](crate::Keyring::file_signature), which refuses what can't
/// count before a byte of the file is fetched.
#[derive(Clone, Debug)]
pub struct FileSignature {
    first: Candidate,
    /// Of several signatures one good one suffices.
    others: Vec<Candidate>,
}

impl FileSignature {
    /// `None` if there is no candidate.
    pub(crate) fn new(candidates: Vec<Candidate>) -> Option<Self> {
        let mut candidates = candidates.into_iter();
        Some(Self {
            first: candidates.next()?,
            others: candidates.collect(),
        })
    }

    /// Is one of the signatures over the file with these digests?
    pub(crate) fn verify(&self, file: &Both, sha256: &Digest) -> Result<Evidence, Error> {
        self.first.verify(file, sha256).or_else(|refused| {
            let mut others = self.others.iter();
            let good = others.find_map(|other| other.verify(file, sha256).ok());
            good.ok_or(refused)
        })
    }
}
