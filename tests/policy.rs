//! Each rule of the policy, with packets made for it: what is accepted and what is refused.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::sync::LazyLock;
use std::time::Duration;

use bonafide::verify::{Concession, Error, Keyring, SignedText, Verified};
use bonafide_testkit::keys::{
    RevocationReason, SignatureOptions, SigningDigest, SigningKey, SubkeyOptions,
};
use jiff::Timestamp;

const LIST: &[u8] = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.img\n";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-11-23T12:00:00Z")
}

fn created() -> Timestamp {
    time("2026-01-01T00:00:00Z")
}

fn signed_at() -> Timestamp {
    time("2026-11-01T00:00:00Z")
}

fn key() -> SigningKey {
    SigningKey::generate("Vendor <images@vendor.test>", created()).unwrap()
}

/// RSA keys take a second to make; one is enough for the digests that other keys can't sign.
static RSA: LazyLock<SigningKey> = LazyLock::new(|| {
    SigningKey::generate_rsa("Vendor <images@vendor.test>", created(), 2048).unwrap()
});

fn keyring(key: &SigningKey) -> Keyring {
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring
        .add(key.public_key_armored().unwrap().as_bytes())
        .unwrap();
    keyring
}

fn verify_with(
    key: &SigningKey,
    options: &SignatureOptions,
) -> Result<Verified<SignedText>, Error> {
    let signature = key.sign(LIST, options).unwrap();
    keyring(key).verify_detached(LIST, signature.as_bytes(), now())
}

fn options() -> SignatureOptions {
    SignatureOptions::at(signed_at())
}

#[test]
fn a_good_signature_is_accepted_and_the_evidence_says_whose_it_is() {
    let key = key();
    let proven = verify_with(&key, &options()).unwrap();
    let evidence = proven.evidence();
    assert_eq!(evidence.vendor, "vendor");
    assert_eq!(evidence.certificate.to_string(), key.fingerprint());
    assert_eq!(evidence.signer.to_string(), key.fingerprint());
    assert_eq!(evidence.signed_at, signed_at());
    assert_eq!(evidence.digest_algorithm, "SHA512");
    assert_eq!(proven.as_bytes(), LIST);
}

#[test]
fn binary_signature_files_are_read_too() {
    let key = key();
    let signature = key.sign_binary(LIST, &options()).unwrap();
    let text = keyring(&key)
        .verify_detached(LIST, &signature, now())
        .unwrap();
    assert_eq!(text.checksum_list().unwrap().len(), 1);
}

#[test]
fn text_signatures_and_clear_signed_messages_are_accepted() {
    let key = key();
    assert!(verify_with(&key, &options().text()).is_ok());
    let message = key
        .sign_cleartext(std::str::from_utf8(LIST).unwrap(), &options())
        .unwrap();
    let text = keyring(&key)
        .verify_cleartext(message.as_bytes(), now())
        .unwrap();
    assert_eq!(
        text.checksum_list().unwrap().names().collect::<Vec<_>>(),
        ["x.img"]
    );
}

#[test]
fn one_flipped_bit_in_the_data_is_refused() {
    let key = key();
    let signature = key.sign(LIST, &options()).unwrap();
    let mut changed = LIST.to_vec();
    changed[0] ^= 1;
    let refused = keyring(&key).verify_detached(&changed, signature.as_bytes(), now());
    assert!(matches!(refused, Err(Error::BadSignature { .. })));
}

#[test]
fn no_flipped_bit_in_the_signature_gives_another_proof() {
    let key = key();
    let good = key.sign_binary(LIST, &options()).unwrap();
    let genuine = keyring(&key).verify_detached(LIST, &good, now()).unwrap();
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // Bits of the unhashed area are hints only; what is signed must be the same.
        if let Ok(proven) = keyring(&key).verify_detached(LIST, &changed, now()) {
            assert_eq!(proven.evidence(), genuine.evidence(), "bit {bit}");
        }
    }
}

#[test]
fn no_cut_of_the_signature_is_accepted() {
    let key = key();
    let good = key.sign_binary(LIST, &options()).unwrap();
    for length in 0..good.len() {
        assert!(
            keyring(&key)
                .verify_detached(LIST, &good[..length], now())
                .is_err(),
            "{length}"
        );
    }
}

