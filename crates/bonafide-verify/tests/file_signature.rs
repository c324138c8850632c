//! Signatures over a whole file: all rules are asked before the first byte, the mathematics after
//! the last.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::sync::LazyLock;
use std::time::Duration;

use bonafide_testkit::keys::{
    RevocationReason, SignatureOptions, SigningDigest, SigningKey, SubkeyOptions,
};
use bonafide_verify::{
    AcceptedWeakness, Algorithm, Digest, DigestCheck, Error, FileDigests, FileSignature, Keyring,
    Verified,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const IMAGE: &[u8] = b"BZh9 and what follows in a compressed image";
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

fn options() -> SignatureOptions {
    SignatureOptions::at(time("2026-11-01T00:00:00Z"))
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
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    keyring
}

/// Judges a signature over [`IMAGE`] before the image is there.
fn judge(key: &SigningKey, options: &SignatureOptions) -> Result<FileSignature, Error> {
    let signature = key.sign_binary(IMAGE, options).unwrap();
    keyring(key).file_signature(&signature, now())
}

/// Reads an image that the signed list knows, and asks for the signature as well.
fn finish(image: &[u8], signature: FileSignature) -> Result<Verified<FileDigests>, Error> {
    let key = key();
    let list = format!("{}  x.img.bz2\n", Digest::of(Algorithm::Sha512, image));
    let signed = key.sign_binary(list.as_bytes(), &options()).unwrap();
    let text = keyring(&key).verify_detached(list.as_bytes(), &signed, now());
    let list = text.unwrap().checksum_list().unwrap();
    let mut check = DigestCheck::new(&list.digest("x.img.bz2").unwrap()).signed_by(signature);
    for chunk in image.chunks(7) {
        check.update(chunk);
    }
    check.finish()
}

fn assert_not_streamable(judged: Result<FileSignature, Error>, why: &str) {
    match judged {
        Err(Error::NotStreamable { reason, .. }) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[test]
fn a_good_signature_over_the_file_is_in_the_evidence() {
    for (digest, name) in [
        (SigningDigest::Sha256, "SHA256"),
        (SigningDigest::Sha512, "SHA512"),
    ] {
        let key = key()
            .add_signing_subkey(&SubkeyOptions::at(created()))
            .unwrap();
        let signature = judge(&key, &options().digest(digest)).unwrap();
        let digests = finish(IMAGE, signature).unwrap();
        let evidence = digests.file_signature.clone().unwrap();
        assert_eq!(evidence.vendor, "vendor");
        assert_eq!(evidence.certificate.to_string(), key.fingerprint());
        assert_eq!(evidence.signer.to_string(), key.signer_fingerprint());
        assert_eq!(evidence.signed_at, time("2026-11-01T00:00:00Z"));
        assert_eq!(evidence.digest_algorithm, name);
        assert_eq!(evidence.signature_version, 4);
        assert_eq!(evidence.signed_sha256, digests.digests.sha256);
        assert_ne!(digests.evidence(), &evidence, "the list has its own");
    }
}

#[test]
fn rsa_signatures_and_old_self_signatures_are_accepted() {
    let old = RSA.clone().self_signed_with(SigningDigest::Sha1).unwrap();
    let digests = finish(IMAGE, judge(&old, &options()).unwrap()).unwrap();
    let evidence = digests.file_signature.as_ref().unwrap();
    assert_eq!(
        evidence.accepted_weaknesses,
        [AcceptedWeakness::Sha1SelfSignature]
    );
}

#[test]
fn a_signature_over_another_file_is_refused_at_the_end() {
    let signature = judge(&key(), &options()).unwrap();
    let mut other = IMAGE.to_vec();
    other[9] ^= 1;
    for image in [&other[..], &IMAGE[1..], b""] {
        assert!(matches!(
            finish(image, signature.clone()),
            Err(Error::BadSignature { .. })
        ));
    }
}

#[test]
fn a_wrong_digest_is_reported_before_a_wrong_signature() {
    let key = key();
    let list = format!("{}  x\n", Digest::of(Algorithm::Sha256, b"other"));
    let signed = key.sign_binary(list.as_bytes(), &options()).unwrap();
    let text = keyring(&key).verify_detached(list.as_bytes(), &signed, now());
    let expected = text.unwrap().checksum_list().unwrap().digest("x").unwrap();
    let mut check = DigestCheck::new(&expected).signed_by(judge(&key, &options()).unwrap());
    check.update(IMAGE);
    assert!(matches!(check.finish(), Err(Error::DigestMismatch { .. })));
}

#[test]
fn what_is_no_signature_is_refused_before_the_file_is_read() {
    let keyring = keyring(&key());
    let judge = |file: &[u8]| keyring.file_signature(file, now()).unwrap_err();
    assert!(matches!(judge(b""), Error::Unsigned { .. }));
    assert!(matches!(judge(b"<html>404"), Error::Malformed { .. }));
    let stranger = key().sign(IMAGE, &options()).unwrap();
    assert!(matches!(
        judge(stranger.as_bytes()),
        Error::UnknownSigner { .. }
    ));
}

#[test]
fn forms_that_need_more_than_the_digest_are_refused_before_the_file_is_read() {
    assert_not_streamable(judge(&key(), &options().text()), "text signature");
    assert_not_streamable(judge(&RSA, &options().version_3()), "of version 3");
    let key = key();
    let mut signature = key.sign_binary(IMAGE, &options()).unwrap();
    let body = signature.iter().position(|byte| *byte == 4).unwrap();
    assert_eq!(signature[body + 3], 10, "SHA-512 in a version 4 packet");
    signature[body + 3] = 9;
    assert_not_streamable(keyring(&key).file_signature(&signature, now()), "SHA384");
}

#[test]
fn what_is_critical_and_not_understood_is_refused_before_the_file_is_read() {
    let key = key();
    let ends = options().expires_after(100 * DAY);
    let mut signature = key.sign_binary(IMAGE, &ends).unwrap();
    let end = signature.windows(2).position(|two| two == [5, 3]).unwrap();
    assert!(keyring(&key).file_signature(&signature, now()).is_ok());
    signature[end + 1] = 0x80 | 50;
    let refused = keyring(&key).file_signature(&signature, now());
    assert!(
        matches!(&refused, Err(Error::UnknownCritical { required, .. }) if required.ends_with("type 50")),
        "{refused:?}"
    );
}

#[test]
fn weak_digests_and_other_classes_are_refused_before_the_file_is_read() {
    for digest in [SigningDigest::Sha1, SigningDigest::Md5] {
        let judged = judge(&RSA, &options().digest(digest));
        assert!(
            matches!(judged, Err(Error::WeakDigest { .. })),
            "{digest:?}"
        );
    }
    for class in [options().standalone(), options().timestamp()] {
        assert!(matches!(
            judge(&key(), &class),
            Err(Error::SignatureType { .. })
        ));
    }
}

#[test]
fn signatures_out_of_their_time_are_refused_before_the_file_is_read() {
    let later = |minutes| SignatureOptions::at(now() + SignedDuration::from_mins(minutes));
    assert!(judge(&key(), &later(29)).is_ok());
    assert!(matches!(
        judge(&key(), &later(31)),
        Err(Error::FromTheFuture { .. })
    ));
    assert!(matches!(
        judge(&key(), &options().expires_after(DAY)),
        Err(Error::SignatureExpired { .. })
    ));
    assert!(matches!(
        judge(&key(), &SignatureOptions::at(time("2025-12-31T00:00:00Z"))),
        Err(Error::KeyNewerThanSignature { .. })
    ));
    // It ended on 2026-10-28, four days before the signature.
    let ended = key().expires_after(300 * DAY).unwrap();
    assert!(matches!(
        judge(&ended, &options()),
        Err(Error::KeyExpired { .. })
    ));
}

#[test]
fn keys_that_may_not_sign_are_refused_before_the_file_is_read() {
    let at = || SubkeyOptions::at(created());
    for key in [
        key().without_signing_flag().unwrap(),
        key()
            .add_signing_subkey(&at().without_back_signature())
            .unwrap(),
        key()
            .add_signing_subkey(&at().without_signing_flag())
            .unwrap(),
    ] {
        assert!(matches!(
            judge(&key, &options()),
            Err(Error::NotASigningKey { .. })
        ));
    }
    let subkey = key().add_signing_subkey(&at()).unwrap();
    for revoked in [
        key().revoke(RevocationReason::Compromised, now()).unwrap(),
        subkey
            .revoke_subkey(RevocationReason::NoReason, now())
            .unwrap(),
    ] {
        assert!(matches!(
            judge(&revoked, &options()),
            Err(Error::KeyRevoked { .. })
        ));
    }
}

#[test]
fn one_good_signature_among_several_suffices() {
    let (vendor, stranger) = (key(), key());
    let good = vendor.sign_binary(IMAGE, &options()).unwrap();
    let other = vendor.sign_binary(b"other", &options()).unwrap();
    let late = vendor
        .sign_binary(IMAGE, &options().expires_after(DAY))
        .unwrap();
    let unknown = stranger.sign_binary(IMAGE, &options()).unwrap();
    let judge = |all: &[&[u8]]| keyring(&vendor).file_signature(&all.concat(), now());
    let several = judge(&[&unknown, &late, &other, &good]).unwrap();
    assert!(finish(IMAGE, several).is_ok());
    let without = judge(&[&unknown, &late, &other]).unwrap();
    assert!(matches!(
        finish(IMAGE, without),
        Err(Error::BadSignature { .. })
    ));
    assert!(matches!(
        judge(&[&unknown, &late]),
        Err(Error::SignatureExpired { .. })
    ));
}

#[test]
fn no_flipped_bit_and_no_cut_gives_another_proof() {
    let key = key();
    let good = key.sign_binary(IMAGE, &options()).unwrap();
    let keyring = keyring(&key);
    let prove = |signature: &[u8]| {
        let judged = keyring.file_signature(signature, now()).ok()?;
        finish(IMAGE, judged).ok()?.file_signature.clone()
    };
    let genuine = prove(&good).unwrap();
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // Bits of the unhashed area are hints only; what is signed must be the same.
        if let Some(evidence) = prove(&changed) {
            assert_eq!(evidence, genuine, "bit {bit}");
        }
    }
    for length in 0..good.len() {
        assert_eq!(prove(&good[..length]), None, "{length}");
    }
}

proptest! {
    #[test]
    fn the_verdict_is_that_over_the_bytes(
        image in proptest::collection::vec(any::<u8>(), 0..300),
        signed in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
    ) {
        let key = key();
        let signature = key.sign_binary(signed.as_ref().unwrap_or(&image), &options()).unwrap();
        let bytes = keyring(&key).verify_detached(&image, &signature, now());
        let judged = keyring(&key).file_signature(&signature, now()).unwrap();
        match (finish(&image, judged), bytes) {
            (Ok(file), Ok(text)) => {
                prop_assert_eq!(file.file_signature.as_ref(), Some(text.evidence()));
            }
            (Err(Error::BadSignature { .. }), Err(Error::BadSignature { .. })) => {}
            (file, bytes) => prop_assert!(false, "{:?} {:?}", file, bytes),
        }
    }
}
