//! Key files: copies of a key, of which what one knows is known, whatever the order; and what else
//! comes with the pinned key.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::time::Duration;

use bonafide_testkit::keys::{RevocationReason, SignatureOptions, SigningKey, SubkeyOptions};
use bonafide_verify::{Error, Keyring};
use jiff::Timestamp;
use proptest::prelude::*;

const LIST: &[u8] = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.img\n";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn created() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn key() -> SigningKey {
    SigningKey::generate("Vendor <images@vendor.test>", created()).unwrap()
}

fn with_subkey(key: &SigningKey) -> SigningKey {
    key.add_signing_subkey(&SubkeyOptions::at(created()))
        .unwrap()
}

/// The verdict over a signature by `signer`, whose certificate came in these copies.
fn verdict(signer: &SigningKey, copies: &[&SigningKey]) -> Result<(), Error> {
    let mut keyring = Keyring::new("vendor", [signer.fingerprint().parse().unwrap()]);
    for copy in copies {
        assert_eq!(keyring.add(&copy.public_key_binary().unwrap()).unwrap(), 1);
    }
    let at = SignatureOptions::at("2026-11-20T00:00:00Z".parse().unwrap());
    let signature = signer.sign_binary(LIST, &at).unwrap();
    keyring.verify_detached(LIST, &signature, now()).map(|_| ())
}

#[test]
fn a_copy_without_the_revocation_never_undoes_it() {
    let key = key();
    let revoked = key.revoke(RevocationReason::Compromised, now()).unwrap();
    assert!(verdict(&key, &[&key, &key]).is_ok());
    for copies in [[&key, &revoked], [&revoked, &key]] {
        assert!(matches!(
            verdict(&key, &copies),
            Err(Error::KeyRevoked { .. })
        ));
    }
}

#[test]
fn a_copy_without_the_subkeys_revocation_never_undoes_it() {
    let key = with_subkey(&key());
    let revoked = key
        .revoke_subkey(RevocationReason::NoReason, now())
        .unwrap();
    for copies in [[&key, &revoked], [&revoked, &key]] {
        assert!(matches!(
            verdict(&key, &copies),
            Err(Error::KeyRevoked { .. })
        ));
    }
}

#[test]
fn both_revocations_of_two_copies_count() {
    let key = key();
    let soon: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    let retired = key.revoke(RevocationReason::Retired, soon).unwrap();
    let stolen = key.revoke(RevocationReason::Compromised, soon).unwrap();
    assert!(verdict(&key, &[&retired]).is_ok(), "signed before");
    for copies in [[&retired, &stolen], [&stolen, &retired]] {
        assert!(verdict(&key, &copies).is_err());
    }
}

#[test]
fn a_copy_with_a_longer_life_extends_the_key() {
    let short = key().expires_after(30 * DAY).unwrap();
    let long = short.clone().expires_after(400 * DAY).unwrap();
    let renewed_at = "2026-01-20T00:00:00Z".parse().unwrap();
    let long = long.self_signed_at(renewed_at).unwrap();
    assert!(matches!(
        verdict(&long, &[&short]),
        Err(Error::KeyExpired { .. })
    ));
    for copies in [[&short, &long], [&long, &short]] {
        assert!(verdict(&long, &copies).is_ok());
    }
}

#[test]
fn subkeys_of_all_copies_sign() {
    let key = key();
    let (one, other) = (with_subkey(&key), with_subkey(&key));
    assert!(verdict(&other, &[&one]).is_err(), "its subkey is not there");
    for copies in [[&one, &other], [&other, &one]] {
        assert!(verdict(&one, &copies).is_ok());
        assert!(verdict(&other, &copies).is_ok());
    }
}

