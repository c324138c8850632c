//! The digests of a list, by file name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::Entry;
use crate::nearest::nearest;
use crate::{Digest, Digests, Error};

/// The digests of a signed list, by exact file name, and the sizes that it states.
///
/// If the list has SHA-256 and SHA-512 for a name, a file must match both. MD5, SHA-1 and
/// algorithms that are not computed here (SHA-384, SHA-3, BLAKE2) prove nothing: a name with only
/// such digests is refused when it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumList {
    pub(super) entries: BTreeMap<String, Entry>,
    /// The algorithms of the digests that prove nothing, by name.
    pub(super) weak: BTreeMap<String, BTreeSet<String>>,
}

impl ChecksumList {
    /// The names for which the list has a digest, sorted.
    ///
    /// Names are exactly as the list has them, paths included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The names for which the list has only digests that prove nothing, such as MD5, sorted.
    ///
    /// [`Verified::digest`](crate::Verified::digest) refuses them.
    pub fn weak_names(&self) -> impl Iterator<Item = &str> {
        let weak = self.weak.keys().map(String::as_str);
        weak.filter(|name| !self.entries.contains_key(*name))
    }

    /// For how many names the list has a digest.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the list has no digest at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The algorithms of the digests that prove nothing, such as `MD5`, as the list names them.
    #[must_use]
    pub fn weak_algorithms(&self) -> BTreeSet<&str> {
        let algorithms = self.weak.values().flatten();
        algorithms.map(String::as_str).collect()
    }

    pub(super) const fn empty() -> Self {
        Self {
            entries: BTreeMap::new(),
            weak: BTreeMap::new(),
        }
    }

    pub(super) fn entry(&mut self, name: &str) -> &mut Entry {
        self.entries.entry(name.to_owned()).or_default()
    }

    pub(super) fn add_weak(&mut self, name: &str, algorithm: &str) {
        let algorithms = self.weak.entry(name.to_owned()).or_default();
        algorithms.insert(algorithm.to_owned());
    }

    pub(crate) fn expected(&self, name: &str) -> Result<ExpectedDigest, Error> {
        let entry = self.entries.get(name);
        if let Some(conflict) = entry.and_then(Entry::conflict) {
            return Err(conflict.clone().into_error(name));
        }
        let mut digests = entry.into_iter().flat_map(Entry::digests).cloned();
        if let Some(digest) = digests.next() {
            return Ok(ExpectedDigest {
                name: name.to_owned(),
                digest,
                others: digests.collect(),
                size: entry.and_then(Entry::size),
            });
        }
        Err(match self.weak.get(name) {
            Some(algorithms) => Error::WeakListing {
                name: name.to_owned(),
                algorithms: algorithms.iter().cloned().collect(),
            },
            None => Error::NotListed {
                name: name.to_owned(),
                entries: self.len(),
                similar: nearest(name, self.names()),
            },
        })
    }
}

/// What a signed list requires of a file.
///
/// [`Verified::digest`](crate::Verified::digest) returns it for one file name; pass it to
/// [`DigestCheck::new`](crate::DigestCheck::new).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExpectedDigest {
    /// The file's name in the list.
    pub name: String,
    /// The listed digest; the strongest if there are several.
    pub digest: Digest,
    /// The other listed digests, which the file must match as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Digest>,
    /// The listed size in bytes; many lists state none.
    pub size: Option<u64>,
}

impl ExpectedDigest {
    /// Compares a file with every digest that the list states for it.
    ///
    /// # Errors
    ///
    /// [`Error::DigestMismatch`] if none matches, [`Error::DigestContradiction`] if not all do.
    pub fn compare(&self, file: &Digests) -> Result<(), Error> {
        let computed = |expected: &Digest| file.digest(expected.algorithm());
        let stated = || std::iter::once(&self.digest).chain(&self.others);
        let Some(wrong) = stated().find(|stated| *stated != computed(stated)) else {
            return Ok(());
        };
        let name = self.name.clone();
        let (algorithm, expected) = (wrong.algorithm(), wrong.clone());
        let found = computed(wrong).clone();
        Err(match stated().find(|stated| *stated == computed(stated)) {
            Some(fitting) => Error::DigestContradiction {
                name,
                fitting: fitting.algorithm(),
                algorithm,
                expected,
                computed: found,
                bytes: file.bytes,
            },
            None => Error::DigestMismatch {
                name,
                algorithm,
                expected,
                computed: found,
                bytes: file.bytes,
                listed: self.size,
            },
        })
    }
}
