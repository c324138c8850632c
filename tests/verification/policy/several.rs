//! Several signatures over one list: a valid one by a pinned key suffices, the others are reported.

use bonafide::verify::{Algorithm, Digest, DigestCheck, Error, Evidence};
use bonafide_testkit::keys::{SignatureOptions, SigningKey};

use crate::policy::packets::packet;
use crate::policy::{DAY, LIST, key, keyring, now, options};

/// By `options()`.
const SIGNED_AT: &str = "2026-11-01T00:00:00Z";

fn sign(key: &SigningKey, options: &SignatureOptions) -> Vec<u8> {
    key.sign_binary(LIST, options).unwrap()
}

fn told(evidence: &Evidence) -> Vec<String> {
    evidence.others.iter().map(ToString::to_string).collect()
}

#[test]
fn one_good_signature_beside_an_unknown_one_suffices() {
    let (vendor, other) = (key(), key());
    let (good, unknown) = (sign(&vendor, &options()), sign(&other, &options()));
    for both in [
        [&good[..], &unknown].concat(),
        [&unknown[..], &good].concat(),
    ] {
        let proven = keyring(&vendor)
            .verify_detached(LIST, &both, now())
            .unwrap();
        assert_eq!(
            proven.evidence().signer.to_string(),
            vendor.signer_fingerprint()
        );
    }
    let refused = keyring(&vendor).verify_detached(LIST, &unknown, now());
    assert!(matches!(refused, Err(Error::UnknownSigner { .. })));
}

/// As `cat` makes them of a file by each key.
#[test]
fn all_armored_blocks_of_a_file_are_signatures() {
    let (vendor, other) = (key(), key());
    let [good, unknown] = [&vendor, &other].map(|key| key.sign(LIST, &options()).unwrap());
    let verdict = |file: &str| keyring(&vendor).verify_detached(LIST, file.as_bytes(), now());
    for both in [
        format!("{good}{unknown}"),
        format!("{unknown}{good}"),
        format!("{unknown}\r\n\r\n{good}"),
        format!("By one:\n{unknown}\nand another:\n{good}\n\n"),
    ] {
        let proven = verdict(&both).unwrap();
        let others = told(proven.evidence());
        assert_eq!(others, [format!("{} of {SIGNED_AT}", other.fingerprint())]);
    }
    assert!(matches!(
        verdict(&unknown.repeat(2)),
        Err(Error::UnknownSigner { found, .. }) if found.len() == 2
    ));
}

#[test]
fn no_more_than_sixteen_signatures_of_a_file_are_read() {
    let (vendor, other) = (key(), key());
    let [good, unknown] = [&vendor, &other].map(|key| key.sign(LIST, &options()).unwrap());
    for (before, counts) in [(15, true), (16, false), (200, false)] {
        let file = format!("{}{good}", unknown.repeat(before));
        let verdict = keyring(&vendor).verify_detached(LIST, file.as_bytes(), now());
        assert_eq!(verdict.is_ok(), counts, "{before}");
        assert!(verdict.is_ok() || matches!(verdict, Err(Error::UnknownSigner { .. })));
    }
}

#[test]
fn a_file_with_a_broken_block_is_refused() {
    let key = key();
    let good = key.sign(LIST, &options()).unwrap();
    let cut = &good[..good.len() / 2];
    for file in [format!("{good}{cut}"), format!("{cut}\n{good}")] {
        let refused = keyring(&key).verify_detached(LIST, file.as_bytes(), now());
        assert!(
            matches!(refused, Err(Error::Malformed { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn invalid_signatures_are_in_the_evidence() {
    let (vendor, other) = (key(), key());
    let short = options().without_issuer_fingerprint();
    let all = [
        sign(&other, &options()),
        sign(&vendor, &options().expires_after(DAY)),
        sign(&other, &short),
        sign(&vendor, &options()),
        sign(&other, &options().without_issuer()),
        vendor.sign_binary(b"other", &options()).unwrap(),
        sign(&vendor, &options()),
    ];
    let proven = keyring(&vendor).verify_detached(LIST, &all.concat(), now());
    let (vendor, other) = (vendor.fingerprint(), other.fingerprint());
    let others = told(proven.unwrap().evidence());
    let wanted = [&other, &vendor, &other[24..], "(unnamed)", &vendor];
    assert_eq!(others, wanted.map(|key| format!("{key} of {SIGNED_AT}")));
}

#[test]
fn signatures_that_are_not_over_the_file_are_in_the_evidence() {
    let (vendor, other) = (key(), key());
    let list = format!("{}  x.img\n", Digest::of(Algorithm::Sha256, b"image"));
    let signed = vendor.sign_binary(list.as_bytes(), &options()).unwrap();
    let text = keyring(&vendor).verify_detached(list.as_bytes(), &signed, now());
    let expected = text
        .unwrap()
        .checksum_list()
        .unwrap()
        .digest("x.img")
        .unwrap();
    let sign = |key: &SigningKey| key.sign_binary(b"image", &options()).unwrap();
    let elsewhere = vendor.sign_binary(b"other", &options()).unwrap();
    let all = [sign(&other), elsewhere, sign(&vendor), sign(&vendor)];
    let signature = keyring(&vendor).file_signature(&all.concat(), now());
    let signature = signature.unwrap();
    let mut check = DigestCheck::new(&expected).signed_by(signature);
    check.update(b"image");
    let digests = check.finish().unwrap();
    let evidence = digests.file_signature.as_ref().unwrap();
    let wanted = [other.fingerprint(), vendor.fingerprint()];
    assert_eq!(
        told(evidence),
        wanted.map(|key| format!("{key} of {SIGNED_AT}"))
    );
    assert!(digests.evidence().others.is_empty(), "the list has its own");
}

#[test]
fn without_a_valid_one_the_error_of_the_pinned_key_is_reported() {
    let (vendor, other) = (key(), key());
    let (unknown, late) = (
        sign(&other, &options()),
        sign(&vendor, &options().expires_after(DAY)),
    );
    for both in [
        [&late[..], &unknown].concat(),
        [&unknown[..], &late].concat(),
    ] {
        let refused = keyring(&vendor).verify_detached(LIST, &both, now());
        assert!(matches!(refused, Err(Error::SignatureExpired { .. })));
    }
}

#[test]
fn a_signature_of_a_newer_kind_beside_a_good_one_does_not_spoil_it() {
    let key = key();
    // Version 6, SHA-512 with its salt of 32 bytes, and an unknown algorithm.
    let salt = [[32_u8].as_slice(), &[7; 32]].concat();
    let newer = [
        &[6, 0, 99, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2][..],
        &salt,
        &[9; 40],
    ]
    .concat();
    let unversioned = packet(2, &[9; 20]);
    let newer = packet(2, &newer);
    let good = sign(&key, &options());
    for several in [
        [&newer[..], &good],
        [&good[..], &newer],
        [&unversioned, &good],
    ] {
        let proven = keyring(&key).verify_detached(LIST, &several.concat(), now());
        assert_eq!(told(proven.unwrap().evidence()), ["(unnamed)"]);
    }
    for alone in [newer, unversioned] {
        assert!(keyring(&key).verify_detached(LIST, &alone, now()).is_err());
    }
}