#[test]
fn a_key_that_is_not_pinned_is_refused() {
    let (vendor, other) = (key(), key());
    let signature = other.sign(LIST, &options()).unwrap();
    let error = keyring(&vendor)
        .verify_detached(LIST, signature.as_bytes(), now())
        .unwrap_err();
    assert!(matches!(&error, Error::UnknownSigner { .. }));
    assert!(error.to_string().contains(&other.fingerprint()), "{error}");
}

#[test]
fn a_file_with_a_foreign_key_beside_the_pinned_one_trusts_the_pinned_one_only() {
    let (vendor, other) = (key(), key());
    let mut file = other.public_key_binary().unwrap();
    file.extend(vendor.public_key_binary().unwrap());
    let mut keyring = Keyring::new("vendor", [vendor.fingerprint().parse().unwrap()]);
    assert_eq!(keyring.add(&file).unwrap(), 1);
    let sign = |key: &SigningKey| key.sign(LIST, &options()).unwrap();
    assert!(
        keyring
            .verify_detached(LIST, sign(&vendor).as_bytes(), now())
            .is_ok()
    );
    assert!(
        keyring
            .verify_detached(LIST, sign(&other).as_bytes(), now())
            .is_err()
    );
}

#[test]
fn one_good_signature_beside_an_unknown_one_suffices() {
    let (vendor, other) = (key(), key());
    let mut both = other.sign_binary(LIST, &options()).unwrap();
    both.extend(vendor.sign_binary(LIST, &options()).unwrap());
    assert!(keyring(&vendor).verify_detached(LIST, &both, now()).is_ok());
}

#[test]
fn sha1_and_md5_as_data_digest_are_refused() {
    for (digest, name) in [(SigningDigest::Sha1, "SHA1"), (SigningDigest::Md5, "MD5")] {
        let refused = verify_with(&RSA, &options().digest(digest)).unwrap_err();
        assert!(matches!(&refused, Error::WeakDigest { algorithm, .. } if algorithm == name));
    }
    assert!(verify_with(&RSA, &options().digest(SigningDigest::Sha256)).is_ok());
}

#[test]
fn signatures_that_are_not_over_files_are_refused() {
    for options in [options().standalone(), options().timestamp()] {
        assert!(matches!(
            verify_with(&key(), &options),
            Err(Error::SignatureType { .. })
        ));
    }
}

#[test]
fn a_signature_from_the_future_is_refused_beyond_half_an_hour() {
    let key = key();
    let at = |minutes| SignatureOptions::at(now() + jiff::SignedDuration::from_mins(minutes));
    assert!(verify_with(&key, &at(29)).is_ok());
    assert!(matches!(
        verify_with(&key, &at(31)),
        Err(Error::FromTheFuture { .. })
    ));
}

#[test]
fn a_signature_with_an_end_is_refused_after_it() {
    let key = key();
    assert!(verify_with(&key, &options().expires_after(30 * DAY)).is_ok());
    assert!(matches!(
        verify_with(&key, &options().expires_after(DAY)),
        Err(Error::SignatureExpired { .. })
    ));
}

#[test]
fn a_signature_older_than_its_key_is_refused() {
    let before = SignatureOptions::at(time("2025-12-31T00:00:00Z"));
    assert!(matches!(
        verify_with(&key(), &before),
        Err(Error::KeyNewerThanSignature { .. })
    ));
}

#[test]
fn expiry_of_the_key_is_judged_when_the_signature_was_made() {
    // It ends on 2026-11-02: a day after the signature, three weeks before now.
    let key = key().expires_after(305 * DAY).unwrap();
    assert!(verify_with(&key, &options()).is_ok());
    let later = SignatureOptions::at(time("2026-11-10T00:00:00Z"));
    assert!(matches!(
        verify_with(&key, &later),
        Err(Error::KeyExpired { .. })
    ));
}

#[test]
fn a_compromised_key_never_counts_and_a_retired_one_for_what_it_signed_before() {
    let revoked_at = time("2026-11-10T00:00:00Z");
    let later = SignatureOptions::at(time("2026-11-15T00:00:00Z"));
    for (reason, soft) in [
        (RevocationReason::Compromised, false),
        (RevocationReason::NoReason, false),
        (RevocationReason::Retired, true),
        (RevocationReason::Superseded, true),
    ] {
        let key = key().revoke(reason, revoked_at).unwrap();
        assert_eq!(
            verify_with(&key, &options()).is_ok(),
            soft,
            "{reason:?}, before"
        );
        assert!(
            matches!(verify_with(&key, &later), Err(Error::KeyRevoked { .. })),
            "{reason:?}, after"
        );
    }
}

