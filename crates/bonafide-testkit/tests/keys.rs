//! The throw-away keys make what they say: rpgp reads it back.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::time::Duration;

use bonafide_testkit::keys::{
    KeyError, RevocationReason, SignatureOptions, SigningDigest, SigningKey, SubkeyOptions,
};
use jiff::Timestamp;
use pgp::composed::{
    CleartextSignedMessage, Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{RevocationCode, Signature, SignatureType, SignatureVersion};
use pgp::types::KeyDetails;

const LIST: &[u8] = b"0123 *a.img\n4567 *b.img\n";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn made() -> Timestamp {
    at("2026-01-01T00:00:00Z")
}

fn signed() -> Timestamp {
    at("2026-11-10T12:00:00Z")
}

fn key() -> SigningKey {
    SigningKey::generate("Vendor <images@vendor.test>", made()).unwrap()
}

fn certificate(key: &SigningKey) -> SignedPublicKey {
    let armored = key.public_key_armored().unwrap();
    let (certificate, _) = SignedPublicKey::from_string(&armored).unwrap();
    let binary = SignedPublicKey::from_bytes(&key.public_key_binary().unwrap()[..]).unwrap();
    assert_eq!(certificate, binary);
    certificate
}

fn detached(key: &SigningKey, data: &[u8], options: &SignatureOptions) -> Signature {
    let armored = key.sign(data, options).unwrap();
    DetachedSignature::from_string(&armored)
        .unwrap()
        .0
        .signature
}

#[test]
fn a_certificate_is_right_in_itself() {
    for key in [
        key(),
        SigningKey::generate_rsa("RSA <rsa@vendor.test>", made(), 2048).unwrap(),
    ] {
        let certificate = certificate(&key);
        certificate.verify_bindings().unwrap();
        assert_eq!(
            key.fingerprint(),
            format!("{:X}", certificate.fingerprint())
        );
        assert_eq!(key.fingerprint().len(), 40);
        let created = certificate.primary_key.created_at().as_secs();
        assert_eq!(i64::from(created), made().as_second());
    }
}

#[test]
fn debug_shows_nothing_secret() {
    let key = key();
    let shown = format!("{key:?}");
    assert_eq!(
        shown,
        format!("SigningKey {{ fingerprint: {:?}, .. }}", key.fingerprint())
    );
}

#[test]
fn a_signature_is_shaped_like_canonicals() {
    let key = key();
    let signature = detached(&key, LIST, &SignatureOptions::at(signed()));
    signature
        .verify(&certificate(&key).primary_key, LIST)
        .unwrap();
    assert_eq!(signature.version(), SignatureVersion::V4);
    assert_eq!(signature.typ(), Some(SignatureType::Binary));
    assert_eq!(signature.hash_alg(), Some(HashAlgorithm::Sha512));
    assert_eq!(
        signature.created().map(|t| i64::from(t.as_secs())),
        Some(signed().as_second())
    );
    assert_eq!(signature.issuer_fingerprint().len(), 1);
    assert_eq!(signature.issuer_key_id().len(), 1);
}

#[test]
fn a_flipped_bit_spoils_a_signature() {
    let key = key();
    let signature = detached(&key, LIST, &SignatureOptions::at(signed()));
    let mut forged = LIST.to_vec();
    forged[3] ^= 1;
    assert!(
        signature
            .verify(&certificate(&key).primary_key, &forged[..])
            .is_err()
    );
}

#[test]
fn armored_and_binary_signatures_hold_the_same() {
    let key = key();
    let options = SignatureOptions::at(signed());
    let binary = key.sign_binary(LIST, &options).unwrap();
    let binary = DetachedSignature::from_bytes(&binary[..]).unwrap();
    assert_eq!(binary.signature, detached(&key, LIST, &options));
}

#[test]
fn rsa_keys_sign_weak_digests_and_ed25519_keys_refuse() {
    let rsa = SigningKey::generate_rsa("RSA <rsa@vendor.test>", made(), 2048).unwrap();
    let digests = [
        (SigningDigest::Md5, HashAlgorithm::Md5),
        (SigningDigest::Sha1, HashAlgorithm::Sha1),
        (SigningDigest::Sha256, HashAlgorithm::Sha256),
        (SigningDigest::Sha512, HashAlgorithm::Sha512),
    ];
    for (digest, algorithm) in digests {
        let options = SignatureOptions::at(signed()).digest(digest);
        let signature = detached(&rsa, LIST, &options);
        assert_eq!(signature.hash_alg(), Some(algorithm));
        signature
            .verify(&certificate(&rsa).primary_key, LIST)
            .unwrap();
    }
    let sha1 = SignatureOptions::at(signed()).digest(SigningDigest::Sha1);
    let error = key().sign(LIST, &sha1).unwrap_err();
    assert!(matches!(error, KeyError::DigestTooShort { .. }), "{error}");
}

#[test]
fn a_key_may_be_certified_over_sha1() {
    let rsa = SigningKey::generate_rsa("RSA <rsa@vendor.test>", made(), 2048).unwrap();
    let certificate = certificate(&rsa.self_signed_with(SigningDigest::Sha1).unwrap());
    certificate.verify_bindings().unwrap();
    let self_signature = &certificate.details.users[0].signatures[0];
    assert_eq!(self_signature.hash_alg(), Some(HashAlgorithm::Sha1));
}

#[test]
fn text_signatures_do_not_mind_line_ends() {
    let key = key();
    let signature = detached(&key, LIST, &SignatureOptions::at(signed()).text());
    assert_eq!(signature.typ(), Some(SignatureType::Text));
    let certificate = certificate(&key);
    signature.verify(&certificate.primary_key, LIST).unwrap();
    signature
        .verify(
            &certificate.primary_key,
            &b"0123 *a.img\r\n4567 *b.img\r\n"[..],
        )
        .unwrap();
}

/// The reason why verifiers must look at the class themselves.
#[test]
fn rpgp_takes_signatures_of_other_classes_for_any_data_with_that_first_byte() {
    let key = key();
    let classes = [
        (
            SignatureOptions::at(signed()).standalone(),
            SignatureType::Standalone,
        ),
        (
            SignatureOptions::at(signed()).timestamp(),
            SignatureType::Timestamp,
        ),
    ];
    for (options, class) in classes {
        let signature = detached(&key, LIST, &options);
        assert_eq!(signature.typ(), Some(class));
        signature
            .verify(&certificate(&key).primary_key, &b"0 other data"[..])
            .unwrap();
    }
}

#[test]
fn version_3_signatures_verify() {
    let rsa = SigningKey::generate_rsa("RSA <rsa@vendor.test>", made(), 2048).unwrap();
    for key in [key(), rsa] {
        let signature = detached(&key, LIST, &SignatureOptions::at(signed()).version_3());
        assert_eq!(signature.version(), SignatureVersion::V3);
        assert_eq!(
            signature.created().map(|t| i64::from(t.as_secs())),
            Some(signed().as_second())
        );
        signature
            .verify(&certificate(&key).primary_key, LIST)
            .unwrap();
    }
}

#[test]
fn the_issuer_can_be_named_less() {
    let key = key();
    let signature = detached(
        &key,
        LIST,
        &SignatureOptions::at(signed()).without_issuer_fingerprint(),
    );
    assert_eq!(
        (
            signature.issuer_fingerprint().len(),
            signature.issuer_key_id().len()
        ),
        (0, 1)
    );
    let signature = detached(&key, LIST, &SignatureOptions::at(signed()).without_issuer());
    assert_eq!(
        (
            signature.issuer_fingerprint().len(),
            signature.issuer_key_id().len()
        ),
        (0, 0)
    );
    signature
        .verify(&certificate(&key).primary_key, LIST)
        .unwrap();
}

#[test]
fn signatures_and_keys_can_end() {
    let week = Duration::from_secs(7 * 24 * 3600);
    let key = key().expires_after(week).unwrap();
    let certificate = certificate(&key);
    certificate.verify_bindings().unwrap();
    let validity = certificate.details.users[0].signatures[0].key_expiration_time();
    assert_eq!(validity.map(Duration::from), Some(week));
    let signature = detached(
        &key,
        LIST,
        &SignatureOptions::at(signed()).expires_after(week),
    );
    assert_eq!(
        signature.signature_expiration_time().map(Duration::from),
        Some(week)
    );
}

#[test]
fn times_out_of_range_are_refused() {
    let error = key()
        .sign(LIST, &SignatureOptions::at(at("1969-12-31T23:59:59Z")))
        .unwrap_err();
    assert!(matches!(error, KeyError::Time { .. }), "{error}");
    let error = key().expires_after(Duration::MAX).unwrap_err();
    assert!(matches!(error, KeyError::Duration { .. }), "{error}");
}

#[test]
fn a_revoked_key_says_why_and_signs_on() {
    let reasons = [
        (
            RevocationReason::Compromised,
            RevocationCode::KeyCompromised,
        ),
        (RevocationReason::NoReason, RevocationCode::NoReason),
        (RevocationReason::Retired, RevocationCode::KeyRetired),
        (RevocationReason::Superseded, RevocationCode::KeySuperseded),
    ];
    let key = key();
    for (reason, code) in reasons {
        let revoked = key.revoke(reason, signed()).unwrap();
        assert_eq!(revoked.fingerprint(), key.fingerprint());
        let certificate = certificate(&revoked);
        let revocation = &certificate.details.revocation_signatures[0];
        revocation.verify_key(&certificate.primary_key).unwrap();
        assert_eq!(revocation.revocation_reason_code(), Some(&code));
        let signature = detached(&revoked, LIST, &SignatureOptions::at(signed()));
        signature.verify(&certificate.primary_key, LIST).unwrap();
    }
    assert!(certificate(&key).details.revocation_signatures.is_empty());
}

#[test]
fn a_key_without_the_signing_flag_signs_nevertheless() {
    let key = key().without_signing_flag().unwrap();
    let flags = certificate(&key).details.users[0].signatures[0].key_flags();
    assert!(flags.certify() && !flags.sign());
    key.sign(LIST, &SignatureOptions::at(signed())).unwrap();
}

fn only_subkey(key: &SigningKey) -> (SignedPublicKey, SignedPublicSubKey) {
    let certificate = certificate(key);
    let subkey = certificate.public_subkeys[0].clone();
    (certificate, subkey)
}

#[test]
fn a_subkey_signs_and_is_bound_both_ways() {
    let primary = key();
    let key = primary
        .add_signing_subkey(&SubkeyOptions::at(made()))
        .unwrap();
    let (certificate, subkey) = only_subkey(&key);
    certificate.verify_bindings().unwrap();
    assert_eq!(key.fingerprint(), primary.fingerprint());
    assert_eq!(
        key.signer_fingerprint(),
        format!("{:X}", subkey.key.fingerprint())
    );
    let back = subkey.signatures[0].embedded_signature().unwrap();
    back.verify_primary_key_binding(&subkey.key, &certificate.primary_key)
        .unwrap();
    assert!(subkey.signatures[0].key_flags().sign());
    let signature = detached(&key, LIST, &SignatureOptions::at(signed()));
    signature.verify(&subkey.key, LIST).unwrap();
    assert!(signature.verify(&certificate.primary_key, LIST).is_err());
}

#[test]
fn a_binding_can_lack_what_it_needs() {
    let day = Duration::from_secs(24 * 3600);
    let options = SubkeyOptions::at(made())
        .without_back_signature()
        .expires_after(day);
    let (_, subkey) = only_subkey(&key().add_signing_subkey(&options).unwrap());
    assert!(subkey.signatures[0].embedded_signature().is_none());
    assert_eq!(
        subkey.signatures[0]
            .key_expiration_time()
            .map(Duration::from),
        Some(day)
    );
    let options = SubkeyOptions::at(made()).without_signing_flag();
    let (_, subkey) = only_subkey(&key().add_signing_subkey(&options).unwrap());
    assert!(!subkey.signatures[0].key_flags().sign());
}

#[test]
fn a_subkey_can_be_revoked() {
    let key = key();
    let error = key
        .revoke_subkey(RevocationReason::Retired, signed())
        .unwrap_err();
    assert!(matches!(error, KeyError::NoSubkey { .. }), "{error}");
    let key = key.add_signing_subkey(&SubkeyOptions::at(made())).unwrap();
    let key = key
        .revoke_subkey(RevocationReason::Retired, signed())
        .unwrap();
    let (certificate, subkey) = only_subkey(&key);
    let revocation = &subkey.signatures[1];
    assert_eq!(revocation.typ(), Some(SignatureType::SubkeyRevocation));
    revocation
        .verify_subkey_binding(&certificate.primary_key, &subkey.key)
        .unwrap();
}

#[test]
fn a_clear_signed_message_verifies() {
    let key = key();
    let text = "- dashed\n# blanks  \nSHA256 (a.img) = 0123\n";
    let message = key
        .sign_cleartext(text, &SignatureOptions::at(signed()))
        .unwrap();
    let (parsed, _) = CleartextSignedMessage::from_string(&message).unwrap();
    parsed.verify(&certificate(&key).primary_key).unwrap();
    assert_eq!(
        parsed.signed_text(),
        "- dashed\r\n# blanks\r\nSHA256 (a.img) = 0123"
    );
    let forged = message.replace("0123", "0124");
    let (parsed, _) = CleartextSignedMessage::from_string(&forged).unwrap();
    assert!(parsed.verify(&certificate(&key).primary_key).is_err());
}
