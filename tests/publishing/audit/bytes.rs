//! The bytes that Glance stores, against the file of the vendor.

use std::path::PathBuf;

use bonafide::publisher::{Depth, Verdict};
use bonafide_testkit::site::Fault;
use uuid::Uuid;

use support::custom_site::CustomWorld;
use support::{Cloud, cases, making, on_both_clouds};

use super::{audit, auditor, broken, published, seen};

on_both_clouds! {
    CustomWorld:
    what_glance_stores_is_compared_with_the_vendors_file,
    a_stored_file_that_is_shorter_or_longer_than_its_size_gets_a_verdict,
}

async fn what_glance_stores_is_compared_with_the_vendors_file(shop: CustomWorld) {
    // An image with the evidence of another: everything matches except the bytes.
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
    shop.site.fault(
        url,
        Fault::FlipBit(report.digests.unwrap().digests.bytes - 1),
    );
    let audited = audit(&shop, &auditor, report.image).await;
    assert_ne!(audited.verdict, Verdict::Verified, "{audited:?}");
    shop.remove_image(report.image).await;
}

/// Where the cloud's store keeps the bytes of an image.
fn stored_file(shop: &CustomWorld, id: Uuid) -> PathBuf {
    let store = match &shop.cloud {
        Cloud::Embedded(cloud) => cloud.store_path().to_owned(),
        Cloud::Real(_) => std::env::var_os("BONAFIDE_TEST_STORE").unwrap().into(),
    };
    store.join(id.to_string())
}

async fn a_stored_file_that_is_shorter_or_longer_than_its_size_gets_a_verdict(shop: CustomWorld) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_gives_other_bytes_than_it_says_is_found_out() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
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
