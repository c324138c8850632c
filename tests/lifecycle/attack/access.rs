//! Who uses an image and loses it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::glance::{ImagePatch, Visibility};
use bonafide::publisher::{Fleet, NoEvents, Target};
use bonafide::{CloudConfig, Event, Publisher, Session};
use bonafide_testkit::cloud::{CloudFaultKind, EmbeddedCloud};
use jiff::SignedDuration;
use serde_json::Value;

use super::plans::publisher_of;
use super::{At, FINE, admin, faults, patch, run, run_as};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};
use support::{quick, site_fetch};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_while_sharing_does_not_hide_the_image_from_who_uses_it() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    let path = format!("/images/{old}");
    faults(&life, "PATCH", &path, &[CloudFaultKind::DropAfter]);
    let done = run(&life, life.channel()).await;
    assert!(
        life.reaches("customer", old),
        "the run has ended, and who uses the image can't reach it: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_too_many_is_not_locked_out() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.cloud.boot(&life.project("customer2"), old);
    life.clock.advance(days(31));
    let (members, path) = (format!("/images/{old}/members"), format!("/images/{old}"));
    // Room for one, and the way back fails once.
    faults(
        &life,
        "POST",
        &members,
        &[FINE, CloudFaultKind::Status(413)],
    );
    faults(&life, "PATCH", &path, &[FINE, CloudFaultKind::Status(500)]);
    run(&life, life.channel()).await;
    // All is well again, but for the quota.
    for _ in 0..3 {
        life.clock.advance(SignedDuration::from_hours(1));
        faults(&life, "POST", &members, &[CloudFaultKind::Status(413)]);
        run(&life, life.channel()).await;
    }
    assert!(
        life.reaches("customer", old) && life.reaches("customer2", old),
        "one of those who use it is out for good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_too_many_users_is_not_hidden_anew_in_each_run() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.cloud.boot(&life.project("customer2"), old);
    life.clock.advance(days(31));
    let members = format!("/images/{old}/members");
    let away = Arc::new(Mutex::new(0));
    let at = away.clone();
    life.cloud.watch(move |images| {
        let mut images = images.iter();
        let hidden =
            |image: &&Value| image["id"] == old.to_string() && image["visibility"] == "shared";
        if images.any(|image| hidden(&image)) {
            *at.lock().unwrap() += 1;
        }
    });
    let mut each = Vec::new();
    for run_number in 0..4 {
        life.clock.advance(SignedDuration::from_hours(1));
        let fine = if run_number == 0 { 1 } else { 0 };
        let mut kinds = vec![FINE; fine];
        kinds.push(CloudFaultKind::Status(413));
        faults(&life, "POST", &members, &kinds);
        *away.lock().unwrap() = 0;
        run(&life, life.channel()).await;
        each.push(*away.lock().unwrap());
    }
    assert!(
        each[1..].iter().all(|changes| *changes == 0),
        "taken from all projects in each run, for a while: {each:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_once_hides_nothing() {
    let life = ClockedWorld::start().await;
    let (old, new, _) = two_builds(&life).await;
    let right = life.now();
    // One machine's clock is years ahead; Glance's own times, and those of its answers, say so.
    let ahead = right + days(400);
    let config = CloudConfig::from_yaml(life.cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(quick(config), life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    let publisher = Publisher::new(fetch, session, move || ahead);
    let done = publisher
        .reconcile(&[life.channel()], &NoEvents)
        .await
        .unwrap();
    assert!(life.lists("customer2", new));
    assert!(
        life.lists("customer2", old),
        "hidden on the day on which it was superseded: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_supersession_before_the_newer_build_was_made_is_not_believed() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    let forged = ImagePatch::new().set("bonafide_superseded_at", "1970-01-01T00:00:00Z");
    patch(&life, old, forged).await;
    let done = run(&life, life.channel()).await;
    assert!(
        life.lists("customer2", old),
        "the newer build is of today, so it was not superseded before: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_restored_between_the_look_and_the_deletion_stays() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(31));
    let (publisher, channels) = (life.publisher(), [life.channel()]);
    // The second look-up takes its time.
    let slow = CloudFaultKind::Delay(Duration::from_millis(800));
    faults(&life, "GET", "/snapshots/detail", &[FINE, slow]);
    let rescue = async {
        while life.cloud.image(old).unwrap()["visibility"] != "shared" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        // By now servers and images have been looked at. The operator changes their mind.
        let keep = ImagePatch::new()
            .visibility(Visibility::Public)
            .remove("bonafide_channel");
        admin(&life).update(old, &keep).await.unwrap();
        life.cloud.boot(&life.project("customer"), old);
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &NoEvents), rescue);
    assert!(
        life.cloud.image(old).is_some(),
        "public, without marker, used, and deleted: {:?}",
        done.unwrap().applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_to_use_an_image_does_not_wait_for_an_upload_because_another_stops() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    assert!(life.cloud.delete_server(server));
    life.cloud
        .create_volume(&life.project("customer2"), Some(old));
    life.build();
    let given = AtomicBool::new(false);
    let observer = At::new(
        |event| matches!(event, Event::Created { .. }),
        || given.store(life.reaches("customer2", old), Ordering::Relaxed),
    );
    run_as(&life, life.channel(), &observer).await;
    assert!(observer.was_there());
    assert!(
        given.load(Ordering::Relaxed),
        "members are added first of all, before any upload"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clouds_give_access_before_they_upload_as_one_does() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    life.cloud
        .create_volume(&life.project("customer2"), Some(old));
    life.build();
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let given = AtomicBool::new(false);
    let observer = At::new(
        |event| matches!(event, Event::Created { .. }),
        || given.store(life.reaches("customer2", old), Ordering::Relaxed),
    );
    fleet.reconcile(&targets, &observer).await;
    assert!(observer.was_there());
    assert!(given.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_began_to_use_a_public_image_during_the_look_up_gets_it_in_the_same_run() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    let (publisher, channels) = (life.publisher(), [life.channel()]);
    // The servers have been listed; the volumes take their time.
    let slow = CloudFaultKind::Delay(Duration::from_millis(600));
    faults(&life, "GET", "/snapshots/detail", &[slow]);
    let customer2 = life.project("customer2");
    let begin = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(life.lists("customer2", old), "it is still public");
        life.cloud.boot(&customer2, old);
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &NoEvents), begin);
    assert!(
        life.reaches("customer2", old),
        "the run looked again, knew it, and left it to the next run: {:?}",
        done.unwrap().applied
    );
}
