//! What a key says of itself: directly and over its user id, of its end and of its flags.

use std::time::Duration;

use bonafide::verify::Error;
use bonafide_testkit::keys::{DirectOptions, SignatureOptions, SigningKey, SubkeyOptions};

use crate::policy::packets::{added, packets};
use crate::policy::{DAY, created, key, keyring_of, options, time, verify_by, verify_with};

/// On 2026-11-02, a day after [`options`].
const ENDS: Duration = Duration::from_secs(305 * 24 * 3600);

fn later() -> SignatureOptions {
    SignatureOptions::at(time("2026-11-10T00:00:00Z"))
}

fn directly() -> DirectOptions {
    DirectOptions::at(created())
}

/// The same second as the signature over the user id, and one before and after it.
fn around() -> [DirectOptions; 3] {
    [
        "2025-12-31T23:59:59Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
    ]
    .map(|at| DirectOptions::at(time(at)))
}

/// The key itself and a subkey of it, which ends with it.
fn both(key: &SigningKey) -> [SigningKey; 2] {
    let subkey = key.add_signing_subkey(&SubkeyOptions::at(created()));
    [key.clone(), subkey.unwrap()]
}

#[track_caller]
fn assert_expired(key: &SigningKey) {
    assert!(verify_with(key, &options()).is_ok(), "before its end");
    let refused = verify_with(key, &later());
    assert!(
        matches!(refused, Err(Error::KeyExpired { .. })),
        "{refused:?}"
    );
}

#[track_caller]
fn assert_not_flagged(key: &SigningKey) {
    match verify_with(key, &options()) {
        Err(Error::NotASigningKey { reason, .. }) => {
            assert_eq!(reason, "its key flags do not include signing");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_direct_signature_without_an_end_takes_none_back() {
    let ends = key().expires_after(ENDS).unwrap();
    for silent in around() {
        for silent in [silent.clone(), silent.flagged(true)] {
            for key in both(&ends.says_directly(&silent).unwrap()) {
                assert_expired(&key);
            }
        }
    }
    // Nor one that a signature over the user id has by itself.
    let lasts = key().self_signature_expires_after(ENDS).unwrap();
    let silent = DirectOptions::at(time("2026-06-01T00:00:00Z"));
    assert_expired(&lasts.says_directly(&silent).unwrap());
}

#[test]
fn a_direct_signature_without_flags_takes_none_back() {
    let certifies = key().without_signing_flag().unwrap();
    for silent in around() {
        for silent in [silent.clone(), silent.expires_after(400 * DAY)] {
            let key = certifies.says_directly(&silent).unwrap();
            assert_not_flagged(&key);
            let [_, subkey] = both(&key);
            assert!(verify_with(&subkey, &options()).is_ok());
        }
    }
}

#[test]
fn an_end_and_flags_that_are_said_directly_count() {
    // A signature over a user id without them, such as a new one, does not remove them.
    for said in around() {
        let ends = key().says_directly(&said.clone().expires_after(ENDS));
        for key in both(&ends.unwrap()) {
            assert_expired(&key);
        }
        let unflagged = key().without_key_flags().unwrap();
        assert_not_flagged(&unflagged.says_directly(&said.flagged(false)).unwrap());
    }
}

#[test]
fn of_the_same_second_the_stricter_word_counts() {
    let (short, long) = (ENDS, 400 * DAY);
    for (over_user, direct) in [(short, long), (long, short)] {
        let key = key().expires_after(over_user).unwrap();
        let direct = directly().expires_after(direct);
        for key in both(&key.says_directly(&direct).unwrap()) {
            assert_expired(&key);
        }
    }
    let flagged = key().says_directly(&directly().flagged(false));
    assert_not_flagged(&flagged.unwrap());
    let certifies = key().without_signing_flag().unwrap();
    assert_not_flagged(&certifies.says_directly(&directly().flagged(true)).unwrap());
    // Two over the user id, in both orders.
    let plain = key();
    let ends = plain.clone().expires_after(ENDS).unwrap();
    let files = [&plain, &ends].map(|key| key.public_key_binary().unwrap());
    for file in [files.concat(), [&files[1][..], &files[0]].concat()] {
        let keyring = keyring_of(&plain, &file);
        assert!(verify_by(&keyring, &plain, &options()).is_ok());
        assert!(verify_by(&keyring, &plain, &later()).is_err());
    }
}

#[test]
fn of_the_same_second_the_stricter_binding_counts() {
    for strict in [
        SubkeyOptions::at(created()).expires_after(ENDS),
        SubkeyOptions::at(created()).without_signing_flag(),
    ] {
        let subkey = key().add_signing_subkey(&SubkeyOptions::at(created()));
        let subkey = subkey.unwrap();
        let rebound = subkey.bind_subkey(&strict).unwrap();
        let (file, other) = (
            subkey.public_key_binary().unwrap(),
            rebound.public_key_binary().unwrap(),
        );
        let [binding] = added(&file, &other)[..] else {
            panic!("one packet is the binding");
        };
        let parts = packets(&file);
        let (last, before) = parts.split_last().unwrap();
        for both in [[*last, binding], [binding, *last]] {
            let file = [before, &both].concat().concat();
            let keyring = keyring_of(&subkey, &file);
            assert!(verify_by(&keyring, &subkey, &later()).is_err());
        }
    }
}

#[test]
fn a_renewal_over_the_user_id_extends_a_key_with_a_direct_signature() {
    let renewed_at = time("2026-10-01T00:00:00Z");
    for direct in [directly(), directly().expires_after(ENDS)] {
        let ends = key().expires_after(ENDS).unwrap();
        let ends = ends.says_directly(&direct).unwrap();
        assert_expired(&ends);
        let renewed = ends.clone().expires_after(400 * DAY).unwrap();
        let renewed = renewed.self_signed_at(renewed_at).unwrap();
        assert!(verify_with(&renewed, &later()).is_ok());
        // Or directly.
        let direct = DirectOptions::at(renewed_at).expires_after(400 * DAY);
        let renewed = ends.says_directly(&direct).unwrap();
        assert!(verify_with(&renewed, &later()).is_ok());
    }
}

#[test]
fn a_key_that_speaks_directly_only_where_it_must_signs() {
    let plain = key();
    for said in around() {
        for said in [said.clone(), said.flagged(true).expires_after(400 * DAY)] {
            for key in both(&plain.says_directly(&said).unwrap()) {
                assert!(verify_with(&key, &later()).is_ok());
            }
        }
    }
    // Without a user id: primary key, then the direct signature.
    let said = directly().flagged(true).expires_after(ENDS);
    let file = plain.says_directly(&said).unwrap();
    let file = file.public_key_binary().unwrap();
    let keyring = keyring_of(&plain, &packets(&file)[..2].concat());
    assert!(verify_by(&keyring, &plain, &options()).is_ok());
    assert!(verify_by(&keyring, &plain, &later()).is_err());
}

#[test]
fn without_an_end_and_flags_in_either_a_key_signs_without_end() {
    let unflagged = key().without_key_flags().unwrap();
    assert!(verify_with(&unflagged.says_directly(&directly()).unwrap(), &later()).is_ok());
}
