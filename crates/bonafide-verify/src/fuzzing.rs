//! Doors for the fuzz targets to readers that only proven text comes to.
//!
//! They are compiled with `--cfg fuzzing` alone and say what a reader makes of a text: nothing
//! [`Verified`](crate::Verified) comes of it.

use pgp::composed::SignedPublicKey;
use pgp::packet::Signature;
use pgp::ser::Serialize;

use crate::{ChecksumList, Keyring, openpgp};

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

/// Asks for every name; one that contradicts itself is refused only then.
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

/// All that a keyring knows, in an order that does not depend on how it came to know it.
#[must_use]
pub fn knowledge(keyring: &Keyring) -> Vec<Vec<u8>> {
    let mut known: Vec<_> = keyring
        .certificates()
        .iter()
        .flat_map(|certificate| facts(certificate.said()))
        .collect();
    known.sort();
    known.dedup();
    known
}

/// A user or subkey with its primary key is a fact, and so is each signature about one.
fn facts(certificate: &SignedPublicKey) -> Vec<Vec<u8>> {
    let primary = written(&certificate.primary_key);
    let details = &certificate.details;
    let mut facts = Vec::new();
    let mut add = |about: &[u8], signatures: &[Signature]| {
        let about = [&primary, about].concat();
        let signatures = signatures.iter().map(written);
        facts.extend(signatures.map(|signature| [&about[..], &signature].concat()));
        facts.push(about);
    };
    add(b"revoked", &details.revocation_signatures);
    add(b"", &details.direct_signatures);
    for user in &details.users {
        add(&written(&user.id), &user.signatures);
    }
    for subkey in &certificate.public_subkeys {
        add(&written(&subkey.key), &subkey.signatures);
    }
    facts
}

fn written(packet: &impl Serialize) -> Vec<u8> {
    packet.to_bytes().unwrap_or_default()
}
