//! What ends a body: gates with and without a proof, of which neither opens in the other's way.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_verify::danger::{self, Reason};
use bonafide_verify::{
    Algorithm, Digest, DigestCheck, Error, ExpectedDigest, FileDigests, Gate, Keyring, Verified,
};
use bytes::Bytes;
use jiff::Timestamp;

const IMAGE: &[u8] = b"image";

fn reason() -> Reason {
    "built here, never published".parse().unwrap()
}

/// What a signed list of one line says about [`IMAGE`].
fn expected(line: &str) -> Verified<ExpectedDigest> {
    let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let key = SigningKey::generate("Vendor <images@vendor.test>", at).unwrap();
    let signature = key
        .sign(line.as_bytes(), &SignatureOptions::at(at))
        .unwrap();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let text = keyring.verify_detached(line.as_bytes(), signature.as_bytes(), at);
    text.unwrap()
        .side_car("x.img")
        .unwrap()
        .digest("x.img")
        .unwrap()
}

fn bare() -> Verified<ExpectedDigest> {
    expected(&Digest::of(Algorithm::Sha512, IMAGE).to_string())
}

fn sized(size: usize) -> Verified<ExpectedDigest> {
    let digest = Digest::of(Algorithm::Sha256, IMAGE);
    expected(&format!(
        "# x.img: {size} bytes\nSHA256 (x.img) = {digest}\n"
    ))
}

fn finish(expected: &Verified<ExpectedDigest>) -> Result<Verified<FileDigests>, Error> {
    let mut check = DigestCheck::new(expected);
    check.update(IMAGE);
    check.finish()
}

#[test]
fn a_gate_without_a_file_opens_for_a_reason() {
    let mut gate = danger::gate(&reason());
    assert_eq!(gate.pass(Bytes::from_static(IMAGE)), None);
    assert!(danger::open(gate, &reason()).is_ok());
}

#[test]
fn a_gate_without_a_file_takes_no_proof() {
    let proof = finish(&bare()).unwrap();
    assert!(matches!(
        danger::gate(&reason()).open(&proof),
        Err(Error::GateWithoutFile { .. })
    ));
}

#[test]
fn a_gate_for_a_file_opens_for_its_proof() {
    let expected = bare();
    assert!(
        Gate::new(&expected)
            .open(&finish(&expected).unwrap())
            .is_ok()
    );
}

#[test]
fn a_gate_for_a_file_opens_for_no_reason() {
    let expected = bare();
    let refused = danger::open(Gate::new(&expected), &reason()).unwrap_err();
    assert!(matches!(refused, Error::GateAwaitsProof { .. }));
    assert!(refused.to_string().contains(&expected.digest.to_string()));
}

#[test]
fn the_listed_size_must_be_the_size_read() {
    let digests = finish(&sized(IMAGE.len())).unwrap();
    assert_eq!(digests.digests.bytes, 5);
    assert_eq!(digests.file_signature, None);
    assert!(matches!(
        finish(&sized(6)),
        Err(Error::SizeMismatch {
            expected: 6,
            found: 5,
            ..
        })
    ));
}
