//! What becomes of an image once a newer one is there.

use std::num::NonZeroU32;

use bonafide::glance::{Glance, ImagePatch, Visibility};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{Action, PlanNote};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use jiff::civil::date;

use support::world_clock::{ClockedWorld, DAY, days, id};

/// Two builds, a month apart, and the older one used by a server of `customer`.
pub(crate) async fn two_builds(life: &ClockedWorld) -> (uuid::Uuid, uuid::Uuid, uuid::Uuid) {
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    let server = life.cloud.boot(&life.project("customer"), old);
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel()).await;
    (old, life.newest(), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_grace_period_only_those_who_use_it_see_it_and_then_it_goes() {
    let life = ClockedWorld::start().await;
    let (old, new, server) = two_builds(&life).await;
    life.clock.advance(days(29));
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old) && life.lists("customer2", old));

    life.clock.advance(DAY);
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old), "it is used there");
    assert!(!life.lists("customer2", old) && !life.reaches("customer2", old));
    assert!(life.lists("customer2", new));

    // Another project gets a volume of it, say from a member; then the first one leaves.
    let volume = life
        .cloud
        .create_volume(&life.project("customer2"), Some(old));
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old) && life.lists("customer2", old));
    assert!(life.cloud.delete_server(server));
    life.reconcile(&life.channel()).await;
    assert!(!life.reaches("customer", old) && life.lists("customer2", old));

    assert!(life.cloud.delete_volume(volume));
    life.reconcile(&life.channel()).await;
    assert!(life.cloud.image(old).is_none(), "unused");
    assert!(life.lists("customer", new));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_shared_by_hand_in_its_grace_period_goes_no_earlier() {
    for visibility in [Visibility::Shared, Visibility::Community] {
        let life = ClockedWorld::start().await;
        let (old, _, server) = two_builds(&life).await;
        assert!(life.cloud.delete_server(server));
        let glance = Glance::new(life.session("admin"));
        let patch = ImagePatch::new().visibility(visibility);
        glance.update(old, &patch).await.unwrap();
        life.clock.advance(days(29));
        let done = life.reconcile(&life.channel()).await;
        assert!(life.cloud.image(old).is_some(), "{done:?}");
        life.clock.advance(DAY);
        let done = life.reconcile(&life.channel()).await;
        assert!(life.cloud.image(old).is_none(), "{done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_uses_an_image_keeps_it() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    let project = life.project("customer");
    let shelved = life.cloud.boot(&project, old);
    assert!(life.cloud.shelve(shelved));
    let (booted, volume) = life.cloud.boot_from_volume(&project, old);
    let other = life.cloud.create_volume(&project, Some(old));
    let of_volume = life.cloud.snapshot_volume(other).unwrap();
    life.cloud.snapshot_server(shelved).unwrap();
    life.clock.advance(days(40));
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(31));
    let cloud = &life.cloud;
    let glance = Glance::new(life.session("admin"));
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old));
    assert!(cloud.delete_server(shelved));
    life.reconcile(&life.channel()).await;
    assert!(
        life.lists("customer", old),
        "snapshots of the server are left"
    );
    let snapshots = cloud.images().into_iter();
    for snapshot in snapshots.filter(|image| image["image_type"] == "snapshot") {
        glance.delete(id(&snapshot)).await.unwrap();
    }
    assert!(cloud.delete_server(booted) && cloud.delete_volume(volume));
    life.reconcile(&life.channel()).await;
    assert!(
        life.lists("customer", old),
        "a volume and its snapshot are left"
    );
    assert!(cloud.delete_snapshot(of_volume));
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", old), "a volume is left");
    assert!(cloud.delete_volume(other));
    let done = life.reconcile(&life.channel()).await;
    assert!(cloud.image(old).is_none(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_promised_stays_reachable_and_is_listed_nowhere() {
    let life = ClockedWorld::start().await;
    let last = |count| UuidValidity::Last(NonZeroU32::new(count).unwrap());
    let channel = || life.channel_with(last(2), ProvidedUntil::Notice);
    for _ in 0..4 {
        life.build();
        life.reconcile(&channel()).await;
        life.clock.advance(days(31));
    }
    life.reconcile(&channel()).await;
    let images = life.images();
    let kept: Vec<_> = images
        .iter()
        .map(|image| image["visibility"].clone())
        .collect();
    assert_eq!(
        kept,
        ["community", "community", "public"],
        "the first one has gone"
    );
    let promised = id(&images[0]);
    assert!(!life.lists("customer", promised) && life.reaches("customer", promised));
    let plan = life.plan(&channel()).await;
    assert!(
        matches!(&plan.notes[..], [PlanNote::Promised { .. }, PlanNote::Promised { uuid_validity, .. }]
            if uuid_validity == "last-2"),
        "{plan}"
    );
    // Who begins to use it finds it in its list; others do not.
    life.cloud.boot(&life.project("customer"), promised);
    life.reconcile(&channel()).await;
    assert!(life.lists("customer", promised) && !life.lists("customer2", promised));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_uuid_validity_is_kept_as_it_was_promised() {
    let cases = [
        (UuidValidity::Forever, false),
        (UuidValidity::Notice, false),
        (UuidValidity::Date(date(2026, 5, 10)), false),
        (UuidValidity::Date(date(2026, 5, 9)), true),
        (UuidValidity::Last(NonZeroU32::MIN), false),
        (UuidValidity::None, true),
    ];
    for (validity, gone) in cases {
        let life = ClockedWorld::start().await;
        let channel = |validity| life.channel_with(validity, ProvidedUntil::Notice);
        life.build();
        life.reconcile(&channel(validity)).await;
        let old = life.newest();
        life.clock.advance(days(30));
        life.build();
        life.reconcile(&channel(validity)).await;
        // 2026-05-10: the grace period is over, and no project uses it.
        life.clock.advance(days(40));
        life.reconcile(&channel(validity)).await;
        assert_eq!(life.cloud.image(old).is_none(), gone, "{validity}");
        // The promise to its users is valid, whatever the catalog says now.
        life.reconcile(&channel(UuidValidity::None)).await;
        assert_eq!(life.cloud.image(old).is_none(), gone, "{validity}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_provided_until_has_passed_nothing_new_comes_and_the_last_one_retires() {
    let life = ClockedWorld::start().await;
    let until = ProvidedUntil::Date(date(2026, 3, 20));
    let channel = || life.channel_with(UuidValidity::None, until);
    life.build();
    life.reconcile(&channel()).await;
    let last = life.newest();
    let server = life.cloud.boot(&life.project("customer"), last);
    life.clock.advance(days(30));
    life.build();
    let done = life.reconcile(&channel()).await;
    assert!(
        done.reports.is_empty() && done.applied.is_empty(),
        "{done:?}"
    );
    assert_eq!(life.images().len(), 1, "no new builds");
    assert!(life.lists("customer2", last), "in the grace period");
    // The 20th is over at midnight; thirty days later it is the 20th of April.
    life.clock.set("2026-04-19T23:59:59Z".parse().unwrap());
    life.reconcile(&channel()).await;
    assert!(life.lists("customer2", last));
    life.clock.set("2026-04-20T00:00:00Z".parse().unwrap());
    life.reconcile(&channel()).await;
    assert!(life.lists("customer", last) && !life.reaches("customer2", last));
    assert!(life.cloud.delete_server(server));
    life.reconcile(&channel()).await;
    assert!(life.images().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cloud_does_not_let_go_is_reported_and_is_not_a_failure() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(30));
    // In use in the store.
    let suffix = format!("/images/{old}");
    let in_use = CloudFault::new("DELETE", &suffix, CloudFaultKind::Status(409));
    life.cloud.fail_next(in_use);
    let done = life.reconcile_once(&life.channel()).await;
    let [refused] = &done.skipped[..] else {
        panic!("{done:?}")
    };
    assert!(matches!(refused.action, Some(Action::Delete { .. })));
    assert!(
        refused.reason.to_string().contains("409"),
        "{}",
        refused.reason
    );
    assert!(life.cloud.image(old).is_some());
    // Protected by its owner: it is not even hidden.
    let glance = Glance::new(life.session("admin"));
    let protected = ImagePatch::new()
        .protected(true)
        .visibility(Visibility::Public);
    glance.update(old, &protected).await.unwrap();
    let done = life.reconcile(&life.channel()).await;
    assert!(done.applied.is_empty(), "{done:?}");
    assert!(matches!(&done.notes[..], [PlanNote::Protected { image, .. }] if *image == old));
    assert!(life.lists("customer2", old));
    glance
        .update(old, &ImagePatch::new().protected(false))
        .await
        .unwrap();
    let done = life.reconcile(&life.channel()).await;
    assert!(life.cloud.image(old).is_none(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_image_is_left_alone() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    Glance::new(life.session("admin"))
        .deactivate(old)
        .await
        .unwrap();
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(60));
    let done = life.reconcile(&life.channel()).await;
    assert!(done.applied.is_empty(), "{done:?}");
    assert!(matches!(&done.notes[..], [PlanNote::Deactivated { image, .. }] if *image == old));
    assert_eq!(life.cloud.image(old).unwrap()["visibility"], "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_members_accept_they_wait_and_it_is_reported() {
    let life = ClockedWorld::with(|cloud| cloud.members_accept_alone()).await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.cloud.boot(&life.project("customer"), old);
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    let done = life.reconcile_once(&life.channel()).await;
    assert!(
        done.skipped.iter().any(|refused| refused
            .reason
            .to_string()
            .contains("accept the image themselves")),
        "{done:?}"
    );
    assert!(life.reaches("customer", old) && !life.lists("customer", old));
    assert!(!life.reaches("customer2", old));
}
