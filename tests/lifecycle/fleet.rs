//! Several clouds in one run.

use std::sync::Arc;

use bonafide::publisher::{Fleet, NoEvents, Outcome, Target};
use bonafide::{CloudConfig, Publisher, Session};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};

use support::world_clock::{ClockedWorld, days};
use support::{quick, site_fetch};

pub(crate) fn publisher(life: &ClockedWorld, cloud: &EmbeddedCloud) -> Publisher {
    let config = CloudConfig::from_yaml(cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(quick(config), life.clock.reader()).unwrap();
    Publisher::new(
        Arc::new(site_fetch(&life.site)),
        session,
        life.clock.reader(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_several_clouds_need_is_fetched_once() {
    let life = ClockedWorld::start().await;
    let reader = || EmbeddedCloud::builder().clock(life.clock.reader());
    let (second, third) = (
        reader().start().await.unwrap(),
        reader().start().await.unwrap(),
    );
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher(&life, &second))
        .cloud("three", publisher(&life, &third));
    let channel = life.channel();
    let build = life.build();

    // One of them is away.
    let away = CloudFault::new("POST", "/auth/tokens", CloudFaultKind::Status(503));
    third.fail_next(away.lasting());
    life.site.clear_requests();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let done = fleet.reconcile(&targets, &NoEvents).await;
    let names: Vec<_> = done.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["one", "two", "three"]);
    for (name, done) in &done[..2] {
        let done = done.as_ref().unwrap();
        assert_eq!(done.reports.len(), 1, "{name}: {done:?}");
        assert_eq!(done.reports[0].outcome, Outcome::Published);
        assert!(done.skipped.is_empty(), "{name}: {done:?}");
    }
    let failed = done[2].1.as_ref().unwrap_err();
    assert!(failed.to_string().contains("503"), "{failed}");
    let times = |url: &str| {
        life.site
            .requests()
            .iter()
            .filter(|asked| *asked == url)
            .count()
    };
    assert_eq!(times(&build.image_url), 1, "one download for two clouds");
    // The list is proven once, and read again by each before it makes the image public.
    assert_eq!(times(&build.list_url), 3);
    assert_eq!(life.images().len(), 1);
    assert_eq!(second.images().len(), 1);
    assert!(third.images().is_empty());

    // Later the third one is back; the others have nothing to do.
    third.heal();
    life.clock.advance(days(1));
    life.site.clear_requests();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let plans = fleet.plan(&targets).await.into_iter();
    let steps: Vec<_> = plans.map(|(_, plan)| plan.unwrap().actions.len()).collect();
    assert_eq!(steps, [0, 0, 1]);
    let done = fleet.reconcile(&targets, &NoEvents).await;
    assert!(done.iter().all(|(_, done)| done.is_ok()), "{done:?}");
    assert_eq!(third.images().len(), 1);
    assert_eq!(times(&build.image_url), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_the_signed_ones_reach_no_cloud() {
    let life = ClockedWorld::start().await;
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher(&life, &second));
    let build = life.build();
    let flipped = bonafide_testkit::site::Fault::FlipBit(100_000);
    life.site.fault(&build.image_url, flipped);
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    for (name, done) in fleet.reconcile(&targets, &NoEvents).await {
        let done = done.unwrap();
        assert!(done.reports.is_empty(), "{name}: {done:?}");
        assert!(
            done.skipped.iter().any(|refused| refused.is_failure()),
            "{done:?}"
        );
    }
    assert!(life.cloud.images().is_empty() && second.images().is_empty());
}
