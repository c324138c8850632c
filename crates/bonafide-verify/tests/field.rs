//! Inputs that were once judged wrongly, as they were found.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::fs;
use std::path::Path;

use bonafide_verify::{DigestCheck, Error, Fingerprint, Keyring, SignedText, Verified};
use jiff::Timestamp;
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::types::KeyDetails;

fn read(path: &str) -> Vec<u8> {
    let field = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field");
    fs::read(field.join(path)).unwrap()
}

/// After each of the signatures.
fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn keyring(file: &str) -> Keyring {
    let file = read(file);
    let key = SignedPublicKey::from_bytes(&file[..]).unwrap();
    let mut keyring = Keyring::new("field", [Fingerprint::from(key.fingerprint())]);
    keyring.add(&file).unwrap();
    keyring
}

fn verdict(keys: &str, data: &str, signature: &str) -> Result<Verified<SignedText>, Error> {
    keyring(keys).verify_detached(&read(data), &read(signature), now())
}

#[test]
fn unsigned_lines_inside_the_hash_header_are_refused() {
    let fedora = Keyring::embedded("fedora-44").unwrap();
    for file in ["extra-words", "carriage-return"] {
        let message = read(&format!("header/fedora-44-{file}.CHECKSUM"));
        let refused = fedora.verify_cleartext(&message, now());
        assert!(
            matches!(refused, Err(Error::Malformed { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn white_space_behind_the_lines_of_armor_is_accepted() {
    let fedora = Keyring::embedded("fedora-44").unwrap();
    let message = read("armor/fedora-44-blank-behind-begin.CHECKSUM");
    assert!(fedora.verify_cleartext(&message, now()).is_ok());
    let data = read("armor/blank-behind-begin.SUMS");
    let signature = read("armor/blank-behind-begin.SUMS.asc");
    assert!(
        Keyring::ubuntu()
            .verify_detached(&data, &signature, now())
            .is_ok()
    );
}

#[test]
fn what_is_critical_and_unknown_makes_a_signature_invalid() {
    let name = |key: &str, name: &str| {
        let (data, signature) = (
            format!("notation/{name}.SUMS"),
            format!("notation/{name}.SUMS.asc"),
        );
        verdict(&format!("notation/{key}"), &data, &signature)
    };
    let mut refused = vec![
        name("key.gpg", "in-signature"),
        name("key-critical-self-signature.gpg", "in-self-signature"),
    ];
    for signature in ["critical-notation.sig", "critical-private-subpacket.sig"] {
        let signature = format!("notation/{signature}");
        refused.push(verdict(
            "notation/critical.key",
            "notation/critical.L",
            &signature,
        ));
        let streamed = keyring("notation/critical.key").file_signature(&read(&signature), now());
        assert!(
            matches!(streamed, Err(Error::UnknownCritical { .. })),
            "{streamed:?}"
        );
    }
    for refused in refused {
        assert!(
            matches!(refused, Err(Error::UnknownCritical { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn what_a_list_states_of_a_file_is_compared_or_named() {
    let list = |name: &str| {
        let file = |file: &str| format!("lists/{name}/{file}");
        let text = verdict(&file("key"), &file("L"), &file("S")).unwrap();
        text.checksum_list().unwrap()
    };
    let contradicting = list("l-256bad-512ok").digest("x.qcow2").unwrap();
    assert_eq!(contradicting.others.len(), 1);
    assert!(DigestCheck::new(&contradicting).finish().is_err());
    for (name, algorithm) in [("l-md5only", "MD5"), ("l-sha384", "SHA384")] {
        let refused = list(name).digest("x.qcow2").unwrap_err();
        assert!(
            matches!(&refused, Error::WeakListing { algorithms, .. } if algorithms[..] == [algorithm]),
            "{refused}"
        );
    }
    assert!(list("l-lowerbsd").digest("x.qcow2").is_ok());
}
