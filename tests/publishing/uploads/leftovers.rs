//! Private images that are not what they should be: left over, forged, never compared.

use bonafide::glance::{ImagePatch, NewImage};
use bonafide::publisher::NoEvents;
use bonafide::publisher::danger::Unverified;
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};

use crate::uploads::{customer, reason};
use support::custom_site::CustomWorld;
use support::{Cloud, cases, causes, now};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_compared_never_says_that_it_is_proven() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let case = &cases::DEBIAN_10;
    shop.publish_at_vendor(case);
    let (publisher, channel) = (customer(&shop), shop.channel(case));
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    // Glance stores other bytes, and does not let them be removed.
    let cloud = shop.cloud.as_embedded();
    cloud.fail_next(CloudFault::new(
        "PUT",
        "/file",
        CloudFaultKind::CorruptUpload,
    ));
    let cut = CloudFault::new("DELETE", "", CloudFaultKind::DropBefore);
    cloud.fail_next(cut.lasting());
    let error = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await;
    let text = causes(&error.unwrap_err());
    assert!(text.contains("could not be removed"), "{text}");
    let left = cloud.images();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["visibility"], "private");
    assert_eq!(left[0]["bonafide_upload"], "uploading");
    for evidence in ["bonafide_signer", "bonafide_proof_list", "source_sha512sum"] {
        assert!(left[0].get(evidence).is_none(), "{evidence}: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_given_up_is_removed_by_the_next_after_its_lease() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let case = &cases::FEDORA_44;
    shop.publish_at_vendor(case);
    let (publisher, channel) = (customer(&shop), shop.channel(case));
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let glance = shop.cloud.glance("customer");
    let leave = |until: jiff::Timestamp| {
        let id = uuid::Uuid::new_v4();
        NewImage::new(id, "left")
            .property("bonafide_upload", "uploading")
            .property("bonafide_state", "uploading")
            .property("bonafide_lease_until", until.to_string())
    };
    let hour = jiff::SignedDuration::from_hours(1);
    let dead = glance.create(&leave(now() - hour)).await.unwrap().id;
    let alive = glance.create(&leave(now() + hour)).await.unwrap().id;
    publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await
        .unwrap();
    assert!(glance.find(dead).await.unwrap().is_none());
    assert!(glance.find(alive).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_forged_properties_is_not_taken_for_the_build() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let case = &cases::DEBIAN_10;
    shop.publish_at_vendor(case);
    let (publisher, channel) = (customer(&shop), shop.channel(case));
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let digest = candidate.expected().digest.to_string();
    let url = format!(
        "https://images.operator.test/{}.qcow2",
        uuid::Uuid::new_v4()
    );
    shop.site.put(
        &url,
        shop.qcow2().into_iter().chain([0]).collect::<Vec<u8>>(),
    );
    let junk = Unverified::at(url.parse().unwrap(), reason());
    let junk = publisher.upload_unverified(&junk, &NoEvents).await.unwrap();
    let stored = junk.stored.unwrap().sha512;
    let patch = ImagePatch::new()
        .set("bonafide_upload", "proven")
        .set("bonafide_vendor_digest", format!("sha512:{digest}"))
        .set("source_sha512sum", digest)
        .set("bonafide_image_digest", format!("sha512:{stored}"));
    shop.cloud
        .glance("customer")
        .update(junk.image, &patch)
        .await
        .unwrap();
    let uploaded = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await
        .unwrap();
    assert_ne!(uploaded.image, junk.image);
}
