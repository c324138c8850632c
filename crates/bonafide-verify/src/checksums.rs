//! Lists of checksums, read from proven text only.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Digest, Error, SignedText, Verified};

/// The digests of a signed list, by exact file name.
///
/// GNU form: `DIGEST  NAME` (text) or `DIGEST *NAME` (binary), one file a line, as `sha256sum` and
/// `sha512sum` write it. Empty lines and lines that start with `#` carry nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumList {
    entries: BTreeMap<String, Digest>,
}

impl ChecksumList {
    /// The listed names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// How many files are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no file is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let mut entries = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end_matches(['\r', ' ', '\t']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((digest, name)) = parse_line(line) else {
                return Err(Error::NotAChecksumList {
                    line: index + 1,
                    text: line.chars().take(80).collect(),
                });
            };
            match entries.get(name) {
                None => {
                    entries.insert(name.to_owned(), digest);
                }
                Some(first) if *first == digest => {}
                Some(first) => {
                    return Err(Error::ConflictingDuplicate {
                        name: name.to_owned(),
                        first: first.clone(),
                        second: digest,
                    });
                }
            }
        }
        Ok(Self { entries })
    }
}

/// Digest, one blank, then a blank or a star, then the name up to the end of the line.
fn parse_line(line: &str) -> Option<(Digest, &str)> {
    let (digest, rest) = line.split_once(' ')?;
    // Three forms are in use: two blanks and star, two blanks, and blank and star.
    let name = rest
        .strip_prefix(" *")
        .or_else(|| rest.strip_prefix([' ', '*']))?;
    if name.is_empty() || name.starts_with(' ') {
        return None;
    }
    Some((digest.parse().ok()?, name))
}

/// What a file must have according to a signed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExpectedDigest {
    /// The file's name in the list.
    pub name: String,
    /// The listed digest.
    pub digest: Digest,
}

impl Verified<SignedText> {
    /// Reads the signed text as a list of checksums.
    ///
    /// # Errors
    ///
    /// [`Error::NotAChecksumList`] with the line that is none,
    /// [`Error::ConflictingDuplicate`] if a name is listed with two digests,
    /// [`Error::Malformed`] if the text is not UTF-8.
    pub fn checksum_list(&self) -> Result<Verified<ChecksumList>, Error> {
        let text = std::str::from_utf8(self.as_bytes()).map_err(|error| Error::Malformed {
            what: "the signed list",
            reason: error.to_string(),
        })?;
        let list = ChecksumList::parse(text)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }
}

impl Verified<ChecksumList> {
    /// The digest of exactly this name: no prefix, no path, no other case.
    ///
    /// # Errors
    ///
    /// [`Error::NotListed`], with the most similar listed name.
    pub fn digest(&self, name: &str) -> Result<Verified<ExpectedDigest>, Error> {
        let Some(digest) = self.entries.get(name) else {
            return Err(Error::NotListed {
                name: name.to_owned(),
                entries: self.len(),
                similar: self.most_similar(name),
            });
        };
        let expected = ExpectedDigest {
            name: name.to_owned(),
            digest: digest.clone(),
        };
        Ok(Verified::new(expected, self.shared_evidence()))
    }

    /// The listed name that shares the longest beginning, if it is at least half of `name`.
    fn most_similar(&self, name: &str) -> Option<String> {
        let common = |other: &str| {
            name.chars()
                .zip(other.chars())
                .take_while(|(a, b)| a == b)
                .count()
        };
        self.names()
            .max_by_key(|other| common(other))
            .filter(|other| common(other) * 2 >= name.chars().count())
            .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const B: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn all_three_gnu_forms_are_read() {
        let list =
            ChecksumList::parse(&format!("{A}  one\n{A} *two\n{A}  *three\n\n# x\n")).unwrap();
        assert_eq!(list.names().collect::<Vec<_>>(), ["one", "three", "two"]);
        let starred = ChecksumList::parse(&format!("{A} **four\n")).unwrap();
        assert_eq!(
            starred.names().collect::<Vec<_>>(),
            ["*four"],
            "a name of its own"
        );
    }

    #[test]
    fn carriage_returns_trailing_blanks_and_upper_case_do_not_matter() {
        let list = ChecksumList::parse(&format!("{}  one \t\r\n", A.to_uppercase())).unwrap();
        assert_eq!(list.entries["one"].to_string(), A);
    }

    #[test]
    fn equal_duplicates_are_harmless_and_conflicting_ones_refused() {
        assert_eq!(
            ChecksumList::parse(&format!("{A}  x\n{A} *x\n"))
                .unwrap()
                .len(),
            1
        );
        assert!(matches!(
            ChecksumList::parse(&format!("{A}  x\n{B}  x\n")),
            Err(Error::ConflictingDuplicate { name, .. }) if name == "x"
        ));
    }

    #[test]
    fn lines_of_another_form_are_refused_with_their_number() {
        for wrong in [
            "<!DOCTYPE html>".to_owned(),
            format!("{A} x"),
            format!("{A}   x"),
            A.to_owned(),
            format!("{A}  "),
            format!("{}  x", &A[1..]),
            "d41d8cd98f00b204e9800998ecf8427e  x".to_owned(),
            format!("SHA256 (x) = {A}"),
        ] {
            assert!(
                matches!(
                    ChecksumList::parse(&format!("{A}  fine\n{wrong}\n")),
                    Err(Error::NotAChecksumList { line: 2, .. })
                ),
                "{wrong}"
            );
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,400}") {
            let _ = ChecksumList::parse(&text);
        }

        #[test]
        fn what_is_written_is_read(names in proptest::collection::btree_set("[a-z0-9._-]{1,40}", 0..20)) {
            let text: String = names.iter().map(|name| format!("{A} *{name}\n")).collect();
            let list = ChecksumList::parse(&text).unwrap();
            prop_assert_eq!(list.names().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        }
    }
}