#[test]
fn a_spoiled_copy_of_a_binding_takes_nothing_from_a_whole_one() {
    let key = with_subkey(&key());
    let whole = key.public_key_binary().unwrap();
    let mut spoiled = whole.clone();
    // The last bytes are the binding's own.
    *spoiled.last_mut().unwrap() ^= 1;
    let signature = key.sign_binary(LIST, &SignatureOptions::at(now())).unwrap();
    let verdict = |copies: &[&[u8]]| {
        let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
        for copy in copies {
            keyring.add(copy).unwrap();
        }
        keyring.verify_detached(LIST, &signature, now())
    };
    assert!(matches!(
        verdict(&[&spoiled]),
        Err(Error::NotASigningKey { .. })
    ));
    assert!(verdict(&[&spoiled, &whole]).is_ok());
    assert!(verdict(&[&whole, &spoiled]).is_ok());
}

/// The packet that one copy has and the other has not.
fn added<'a>(without: &[u8], with: &'a [u8]) -> &'a [u8] {
    let length = with.len() - without.len();
    let start = (0..=without.len())
        .find(|start| [&with[..*start], &with[start + length..]].concat() == without)
        .unwrap();
    &with[start..start + length]
}

#[test]
fn a_subkeys_revocation_is_valid_in_a_copy_without_the_subkey() {
    let plain = key();
    let key = with_subkey(&plain);
    let revoked = key
        .revoke_subkey(RevocationReason::NoReason, now())
        .unwrap();
    let whole = key.public_key_binary().unwrap();
    let revocation = added(&whole, &revoked.public_key_binary().unwrap()).to_vec();
    let revoking = [plain.public_key_binary().unwrap(), revocation].concat();
    let signature = key.sign_binary(LIST, &SignatureOptions::at(now())).unwrap();
    for copies in [[&whole, &revoking], [&revoking, &whole]] {
        let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
        for copy in copies {
            keyring.add(copy).unwrap();
        }
        assert!(matches!(
            keyring.verify_detached(LIST, &signature, now()),
            Err(Error::KeyRevoked { .. })
        ));
    }
}

#[test]
fn a_revocation_at_the_end_of_the_file_counts() {
    let key = with_subkey(&key());
    let revoked = key.revoke(RevocationReason::Compromised, now()).unwrap();
    let (without, with) = (
        key.public_key_binary().unwrap(),
        revoked.public_key_binary().unwrap(),
    );
    let appended = [&without[..], added(&without, &with)].concat();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&appended).unwrap();
    let signature = key.sign_binary(LIST, &SignatureOptions::at(now())).unwrap();
    assert!(matches!(
        keyring.verify_detached(LIST, &signature, now()),
        Err(Error::KeyRevoked { .. })
    ));
}

#[test]
fn all_armored_blocks_of_a_file_are_read() {
    let (one, other) = (key(), key());
    let file = [&one, &other]
        .map(|key| key.public_key_armored().unwrap())
        .concat();
    let pins = [&one, &other].map(|key| key.fingerprint().parse().unwrap());
    let mut keyring = Keyring::new("vendor", pins);
    assert_eq!(keyring.missing(), keyring.pinned());
    assert_eq!(keyring.add(file.as_bytes()).unwrap(), 2);
    assert!(keyring.missing().is_empty());
}

#[test]
fn a_broken_block_does_not_spoil_the_others() {
    let (one, other) = (key(), key());
    let armored = |key: &SigningKey| key.public_key_armored().unwrap();
    let half = armored(&one)[..200].to_owned();
    for file in [
        format!("{half}\n{}", armored(&other)),
        format!("{}{half}", armored(&other)),
        format!("-----BEGIN PGP NONSENSE-----\n{}", armored(&other)),
    ] {
        let mut keyring = Keyring::new("vendor", [other.fingerprint().parse().unwrap()]);
        assert_eq!(keyring.add(file.as_bytes()).unwrap(), 1);
        assert!(keyring.missing().is_empty());
    }
    let mut keyring = Keyring::new("vendor", [one.fingerprint().parse().unwrap()]);
    assert!(keyring.add(half.as_bytes()).is_err());
    assert_eq!(keyring.missing(), keyring.pinned());
}

