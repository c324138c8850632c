//! Lists of checksums, read from verified text only.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::nearest::nearest;
use crate::{Digest, Digests, Error, SignedText, Verified};

mod algorithm;
mod bsd;
mod digests;
mod entry;
pub(crate) mod form;
mod gnu;
mod lines;
mod simplestreams;

use entry::Entry;

/// The digests of a signed list, by exact file name, and the sizes that it states.
///
/// If the list has SHA-256 and SHA-512 for a name, a file must match both. MD5, SHA-1 and
/// algorithms that are not computed here (SHA-384, SHA-3, BLAKE2) prove nothing: a name with only
/// such digests is refused when it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumList {
    entries: BTreeMap<String, Entry>,
    /// The algorithms of the digests that prove nothing, by name.
    weak: BTreeMap<String, BTreeSet<String>>,
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
    /// [`Verified::digest`] refuses them.
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

    const fn empty() -> Self {
        Self {
            entries: BTreeMap::new(),
            weak: BTreeMap::new(),
        }
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        self.entries.entry(name.to_owned()).or_default()
    }

    fn add_weak(&mut self, name: &str, algorithm: &str) {
        let algorithms = self.weak.entry(name.to_owned()).or_default();
        algorithms.insert(algorithm.to_owned());
    }

    /// Reads an unsigned list.
    pub(crate) fn unsigned(text: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(text).map_err(|error| Error::Malformed {
            what: "the unsigned list",
            reason: error.to_string(),
        })?;
        lines::parse(text)
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

    /// A file that contains the digest of one other file: bare, or as a list with one line.
    pub(crate) fn side_car(text: &str, name: &str) -> Result<Self, Error> {
        let mut carrying = lines::carrying(text);
        let (Some(line), None) = (carrying.next(), carrying.next()) else {
            return Err(Error::NotASideCar {
                lines: lines::carrying(text).count(),
            });
        };
        let mut list = Self::empty();
        let Ok(digest) = line.parse::<Digest>() else {
            let Some(algorithm) = algorithm::of_length(line) else {
                return lines::parse(text);
            };
            lines::unbroken(text)?;
            list.add_weak(name, algorithm);
            return Ok(list);
        };
        lines::unbroken(text)?;
        let added = list.entry(name).add_digest(digest);
        added.map_err(|conflict| conflict.into_error(name))?;
        Ok(list)
    }

    #[cfg(fuzzing)]
    pub(crate) fn simplestreams(text: &[u8]) -> Result<Self, Error> {
        simplestreams::parse(text)
    }
}

/// What a signed list requires of a file.
///
/// [`Verified::digest`] returns it for one file name; pass it to
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

impl Verified<SignedText> {
    /// Reads the signed text as a list of checksums, line by line:
    ///
    /// - GNU: `DIGEST  NAME` (text) or `DIGEST *NAME` (binary);
    /// - BSD: `SHA256 (NAME) = DIGEST`, and the size in a comment `# NAME: SIZE bytes`;
    /// - Gentoo and Flatcar: GNU lines below a header such as `# SHA512 HASH`, which have a digest
    ///   of that algorithm.
    ///
    /// Empty lines and other lines that start with `#` have no meaning.
    ///
    /// # Errors
    ///
    /// [`Error::NotAChecksumList`] with the first line that is not in one of these forms,
    /// [`Error::ConflictingDuplicate`] if a name is listed with two digests of one algorithm,
    /// [`Error::ConflictingSizes`] if it is listed with two sizes,
    /// [`Error::Malformed`] if the text is not UTF-8.
    pub fn checksum_list(&self) -> Result<Verified<ChecksumList>, Error> {
        let list = lines::parse(self.as_text()?)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    /// Reads the signed text as the side-car of one file: either a bare digest, which then is that
    /// of `name`, or a line of a list, which names the file itself. Request the file from the list
    /// by its exact name.
    ///
    /// # Errors
    ///
    /// [`Error::NotASideCar`] if not exactly one line has a digest, else as
    /// [`checksum_list`](Self::checksum_list).
    pub fn side_car(&self, name: &str) -> Result<Verified<ChecksumList>, Error> {
        let list = ChecksumList::side_car(self.as_text()?, name)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    /// Reads the signed text as one of Ubuntu's simplestreams documents (`products:1.0`, of
    /// `image-downloads`). The items' paths are the names.
    ///
    /// A path for which the document states two digests or sizes is refused when it is requested;
    /// the others stay valid.
    ///
    /// # Errors
    ///
    /// [`Error::NotSimplestreams`] if the text is not such a document, with what was found.
    pub fn simplestreams(&self) -> Result<Verified<ChecksumList>, Error> {
        let list = simplestreams::parse(self.as_bytes())?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    fn as_text(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.as_bytes()).map_err(|error| Error::Malformed {
            what: "the signed list",
            reason: error.to_string(),
        })
    }
}

impl Verified<ChecksumList> {
    /// The digest of exactly this name: no prefix, no path, no other case.
    ///
    /// # Errors
    ///
    /// [`Error::NotListed`], with the nearest listed names; [`Error::WeakListing`] if the name is
    /// listed only with MD5 and the like; [`Error::ConflictingDuplicate`] and
    /// [`Error::ConflictingSizes`] if a simplestreams document contradicts itself.
    pub fn digest(&self, name: &str) -> Result<Verified<ExpectedDigest>, Error> {
        let expected = self.expected(name)?;
        Ok(Verified::new(expected, self.shared_evidence()))
    }
}
