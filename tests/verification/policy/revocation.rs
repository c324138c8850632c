//! Revoked keys: compromised ones never count, others for what they signed before.

use bonafide::verify::Error;
use bonafide_testkit::keys::{RevocationReason, SignatureOptions, SigningKey, SubkeyOptions};

use crate::policy::packets::{added, packets};
use crate::policy::{
    created, key, keyring, keyring_of, now, options, time, verify_by, verify_with, with_subkey,
};

/// Each reason, and whether what was signed before stays good.
const REASONS: [(RevocationReason, bool); 4] = [
    (RevocationReason::Compromised, false),
    (RevocationReason::NoReason, false),
    (RevocationReason::Retired, true),
    (RevocationReason::Superseded, true),
];

/// Between [`options`] and now.
const REVOKED: &str = "2026-11-10T00:00:00Z";

fn assert_revoked(key: &SigningKey, options: &SignatureOptions, case: &str) {
    let refused = verify_with(key, options);
    assert!(
        matches!(refused, Err(Error::KeyRevoked { .. })),
        "{case}: {refused:?}"
    );
}

/// A signature before the revocation is valid if the reason allows it; others are refused.
fn assert_judged(revoke: impl Fn(RevocationReason) -> SigningKey) {
    for (reason, stays_good) in REASONS {
        let key = revoke(reason);
        let case = format!("{reason:?}");
        if stays_good {
            assert!(verify_with(&key, &options()).is_ok(), "{case}");
        } else {
            assert_revoked(&key, &options(), &case);
        }
        for from_then_on in [REVOKED, "2026-11-15T00:00:00Z"] {
            let later = SignatureOptions::at(time(from_then_on));
            assert_revoked(&key, &later, &case);
        }
    }
}

#[test]
fn a_compromised_key_never_counts_and_a_retired_one_for_what_it_signed_before() {
    assert_judged(|reason| key().revoke(reason, time(REVOKED)).unwrap());
}

#[test]
fn a_compromised_subkey_never_counts_and_a_retired_one_for_what_it_signed_before() {
    assert_judged(|reason| with_subkey().revoke_subkey(reason, time(REVOKED)).unwrap());
}

#[test]
fn a_subkey_is_revoked_with_its_primary() {
    assert_judged(|reason| with_subkey().revoke(reason, time(REVOKED)).unwrap());
}

#[test]
fn a_revoked_subkey_takes_nothing_from_the_primary_and_other_subkeys() {
    let primary = key();
    let reason = RevocationReason::Compromised;
    let old = primary.add_signing_subkey(&SubkeyOptions::at(created()));
    let old = old.unwrap().revoke_subkey(reason, now()).unwrap();
    let new = old
        .add_signing_subkey(&SubkeyOptions::at(created()))
        .unwrap();
    assert!(verify_by(&keyring(&new), &primary, &options()).is_ok());
    assert!(verify_by(&keyring(&new), &new, &options()).is_ok());
    assert!(verify_by(&keyring(&new), &old, &options()).is_err());
}

#[test]
fn revocations_are_valid_wherever_they_are_in_the_key_file() {
    let signs = with_subkey();
    let another = signs.add_signing_subkey(&SubkeyOptions::at(created()));
    let file = another.unwrap().public_key_binary().unwrap();
    let own = signs.public_key_binary().unwrap();
    assert!(verify_by(&keyring_of(&signs, &file), &signs, &options()).is_ok());
    for revoked in [
        signs.revoke(RevocationReason::NoReason, now()).unwrap(),
        signs
            .revoke_subkey(RevocationReason::NoReason, now())
            .unwrap(),
    ] {
        let revoked = revoked.public_key_binary().unwrap();
        let [revocation] = added(&own, &revoked)[..] else {
            panic!("one packet is the revocation");
        };
        let parts = packets(&file);
        for place in 1..=parts.len() {
            let (before, after) = parts.split_at(place);
            let file = [before, &[revocation], after].concat().concat();
            let refused = verify_by(&keyring_of(&signs, &file), &signs, &options());
            assert!(
                matches!(refused, Err(Error::KeyRevoked { .. })),
                "after packet {place}: {refused:?}"
            );
        }
    }
}

#[test]
fn revocations_by_others_do_not_count() {
    let (vendor, other) = (with_subkey(), with_subkey());
    let file = vendor.public_key_binary().unwrap();
    let strangers = other.public_key_binary().unwrap();
    let reason = RevocationReason::Compromised;
    for revoked in [
        other.revoke(reason, now()).unwrap(),
        other.revoke_subkey(reason, now()).unwrap(),
    ] {
        let revoked = revoked.public_key_binary().unwrap();
        let forged = [&[&file[..]], &added(&strangers, &revoked)[..]].concat();
        let keyring = keyring_of(&vendor, &forged.concat());
        assert!(verify_by(&keyring, &vendor, &options()).is_ok());
    }
}
