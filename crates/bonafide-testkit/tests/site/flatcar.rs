//! Flatcar signs every file, and lists of digests too.

use std::io::Read;

use bonafide_testkit::keys::SignatureOptions;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{FlatcarBuild, PublishedBuild, VendorSite};
use bzip2::read::BzDecoder;
use pgp::composed::{Deserializable, DetachedSignature};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureVersion;

use crate::support::{
    ask, assert_image, assert_refused, at, digest, links, site_with, status, text, vendors_key,
    verify_binary, verify_clear_signed,
};

const SHELF: &str = "https://stable.release.flatcar-linux.net/amd64-usr/";
const SHAPE: (SignatureVersion, HashAlgorithm) = (SignatureVersion::V4, HashAlgorithm::Sha256);

fn stable() -> FlatcarBuild {
    FlatcarBuild::stable("4593.2.5", "2026-08-11-2350")
}

async fn bytes(site: &VendorSite, url: &str) -> Vec<u8> {
    let response = ask(site, url).await;
    assert_eq!(response.status(), 200, "{url}");
    response.bytes().await.unwrap().into()
}

/// The SHA-512 of the only file of a `DIGESTS`.
fn sha512<'a>(list: &'a str, name: &str) -> &'a str {
    let (_, section) = list.split_once("# SHA512 HASH\n").unwrap();
    digest(section, name)
}

#[tokio::test]
async fn every_file_is_signed_by_itself() {
    let (site, build, key) = site_with(&stable(), "flatcar").await;
    assert_eq!(build.directory_url, format!("{SHELF}4593.2.5/"));
    assert_eq!(build.image_name, "flatcar_production_openstack_image.img");
    assert_image(&site, &build.image_url, &build).await;
    let compressed = build.compressed.unwrap();
    let version = format!("{}version.txt", build.directory_url);
    for url in [&build.image_url, &compressed.url, &version] {
        let signature = bytes(&site, &format!("{url}.sig")).await;
        let file = bytes(&site, url).await;
        assert_eq!(verify_binary(&key, &signature, &file), SHAPE, "{url}");
        let signature = DetachedSignature::from_bytes(&signature[..]).unwrap();
        let user_id = signature.signature.signers_userid().unwrap();
        assert_eq!(&user_id[..], b"buildbot@flatcar-linux.org");
    }
    assert_eq!(
        text(&site, &version).await,
        "FLATCAR_BUILD=4593\nFLATCAR_BRANCH=2\nFLATCAR_PATCH=5\nFLATCAR_VERSION=4593.2.5\n\
         FLATCAR_VERSION_ID=4593.2.5\nFLATCAR_BUILD_ID=\"2026-08-11-2350\"\n\
         FLATCAR_SDK_VERSION=4593.0.0\n"
    );
}

#[tokio::test]
async fn both_copies_have_signed_lists_of_their_own_digests() {
    let (site, build, key) = site_with(&stable(), "flatcar").await;
    let compressed = build.compressed.clone().unwrap();
    assert_eq!(build.list_url, format!("{}.DIGESTS.asc", build.image_url));
    assert_eq!(build.signature_url, build.list_url);
    assert_eq!(
        compressed.list_url,
        format!("{}.DIGESTS.asc", compressed.url)
    );
    for (url, name, expected) in [
        (&build.image_url, &build.image_name, &build.sha512),
        (&compressed.url, &compressed.name, &compressed.sha512),
    ] {
        let plain = text(&site, &format!("{url}.DIGESTS")).await;
        assert_eq!(sha512(&plain, name), expected);
        let clear_signed = text(&site, &format!("{url}.DIGESTS.asc")).await;
        assert_eq!(
            verify_clear_signed(&key, &clear_signed),
            (plain.clone(), SHAPE)
        );
        let signature = bytes(&site, &format!("{url}.DIGESTS.sig")).await;
        verify_binary(&key, &signature, plain.as_bytes());
        assert_eq!(plain.matches(" HASH\n").count(), 3);
        assert!(!plain.contains("SHA256"));
    }
}

#[tokio::test]
async fn the_compressed_copy_holds_the_image() {
    let image = Qcow2Image::new(1 << 30, 40, 7);
    let expected: Vec<u8> = image.chunks(0, 1 << 20).flatten().collect();
    let (site, build, _) = site_with(&stable().image(image), "flatcar").await;
    let compressed: PublishedBuild = build.clone();
    let compressed = compressed.compressed.unwrap();
    let packed = bytes(&site, &compressed.url).await;
    assert_eq!(packed.len() as u64, compressed.size);
    let mut unpacked = Vec::new();
    BzDecoder::new(&packed[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert!(unpacked == expected, "the image is another");
    assert_eq!(unpacked.len() as u64, build.size);
    assert_ne!(compressed.sha256, build.sha256);
}

#[tokio::test]
async fn current_leads_to_the_newest() {
    let (site, _, key) = site_with(&stable(), "flatcar").await;
    for (version, build_id) in [
        ("4593.10.0", "2026-09-01-1200"),
        ("4230.2.9", "2026-09-02-0100"),
    ] {
        let build = FlatcarBuild::stable(version, build_id);
        site.publish(&build, &key).unwrap();
    }
    let current = text(&site, &format!("{SHELF}current/version.txt")).await;
    assert!(current.contains("FLATCAR_VERSION=4593.10.0\n"), "{current}");
    assert_eq!(
        links(&site, SHELF).await,
        ["4230.2.9/", "4593.10.0/", "4593.2.5/", "current/"]
    );
}

#[tokio::test]
async fn flatcars_files_can_lack_all_signatures_or_have_others() {
    let (site, build, _) = site_with(&stable().without_signature(), "flatcar").await;
    let compressed = build.compressed.clone().unwrap();
    for url in [&build.image_url, &compressed.url] {
        for suffix in [".sig", ".DIGESTS.asc", ".DIGESTS.sig"] {
            assert_eq!(
                status(&site, &format!("{url}{suffix}")).await,
                404,
                "{suffix}"
            );
        }
        assert_eq!(status(&site, &format!("{url}.DIGESTS")).await, 200);
    }
    let version = format!("{}version.txt.sig", build.directory_url);
    assert_eq!(status(&site, &version).await, 404);

    let key = vendors_key("flatcar");
    let text_class = SignatureOptions::at(at("2026-08-12T00:00:00Z")).text();
    let odd = stable()
        .signature(text_class)
        .edit_list(|list| list.replace("SHA512 HASH", "SHA3 HASH"));
    let build = site.publish(&odd, &key).unwrap();
    let (list, _) = verify_clear_signed(&key, &text(&site, &build.list_url).await);
    assert!(list.contains("# SHA3 HASH\n"));
}

#[tokio::test]
async fn names_that_flatcar_never_gave_are_refused() {
    assert_refused(&[
        &FlatcarBuild::stable("current", "2026-08-11-2350"),
        &FlatcarBuild::stable("4593.2", "2026-08-11-2350"),
        &FlatcarBuild::stable("4593.2.5", "nightly"),
    ])
    .await;
}