#[test]
fn a_bound_signing_subkey_signs_for_its_pinned_primary() {
    let key = key()
        .add_signing_subkey(&SubkeyOptions::at(created()))
        .unwrap();
    let proven = verify_with(&key, &options()).unwrap();
    assert_eq!(proven.evidence().certificate.to_string(), key.fingerprint());
    assert_eq!(
        proven.evidence().signer.to_string(),
        key.signer_fingerprint()
    );
    assert_ne!(proven.evidence().signer, proven.evidence().certificate);
}

#[test]
fn subkeys_without_back_signature_or_signing_flag_are_refused() {
    let at = || SubkeyOptions::at(created());
    for binding in [at().without_back_signature(), at().without_signing_flag()] {
        let key = key().add_signing_subkey(&binding).unwrap();
        assert!(matches!(
            verify_with(&key, &options()),
            Err(Error::NotASigningKey { .. })
        ));
    }
}

#[test]
fn an_expired_or_revoked_subkey_is_refused() {
    let expired = SubkeyOptions::at(created()).expires_after(DAY);
    let key = key().add_signing_subkey(&expired).unwrap();
    assert!(matches!(
        verify_with(&key, &options()),
        Err(Error::KeyExpired { .. })
    ));
    let key = self::key()
        .add_signing_subkey(&SubkeyOptions::at(created()))
        .unwrap();
    let key = key
        .revoke_subkey(RevocationReason::Compromised, now())
        .unwrap();
    assert!(matches!(
        verify_with(&key, &options()),
        Err(Error::KeyRevoked { .. })
    ));
}

#[test]
fn a_primary_without_the_signing_flag_is_refused() {
    let key = key().without_signing_flag().unwrap();
    assert!(matches!(
        verify_with(&key, &options()),
        Err(Error::NotASigningKey { .. })
    ));
}

#[test]
fn old_forms_are_accepted_for_pinned_keys_and_said_so() {
    let proven = verify_with(&RSA, &options().version_3()).unwrap();
    assert_eq!(proven.evidence().signature_version, 3);
    assert_eq!(
        proven.evidence().concessions,
        [Concession::Version3Signature]
    );
    let old = RSA.clone().self_signed_with(SigningDigest::Sha1).unwrap();
    let proven = verify_with(&old, &options()).unwrap();
    assert_eq!(
        proven.evidence().concessions,
        [Concession::Sha1SelfSignature]
    );
}

#[test]
fn signatures_that_name_nobody_or_a_key_id_only_are_tried() {
    let key = key();
    assert!(verify_with(&key, &options().without_issuer()).is_ok());
    assert!(verify_with(&key, &options().without_issuer_fingerprint()).is_ok());
}

#[test]
fn short_rsa_keys_are_refused() {
    let short = SigningKey::generate_rsa("Vendor <images@vendor.test>", created(), 1024);
    let Ok(short) = short else {
        panic!("the testkit can't make the key that this test is about");
    };
    assert!(matches!(
        verify_with(&short, &options()),
        Err(Error::WeakKey { .. })
    ));
}

#[test]
fn text_around_a_clear_signed_message_is_refused_or_left_out() {
    let key = key();
    let message = key
        .sign_cleartext(std::str::from_utf8(LIST).unwrap(), &options())
        .unwrap();
    let forged = "0000000000000000000000000000000000000000000000000000000000000000  x.img\n";
    for changed in [format!("{forged}{message}"), format!("{message}{forged}")] {
        assert!(
            keyring(&key)
                .verify_cleartext(changed.as_bytes(), now())
                .is_err()
        );
    }
}

#[test]
fn md5_over_the_own_key_is_refused() {
    let weak = RSA.clone().self_signed_with(SigningDigest::Md5).unwrap();
    assert!(matches!(
        verify_with(&weak, &options()),
        Err(Error::NotASigningKey { .. })
    ));
}

#[test]
fn a_long_broken_message_gives_a_short_error() {
    let key = key();
    let mut signature = key.sign_binary(LIST, &options()).unwrap();
    signature.extend(vec![0xC7; 60_000]);
    if let Err(error) = keyring(&key).verify_detached(LIST, &signature, now()) {
        assert!(
            error.to_string().len() < 1000,
            "{}",
            error.to_string().len()
        );
    }
}
