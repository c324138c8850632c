//! Key files that would keep a verifier busy: each statement is verified once, however often it
//! occurs. The vendor's public files are enough to make them.

use std::cell::Cell;

use bonafide_testkit::keys::{RevocationReason, SignatureOptions, SigningKey, SubkeyOptions};
use jiff::Timestamp;
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::packet::{PacketTrait, Signature, SignatureType, Subpacket, SubpacketData};

use crate::{Error, Keyring};

const LIST: &[u8] = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.img\n";
/// As many as are read of a file.
const PACKETS: u32 = 2_000;

thread_local! {
    /// The verifications of this test.
    pub(super) static COUNT: Cell<u32> = const { Cell::new(0) };
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key() -> SigningKey {
    let created = time("2026-01-01T00:00:00Z");
    let key = SigningKey::generate_ecdsa("Vendor <images@vendor.test>", created).unwrap();
    key.add_signing_subkey(&SubkeyOptions::at(created)).unwrap()
}

fn revoked(key: &SigningKey) -> SigningKey {
    key.revoke_subkey(RevocationReason::Retired, time("2026-10-01T00:00:00Z"))
        .unwrap()
}

fn certificate(key: &SigningKey) -> SignedPublicKey {
    SignedPublicKey::from_bytes(&key.public_key_binary().unwrap()[..]).unwrap()
}

fn packet(packet: &impl PacketTrait) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.to_writer_with_header(&mut bytes).unwrap();
    bytes
}

/// The same statement with different unsigned data beside it.
fn varied(signature: &Signature, number: u32) -> Vec<u8> {
    let mut signature = signature.clone();
    let policy = SubpacketData::PolicyURI(format!("{number:04}"));
    let policy = Subpacket::regular(policy).unwrap();
    signature.unhashed_subpacket_push(policy).unwrap();
    packet(&signature)
}

fn of_type(signatures: &[Signature], typ: SignatureType) -> &Signature {
    let mut all = signatures.iter();
    all.find(|signature| signature.typ() == Some(typ)).unwrap()
}

/// Primary key, user id and self-signature.
fn head(certificate: &SignedPublicKey) -> Vec<u8> {
    let user = &certificate.details.users[0];
    let parts = [
        packet(&certificate.primary_key),
        packet(&user.id),
        packet(&user.signatures[0]),
    ];
    parts.concat()
}

fn repeated(count: u32, part: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(part).collect()
}

/// The result for a signature by the key, with its certificate from this file, and how many
/// verifications reading the file took.
fn verdict(key: &SigningKey, file: &[u8]) -> (Result<(), Error>, u32) {
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    COUNT.set(0);
    assert!(keyring.add(file).unwrap() >= 1);
    let count = COUNT.get();
    let at = SignatureOptions::at(time("2026-11-20T00:00:00Z"));
    let signature = key.sign_binary(LIST, &at).unwrap();
    let now = time("2026-11-23T12:00:00Z");
    let verdict = keyring.verify_detached(LIST, &signature, now);
    (verdict.map(|_| ()), count)
}

#[test]
fn copies_of_the_primary_do_not_check_everything_again() {
    let key = key();
    let whole = certificate(&key);
    let own = &whole.details.users[0].signatures[0];
    let copies = packet(&whole.primary_key).repeat(PACKETS as usize / 2);
    let subkey = &whole.public_subkeys[0];
    let file = [
        head(&whole),
        repeated(PACKETS / 2 - 10, |number| varied(own, number)),
        packet(&subkey.key),
        packet(&subkey.signatures[0]),
        copies,
    ];
    let (verdict, count) = verdict(&key, &file.concat());
    assert!(verdict.is_ok());
    assert_eq!(count, 3, "over the user id, the binding and back");
}

#[test]
fn a_subkey_that_stands_often_is_not_revoked_often() {
    let key = revoked(&key());
    let whole = certificate(&key);
    let subkey = &whole.public_subkeys[0];
    let revocation = of_type(&subkey.signatures, SignatureType::SubkeyRevocation);
    let binding = of_type(&subkey.signatures, SignatureType::SubkeyBinding);
    let again = [packet(&subkey.key), packet(binding)].concat();
    let file = [
        head(&whole),
        repeated(64, |number| varied(revocation, number)),
        again.repeat(PACKETS as usize / 2 - 40),
    ];
    let (refused, count) = verdict(&key, &file.concat());
    assert_eq!(
        count, 4,
        "over the user id, the binding and back, the revocation"
    );
    assert!(
        matches!(refused, Err(Error::KeyRevoked { .. })),
        "{refused:?}"
    );
}

/// Whatever the first entry is worth.
#[test]
fn a_subkey_that_stands_twice_is_judged_by_all_that_is_said_of_it() {
    let key = key();
    let whole = certificate(&key);
    let subkey = &whole.public_subkeys[0];
    let elsewhere = certificate(&self::key());
    let elsewhere = &elsewhere.public_subkeys[0].signatures[0];
    let [good, bad] = [&subkey.signatures[0], elsewhere]
        .map(|binding| [packet(&subkey.key), packet(binding)].concat());
    for both in [[&good, &bad], [&bad, &good]] {
        let file = [&head(&whole), both[0], both[1]]
            .map(Vec::as_slice)
            .concat();
        assert!(verdict(&key, &file).0.is_ok());
    }
}

/// Copies of one revocation do not crowd out another.
#[test]
fn the_same_revocation_with_other_hints_is_one() {
    let key = key();
    let stolen = key.revoke_subkey(RevocationReason::Compromised, time("2026-10-01T00:00:00Z"));
    let [retired, stolen] = [revoked(&key), stolen.unwrap()].map(|key| {
        let whole = certificate(&key);
        let all = &whole.public_subkeys[0].signatures;
        of_type(all, SignatureType::SubkeyRevocation).clone()
    });
    let file = [
        key.public_key_binary().unwrap(),
        repeated(200, |number| varied(&retired, number)),
        packet(&stolen),
    ];
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&file.concat()).unwrap();
    // Retired, it would be valid for what it signed before.
    let at = SignatureOptions::at(time("2026-09-01T00:00:00Z"));
    let signature = key.sign_binary(LIST, &at).unwrap();
    let refused = keyring.verify_detached(LIST, &signature, time("2026-11-23T12:00:00Z"));
    assert!(matches!(refused, Err(Error::KeyRevoked { .. })));
}

/// The hint names another key: that copy states nothing, and takes nothing from the genuine one.
#[test]
fn a_copy_with_a_false_hint_does_not_hide_the_genuine_one() {
    let key = key();
    let whole = certificate(&key);
    let user = &whole.details.users[0];
    let stranger = certificate(&self::key());
    let stranger = stranger.details.users[0].signatures[0].clone();
    let mut spoiled = user.signatures[0].clone();
    while spoiled.unhashed_subpacket_remove(0).is_ok() {}
    for hint in &stranger.config().unwrap().unhashed_subpackets {
        spoiled.unhashed_subpacket_push(hint.clone()).unwrap();
    }
    let subkey = &whole.public_subkeys[0];
    let rest = [packet(&subkey.key), packet(&subkey.signatures[0])].concat();
    let start = [packet(&whole.primary_key), packet(&user.id)].concat();
    let (good, bad) = (packet(&user.signatures[0]), packet(&spoiled));
    for both in [[&good, &bad], [&bad, &good]] {
        let file = [&start, both[0], both[1], &rest]
            .map(Vec::as_slice)
            .concat();
        assert!(verdict(&key, &file).0.is_ok());
    }
}