proptest! {
    #[test]
    fn the_order_and_number_of_copies_change_no_verdict(
        order in proptest::collection::vec(0..6_usize, 0..8),
        signer in 0..6_usize,
    ) {
        let key = key();
        let subkey = with_subkey(&key);
        let soon = "2026-11-22T00:00:00Z".parse().unwrap();
        let copies = [
            key.clone(),
            key.clone().expires_after(30 * DAY).unwrap(),
            key.revoke(RevocationReason::Retired, soon).unwrap(),
            subkey.revoke_subkey(RevocationReason::Superseded, soon).unwrap(),
            with_subkey(&key),
            subkey,
        ];
        let signer = &copies[signer];
        let kind = |order: &[usize]| {
            let copies: Vec<_> = order.iter().map(|index| &copies[*index]).collect();
            verdict(signer, &copies).map_err(|error| std::mem::discriminant(&error))
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(kind(&order), kind(&sorted));
    }

    #[test]
    fn no_key_file_makes_reading_panic(
        place in 0..2000_usize,
        junk in proptest::collection::vec(any::<u8>(), 0..20),
        armored in any::<bool>(),
    ) {
        let key = with_subkey(&key());
        let mut file = if armored {
            key.public_key_armored().unwrap().into_bytes()
        } else {
            key.public_key_binary().unwrap()
        };
        let place = place.min(file.len());
        let end = (place + junk.len()).min(file.len());
        file.splice(place..end, junk);
        let pin = key.fingerprint().parse().unwrap();
        let mut keyring = Keyring::new("vendor", [pin]);
        let added = keyring.add(&file).is_ok();
        prop_assert_eq!(added, keyring.missing().is_empty());
    }
}

#[test]
fn a_file_of_many_foreign_keys_is_refused_in_few_words() {
    let pin = "0000000000000000000000000000000000000000";
    let mut keyring = Keyring::new("vendor", [pin.parse().unwrap()]);
    let file: Vec<u8> = (0..20)
        .flat_map(|_| key().public_key_binary().unwrap())
        .collect();
    let error = keyring.add(&file).unwrap_err().to_string();
    assert!(error.contains(pin) && error.contains('…'), "{error}");
    assert!(error.len() < 1000, "{error}");
}

#[test]
fn a_line_in_no_form_is_shown_without_its_control_characters() {
    let key = key();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let list = b"\x1b[2J\x1b]0;owned\x07 no list\n";
    let at = SignatureOptions::at("2026-11-20T00:00:00Z".parse().unwrap());
    let signature = key.sign_binary(list, &at).unwrap();
    let text = keyring.verify_detached(list, &signature, now()).unwrap();
    let error = text.checksum_list().unwrap_err().to_string();
    assert!(
        error.contains("owned") && !error.contains('\u{1b}'),
        "{error:?}"
    );
}

#[test]
fn a_key_file_over_a_bound_is_refused_with_the_bound() {
    let key = key();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    let file = key.public_key_binary().unwrap();
    // Marker packets, which mean nothing.
    let marker = [0xCA, 3, b'P', b'G', b'P'];
    let mut crowded = marker.repeat(2_000);
    crowded.extend(&file);
    let error = keyring.add(&crowded).unwrap_err().to_string();
    assert!(error.contains("more than the 2000 packets"), "{error}");
    let mut fitting = marker.repeat(1_990);
    fitting.extend(&file);
    assert_eq!(keyring.add(&fitting).unwrap(), 1);
    let mut large = file;
    large.resize((64 << 20) + 1, 0);
    let error = keyring.add(&large).unwrap_err().to_string();
    assert!(
        error.contains("67108865 bytes") && error.contains("67108864"),
        "{error}"
    );
}

#[test]
fn text_over_the_bound_is_refused_with_the_bound() {
    let key = key();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let large = vec![b'x'; (64 << 20) + 1];
    for refused in [
        keyring.verify_detached(&large, b"", now()),
        keyring.verify_cleartext(&large, now()),
    ] {
        assert!(
            matches!(
                refused,
                Err(Error::TooLarge {
                    bytes: 67_108_865,
                    most: 67_108_864,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
}
