//! Detects the form of a signed list by its text: that is signed, so nothing else may decide.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ChecksumList, algorithm, lines, simplestreams};
use crate::{Digest, Error, SignedText, Verified};

const INDEX: &str = "index:1.0";
const IMAGES: &str = "image-downloads";

impl Verified<SignedText> {
    /// Reads the signed text in whichever form it has: a JSON object as
    /// [`simplestreams`](Self::simplestreams), one bare digest as the [`side_car`](Self::side_car)
    /// of `name`, everything else as a [`checksum_list`](Self::checksum_list).
    ///
    /// # Errors
    ///
    /// As these.
    pub fn list_of_any_form(&self, name: &str) -> Result<Verified<ChecksumList>, Error> {
        let list = any_form(self.as_bytes(), name)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    /// Whether the signed text is one digest without a name: then it is signed that a file has this
    /// digest, and not which file that is.
    #[must_use]
    pub fn is_bare_digest(&self) -> bool {
        std::str::from_utf8(self.as_bytes()).is_ok_and(is_bare)
    }

    /// The paths of the documents that describe images, if the signed text is the index of a
    /// simplestreams site (`index:1.0`). It has no digests: the documents are signed themselves.
    #[must_use]
    pub fn simplestreams_index(&self) -> Option<Vec<String>> {
        index(self.as_bytes())
    }
}

pub(crate) fn any_form(text: &[u8], name: &str) -> Result<ChecksumList, Error> {
    if is_json(text) {
        return simplestreams::parse(text);
    }
    let text = std::str::from_utf8(text).map_err(|error| Error::Malformed {
        what: "the signed list",
        reason: error.to_string(),
    })?;
    match is_bare(text) {
        true => ChecksumList::side_car(text, name),
        false => lines::parse(text),
    }
}

pub(crate) fn index(text: &[u8]) -> Option<Vec<String>> {
    if !is_json(text) {
        return None;
    }
    let index: Index = serde_json::from_slice(text).ok()?;
    if index.format != INDEX {
        return None;
    }
    let documents = index.index.into_values();
    let images = documents.filter(|entry| entry.datatype.as_deref() == Some(IMAGES));
    Some(images.filter_map(|entry| entry.path).collect())
}

fn is_bare(text: &str) -> bool {
    let mut carrying = lines::carrying(text);
    let only = carrying.next().filter(|_| carrying.next().is_none());
    // A weak digest too: the reader of side-cars reports which one it is.
    only.is_some_and(|line| line.parse::<Digest>().is_ok() || algorithm::of_length(line).is_some())
}

fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.starts_with(b"{") || text.starts_with(b"[")
}

#[derive(Deserialize)]
struct Index {
    format: String,
    #[serde(default)]
    index: BTreeMap<String, IndexEntry>,
}

#[derive(Deserialize)]
struct IndexEntry {
    datatype: Option<String>,
    path: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "d1940f7d4d0c1f7b8f2b8e9d1c3a5e7f9b0d2c4e6f8a1b3c5d7e9f0a2b4c6d8e";

    #[test]
    fn each_form_is_found_by_the_text() {
        for (text, name) in [
            (format!("{A}  a.img\n"), "a.img"),
            (format!("SHA256 (a.img) = {A}\n"), "a.img"),
            (format!("# a comment\n{A}\n"), "given"),
            (
                format!(
                    r#" {{"format": "products:1.0", "datatype": "image-downloads", "products": {{"p":
                    {{"versions": {{"v": {{"items": {{"i": {{"path": "a/b", "sha256": "{A}"}}}}}}}}}}}}}}"#
                ),
                "a/b",
            ),
        ] {
            let list = any_form(text.as_bytes(), "given").unwrap();
            assert_eq!(list.names().collect::<Vec<_>>(), [name], "{text}");
        }
    }

    #[test]
    fn a_bare_weak_digest_is_a_side_car_that_proves_nothing() {
        let list = any_form(b"d41d8cd98f00b204e9800998ecf8427e\n", "given").unwrap();
        assert!(matches!(
            list.expected("given"),
            Err(Error::WeakListing { .. })
        ));
    }

    #[test]
    fn what_has_none_of_the_forms_is_refused() {
        for text in ["{}", "{", "<html>", "a b c"] {
            assert!(any_form(text.as_bytes(), "given").is_err(), "{text}");
        }
        assert!(any_form(b"\xff", "given").is_err());
        // Two digests are not a side-car.
        assert!(any_form(format!("{A}\n{A}\n").as_bytes(), "given").is_err());
    }

    #[test]
    fn an_index_gives_the_documents_of_images_alone() {
        let text = br#"{"format": "index:1.0", "index": {
            "a": {"datatype": "image-downloads", "path": "streams/v1/a.json"},
            "b": {"datatype": "image-ids", "path": "streams/v1/b.json"},
            "c": {"datatype": "image-downloads"}}}"#;
        assert_eq!(index(text).unwrap(), ["streams/v1/a.json"]);
        for other in [&b"{\"format\": \"products:1.0\"}"[..], b"{}", b"[]", b""] {
            assert_eq!(index(other), None);
        }
    }
}
