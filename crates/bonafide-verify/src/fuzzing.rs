//! Entry points for the fuzz targets to readers that only verified text reaches.
//!
//! They are compiled with `--cfg fuzzing` only and return how a reader interprets a text, never a
//! [`Verified`](crate::Verified) value.

use crate::checksums::form;
use crate::openpgp::{self, Certificate};
use crate::{ChecksumList, Keyring};

/// Whether the text is the side-car of a file with this name.
#[must_use]
pub fn side_car(text: &str, name: &str) -> bool {
    ChecksumList::side_car(text, name).is_ok_and(|list| ask(&list))
}

/// Whether the text is a simplestreams document.
#[must_use]
pub fn simplestreams(text: &[u8]) -> bool {
    ChecksumList::simplestreams(text).is_ok_and(|list| ask(&list))
}

/// Whether the text is a list in one of the forms, or the index of a simplestreams site; never
/// both.
#[must_use]
pub fn any_form(text: &[u8], name: &str) -> bool {
    let list = form::any_form(text, name);
    let index = form::index(text);
    assert!(list.is_err() || index.is_none());
    index.is_some() || list.is_ok_and(|list| ask(&list))
}

/// Requests every name; one that contradicts itself is refused only then.
fn ask(list: &ChecksumList) -> bool {
    let answers = list.names().map(|name| list.expected(name));
    answers.count() == list.len()
}

/// The text of a clear-signed message and the number of its signatures, none of them checked.
#[must_use]
pub fn cleartext(message: &[u8]) -> Option<(String, usize)> {
    let (text, signatures) = openpgp::cleartext(message).ok()?;
    Some((text, signatures.len()))
}

/// Everything that a keyring contains, in an order that does not depend on how it was added.
#[must_use]
pub fn knowledge(keyring: &Keyring) -> Vec<Vec<u8>> {
    let mut known: Vec<_> = keyring
        .certificates()
        .iter()
        .flat_map(Certificate::facts)
        .collect();
    known.sort();
    known.dedup();
    known
}
