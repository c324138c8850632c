//! Each vendor's throw-away key has the shape of the real one.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::time::Duration;

use bonafide_testkit::keys::{KeyError, SignatureOptions, SigningDigest, SigningKey, VendorKeys};
use jiff::{Timestamp, ToSpan};
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureType;
use pgp::types::{KeyDetails, PublicParams};

const LIST: &[u8] = b"0123  a.img\n";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn made() -> Timestamp {
    at("2025-11-24T00:00:00Z")
}

fn keys() -> VendorKeys {
    VendorKeys::generate(made()).unwrap()
}

fn certificate(key: &SigningKey) -> SignedPublicKey {
    SignedPublicKey::from_bytes(&key.public_key_binary().unwrap()[..]).unwrap()
}

#[test]
fn every_vendor_has_a_key_of_its_own_and_no_other_has_one() {
    let keys = keys();
    let names: Vec<_> = keys.names().collect();
    assert_eq!(
        names,
        [
            "almalinux-10",
            "almalinux-8",
            "almalinux-9",
            "centos",
            "centos-7",
            "debian",
            "fedora-42",
            "fedora-43",
            "fedora-44",
            "fedora-45",
            "flatcar",
            "opensuse",
            "operator",
            "rocky-10",
            "rocky-8",
            "rocky-9",
            "ubuntu",
        ]
    );
    let mut fingerprints: Vec<_> = names
        .iter()
        .map(|name| keys.key(name).unwrap().fingerprint())
        .collect();
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), names.len());
    for name in ["", "Ubuntu", "almalinux", "fedora-41", "suse"] {
        assert!(keys.key(name).is_none(), "{name}");
    }
}

#[test]
fn only_centos_has_rsa_and_only_seven_is_certified_over_sha1() {
    let keys = keys();
    for name in keys.names() {
        let certificate = certificate(keys.key(name).unwrap());
        certificate.verify_bindings().unwrap();
        let is_rsa = matches!(
            certificate.primary_key.public_params(),
            PublicParams::RSA(_)
        );
        let digest = certificate.details.users[0].signatures[0].hash_alg();
        let (expected_rsa, expected_digest) = match name {
            "centos" => (true, HashAlgorithm::Sha256),
            "centos-7" => (true, HashAlgorithm::Sha1),
            _ => (false, HashAlgorithm::Sha512),
        };
        assert_eq!(
            (is_rsa, digest),
            (expected_rsa, Some(expected_digest)),
            "{name}"
        );
    }
}

#[test]
fn they_sign_what_is_from_yesterday_in_both_versions() {
    let keys = keys();
    let yesterday = SignatureOptions::at(at("2026-11-23T00:00:00Z")).digest(SigningDigest::Sha256);
    for name in keys.names() {
        let key = keys.key(name).unwrap();
        let certificate = certificate(key);
        for options in [yesterday.clone(), yesterday.clone().version_3()] {
            let signature = key.sign(LIST, &options).unwrap();
            let (signature, _) = DetachedSignature::from_string(&signature).unwrap();
            let signature = signature.signature;
            match certificate.public_subkeys.last() {
                Some(subkey) => signature.verify(&subkey.key, LIST).unwrap(),
                None => signature.verify(&certificate.primary_key, LIST).unwrap(),
            }
        }
    }
}

#[test]
fn flatcars_subkeys_are_revoked_expired_and_live() {
    let keys = keys();
    let certificate = certificate(keys.key("flatcar").unwrap());
    let [revoked, expired, live] = &certificate.public_subkeys[..] else {
        panic!("{} subkeys", certificate.public_subkeys.len());
    };
    let created = |seconds: u32| Timestamp::from_second(seconds.into()).unwrap();
    let days = |time: Timestamp| (made() - time).as_hours() / 24;
    assert_eq!(
        days(created(certificate.primary_key.created_at().as_secs())),
        3 * 365
    );
    assert_eq!(
        revoked.signatures[1].typ(),
        Some(SignatureType::SubkeyRevocation)
    );
    let expired_at = created(expired.key.created_at().as_secs());
    let validity = expired.signatures[0]
        .key_expiration_time()
        .map(Duration::from);
    assert!(expired_at + validity.unwrap() < made() - 24.hours());
    assert_eq!(created(live.key.created_at().as_secs()), made());
    assert_eq!(live.signatures[0].key_expiration_time(), None);
    assert_eq!(live.signatures.len(), 1);

    let fingerprint = |key: &SigningKey| key.signer_fingerprint();
    assert_eq!(
        [
            fingerprint(keys.flatcar_revoked()),
            fingerprint(keys.flatcar_expired()),
            fingerprint(keys.key("flatcar").unwrap()),
        ],
        [revoked, expired, live].map(|subkey| format!("{:X}", subkey.key.fingerprint()))
    );
    for key in [keys.flatcar_revoked(), keys.flatcar_expired()] {
        assert_eq!(
            key.fingerprint(),
            keys.key("flatcar").unwrap().fingerprint()
        );
    }
}

#[test]
fn keys_from_before_openpgps_time_are_refused() {
    for time in ["1969-01-01T00:00:00Z", "1972-01-01T00:00:00Z"] {
        let error = VendorKeys::generate(at(time)).unwrap_err();
        assert!(matches!(error, KeyError::Time { .. }), "{error}");
    }
}
