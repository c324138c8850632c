//! What a customer can prove of an image, by what is stored on it, and what is found out.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod support;

#[path = "conformance/cases.rs"]
mod cases;
#[path = "conformance/making.rs"]
mod making;
#[macro_use]
#[path = "vendors/shop.rs"]
mod shop;

use std::path::PathBuf;
use std::sync::Arc;

use bonafide::glance::{Image, ImagePatch};
use bonafide::publisher::{AuditReport, Auditor, Depth, KeySources, SignedFiles, Verdict};
use bonafide::{Fetch, PublishReport};
use bonafide_testkit::site::Fault;
use uuid::Uuid;

use cases::Case;
use shop::Shop;
use support::{Cloud, now, site_fetch};

on_both_clouds! {
    every_published_image_is_proven_by_a_customer,
    an_image_is_proven_when_the_vendor_is_gone,
    what_was_changed_on_the_image_is_found_out,
    what_glance_stores_is_compared_with_the_vendors_file,
    properties_that_contradict_the_proven_file_are_found_out,
    a_stored_file_that_is_shorter_or_longer_than_its_size_gets_a_verdict,
    a_key_that_is_given_proves_images_of_each_keyring_that_name_it,
    what_is_not_shown_is_said,
}

/// A customer, who trusts the keys of this test.
fn auditor(shop: &Shop, depth: Depth) -> Auditor {
    auditor_by(shop, depth, Arc::new(site_fetch(&shop.site)))
}

fn auditor_by(shop: &Shop, depth: Depth, fetch: Arc<dyn Fetch>) -> Auditor {
    let mut auditor = Auditor::new(fetch, shop.cloud.session("customer"), now).depth(depth);
    for case in cases::ALL {
        let product = (case.source)().product().clone();
        let key = making::keys().key(&product.keyring).unwrap();
        let trust = KeySources::pinned(&product.vendor, [key.fingerprint().parse().unwrap()]);
        let trust = trust.key(&key.public_key_binary().unwrap()).unwrap();
        auditor = auditor.trust(product.keyring, trust);
    }
    auditor
}

async fn published(shop: &Shop, case: &Case) -> PublishReport {
    shop.publish_at_vendor(case);
    shop.publish(&shop.channel(case)).await.unwrap()
}

/// The image as a customer sees it.
async fn seen(shop: &Shop, id: Uuid) -> Image {
    let glance = shop.cloud.glance("customer");
    glance.image(id).await.unwrap()
}

async fn audit(shop: &Shop, auditor: &Auditor, id: Uuid) -> AuditReport {
    let image = seen(shop, id).await;
    auditor.audit(&image).await.unwrap()
}

#[track_caller]
fn remains(audited: &AuditReport) -> &str {
    match &audited.verdict {
        Verdict::Unverified { remains } => remains,
        verdict => panic!("{verdict:?}"),
    }
}

#[track_caller]
fn broken(audited: &AuditReport) -> &str {
    match &audited.verdict {
        Verdict::Broken { reason } => reason,
        verdict => panic!("{verdict:?}"),
    }
}

async fn every_published_image_is_proven_by_a_customer(shop: Shop) {
    for case in cases::ALL {
        // The index of all builds is small here; the real one does not fit on an image.
        let report = published(&shop, case).await;
        let audited = audit(&shop, &auditor(&shop, Depth::Bytes), report.image).await;
        assert_eq!(
            audited.verdict,
            Verdict::Verified,
            "{}: {audited:?}",
            report.channel
        );
        let evidence = audited.evidence.unwrap();
        assert_eq!(evidence.signer, report.evidence.signer);
        assert_eq!(audited.expected.unwrap(), report.expected);

        // Without a download, where the vendor signs the digest that Glance computes.
        let audited = audit(&shop, &auditor(&shop, Depth::Digests), report.image).await;
        let same = report.expected.digest.algorithm().name() == "sha512";
        let packed =
            report.stored.as_ref().unwrap().bytes != report.digests.as_ref().unwrap().bytes;
        if same && !packed {
            assert_eq!(audited.verdict, Verdict::Verified, "{}", report.channel);
        } else {
            let remains = remains(&audited);
            assert!(
                remains.contains("download"),
                "{}: {remains}",
                report.channel
            );
        }
        shop.remove(&report).await;
    }
}

