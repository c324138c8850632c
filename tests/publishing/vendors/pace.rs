//! A cloud that takes so many requests a second, and no more.

use std::sync::Arc;

use bonafide::properties::{LifecyclePolicy, ProvidedUntil, ReplaceFrequency, UuidValidity};
use bonafide::publisher::NoEvents;
use bonafide::{Channel, CloudConfig, Publisher, Session};
use bonafide_testkit::cloud::EmbeddedCloud;

use support::custom_site::CustomWorld;
use support::{Cloud, cases, now, site_fetch};

#[tokio::test(flavor = "multi_thread")]
async fn twelve_channels_converge_in_one_run_where_twenty_requests_a_second_are_allowed() {
    let cloud = EmbeddedCloud::builder().requests_per_second(20);
    let shop = CustomWorld::new(Cloud::Embedded(cloud.start().await.unwrap())).await;
    let mut channels: Vec<Channel> = Vec::new();
    for case in cases::ALL {
        // None of them has ended.
        let until = ProvidedUntil::Notice;
        let lifecycle = LifecyclePolicy::new(ReplaceFrequency::Monthly, until, UuidValidity::None);
        let channel = shop.channel(case).lifecycle(lifecycle);
        if channels.iter().all(|one| one.name() != channel.name()) {
            shop.publish_at_vendor(case);
            channels.push(channel);
        }
    }
    channels.truncate(12);
    assert_eq!(channels.len(), 12);
    // Each comes with its own task, all with clones of one session, as many at once as can be.
    let config = CloudConfig::from_yaml(shop.cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(config, now).unwrap();
    let publisher = Publisher::new(Arc::new(site_fetch(&shop.site)), session, now);
    let runs = channels.iter().map(|channel| {
        let publisher = publisher.clone();
        async move {
            let channels = std::slice::from_ref(channel);
            publisher.reconcile(channels, &NoEvents).await
        }
    });
    let done = futures_util::future::join_all(runs).await;
    for done in done {
        let done = done.unwrap();
        assert!(done.skipped.is_empty(), "{done:?}");
    }
    let refused = shop.cloud.as_embedded().requests().into_iter();
    let refused = refused.filter(|one| one.status == Some(429)).count();
    println!("{refused} requests were answered 429");
    let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
    assert!(
        done.applied.is_empty() && done.skipped.is_empty(),
        "{done:?}"
    );
    assert_eq!(done.reports.len(), 12);
}
