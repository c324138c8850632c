//! Key files are carriers: what comes in them beside the pinned key neither counts nor harms.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::{SigningKey, Version6Key};

use crate::policy::packets::{packet, packets};
use crate::policy::{created, key, keyring_of, options, verify_by, with_subkey};

/// A primary key of this version and algorithm with a user id and a self-signature, in a form
/// that no program reads.
fn newer(version: u8, algorithm: u8) -> Vec<u8> {
    let created = [0x69, 0x55, 0xB9, 0x00];
    let material = [9; 32];
    let key = [
        &[version][..],
        &created,
        &[algorithm, 0, 0, 0, 32],
        &material,
    ];
    let salted = [
        &[
            version, 0x13, algorithm, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 32,
        ][..],
        &[7; 72],
    ];
    [
        packet(6, &key.concat()),
        packet(13, b"Newer <newer@vendor.test>"),
        packet(2, &salted.concat()),
        packet(14, &key.concat()),
    ]
    .concat()
}

fn counts(keyring: &Keyring, key: &SigningKey) -> bool {
    verify_by(keyring, key, &options()).is_ok()
}

#[test]
fn keys_of_newer_kinds_beside_the_pinned_one_do_not_harm_it() {
    let key = with_subkey();
    let own = key.public_key_binary().unwrap();
    let whole = Version6Key::generate(created()).unwrap();
    let whole = whole.public_key_binary().unwrap();
    let unreadable = [(6, 27), (6, 30), (6, 31), (6, 99), (4, 99), (5, 1), (9, 1)]
        .map(|(version, algorithm)| newer(version, algorithm));
    for newer in [whole].into_iter().chain(unreadable) {
        for file in [[&own[..], &newer].concat(), [&newer[..], &own].concat()] {
            let keyring = keyring_of(&key, &file);
            assert!(counts(&keyring, &key), "{newer:?}");
        }
    }
}

#[test]
fn packets_of_unknown_kinds_inside_the_pinned_key_do_not_harm_it() {
    let key = with_subkey();
    let own = key.public_key_binary().unwrap();
    let parts = packets(&own);
    // A trust packet of GnuPG's, an unknown one that may be ignored, and an experimental one.
    for strange in [packet(12, &[1, 2]), packet(45, b"x"), packet(60, b"x")] {
        for place in 0..=parts.len() {
            let (before, after) = parts.split_at(place);
            let file = [before, &[&strange], after].concat().concat();
            assert!(counts(&keyring_of(&key, &file), &key), "{place}");
        }
    }
}

#[test]
fn a_file_without_the_pinned_key_is_refused() {
    let (pinned, other) = (key(), key());
    let mut keyring = Keyring::new("vendor", [pinned.fingerprint().parse().unwrap()]);
    for file in [
        other.public_key_binary().unwrap(),
        newer(6, 30),
        b"<html>404</html>".to_vec(),
        Vec::new(),
    ] {
        assert!(matches!(keyring.add(&file), Err(Error::KeyFile { .. })));
    }
    assert!(!counts(&keyring, &pinned));
}

#[test]
fn a_pin_is_a_whole_fingerprint_of_a_primary_key() {
    let key = with_subkey();
    let (primary, subkey) = (key.fingerprint(), key.signer_fingerprint());
    let id = &primary[24..];
    assert!(id.parse::<bonafide::verify::Fingerprint>().is_err());
    let mut by_subkey = Keyring::new("vendor", [subkey.parse().unwrap()]);
    assert!(by_subkey.add(&key.public_key_binary().unwrap()).is_err());
    assert!(!counts(&by_subkey, &key));
}
