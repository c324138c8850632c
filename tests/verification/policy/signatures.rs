//! What a signature must be in itself: its type, digest, version, mathematics and times.

use std::time::Duration;

use bonafide::verify::{AcceptedWeakness, Error, Keyring};
use bonafide_testkit::keys::{SignatureOptions, SigningDigest, Version6Key};
use jiff::SignedDuration;

use crate::policy::{DAY, LIST, RSA, created, key, keyring, now, options, signed_at, verify_with};

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
    assert_eq!(evidence.signature_version, 4);
    assert!(evidence.accepted_weaknesses.is_empty());
    assert!(evidence.others.is_empty());
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
fn signatures_that_are_not_over_files_are_refused() {
    for options in [options().standalone(), options().timestamp()] {
        assert!(matches!(
            verify_with(&key(), &options),
            Err(Error::SignatureType { .. })
        ));
    }
}

#[test]
fn sha256_and_stronger_digests_are_accepted() {
    for (digest, name) in [
        (SigningDigest::Sha256, "SHA256"),
        (SigningDigest::Sha384, "SHA384"),
        (SigningDigest::Sha512, "SHA512"),
    ] {
        let proven = verify_with(&key(), &options().digest(digest)).unwrap();
        assert_eq!(proven.evidence().digest_algorithm, name);
    }
}

#[test]
fn digests_below_sha256_are_refused() {
    for (digest, name) in [
        (SigningDigest::Md5, "MD5"),
        (SigningDigest::Ripemd160, "RIPEMD160"),
        (SigningDigest::Sha1, "SHA1"),
        (SigningDigest::Sha224, "SHA224"),
    ] {
        let refused = verify_with(&RSA, &options().digest(digest)).unwrap_err();
        assert!(
            matches!(&refused, Error::WeakDigest { algorithm, .. } if algorithm == name),
            "{refused}"
        );
    }
}

#[test]
fn version_3_is_accepted_for_pinned_keys_and_said_so() {
    let proven = verify_with(&RSA, &options().version_3()).unwrap();
    assert_eq!(proven.evidence().signature_version, 3);
    assert_eq!(
        proven.evidence().accepted_weaknesses,
        [AcceptedWeakness::Version3Signature]
    );
}

#[test]
fn version_3_by_an_unknown_key_or_over_other_data_is_refused() {
    let signature = RSA.sign_binary(LIST, &options().version_3()).unwrap();
    let unknown = keyring(&key()).verify_detached(LIST, &signature, now());
    assert!(matches!(unknown, Err(Error::UnknownSigner { .. })));
    let changed = keyring(&RSA).verify_detached(b"other", &signature, now());
    assert!(matches!(changed, Err(Error::BadSignature { .. })));
    let weak = options().version_3().digest(SigningDigest::Sha1);
    assert!(matches!(
        verify_with(&RSA, &weak),
        Err(Error::WeakDigest { .. })
    ));
}

#[test]
fn version_6_is_accepted_from_keys_of_version_6() {
    let key = Version6Key::generate(created()).unwrap();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let signature = key.sign_binary(LIST, signed_at()).unwrap();
    let proven = keyring.verify_detached(LIST, &signature, now()).unwrap();
    let evidence = proven.evidence();
    assert_eq!(evidence.signature_version, 6);
    assert_eq!(evidence.signer.to_string(), key.fingerprint());
    assert!(evidence.accepted_weaknesses.is_empty());
    let changed = keyring.verify_detached(b"other", &signature, now());
    assert!(matches!(changed, Err(Error::BadSignature { .. })));
    // It can't be checked while a file streams by: its digest begins with a salt.
    let streamed = keyring.file_signature(&signature, now());
    assert!(matches!(streamed, Err(Error::NotStreamable { .. })));
}

#[test]
fn versions_that_are_not_used_for_files_are_refused() {
    for (options, genuine, others) in [
        (options().version_3(), 3, [2, 7]),
        (options(), 4, [5, 7]),
        (options(), 4, [6, 0]),
    ] {
        let good = RSA.sign_binary(LIST, &options).unwrap();
        let body = good.iter().position(|byte| *byte == genuine).unwrap();
        for version in others {
            let mut changed = good.clone();
            changed[body] = version;
            let refused = keyring(&RSA).verify_detached(LIST, &changed, now());
            assert!(
                matches!(refused, Err(Error::Malformed { .. })),
                "{genuine} to {version}: {refused:?}"
            );
        }
    }
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
fn a_signature_from_the_future_is_refused_beyond_half_an_hour() {
    let key = key();
    let at = |minutes| SignatureOptions::at(now() + SignedDuration::from_mins(minutes));
    for minutes in [29, 30] {
        assert!(verify_with(&key, &at(minutes)).is_ok(), "{minutes}");
    }
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
    // It ends now.
    let until_now = now().duration_since(signed_at()).unsigned_abs();
    let second = Duration::from_secs(1);
    assert!(verify_with(&key, &options().expires_after(until_now)).is_err());
    assert!(verify_with(&key, &options().expires_after(until_now + second)).is_ok());
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
