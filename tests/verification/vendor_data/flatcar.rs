//! Flatcar's layout with a throw-away key: of the vendor only the real key is available, and no
//! signature.

use bonafide::publisher::{Error, KeySources};
use bonafide::sources::SourceError;
use bonafide::verify::{DigestCheck, Error as Refusal, FileDigests};
use bonafide::{Candidate, Catalog, Channel, Keyring, Verified};
use jiff::civil::date;

use crate::vendor_data::{Mirror, now};
use support::causes;

const FILES: &str = "synthetic/flatcar-shaped";
const IMAGE: &str = "flatcar_production_openstack_image.img.bz2";
const PRIMARY: &str = "CA6611FE0EDA60F475F597662E7B8DFE38CE0A55";
const SITE: &str = "stable.release.flatcar-linux.net/amd64-usr";
/// Where the vendor publishes its key.
const KEY: &str = "www.flatcar.org/security/image-signing-key/Flatcar_Image_Signing_Key.asc";

/// The build where the vendor has its builds.
fn mirror() -> Option<Mirror> {
    let mirror = Mirror::new()?;
    mirror.place(
        &format!("{FILES}/version.txt"),
        &format!("{SITE}/current/version.txt"),
    );
    for file in [
        "version.txt",
        "version.txt.sig",
        &format!("{IMAGE}.DIGESTS.asc"),
        &format!("{IMAGE}.sig"),
    ] {
        mirror.place(&format!("{FILES}/{file}"), &at(file));
    }
    Some(mirror)
}

fn at(file: &str) -> String {
    format!("{SITE}/4593.2.5/{file}")
}

/// The built-in channel, and the throw-away key instead of the vendor's key.
async fn pinned(mirror: &Mirror) -> (Channel, Keyring) {
    let key = mirror.read(&format!("{FILES}/key.asc"));
    let trust = KeySources::pinned("flatcar", [PRIMARY.parse().unwrap()]);
    let trust = trust.key(&key).unwrap();
    let keyring = trust.keyring(&mirror.fetch()).await.unwrap();
    let catalog = Catalog::builtin();
    let entry = catalog.entry("flatcar-stable").unwrap().clone();
    let entry = entry.with_trust(trust);
    (entry.channel(&mirror.fetch()).await.unwrap(), keyring)
}

async fn refusal(mirror: &Mirror) -> Error {
    let (channel, _) = pinned(mirror).await;
    mirror.look(&channel).await.verdict.unwrap_err()
}

/// What the image's bytes come to, by its digest and by the signature over itself.
fn check(
    candidate: &Candidate,
    keyring: &Keyring,
    signature: &[u8],
    image: &[u8],
) -> Result<Verified<FileDigests>, Refusal> {
    let signature = keyring.file_signature(signature, now())?;
    let mut check = DigestCheck::new(candidate.expected()).signed_by(signature);
    check.update(image);
    check.finish()
}

#[tokio::test]
async fn a_build_is_proven_by_its_list_its_stamp_and_the_signature_over_its_image() {
    let Some(mirror) = mirror() else { return };
    let (channel, keyring) = pinned(&mirror).await;
    let candidate = mirror.look(&channel).await.candidate();
    assert_eq!(candidate.serial().as_str(), "4593.2.5");
    assert_eq!(candidate.build_date(), date(2026, 8, 11));
    let file = candidate.file();
    assert_eq!(file.version.as_deref(), Some("4593.2.5"));
    assert_eq!(file.url.as_str(), format!("https://{}", at(IMAGE)));
    let signature = file.signature.as_ref().unwrap().as_str();
    assert_eq!(signature, format!("https://{}.sig", at(IMAGE)));
    let stamp = candidate.release().stamp.as_ref().unwrap();
    assert_eq!(stamp.url.as_str(), format!("https://{}", at("version.txt")));
    let evidence = candidate.evidence();
    assert_eq!(evidence.certificate.to_string(), PRIMARY);
    mirror.assert_as_stated(&format!("{FILES}/{IMAGE}.DIGESTS.asc"), evidence);
    assert_eq!(evidence.accepted_weaknesses, []);

    let image = mirror.read(&format!("{FILES}/{IMAGE}"));
    let signature = mirror.read(&format!("{FILES}/{IMAGE}.sig"));
    let proven = check(&candidate, &keyring, &signature, &image).unwrap();
    assert_eq!(proven.vendor, candidate.expected().digest);
    let own = proven.file_signature.as_ref().unwrap();
    mirror.assert_as_stated(&format!("{FILES}/{IMAGE}.sig"), own);

    let mut changed = image.clone();
    changed[1000] ^= 1;
    let error = check(&candidate, &keyring, &signature, &changed).unwrap_err();
    assert!(matches!(error, Refusal::DigestMismatch { .. }), "{error}");
    // A good signature over another file.
    let other = mirror.read(&format!("{FILES}/version.txt.sig"));
    let error = check(&candidate, &keyring, &other, &image).unwrap_err();
    assert!(matches!(error, Refusal::BadSignature { .. }), "{error}");
}

