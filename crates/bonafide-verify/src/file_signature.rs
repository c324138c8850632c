//! Signatures over a whole file, checked while the file is streamed.

use std::iter;

use crate::openpgp::SignatureCandidate;
use crate::{Digest, Digester, Error, Evidence, Issuer};

/// A detached signature over a whole file that has passed every rule except the mathematics, which
/// needs the file's last byte: [`DigestCheck::signed_by`](crate::DigestCheck::signed_by).
///
/// Made by [`Keyring::file_signature`](crate::Keyring::file_signature), which refuses an
/// unacceptable signature before a byte of the file is fetched.
#[derive(Clone, Debug)]
pub struct FileSignature {
    first: SignatureCandidate,
    /// Of several signatures one valid signature suffices.
    rest: Vec<SignatureCandidate>,
    /// The issuers of the signatures that are not acceptable.
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

    /// Whether one of the signatures is over the file with these digests. All are checked, since
    /// the evidence names those that are not.
    pub(crate) fn verify(&self, file: &Digester, sha256: &Digest) -> Result<Evidence, Error> {
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