async fn an_image_is_proven_when_the_vendor_is_gone(shop: Shop) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    // Nobody is there any more; what is needed stands on the image.
    let nowhere = Arc::new(bonafide::DirectoryFetch::new("/nonexistent"));
    for depth in [Depth::Bytes, Depth::Digests] {
        let auditor = auditor_by(&shop, depth, nowhere.clone());
        let audited = audit(&shop, &auditor, report.image).await;
        assert_eq!(audited.verdict, Verdict::Verified, "{audited:?}");
    }
    shop.remove(&report).await;

    // What is in a compressed file takes that file.
    let report = published(&shop, &cases::FLATCAR_BZIP2).await;
    let auditor = auditor_by(&shop, Depth::Bytes, nowhere);
    let audited = audit(&shop, &auditor, report.image).await;
    assert!(
        remains(&audited).contains("can't be read any more"),
        "{audited:?}"
    );
    assert!(audited.evidence.is_some(), "as far as it goes");
    shop.remove(&report).await;
}

/// The image, and what its properties say after this change.
fn changed(image: &Image, name: &str, value: Option<&str>) -> Image {
    let mut image = image.clone();
    match value {
        Some(value) => image.properties.insert(name.to_owned(), value.to_owned()),
        None => image.properties.remove(name),
    };
    image
}

async fn what_was_changed_on_the_image_is_found_out(shop: Shop) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    let image = seen(&shop, report.image).await;
    let auditor = auditor(&shop, Depth::Digests);
    let files = SignedFiles::from_properties(&image.properties)
        .unwrap()
        .unwrap();
    let digest = report.expected.digest.to_string();

    // Another digest in the list: the list is not what was signed.
    let mut forged = files.clone();
    let list = String::from_utf8(forged.list).unwrap();
    forged.list = list.replace(&digest, &"0".repeat(128)).into_bytes();
    let mut with = image.clone();
    with.properties.extend(forged.to_properties());
    let audited = auditor.audit(&with).await.unwrap();
    assert!(broken(&audited).contains("bad signature"), "{audited:?}");

    // A list of the same vendor's, signed by somebody else.
    let other = support::vendor_key();
    let options = bonafide_testkit::keys::SignatureOptions::at(now());
    let mut forged = files;
    forged.signature = Some(other.sign(&forged.list, &options).unwrap().into_bytes());
    with.properties.extend(forged.to_properties());
    let audited = auditor.audit(&with).await.unwrap();
    assert!(broken(&audited).contains("unknown key"), "{audited:?}");

    let zeros = "0".repeat(128);
    for (name, value, words) in [
        ("source_sha512sum", Some(&*zeros), "source_sha512sum"),
        ("bonafide_signer", Some("foreign"), "bonafide_signer"),
        ("bonafide_certificate", Some("AB"), "bonafide_certificate"),
        ("bonafide_list_sha256", Some("ab"), "bonafide_list_sha256"),
        ("bonafide_vendor_digest", None, "bonafide_vendor_digest"),
        (
            "bonafide_image_digest",
            Some("sha512:ab"),
            "bonafide_image_digest",
        ),
        (
            "bonafide_unverified",
            Some("unsigned"),
            "it was not verified",
        ),
        ("bonafide_signed_at", None, "bonafide_signed_at"),
        (
            "bonafide_file",
            Some("another.qcow2"),
            "is not in the signed list",
        ),
        (
            "bonafide_proof_list",
            Some("no gzip"),
            "bonafide_proof_list",
        ),
    ] {
        let audited = auditor.audit(&changed(&image, name, value)).await.unwrap();
        assert!(broken(&audited).contains(words), "{name}: {audited:?}");
    }

    // Other bytes in Glance than the vendor's.
    let mut swapped = image.clone();
    swapped.os_hash_value = Some(zeros);
    let audited = auditor.audit(&swapped).await.unwrap();
    assert!(
        broken(&audited).contains("Glance stores other bytes"),
        "{audited:?}"
    );
    shop.remove(&report).await;
}