#[tokio::test]
async fn a_signature_by_a_revoked_subkey_is_refused_before_the_image_is_fetched() {
    let Some(mirror) = mirror() else { return };
    let revoked = format!("{FILES}/{IMAGE}.sig.signed-2018-by-since-revoked-subkey");
    mirror.place(&revoked, &format!("{}.sig", at(IMAGE)));
    let error = refusal(&mirror).await;
    let text = causes(&error);
    let Error::Unverified { url, source } = error else {
        panic!("{text}")
    };
    assert_eq!(url.as_str(), format!("https://{}.sig", at(IMAGE)));
    assert!(matches!(*source, Refusal::KeyRevoked { .. }), "{text}");
}

#[tokio::test]
async fn a_signature_by_a_subkey_that_was_valid_then_counts() {
    let Some(mirror) = mirror() else { return };
    let file = format!("{FILES}/{IMAGE}.sig.signed-2022-by-then-valid-subkey");
    mirror.place(&file, &format!("{}.sig", at(IMAGE)));
    let (channel, keyring) = pinned(&mirror).await;
    let candidate = mirror.look(&channel).await.candidate();
    let image = mirror.read(&format!("{FILES}/{IMAGE}"));
    let proven = check(&candidate, &keyring, &mirror.read(&file), &image).unwrap();
    mirror.assert_as_stated(&file, proven.file_signature.as_ref().unwrap());
}

#[tokio::test]
async fn what_is_missing_or_of_another_build_is_refused() {
    for (file, content, says) in [
        (format!("{IMAGE}.sig"), None, "unsigned"),
        ("version.txt.sig".to_owned(), None, "unsigned"),
        (format!("{IMAGE}.DIGESTS.asc"), None, "unsigned"),
        (
            "version.txt".to_owned(),
            Some("FLATCAR_VERSION=4593.2.6\n"),
            "bad signature",
        ),
    ] {
        let Some(mirror) = mirror() else { return };
        match content {
            Some(content) => mirror.put(&at(&file), content.as_bytes()),
            None => mirror.remove(&at(&file)),
        }
        let text = causes(&refusal(&mirror).await);
        assert!(text.contains(says) && text.contains(&at(&file)), "{text}");
    }
}

#[tokio::test]
async fn the_vendors_own_nightly_version_is_no_release() {
    let Some(mirror) = mirror() else { return };
    let nightly = "flatcar/version-txt-nightly/version.txt";
    mirror.place(nightly, &format!("{SITE}/current/version.txt"));
    let error = refusal(&mirror).await;
    assert!(
        matches!(error, Error::Source(SourceError::Unreadable { .. })),
        "{}",
        causes(&error)
    );
}

#[tokio::test]
async fn every_generation_of_the_vendors_key_is_taken_and_vouches_for_no_other() {
    let Some(mirror) = mirror() else { return };
    let catalog = Catalog::builtin();
    let entry = catalog.entry("flatcar-stable").unwrap();
    let error = entry.channel(&mirror.fetch()).await.unwrap_err();
    assert!(matches!(error, Error::NoKey { .. }), "{error}");
    assert!(error.to_string().contains(KEY), "{error}");
    for generation in ["2018-03-09", "2018-09-26", "2023-03-07", "2025-03-07"] {
        let file = format!("keys/from-public-repos/Flatcar_Image_Signing_Key.{generation}.asc");
        mirror.place(&file, KEY);
        let channel = entry.channel(&mirror.fetch()).await.unwrap();
        let error = mirror.look(&channel).await.refusal();
        let text = causes(&error);
        let Error::Unverified { source, .. } = error else {
            panic!("{text}")
        };
        assert!(matches!(*source, Refusal::UnknownSigner { .. }), "{text}");
    }
    // A key that is not the pinned one is not accepted.
    mirror.place(&format!("{FILES}/key.asc"), KEY);
    let error = entry.channel(&mirror.fetch()).await.unwrap_err();
    assert!(error.to_string().contains(PRIMARY), "{error}");
}
