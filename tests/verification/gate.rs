//! The gate: nothing but a proof of the same file ends a body.

use bonafide::verify::{
    Algorithm, BodyError, Digest, DigestCheck, Error, ExpectedDigest, Gate, GatedBody, Keyring,
    Step, Verified,
};
use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the vendor stalled")]
struct Stalled;

/// A proven expectation of these bytes.
fn expected(image: &[u8]) -> Verified<ExpectedDigest> {
    let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let key = SigningKey::generate("Vendor <images@vendor.test>", at).unwrap();
    let list = format!("{}  x.img\n", Digest::of(Algorithm::Sha256, image));
    let signature = key
        .sign(list.as_bytes(), &SignatureOptions::at(at))
        .unwrap();
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    let text = keyring
        .verify_detached(list.as_bytes(), signature.as_bytes(), at)
        .unwrap();
    text.checksum_list().unwrap().digest("x.img").unwrap()
}

fn pass(chunk: &'static [u8]) -> Result<Step, Stalled> {
    Ok(Step::Pass(Bytes::from_static(chunk)))
}

#[test]
fn the_newest_chunk_is_held_and_empty_ones_change_nothing() {
    let mut gate = Gate::new(&expected(b"abc"));
    assert_eq!(gate.pass(Bytes::from_static(b"a")), None);
    assert_eq!(gate.pass(Bytes::new()), None);
    assert_eq!(gate.pass(Bytes::from_static(b"b")).unwrap(), "a");
    assert_eq!(gate.pass(Bytes::new()), None);
    assert_eq!(gate.pass(Bytes::from_static(b"c")).unwrap(), "b");
}

#[tokio::test]
async fn a_proven_image_passes_whole() {
    let expected = expected(b"abc");
    let (mut check, mut gate) = (DigestCheck::new(&expected), Gate::new(&expected));
    let mut steps = Vec::new();
    for chunk in [&b"a"[..], b"b", b"c"] {
        check.update(chunk);
        steps.extend(
            gate.pass(Bytes::from_static(chunk))
                .map(|chunk| Ok(Step::Pass(chunk))),
        );
    }
    let proof = check.finish().unwrap();
    steps.push(Ok::<_, Stalled>(Step::Commit(gate.open(&proof).unwrap())));
    let body: Vec<_> = GatedBody::new(stream::iter(steps))
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(body.concat(), b"abc");
}

#[tokio::test]
async fn a_body_without_a_commit_never_ends_well() {
    let steps = stream::iter([pass(b"a"), pass(b"b")]);
    let mut body = GatedBody::new(steps);
    assert!(body.next().await.unwrap().is_ok());
    assert!(body.next().await.unwrap().is_ok());
    for _ in 0..3 {
        assert!(matches!(
            body.next().await,
            Some(Err(BodyError::Uncommitted))
        ));
    }
}

#[tokio::test]
async fn a_failure_is_passed_on_and_nothing_follows_it() {
    let mut body = GatedBody::new(stream::iter([pass(b"a"), Err(Stalled), pass(b"b")]));
    assert!(body.next().await.unwrap().is_ok());
    assert!(matches!(
        body.next().await,
        Some(Err(BodyError::Failed(Stalled)))
    ));
    assert!(matches!(
        body.next().await,
        Some(Err(BodyError::Uncommitted))
    ));
}

#[test]
fn the_proof_of_another_file_does_not_open_it() {
    let (one, other) = (expected(b"one"), expected(b"other"));
    let mut check = DigestCheck::new(&other);
    check.update(b"other");
    let proof = check.finish().unwrap();
    assert!(matches!(
        Gate::new(&one).open(&proof),
        Err(Error::GateMismatch { .. })
    ));
}

#[test]
fn other_bytes_give_no_proof() {
    let mut check = DigestCheck::new(&expected(b"abc"));
    check.update(b"abd");
    let error = check.finish().unwrap_err();
    assert!(
        matches!(error, Error::DigestMismatch { bytes: 3, .. }),
        "{error}"
    );
}