async fn what_glance_stores_is_compared_with_the_vendors_file(shop: Shop) {
    // An image with somebody else's evidence: everything fits but the bytes.
    let genuine = published(&shop, &cases::UBUNTU_RELEASED).await;
    let image = seen(&shop, genuine.image).await;
    let other = published(&shop, &cases::FEDORA_44).await;
    let mut forged = seen(&shop, other.image).await;
    forged.properties = image.properties.clone();
    // Fedora's bytes are those of Ubuntu's here: a byte of difference makes them others.
    let auditor = auditor(&shop, Depth::Bytes);
    let audited = auditor.audit(&forged).await.unwrap();
    assert_eq!(audited.verdict, Verdict::Verified, "the same bytes");
    shop.remove(&other).await;

    let making = making::Making {
        seed: shop.making().seed.wrapping_add(1),
        ..making::Making::default()
    };
    shop.publish_made(&cases::FEDORA_44, &making);
    let other = shop
        .publish(&shop.channel(&cases::FEDORA_44))
        .await
        .unwrap();
    let mut forged = seen(&shop, other.image).await;
    forged.properties = image.properties.clone();
    let audited = auditor.audit(&forged).await.unwrap();
    assert!(
        broken(&audited).contains("is not the vendor's file"),
        "{audited:?}"
    );
    shop.remove(&other).await;
    shop.remove(&genuine).await;

    // The vendor's compressed file, and an image that is not what is in it.
    let report = published(&shop, &cases::FLATCAR_BZIP2).await;
    let mut forged = seen(&shop, report.image).await;
    forged.os_hash_value = Some("0".repeat(128));
    let audited = auditor.audit(&forged).await.unwrap();
    assert!(
        broken(&audited).contains("something other than the content of"),
        "{audited:?}"
    );
    // A vendor's file that was changed since proves nothing.
    let url = report.source.as_str();
    shop.site
        .fault(url, Fault::FlipBit(report.digests.unwrap().bytes - 1));
    let audited = audit(&shop, &auditor, report.image).await;
    assert_ne!(audited.verdict, Verdict::Verified, "{audited:?}");
    shop.remove_image(report.image).await;
}

async fn properties_that_contradict_the_proven_file_are_found_out(shop: Shop) {
    let report = published(&shop, &cases::UBUNTU_RELEASED).await;
    let image = seen(&shop, report.image).await;
    let auditor = auditor(&shop, Depth::Digests);
    let file = "ubuntu-24.04-server-cloudimg-amd64.img";
    for (name, value, wanted) in [
        ("os_version", "22.04", "24.04"),
        ("os_version", "jammy", "24.04"),
        ("os_distro", "debian", "ubuntu"),
        ("os_type", "windows", "linux"),
        ("architecture", "aarch64", "x86_64"),
        ("cpu_arch", "arm64", "x86_64"),
        ("hw_architecture", "aarch64", "x86_64"),
        ("bonafide_channel", "ubuntu-22.04", "24.04"),
        (
            "image_source",
            "https://cloud-images.ubuntu.com/noble/other.img",
            file,
        ),
        (
            "source_url",
            "https://cloud-images.ubuntu.com/noble/other.img",
            file,
        ),
    ] {
        let audited = auditor
            .audit(&changed(&image, name, Some(value)))
            .await
            .unwrap();
        let reason = broken(&audited);
        let said = format!("`{name}` is `{value}` and not `{wanted}`");
        assert!(reason.contains(&said) && reason.contains(file), "{reason}");
        assert!(audited.expected.is_some(), "it is proven what it is");
    }
    // What says the same in another way, or nothing that the file says too.
    for (name, value) in [
        ("os_version", "24.04.3"),
        ("os_version", "noble"),
        ("architecture", "amd64"),
        ("bonafide_channel", "rescue-22.04"),
        ("image_source", "private"),
        ("os_purpose", "custom"),
    ] {
        let audited = auditor
            .audit(&changed(&image, name, Some(value)))
            .await
            .unwrap();
        assert!(
            remains(&audited).contains("takes a download"),
            "{name}: {audited:?}"
        );
    }
    let both = changed(&image, "os_version", Some("22.04"));
    let both = changed(&both, "architecture", Some("aarch64"));
    let audited = auditor.audit(&both).await.unwrap();
    let reason = broken(&audited);
    assert!(
        reason.contains("`os_version`") && reason.contains("`architecture`"),
        "{reason}"
    );
    shop.remove(&report).await;

    // The operator calls its own images as it likes.
    let report = published(&shop, &cases::OWN).await;
    let image = changed(&seen(&shop, report.image).await, "os_version", Some("1"));
    let audited = auditor.audit(&image).await.unwrap();
    assert!(
        remains(&audited).contains("takes a download"),
        "{audited:?}"
    );
    shop.remove(&report).await;
}

