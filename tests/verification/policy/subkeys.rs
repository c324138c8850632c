//! What a key may sign, and what binds a subkey to its pinned primary.

use bonafide::verify::{AcceptedWeakness, Error};
use bonafide_testkit::keys::{SigningDigest, SigningKey, SubkeyOptions};

use crate::policy::packets::packets;
use crate::policy::{
    RSA, bound_by, created, key, keyring, keyring_of, options, verify_by, verify_with, with_subkey,
};

fn at() -> SubkeyOptions {
    SubkeyOptions::at(created())
}

fn rsa_bound_by(options: &SubkeyOptions) -> SigningKey {
    RSA.add_signing_subkey(options).unwrap()
}

fn assert_not_a_signing_key(key: &SigningKey, why: &str) {
    match verify_with(key, &options()) {
        Err(Error::NotASigningKey { reason, .. }) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[test]
fn a_bound_signing_subkey_signs_for_its_pinned_primary() {
    let key = with_subkey();
    let proven = verify_with(&key, &options()).unwrap();
    assert_eq!(proven.evidence().certificate.to_string(), key.fingerprint());
    assert_eq!(
        proven.evidence().signer.to_string(),
        key.signer_fingerprint()
    );
    assert_ne!(proven.evidence().signer, proven.evidence().certificate);
}

#[test]
fn a_primary_from_before_the_flags_may_sign() {
    assert!(verify_with(&key().without_key_flags().unwrap(), &options()).is_ok());
}

#[test]
fn a_primary_without_the_signing_flag_is_refused() {
    let key = key().without_signing_flag().unwrap();
    assert_not_a_signing_key(&key, "its key flags do not include signing");
    // Its subkey may sign nevertheless.
    let subkey = key.add_signing_subkey(&at()).unwrap();
    assert!(verify_with(&subkey, &options()).is_ok());
}

#[test]
fn a_subkey_without_the_signing_flag_is_refused() {
    let key = bound_by(&at().without_signing_flag());
    assert_not_a_signing_key(&key, "its key flags do not include signing");
}

#[test]
fn a_subkey_that_did_not_sign_back_is_refused() {
    let key = bound_by(&at().without_back_signature());
    assert_not_a_signing_key(&key, "it has not signed its binding back");
}

#[test]
fn a_subkey_that_the_primary_did_not_bind_is_refused() {
    let (vendor, other) = (key(), with_subkey());
    let (own, foreign) = (
        vendor.public_key_binary().unwrap(),
        other.public_key_binary().unwrap(),
    );
    // A stranger puts a subkey with its binding below the vendor's key.
    let foreign = packets(&foreign);
    let (subkey, binding) = (foreign[3], foreign[4]);
    let keyring = keyring_of(&vendor, &[&own, subkey, binding].concat());
    let refused = verify_by(&keyring, &other, &options());
    assert!(
        matches!(&refused, Err(Error::NotASigningKey { reason, .. })
            if reason == "the primary key has not bound it"),
        "{refused:?}"
    );
    assert!(verify_by(&keyring, &vendor, &options()).is_ok());
    // Without any binding it is no subkey at all.
    let keyring = keyring_of(&vendor, &[&own, subkey].concat());
    assert!(verify_by(&keyring, &other, &options()).is_err());
}

#[test]
fn a_key_without_a_signature_over_itself_is_refused() {
    let key = key();
    let file = key.public_key_binary().unwrap();
    let bare = packets(&file);
    let keyring = keyring_of(&key, &bare[..2].concat());
    assert!(matches!(
        verify_by(&keyring, &key, &options()),
        Err(Error::NotASigningKey { .. })
    ));
}

#[test]
fn sha1_over_the_own_key_is_accepted_for_pinned_keys_and_said_so() {
    let old = RSA.clone().self_signed_with(SigningDigest::Sha1).unwrap();
    let proven = verify_with(&old, &options()).unwrap();
    assert_eq!(
        proven.evidence().accepted_weaknesses,
        [AcceptedWeakness::Sha1SelfSignature]
    );
}

#[test]
fn sha1_in_a_binding_is_accepted_for_pinned_keys_and_said_so() {
    for binding in [
        at().bound_with(SigningDigest::Sha1),
        at().rsa(2048).signed_back_with(SigningDigest::Sha1),
    ] {
        let proven = verify_with(&rsa_bound_by(&binding), &options()).unwrap();
        assert_eq!(
            proven.evidence().accepted_weaknesses,
            [AcceptedWeakness::Sha1Binding]
        );
    }
}

#[test]
fn all_that_was_conceded_is_said() {
    let old = RSA.clone().self_signed_with(SigningDigest::Sha1).unwrap();
    let binding = at().bound_with(SigningDigest::Sha1);
    let old = old.add_signing_subkey(&binding).unwrap();
    let proven = verify_with(&old, &options().version_3()).unwrap();
    assert_eq!(
        proven.evidence().accepted_weaknesses,
        [
            AcceptedWeakness::Sha1SelfSignature,
            AcceptedWeakness::Sha1Binding,
            AcceptedWeakness::Version3Signature
        ]
    );
}

#[test]
fn sha1_by_keys_that_are_not_pinned_is_refused() {
    let old = RSA.clone().self_signed_with(SigningDigest::Sha1).unwrap();
    let refused = verify_by(&keyring(&key()), &old, &options().version_3());
    assert!(matches!(refused, Err(Error::UnknownSigner { .. })));
}

#[test]
fn digests_below_sha1_over_the_own_key_are_refused() {
    for digest in [SigningDigest::Md5, SigningDigest::Ripemd160] {
        let weak = RSA.clone().self_signed_with(digest).unwrap();
        assert_not_a_signing_key(&weak, "no valid signature over itself");
    }
}

#[test]
fn digests_below_sha1_in_a_binding_are_refused() {
    for digest in [SigningDigest::Md5, SigningDigest::Ripemd160] {
        let weak = rsa_bound_by(&at().bound_with(digest));
        assert_not_a_signing_key(&weak, "has not bound it");
        let weak = rsa_bound_by(&at().rsa(2048).signed_back_with(digest));
        assert_not_a_signing_key(&weak, "has not signed its binding back");
    }
}
