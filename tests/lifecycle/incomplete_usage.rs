//! If the usage of an image is unknown, no access is taken away, and the report has the reason.

use std::sync::{Arc, Once};
use std::time::Duration;

use bonafide::glance::{Usage, UsageSource};
use bonafide::publisher::{Action, NoEvents, Plan, PlanNote, Target};
use bonafide::{CloudConfig, Publisher, Session};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use serde_json::Value;
use uuid::Uuid;

use support::world_clock::{ClockedWorld, days};
use support::{TRIES, quick, site_fetch};

/// An unused old build, past its grace period: with complete knowledge it would go.
async fn due(life: &ClockedWorld) -> Uuid {
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(31));
    old
}

/// Nothing is done, and the note names the source and the reason.
async fn assert_kept(life: &ClockedWorld, publisher: &Publisher, source: UsageSource, why: &str) {
    let channels = [life.channel()];
    let before = life.cloud.images();
    let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
    assert!(done.applied.is_empty(), "{done:?}");
    assert_eq!(life.cloud.images(), before);
    let [PlanNote::UsageUnknown { images, gaps, .. }] = &done.notes[..] else {
        panic!("{:?}", done.notes)
    };
    assert_eq!(images.len(), 1);
    let gap = gaps.iter().find(|gap| gap.source == source);
    let gap = gap.unwrap_or_else(|| panic!("no gap of {source} in {gaps:?}"));
    assert!(gap.to_string().contains(why), "`{why}` is not in: {gap}");
    let told = done.notes[0].to_string();
    assert!(told.contains(why), "{told}");
}

async fn assert_gone_at_last(life: &ClockedWorld, old: Uuid) {
    life.reconcile(&life.channel()).await;
    assert!(life.cloud.image(old).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cinder_nothing_is_taken() {
    let life = ClockedWorld::with(|cloud| cloud.without_block_storage()).await;
    let old = due(&life).await;
    let publisher = life.publisher();
    assert_kept(&life, &publisher, UsageSource::Volumes, "block-storage").await;
    assert_eq!(life.cloud.image(old).unwrap()["visibility"], "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nova_nothing_is_taken() {
    let life = ClockedWorld::with(|cloud| cloud.without_compute()).await;
    due(&life).await;
    assert_kept(&life, &life.publisher(), UsageSource::Servers, "compute").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_page_is_cut_nothing_is_taken() {
    let life =
        ClockedWorld::with(|cloud| cloud.compute_page_limit(2).block_storage_page_limit(2)).await;
    let old = due(&life).await;
    let (project, other) = (life.project("customer"), life.newest());
    for _ in 0..5 {
        life.cloud.boot(&project, other);
        life.cloud.create_volume(&project, Some(other));
    }
    for (path, source) in [
        ("/servers/detail", UsageSource::Servers),
        ("/volumes/detail", UsageSource::Volumes),
    ] {
        // The first page comes, the second one does not.
        let delay = CloudFaultKind::Delay(Duration::ZERO);
        life.cloud.fail_next(CloudFault::new("GET", path, delay));
        let cut = CloudFault::new("GET", path, CloudFaultKind::DropBefore);
        life.cloud.fail_next(cut.times(TRIES));
        assert_kept(&life, &life.publisher(), source, path).await;
        let away = CloudFault::new("GET", path, CloudFaultKind::Status(503));
        life.cloud.fail_next(away.times(TRIES));
        assert_kept(&life, &life.publisher(), source, "503").await;
    }
    assert_gone_at_last(&life, old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_service_does_not_answer_in_time_nothing_is_taken() {
    let life = ClockedWorld::start().await;
    let old = due(&life).await;
    let stalled = CloudFault::new("GET", "/snapshots/detail", CloudFaultKind::Stall);
    life.cloud.fail_next(stalled.times(TRIES));
    let config = CloudConfig::from_yaml(life.cloud.clouds_yaml(), "admin").unwrap();
    let config = config.request_deadline(Duration::from_millis(500));
    let session = Session::new(quick(config), life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    let publisher = Publisher::new(fetch, session, life.clock.reader());
    let source = UsageSource::VolumeSnapshots;
    assert_kept(&life, &publisher, source, "/snapshots/detail").await;
    assert_gone_at_last(&life, old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_cell_is_down_nothing_is_taken() {
    let life = ClockedWorld::start().await;
    let old = due(&life).await;
    let server = life
        .cloud
        .boot_in_cell("cell2", &life.project("customer"), old);
    life.cloud.set_cell_up("cell2", false);
    assert_kept(&life, &life.publisher(), UsageSource::Servers, "cell").await;
    life.cloud.set_cell_up("cell2", true);
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old) && !life.reaches("customer2", old));
    assert!(life.cloud.delete_server(server));
    assert_gone_at_last(&life, old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_role_of_an_administrator_no_service_is_asked() {
    let life = ClockedWorld::start().await;
    let old = due(&life).await;
    let images = [old].into();
    life.cloud.clear_requests();
    let usage = life.publisher_as("publisher").usage(&images).await;
    let Usage::Incomplete { known, gaps } = &usage else {
        panic!("{usage:?}")
    };
    assert!(!known.is_used(old));
    assert!(gaps.iter().all(|gap| gap.why.contains("admin")), "{gaps:?}");
    let asked = life.cloud.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.path.contains("/auth/tokens")),
        "{asked:?}"
    );
    // With that knowledge a plan takes nothing.
    let publisher = life.publisher();
    let inventory = publisher.inventory().await.unwrap();
    let channel = life.channel();
    let offer = publisher.latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let plan = Plan::new(&targets, &inventory, &usage, life.now());
    assert!(plan.is_empty(), "{plan}");
    assert_gone_at_last(&life, old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_still_gives_access() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.cloud.boot(&life.project("customer"), old);
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    assert!(!life.reaches("customer2", old));
    // A volume of another project, made from a copy, say; and Nova is away.
    life.cloud
        .create_volume(&life.project("customer2"), Some(old));
    let away = CloudFault::new("GET", "/servers/detail", CloudFaultKind::Status(503));
    life.cloud.fail_next(away.lasting());
    let done = life.reconcile_once(&life.channel()).await;
    assert!(
        matches!(&done.applied[..], [Action::Share { add, remove, .. }]
            if add.len() == 1 && remove.is_empty()),
        "{done:?}"
    );
    assert!(life.lists("customer", old) && life.lists("customer2", old));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_again_after_the_plan_is_not_deleted() {
    let life = ClockedWorld::start().await;
    let old = due(&life).await;
    // Between the plan and the deletion a server appears.
    let (cloud, project) = (Arc::downgrade(&life.cloud), life.project("customer"));
    let once = Once::new();
    life.cloud.watch(move |images| {
        let withdrawn =
            |image: &Value| image["id"] == old.to_string() && image["visibility"] == "shared";
        if let Some(cloud) = cloud.upgrade()
            && images.iter().any(withdrawn)
        {
            once.call_once(|| {
                cloud.boot(&project, old);
            });
        }
    });
    let done = life.reconcile_once(&life.channel()).await;
    let kept = done.skipped.iter().find(|refused| {
        matches!(refused.action, Some(Action::Delete { .. }))
            && refused.reason.to_string().contains("used again")
    });
    assert!(kept.is_some(), "{done:?}");
    assert!(
        life.lists("customer", old),
        "and it is shared with it at once"
    );
}