/// Where the cloud's store keeps the bytes of an image.
fn stored_file(shop: &Shop, id: Uuid) -> PathBuf {
    let store = match &shop.cloud {
        Cloud::Embedded(cloud) => cloud.store_path().to_owned(),
        Cloud::Real(_) => std::env::var_os("BONAFIDE_TEST_STORE").unwrap().into(),
    };
    store.join(id.to_string())
}

async fn a_stored_file_that_is_shorter_or_longer_than_its_size_gets_a_verdict(shop: Shop) {
    let auditor = auditor(&shop, Depth::Bytes);
    for case in [&cases::DEBIAN_10, &cases::FLATCAR_BZIP2] {
        let report = published(&shop, case).await;
        let size = report.stored.as_ref().unwrap().bytes;
        let path = stored_file(&shop, report.image);
        let whole = std::fs::read(&path).unwrap();
        for bytes in [size - 1, size / 2, 0] {
            let cut = usize::try_from(bytes).unwrap();
            std::fs::write(&path, &whole[..cut]).unwrap();
            let audited = audit(&shop, &auditor, report.image).await;
            let reason = broken(&audited);
            let given = reason.strip_prefix("Glance sends only ").unwrap();
            let (given, said) = given.split_once(" bytes, and reports ").unwrap();
            assert!(given.parse::<u64>().unwrap() <= bytes, "{bytes}: {reason}");
            assert_eq!(said, size.to_string(), "{reason}");
        }
        let mut longer = whole.clone();
        longer.extend([0; 70_000]);
        std::fs::write(&path, &longer).unwrap();
        let audited = audit(&shop, &auditor, report.image).await;
        // Glance gives as many bytes as it says, whatever its store has behind them.
        assert_eq!(audited.verdict, Verdict::Verified, "{audited:?}");
        std::fs::write(&path, &whole).unwrap();
        let audited = audit(&shop, &auditor, report.image).await;
        assert_eq!(audited.verdict, Verdict::Verified);
        shop.remove(&report).await;
    }
}

/// An auditor who has one key of the operator's, pinned.
fn with_key(shop: &Shop, keyring: &str) -> Auditor {
    let key = making::keys().key(keyring).unwrap();
    let trust = KeySources::pinned("operator", [key.fingerprint().parse().unwrap()]);
    let trust = trust.key(&key.public_key_binary().unwrap()).unwrap();
    let fetch = Arc::new(site_fetch(&shop.site));
    Auditor::new(fetch, shop.cloud.session("customer"), now).key(trust)
}

