//! A file must have every digest that a signed list states of it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_verify::{
    Algorithm, Digest, DigestCheck, Error, ExpectedDigest, Keyring, SignedText, Verified,
};
use jiff::Timestamp;

const IMAGE: &[u8] = b"proven, then public";

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn signed(text: &str) -> Verified<SignedText> {
    let key = SigningKey::generate("Vendor <images@vendor.test>", now()).unwrap();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let signature = key.sign_binary(text.as_bytes(), &SignatureOptions::at(now()));
    keyring
        .verify_detached(text.as_bytes(), &signature.unwrap(), now())
        .unwrap()
}

fn finish(expected: &Verified<ExpectedDigest>) -> Result<(), Error> {
    let mut check = DigestCheck::new(expected);
    check.update(IMAGE);
    check.finish().map(|_| ())
}

/// Each form in which a list states two digests of one file.
fn forms(sha256: &Digest, sha512: &Digest) -> Vec<Verified<ExpectedDigest>> {
    let lists = [
        format!("{sha256}  x\n{sha512}  x\n"),
        format!("{sha512} *x\n{sha256} *x\n"),
        format!("SHA256 (x) = {sha256}\nSHA512 (x) = {sha512}\n"),
        format!("sha256 (x) = {sha256}\n{sha512}  x\n"),
        format!("# SHA512 HASH\n{sha512}  x\n# SHA256 HASH\n{sha256}  x\n"),
    ];
    let lists = lists.iter().map(|list| signed(list).checksum_list());
    let item = format!(r#"{{"path": "x", "sha256": "{sha256}", "sha512": "{sha512}"}}"#);
    let streams = format!(
        r#"{{"format": "products:1.0", "datatype": "image-downloads", "products":
            {{"p": {{"versions": {{"1": {{"items": {{"i": {item}}}}}}}}}}}}}"#
    );
    lists
        .chain([signed(&streams).simplestreams()])
        .map(|list| list.unwrap().digest("x").unwrap())
        .collect()
}

#[test]
fn a_file_with_all_listed_digests_is_proven() {
    let digest = |algorithm| Digest::of(algorithm, IMAGE);
    for expected in forms(&digest(Algorithm::Sha256), &digest(Algorithm::Sha512)) {
        assert!(finish(&expected).is_ok());
    }
}

#[test]
fn a_file_that_lacks_one_of_the_listed_digests_is_refused() {
    let good = |algorithm| Digest::of(algorithm, IMAGE);
    let bad = |algorithm| Digest::of(algorithm, b"another");
    let (sha256, sha512) = (Algorithm::Sha256, Algorithm::Sha512);
    for (expected, fits) in [
        (forms(&bad(sha256), &good(sha512)), sha512),
        (forms(&good(sha256), &bad(sha512)), sha256),
    ] {
        for expected in expected {
            let error = finish(&expected).unwrap_err();
            assert!(
                matches!(&error, Error::DigestContradiction { fitting, algorithm, .. }
                    if *fitting == fits && *algorithm != fits),
                "{error}"
            );
            assert!(error.to_string().contains("contradicts itself"), "{error}");
        }
    }
    for expected in forms(&bad(sha256), &bad(sha512)) {
        assert!(matches!(
            finish(&expected),
            Err(Error::DigestMismatch { .. })
        ));
    }
}
