//! What is published passes the rules of every edition, as Glance shows it to a customer.

use bonafide::properties::{Edition, Query, Rule, Severity, check_cloud};
use bonafide::publisher::image_record;

use support::custom_site::CustomWorld;
use support::{cases, now, on_both_clouds};

on_both_clouds! {
    CustomWorld:
    every_published_image_passes_in_every_edition,
    a_customer_finds_the_newest_image_by_its_properties,
}

async fn every_published_image_passes_in_every_edition(shop: CustomWorld) {
    for case in cases::ALL {
        shop.publish_at_vendor(case);
        let report = shop.publish(&shop.channel(case)).await.unwrap();
        let image = shop.cloud.glance("customer").image(report.image).await;
        let images = [image_record(&image.unwrap())];
        let checked = check_cloud(&images, now());
        let own = report.channel == "own";
        for edition in Edition::ALL {
            let mut diagnostics = checked[0].diagnostics(edition);
            diagnostics.retain(|violation| violation.severity > Severity::Hint);
            // The custom image has an unknown name of its distribution.
            diagnostics.retain(|violation| !own || violation.rule != Rule::Distribution);
            assert!(
                diagnostics.is_empty(),
                "{}, {edition}: {diagnostics:?}",
                report.channel
            );
        }
        shop.remove(&report).await;
    }
}

async fn a_customer_finds_the_newest_image_by_its_properties(shop: CustomWorld) {
    let mut published = Vec::new();
    for case in [&cases::DEBIAN_10, &cases::UBUNTU_RELEASED] {
        shop.publish_at_vendor(case);
        published.push(shop.publish(&shop.channel(case)).await.unwrap());
    }
    let glance = shop.cloud.glance("customer");
    let mut images = Vec::new();
    for report in &published {
        images.push(image_record(&glance.image(report.image).await.unwrap()));
    }
    let query = Query::new()
        .property("os_distro", "ubuntu")
        .property("os_version", "24.04")
        .property("os_purpose", "generic")
        .most_recent();
    let found = query.find(&images).unwrap();
    assert_eq!(found.id, published[1].image.to_string());
    for report in &published {
        shop.remove(report).await;
    }
}
