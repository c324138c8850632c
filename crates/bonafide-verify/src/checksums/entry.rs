//! What a list says about one name, and whether it contradicts itself.

use crate::{Algorithm, Digest, Error};

/// What a list says about one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    sha256: Option<Digest>,
    sha512: Option<Digest>,
    size: Option<u64>,
    conflict: Option<Conflict>,
}

/// Two statements that can't both be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    Digests(Digest, Digest),
    Sizes(u64, u64),
}

impl Entry {
    pub(super) fn add_digest(&mut self, digest: Digest) -> Result<(), Conflict> {
        let known = match digest.algorithm() {
            Algorithm::Sha256 => &mut self.sha256,
            Algorithm::Sha512 => &mut self.sha512,
        };
        match known {
            Some(first) if *first != digest => Err(Conflict::Digests(first.clone(), digest)),
            _ => {
                *known = Some(digest);
                Ok(())
            }
        }
    }

    pub(super) fn add_size(&mut self, size: u64) -> Result<(), Conflict> {
        match self.size {
            Some(first) if first != size => Err(Conflict::Sizes(first, size)),
            _ => {
                self.size = Some(size);
                Ok(())
            }
        }
    }

    /// Keeps a contradiction until the name is requested; the first one is kept.
    pub(super) fn contradict(&mut self, conflict: Conflict) {
        self.conflict.get_or_insert(conflict);
    }

    pub(super) const fn conflict(&self) -> Option<&Conflict> {
        self.conflict.as_ref()
    }

    /// SHA-512 before SHA-256.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.sha512.iter().chain(&self.sha256)
    }

    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }
}

impl Conflict {
    pub(super) fn into_error(self, name: &str) -> Error {
        let name = name.to_owned();
        match self {
            Self::Digests(first, second) => Error::ConflictingDuplicate {
                name,
                first,
                second,
            },
            Self::Sizes(first, second) => Error::ConflictingSizes {
                name,
                first,
                second,
            },
        }
    }
}