async fn a_key_that_is_given_proves_images_of_each_keyring_that_name_it(shop: Shop) {
    // A catalog may pin a key of its own for a vendor's channel, and such images name that vendor's
    // keyring.
    let report = published(&shop, &cases::DEBIAN_10).await;
    let image = seen(&shop, report.image).await;
    let given = with_key(&shop, "debian");
    let audited = given.audit(&image).await.unwrap();
    assert_eq!(audited.verdict, Verdict::Verified, "{audited:?}");
    // The key that was given is not thereby the vendor's.
    assert_eq!(audited.evidence.unwrap().vendor, "operator");
    assert_eq!(audited.keyring.as_deref(), Some("debian"));
    // And the file is still that of the keyring's vendor.
    let audited = given
        .audit(&changed(&image, "os_version", Some("12")))
        .await
        .unwrap();
    assert!(
        broken(&audited).contains("`os_version` is `12`"),
        "{audited:?}"
    );

    // Another key that was given changes nothing, and neither does an image that names another key.
    let other = with_key(&shop, "ubuntu").audit(&image).await.unwrap();
    assert!(broken(&other).contains("unknown key"), "{other:?}");
    let forged = making::keys().key("ubuntu").unwrap().fingerprint();
    let forged = changed(&image, "bonafide_certificate", Some(&forged));
    for auditor in [with_key(&shop, "ubuntu"), given] {
        let audited = auditor.audit(&forged).await.unwrap();
        broken(&audited);
    }
    shop.remove(&report).await;
}

async fn what_is_not_shown_is_said(shop: Shop) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    let glance = shop.cloud.glance("customer");
    let image = glance.image(report.image).await.unwrap();
    let trusting = auditor(&shop, Depth::Digests);
    for (name, value, words) in [
        (
            "bonafide_proof_list",
            None,
            "carries no signed list; the vendor had it at https://",
        ),
        ("bonafide_keyring", None, "whose keys"),
        (
            "bonafide_keyring",
            Some("gentoo"),
            "`gentoo`, which are unknown here",
        ),
        ("bonafide_file", None, "which file"),
        (
            "kernel_id",
            Some("b39f1b1e"),
            "`kernel_id` makes servers boot",
        ),
        (
            "os_command_line",
            Some("init=/x"),
            "`os_command_line` makes",
        ),
    ] {
        let audited = trusting.audit(&changed(&image, name, value)).await.unwrap();
        assert!(remains(&audited).contains(words), "{name}: {audited:?}");
    }
    // Anybody's words do nothing to the terminal of whoever reads them.
    let forged = "x\u{1b}[2K\nproven\u{202e}";
    let forged = changed(&image, "bonafide_keyring", Some(forged));
    let audited = trusting.audit(&forged).await.unwrap();
    assert!(remains(&audited).contains(r"x\u{1b}[2K\u{a}proven\u{202e}"));
    // The real Debian key is not the one that signed here.
    let fetch = Arc::new(site_fetch(&shop.site));
    let stranger = Auditor::new(fetch, shop.cloud.session("customer"), now);
    let audited = stranger.audit(&image).await.unwrap();
    assert!(broken(&audited).contains("unknown key"), "{audited:?}");
    shop.remove(&report).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_gives_other_bytes_than_it_says_is_found_out() {
    let shop = Shop::new(Cloud::embedded().await.unwrap()).await;
    let auditor = auditor(&shop, Depth::Bytes);
    for case in [&cases::FLATCAR_BZIP2, &cases::DEBIAN_10] {
        let report = published(&shop, case).await;
        assert_eq!(
            audit(&shop, &auditor, report.image).await.verdict,
            Verdict::Verified
        );
        let stored = shop.cloud.as_embedded().store_path();
        let stored = stored.join(report.image.to_string());
        let mut bytes = std::fs::read(&stored).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&stored, bytes).unwrap();
        let audited = audit(&shop, &auditor, report.image).await;
        broken(&audited);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_proof_on_the_image_itself_is_no_proof() {
    let shop = Shop::new(Cloud::embedded().await.unwrap()).await;
    let report = published(&shop, &cases::DEBIAN_10).await;
    let patch = ImagePatch::new().set("bonafide_proof_signature", "AAAA");
    shop.cloud
        .glance("admin")
        .update(report.image, &patch)
        .await
        .unwrap();
    let audited = audit(&shop, &auditor(&shop, Depth::Bytes), report.image).await;
    assert!(
        broken(&audited).contains("bonafide_proof_signature"),
        "{audited:?}"
    );
}
