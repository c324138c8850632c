//! Each refusal is an error of its own, which names the keys and times that it is about.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::{
    RevocationReason, SignatureOptions, SigningDigest, SigningKey, SubkeyOptions,
};

use crate::policy::{
    DAY, LIST, RSA, VENDOR, bound_by, created, key, keyring, now, options, time, verify_with,
};

/// The error is of this kind, and its text has all of these.
#[track_caller]
fn assert_says(error: &Error, is: fn(&Error) -> bool, words: &[&str]) {
    assert!(is(error), "{error:?}");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "no `{word}` in: {text}");
    }
}

fn refusal(keyring: &Keyring, data: &[u8], signature: &[u8]) -> Error {
    keyring.verify_detached(data, signature, now()).unwrap_err()
}

#[test]
fn unsigned_and_malformed_say_what_was_found() {
    let keyring = keyring(&key());
    let is = |error: &Error| matches!(error, Error::Unsigned { .. });
    assert_says(&refusal(&keyring, LIST, b" \n"), is, &["unsigned", "empty"]);
    let is = |error: &Error| matches!(error, Error::Malformed { .. });
    let page = b"<html><title>404</title></html>";
    assert_says(&refusal(&keyring, LIST, page), is, &["an HTML page"]);
}

#[test]
fn an_unknown_signer_is_named_beside_the_pinned_keys() {
    let (vendor, other) = (key(), key());
    let signature = other.sign_binary(LIST, &options()).unwrap();
    let error = refusal(&keyring(&vendor), LIST, &signature);
    let is = |error: &Error| matches!(error, Error::UnknownSigner { .. });
    assert_says(
        &error,
        is,
        &[
            &vendor.fingerprint(),
            &other.fingerprint(),
            "vendor",
            "2026-11-01T00:00:00Z",
        ],
    );
}

#[test]
fn a_bad_signature_says_whose_it_claims_to_be_and_when() {
    let key = key();
    let signature = key.sign_binary(LIST, &options()).unwrap();
    let error = refusal(&keyring(&key), b"changed", &signature);
    let is = |error: &Error| matches!(error, Error::BadSignature { .. });
    assert_says(&error, is, &[&key.fingerprint(), "2026-11-01T00:00:00Z"]);
}

#[test]
fn a_weak_digest_is_named_with_its_signer() {
    let weak = options().digest(SigningDigest::Sha1);
    let error = verify_with(&RSA, &weak).unwrap_err();
    let is = |error: &Error| matches!(error, Error::WeakDigest { .. });
    let words = [&RSA.fingerprint(), "SHA1", "2026-11-01T00:00:00Z"];
    assert_says(&error, is, &words);
}

#[test]
fn a_weak_key_is_named_with_its_strength_and_the_signature() {
    let key = SigningKey::generate_rsa(VENDOR, created(), 1024).unwrap();
    let error = verify_with(&key, &options()).unwrap_err();
    let is = |error: &Error| matches!(error, Error::WeakKey { .. });
    let words = [&key.fingerprint(), "1024 bits", "2026-11-01T00:00:00Z"];
    assert_says(&error, is, &words);
}

#[test]
fn a_signature_that_is_not_over_a_file_is_named_with_its_signer_and_time() {
    let key = key();
    let error = verify_with(&key, &options().timestamp()).unwrap_err();
    let is = |error: &Error| matches!(error, Error::SignatureType { .. });
    let words = [&key.fingerprint(), "(0x40)", "2026-11-01T00:00:00Z"];
    assert_says(&error, is, &words);
    let text = key.sign_binary(LIST, &options().text()).unwrap();
    let error = keyring(&key).file_signature(&text, now()).unwrap_err();
    let is = |error: &Error| matches!(error, Error::NotStreamable { .. });
    let words = [&key.fingerprint(), "(0x01)", "2026-11-01T00:00:00Z"];
    assert_says(&error, is, &words);
}

#[test]
fn an_expired_key_is_named_with_its_end_and_the_signature() {
    let key = bound_by(&SubkeyOptions::at(created()).expires_after(DAY));
    let error = verify_with(&key, &options()).unwrap_err();
    let is = |error: &Error| matches!(error, Error::KeyExpired { .. });
    assert_says(
        &error,
        is,
        &[
            &key.signer_fingerprint(),
            "2026-01-02T00:00:00Z",
            "2026-11-01T00:00:00Z",
        ],
    );
}

#[test]
fn an_expired_signature_is_named_with_its_time_its_end_and_now() {
    let key = key();
    let error = verify_with(&key, &options().expires_after(DAY)).unwrap_err();
    let is = |error: &Error| matches!(error, Error::SignatureExpired { .. });
    assert_says(
        &error,
        is,
        &[
            &key.fingerprint(),
            "2026-11-01T00:00:00Z",
            "2026-11-02T00:00:00Z",
            "2026-11-23T12:00:00Z",
        ],
    );
}

#[test]
fn a_revoked_key_is_named_with_the_reason_and_both_times() {
    let revoked_at = time("2026-11-10T00:00:00Z");
    for (reason, said) in [
        (RevocationReason::Compromised, "compromised"),
        (RevocationReason::NoReason, "no reason given"),
        (RevocationReason::Retired, "retired"),
        (RevocationReason::Superseded, "superseded"),
    ] {
        let key = key().revoke(reason, revoked_at).unwrap();
        let later = SignatureOptions::at(time("2026-11-15T00:00:00Z"));
        let error = verify_with(&key, &later).unwrap_err();
        let is = |error: &Error| matches!(error, Error::KeyRevoked { .. });
        let times = ["2026-11-10T00:00:00Z", "2026-11-15T00:00:00Z"];
        assert_says(&error, is, &[&key.fingerprint(), said, times[0], times[1]]);
    }
}

#[test]
fn a_key_that_may_not_sign_is_named_with_what_it_lacks() {
    let key = bound_by(&SubkeyOptions::at(created()).without_back_signature());
    let error = verify_with(&key, &options()).unwrap_err();
    let is = |error: &Error| matches!(error, Error::NotASigningKey { .. });
    assert_says(
        &error,
        is,
        &[
            &key.signer_fingerprint(),
            "signed its binding back",
            "2026-11-01T00:00:00Z",
        ],
    );
}

#[test]
fn times_that_do_not_match_are_shown_side_by_side() {
    let key = key();
    let early = SignatureOptions::at(time("2025-12-31T00:00:00Z"));
    let error = verify_with(&key, &early).unwrap_err();
    let is = |error: &Error| matches!(error, Error::KeyNewerThanSignature { .. });
    let times = ["2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z"];
    assert_says(&error, is, &[&key.fingerprint(), times[0], times[1]]);
    let late = SignatureOptions::at(time("2026-11-24T00:00:00Z"));
    let error = verify_with(&key, &late).unwrap_err();
    let is = |error: &Error| matches!(error, Error::FromTheFuture { .. });
    let times = ["2026-11-24T00:00:00Z", "2026-11-23T12:00:00Z"];
    assert_says(&error, is, &[&key.fingerprint(), times[0], times[1]]);
}
