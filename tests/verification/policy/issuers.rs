//! Whose signature it is: a pinned primary key or one of its subkeys, and no other key.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::{SignatureOptions, SigningKey};

use crate::policy::packets::{bytes, replaced};
use crate::policy::{LIST, key, keyring, now, options, verify_by, verify_with, with_subkey};

#[test]
fn a_key_that_is_not_pinned_is_refused() {
    let (vendor, other) = (key(), key());
    let error = verify_by(&keyring(&vendor), &other, &options()).unwrap_err();
    assert!(matches!(&error, Error::UnknownSigner { .. }));
    assert!(error.to_string().contains(&other.fingerprint()), "{error}");
    assert!(error.to_string().contains(&vendor.fingerprint()), "{error}");
}

#[test]
fn a_keyring_without_the_pinned_key_refuses_everything() {
    let key = key();
    let empty = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    for options in [options(), options().without_issuer()] {
        let refused = verify_by(&empty, &key, &options);
        assert!(matches!(refused, Err(Error::UnknownSigner { .. })));
    }
}

#[test]
fn signatures_without_an_issuer_or_with_a_key_id_only_are_tried() {
    let key = key();
    assert!(verify_with(&key, &options().without_issuer()).is_ok());
    assert!(verify_with(&key, &options().without_issuer_fingerprint()).is_ok());
    let subkey = with_subkey();
    assert!(verify_with(&subkey, &options().without_issuer_fingerprint()).is_ok());
}

/// Vendors name their subkeys; a signature without an issuer is tried with the primary.
#[test]
fn a_signature_by_a_subkey_without_an_issuer_is_refused() {
    let refused = verify_with(&with_subkey(), &options().without_issuer());
    assert!(matches!(refused, Err(Error::BadSignature { .. })));
}

#[test]
fn a_signature_that_names_the_pinned_key_and_is_by_another_is_refused() {
    let (vendor, other) = (key(), key());
    // The key id is not part of what is signed.
    let id = |key: &SigningKey| bytes(&key.fingerprint()[24..]);
    let signature = other
        .sign_binary(LIST, &options().without_issuer_fingerprint())
        .unwrap();
    let forged = replaced(&signature, &id(&other), &id(&vendor));
    assert!(
        keyring(&other)
            .verify_detached(LIST, &forged, now())
            .is_err()
    );
    let nameless = other.sign_binary(LIST, &options().without_issuer());
    for forged in [forged, nameless.unwrap()] {
        let refused = keyring(&vendor).verify_detached(LIST, &forged, now());
        assert!(matches!(refused, Err(Error::BadSignature { .. })));
    }
}

#[test]
fn a_file_with_a_foreign_key_beside_the_pinned_one_trusts_the_pinned_one_only() {
    let (vendor, other) = (key(), key());
    let mut file = other.public_key_binary().unwrap();
    file.extend(vendor.public_key_binary().unwrap());
    let mut keyring = Keyring::new("vendor", [vendor.fingerprint().parse().unwrap()]);
    assert_eq!(keyring.add(&file).unwrap(), 1);
    assert!(verify_by(&keyring, &vendor, &options()).is_ok());
    assert!(verify_by(&keyring, &other, &options()).is_err());
}

#[test]
fn the_key_of_another_vendor_is_refused() {
    let (debian, ubuntu) = (key(), key());
    let (for_debian, for_ubuntu) = (keyring(&debian), keyring(&ubuntu));
    let sign = |key: &SigningKey, options: &SignatureOptions| key.sign(LIST, options).unwrap();
    let signature = sign(&debian, &options());
    for (keyring, counts) in [(for_debian, true), (for_ubuntu, false)] {
        let verdict = keyring.verify_detached(LIST, signature.as_bytes(), now());
        assert_eq!(verdict.is_ok(), counts);
    }
}
