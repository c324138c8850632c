//! Two of a kind, or none.

use bonafide::Event;
use bonafide::glance::ImagePatch;
use bonafide::publisher::{Action, Latest, NoEvents, Target};
use bonafide_testkit::cloud::CloudFaultKind;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::{At, faults, generic, most_generic, now_and_here, patch, respun, run, without_vendor};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};

/// Two builds that two runs have found, a day apart; the first one's offer is the first.
pub(crate) async fn two_offers(life: &ClockedWorld) -> (Latest, Latest) {
    let channel = life.channel();
    life.build();
    let first = life.publisher().latest_of(&channel, &NoEvents).await;
    life.clock.advance(days(1));
    life.build();
    let second = life.publisher().latest_of(&channel, &NoEvents).await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_with_two_builds_leave_one_generic_image() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    let most = most_generic(&life);
    let (first, second) = two_offers(&life).await;
    let channel = life.channel();
    // The later run comes and goes while the first one is between its last two requests.
    let observer = At::new(
        |event| matches!(event, Event::Superseded { .. }),
        || {
            let targets = [Target::new(&channel, second.clone())];
            let publisher = life.publisher();
            let done = now_and_here(publisher.reconcile_with(&targets, &NoEvents));
            assert_eq!(done.unwrap().reports.len(), 1);
        },
    );
    let targets = [Target::new(&channel, first.clone())];
    let publisher = life.publisher();
    let done = publisher.reconcile_with(&targets, &observer).await.unwrap();
    assert!(observer.was_there());
    let left = generic(&life);
    let most = *most.lock().unwrap();
    assert_eq!(
        left.len(),
        1,
        "both runs are over, {most} were generic at one moment: {left:?} after {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_does_not_bring_back_what_another_run_has_superseded() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    let (first, second) = two_offers(&life).await;
    let channel = life.channel();
    let most = most_generic(&life);
    let observer = At::new(
        |event| matches!(event, Event::Superseded { .. }),
        || {
            let targets = [Target::new(&channel, second.clone())];
            let publisher = life.publisher();
            let done = now_and_here(publisher.reconcile_with(&targets, &NoEvents));
            assert_eq!(done.unwrap().reports.len(), 1);
            // The first run's last request is refused.
            let Latest::Found(candidate) = &first else {
                panic!()
            };
            let digest = candidate.expected().value().digest.clone();
            let image = bonafide::publisher::image_id(
                &bonafide::publisher::NAMESPACE,
                "ubuntu-24.04",
                &digest,
                0,
            );
            let path = format!("/images/{image}");
            faults(&life, "PATCH", &path, &[CloudFaultKind::Status(403)]);
        },
    );
    let targets = [Target::new(&channel, first.clone())];
    let publisher = life.publisher();
    publisher.reconcile_with(&targets, &observer).await.unwrap();
    assert!(observer.was_there());
    let left = generic(&life);
    assert!(
        left.len() == 1 && *most.lock().unwrap() == 1,
        "left {left:?}, at most {}",
        most.lock().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_comes_back_is_never_generic_beside_the_other_one() {
    let life = ClockedWorld::start().await;
    let serial = "20260220";
    respun(&life, serial, 501, 3);
    life.reconcile(&life.channel()).await;
    let first = life.newest();
    life.clock.advance(days(1));
    respun(&life, serial, 502, 3);
    run(&life, life.channel()).await;
    assert_eq!(life.images().len(), 2);
    life.clock.advance(days(1));
    let most = most_generic(&life);
    // The vendor takes the second spin back, and signs the first one again.
    respun(&life, serial, 501, 3);
    let done = run(&life, life.channel()).await;
    assert_eq!(generic(&life), [first], "{done:?}");
    assert_eq!(*most.lock().unwrap(), 1, "two generic at one moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_serial_takes_nothing_while_the_vendor_is_away() {
    let life = ClockedWorld::start().await;
    let (old, new, _) = two_builds(&life).await;
    let forged = ImagePatch::new().set("bonafide_serial", "20991231");
    patch(&life, old, forged).await;
    let most = most_generic(&life);
    let first = without_vendor(&life).await;
    let two = *most.lock().unwrap();
    life.clock.advance(days(31));
    let second = without_vendor(&life).await;
    let taken = !life.lists("customer2", new);
    assert!(
        two <= 1 && !taken,
        "generic at one moment: {two}; the real newest build is gone: {taken}; {:?} {:?}",
        first.applied,
        second.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_images_of_one_build_come_to_rest() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let mut copy = life.images().remove(0);
    // The first by its id, and the older one.
    copy["id"] = json!(Uuid::from_u128(1));
    copy["created_at"] = json!("2026-02-28T12:00:00Z");
    life.cloud.adopt_image(&copy).unwrap();
    let mut results = Vec::new();
    for _ in 0..4 {
        life.clock.advance(SignedDuration::from_hours(1));
        let done = run(&life, life.channel()).await;
        let steps: Vec<_> = done.applied.iter().map(Action::headline).collect();
        results.push((steps, generic(&life).len()));
    }
    let (steps, left) = results.last().unwrap();
    assert!(steps.is_empty() && *left == 1, "{results:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_when_the_old_build_gives_up_its_place_leaves_one_generic_image() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    let path = format!("/images/{old}");
    faults(&life, "PATCH", &path, &[CloudFaultKind::DropAfter]);
    let done = run(&life, life.channel()).await;
    assert_eq!(generic(&life).len(), 1, "none is left: {done:?}");
}
