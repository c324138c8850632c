//! When a key is valid: at the time of its signature.

use bonafide::verify::Error;
use bonafide_testkit::keys::{SignatureOptions, SigningKey, SubkeyOptions};

use crate::policy::{
    DAY, VENDOR, bound_by, created, key, keyring_of, now, options, time, verify_by, verify_with,
};

/// Three weeks before now, and a day after [`options`]; 305 days after the key was made.
fn later() -> SignatureOptions {
    SignatureOptions::at(time("2026-11-10T00:00:00Z"))
}

fn assert_expired(key: &SigningKey, options: &SignatureOptions) {
    let refused = verify_with(key, options);
    assert!(
        matches!(refused, Err(Error::KeyExpired { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_list_signed_before_its_key_expired_stays_good() {
    // It ends on 2026-11-02.
    let primary = key().expires_after(305 * DAY).unwrap();
    let subkey = bound_by(&SubkeyOptions::at(created()).expires_after(305 * DAY));
    let under = primary.add_signing_subkey(&SubkeyOptions::at(created()));
    for key in [primary, subkey, under.unwrap()] {
        assert!(verify_with(&key, &options()).is_ok());
    }
}

#[test]
fn a_list_signed_after_its_key_expired_is_refused() {
    let primary = key().expires_after(305 * DAY).unwrap();
    assert_expired(&primary, &later());
    // On the second of its end as well.
    let end = SignatureOptions::at(time("2026-11-02T00:00:00Z"));
    assert_expired(&primary, &end);
}

#[test]
fn a_list_signed_after_its_subkey_expired_is_refused() {
    let subkey = bound_by(&SubkeyOptions::at(created()).expires_after(305 * DAY));
    assert_expired(&subkey, &later());
}

#[test]
fn a_subkey_ends_with_its_primary() {
    let primary = key().expires_after(305 * DAY).unwrap();
    let subkey = SubkeyOptions::at(created()).expires_after(400 * DAY);
    assert_expired(&primary.add_signing_subkey(&subkey).unwrap(), &later());
}

#[test]
fn a_key_ends_with_the_signature_that_gives_it_its_validity() {
    let primary = key().self_signature_expires_after(305 * DAY).unwrap();
    let subkey = bound_by(&SubkeyOptions::at(created()).binding_expires_after(305 * DAY));
    for key in [primary, subkey] {
        assert!(verify_with(&key, &options()).is_ok());
        assert_expired(&key, &later());
    }
}

#[test]
fn a_signature_older_than_its_key_is_refused() {
    let on_the_day = SignatureOptions::at(created());
    let before = SignatureOptions::at(time("2025-12-31T00:00:00Z"));
    let old = SigningKey::generate(VENDOR, time("2025-01-01T00:00:00Z")).unwrap();
    let subkey = old.add_signing_subkey(&SubkeyOptions::at(created()));
    for key in [key(), subkey.unwrap()] {
        assert!(verify_with(&key, &on_the_day).is_ok());
        assert!(matches!(
            verify_with(&key, &before),
            Err(Error::KeyNewerThanSignature { .. })
        ));
    }
}

#[test]
fn a_key_from_the_future_is_refused() {
    let tomorrow = time("2026-11-24T12:00:00Z");
    let future = SigningKey::generate(VENDOR, tomorrow).unwrap();
    assert!(matches!(
        verify_with(&future, &SignatureOptions::at(tomorrow)),
        Err(Error::FromTheFuture { .. })
    ));
    assert!(matches!(
        verify_with(&future, &SignatureOptions::at(now())),
        Err(Error::KeyNewerThanSignature { .. })
    ));
}

#[test]
fn a_renewed_validity_begins_half_an_hour_before_its_time() {
    let old = key().expires_after(305 * DAY).unwrap();
    for (renewed_at, counts) in [
        ("2026-11-20T00:00:00Z", true),
        ("2026-11-23T12:30:00Z", true),
        ("2026-11-23T12:31:00Z", false),
        ("2026-11-24T00:00:00Z", false),
    ] {
        let renewed = old.clone().expires_after(400 * DAY).unwrap();
        let renewed = renewed.self_signed_at(time(renewed_at)).unwrap();
        let (old, new) = (
            old.public_key_binary().unwrap(),
            renewed.public_key_binary().unwrap(),
        );
        for file in [[&old[..], &new].concat(), [&new[..], &old].concat()] {
            let verdict = verify_by(&keyring_of(&renewed, &file), &renewed, &later());
            assert_eq!(verdict.is_ok(), counts, "{renewed_at}: {verdict:?}");
        }
    }
}
