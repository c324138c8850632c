//! What a customer can prove of an image, by what is stored on it, and what is found out.

mod bytes;
mod properties;

use std::sync::Arc;

use bonafide::glance::Image;
use bonafide::publisher::{AuditReport, Auditor, Depth, KeySources, Verdict};
use bonafide::{Fetch, PublishReport};
use uuid::Uuid;

use support::cases::Case;
use support::custom_site::CustomWorld;
use support::{cases, making, now, on_both_clouds, site_fetch};

on_both_clouds! {
    CustomWorld:
    every_published_image_is_proven_by_a_customer,
    an_image_is_proven_when_the_vendor_is_gone,
    a_key_that_is_given_proves_images_of_each_keyring_that_name_it,
}

/// A customer, who trusts the keys of this test.
fn auditor(shop: &CustomWorld, depth: Depth) -> Auditor {
    auditor_by(shop, depth, Arc::new(site_fetch(&shop.site)))
}

fn auditor_by(shop: &CustomWorld, depth: Depth, fetch: Arc<dyn Fetch>) -> Auditor {
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

async fn published(shop: &CustomWorld, case: &Case) -> PublishReport {
    shop.publish_at_vendor(case);
    shop.publish(&shop.channel(case)).await.unwrap()
}

/// The image as a customer sees it.
async fn seen(shop: &CustomWorld, id: Uuid) -> Image {
    let glance = shop.cloud.glance("customer");
    glance.image(id).await.unwrap()
}

async fn audit(shop: &CustomWorld, auditor: &Auditor, id: Uuid) -> AuditReport {
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

async fn every_published_image_is_proven_by_a_customer(shop: CustomWorld) {
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
            report.stored.as_ref().unwrap().bytes != report.digests.as_ref().unwrap().digests.bytes;
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

async fn an_image_is_proven_when_the_vendor_is_gone(shop: CustomWorld) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    // The vendor is gone; everything needed is stored on the image.
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

/// An auditor with one key of the operator, pinned.
fn with_key(shop: &CustomWorld, keyring: &str) -> Auditor {
    let key = making::keys().key(keyring).unwrap();
    let trust = KeySources::pinned("operator", [key.fingerprint().parse().unwrap()]);
    let trust = trust.key(&key.public_key_binary().unwrap()).unwrap();
    let fetch = Arc::new(site_fetch(&shop.site));
    Auditor::new(fetch, shop.cloud.session("customer"), now).key(trust)
}

async fn a_key_that_is_given_proves_images_of_each_keyring_that_name_it(shop: CustomWorld) {
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
