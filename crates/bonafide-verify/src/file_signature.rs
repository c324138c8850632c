//! Signatures over a whole file, checked while it streams by.

use std::iter;

use crate::digest::Both;
use crate::openpgp::SignatureCandidate;
use crate::{Digest, Error, Evidence, Issuer};

/// A detached signature over a whole file that keeps every rule but the mathematics, which needs
/// the file's last byte: [`DigestCheck::signed_by`](crate::DigestCheck::signed_by).
///
/// Made by [`Keyring::file_signature`](crate::Keyring::file_signature), which refuses what can't
/// count before a byte of the file is fetched.
#[derive(Clone, Debug)]
pub struct FileSignature {
    first: SignatureCandidate,
    /// Of several signatures one good one suffices.
    rest: Vec<SignatureCandidate>,
    /// Who is said to have made those that can't count.
    refused: Vec<Issuer>,
}

impl FileSignature {
    /// `None` if there is no candidate.
    pub(crate) fn new(candidates: Vec<SignatureCandidate>, refused: Vec<Issuer>) -> Option<Self> {
        let mut candidates = candidates.into_iter();
        Some(Self {
            first: candidates.next()?,
            rest: candidates.collect(),
            refused,
        })
    }

    /// Is one of the signatures over the file with these digests? All are asked, since the evidence
    /// names those that are not.
    pub(crate) fn verify(&self, file: &Both, sha256: &Digest) -> Result<Evidence, Error> {
        let mut good = None;
        let mut others = self.refused.clone();
        for candidate in iter::once(&self.first).chain(&self.rest) {
            match candidate.verify(file, sha256) {
                Some(evidence) => good = good.or(Some(evidence)),
                None => others.push(candidate.issuer()),
            }
        }
        match good {
            Some(evidence) => Ok(Evidence { others, ..evidence }),
            None => Err(self.first.bad_signature()),
        }
    }
}
