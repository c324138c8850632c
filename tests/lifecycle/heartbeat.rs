//! The sign of life of a run that uploads: the living are never taken for dead, whatever the clocks
//! show, and the dead are noticed soon.

mod images;

use std::sync::Arc;
use std::time::Duration;

use bonafide::glance::{Glance, NewImage};
use bonafide::publisher::{
    Action, Error, Heartbeat, NoEvents, PlanNote, ReconcileReport, SkipReason, Target,
};
use bonafide::{Channel, Event, Publisher};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::site::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::crash_points::Progress;
use support::site_fetch;
use support::world_clock::{ClockedWorld, days};

/// Fenced after 4 seconds, gone after 6.
fn short() -> Heartbeat {
    Heartbeat::every(Duration::from_secs(1))
}

/// As a machine has it whose clock is wrong by so much. The session's is right: only tokens go by it.
fn publisher(life: &ClockedWorld, wrong_by: SignedDuration) -> Publisher {
    let clock = life.clock.reader();
    let wrong = move || -> Timestamp { clock() + wrong_by };
    let fetch = Arc::new(site_fetch(&life.site));
    Publisher::new(fetch, life.session("admin"), wrong).heartbeat(short())
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// The next build of the vendor takes that long.
fn slow_build(life: &ClockedWorld, pause: Duration) -> String {
    let build = life.build();
    let chunk = 4_096;
    life.site
        .fault(&build.image_url, Fault::Slow { chunk, pause });
    build.image_url
}

async fn observe(
    life: &ClockedWorld,
    channel: &Channel,
    wrong_by: SignedDuration,
) -> ReconcileReport {
    let offer = life.publisher().latest_of(channel, &NoEvents).await;
    let targets = [Target::new(channel, offer.clone())];
    let observer = publisher(life, wrong_by);
    observer.reconcile_with(&targets, &NoEvents).await.unwrap()
}

fn heartbeats(life: &ClockedWorld) -> Vec<Value> {
    let mut images = life.cloud.images();
    images.retain(|image| image["bonafide_beats"].is_string());
    images
}

/// A run that is killed once its upload has begun and shown a sign of life: nothing of it is executed
/// any more, and its connections are cut.
fn killed_in_its_upload(life: &Arc<ClockedWorld>, with: Heartbeat) {
    let life = life.clone();
    let dying = std::thread::spawn(move || {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            // A process that is killed drops nothing.
            let channels: &[Channel; 1] = Box::leak(Box::new([life.channel()]));
            let publisher: &Publisher = Box::leak(Box::new(life.publisher().heartbeat(with)));
            let mut run = Box::pin(publisher.reconcile(channels, &NoEvents));
            let beaten = async {
                while heartbeats(&life).is_empty() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                done = &mut run => panic!("too late: {done:?}"),
                () = beaten => {}
            }
            std::mem::forget(run);
        });
        // Without a runtime nothing is cleaned up in the background.
        runtime.shutdown_background();
    });
    dying.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_upload_is_left_alone_by_every_run_beside_it_whatever_their_clocks_show() {
    let life = ClockedWorld::start().await;
    let channel = life.channel();
    life.build();
    life.reconcile(&channel).await;
    life.clock.advance(days(1));
    slow_build(&life, Duration::from_millis(100));
    // The uploader's clock is wrong too.
    let uploader = publisher(&life, hours(5));
    let (tell, mut told) = watch::channel(0);
    let channels = [life.channel()];
    let progress = Progress(tell);
    let uploading = uploader.reconcile(&channels, &progress);
    let beside = async {
        told.wait_for(|received| *received > 1).await.unwrap();
        for wrong_by in [hours(9), hours(0), hours(-9)] {
            let done = observe(&life, &channel, wrong_by).await;
            assert!(done.applied.is_empty(), "{wrong_by}: {done:?}");
            let busy = |note: &PlanNote| matches!(note, PlanNote::Busy { overdue: false, .. });
            assert!(done.notes.iter().any(busy), "{wrong_by}: {done:?}");
            assert_eq!(heartbeats(&life).len(), 1, "{wrong_by}");
        }
    };
    let (done, ()) = tokio::join!(uploading, beside);
    let done = done.unwrap();
    assert!(done.skipped.is_empty(), "{done:?}");
    assert_eq!(done.reports.len(), 1, "{done:?}");
    assert!(heartbeats(&life).is_empty(), "it is deleted at the end");
    assert_eq!(life.cloud.images().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_in_its_upload_is_noticed_whatever_the_clocks_show() {
    for wrong_by in [hours(0), hours(9), hours(-9)] {
        let life = Arc::new(ClockedWorld::start().await);
        let slow = slow_build(&life, Duration::from_millis(100));
        killed_in_its_upload(&life, short());
        assert_eq!(heartbeats(&life).len(), 1);
        assert_eq!(life.images().len(), 1);
        life.site.clear_fault(&slow);
        // The other clock does not decide, and what is left is removed without a lease that ends.
        let done = observe(&life, &life.channel(), wrong_by).await;
        let discarded = |action: &Action| matches!(action, Action::Discard { .. });
        assert!(done.applied.iter().any(discarded), "{wrong_by}: {done:?}");
        assert!(heartbeats(&life).is_empty(), "{wrong_by}");
        let images = life.cloud.images();
        match wrong_by.is_negative() {
            // The list is signed in the future of such a clock.
            true => assert!(images.len() <= 1, "{images:?}"),
            false => {
                assert_eq!(done.reports.len(), 1, "{done:?}");
                assert_eq!(images.len(), 1, "{images:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_only_printed_or_was_approved_knows_of_the_dead_run_too() {
    let life = Arc::new(ClockedWorld::start().await);
    let slow = slow_build(&life, Duration::from_millis(100));
    killed_in_its_upload(&life, short());
    life.site.clear_fault(&slow);
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let plan = life.publisher().plan(&targets).await.unwrap();
    assert_eq!(plan.actions.len(), 2, "{plan}");
    let publisher = life.publisher();
    let done = publisher.apply(&plan, &targets, &NoEvents).await;
    let done = done.unwrap();
    assert_eq!(done.applied, plan.actions, "{done:?}");
    assert_eq!(life.cloud.images().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_publication_waits_for_the_run_before_it_and_takes_over_if_that_is_dead() {
    let life = Arc::new(ClockedWorld::start().await);
    let slow = slow_build(&life, Duration::from_millis(100));
    killed_in_its_upload(&life, short());
    life.site.clear_fault(&slow);
    let (publisher, channel) = (life.publisher(), life.channel());
    let report = publisher.publish_newest(&channel, &NoEvents).await.unwrap();
    assert_eq!(life.cloud.images().len(), 1);
    assert_eq!(life.newest(), report.image);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_can_not_show_that_it_lives_is_broken_off_and_publishes_nothing() {
    let life = ClockedWorld::start().await;
    slow_build(&life, Duration::from_millis(150));
    // The image is created, and its heartbeat image is not.
    let away = CloudFault::new("POST", "/images", CloudFaultKind::Status(503));
    life.cloud.fail_next(away.after(1).lasting());
    let heartbeat = Heartbeat::every(Duration::from_millis(300));
    let publisher = life.publisher().heartbeat(heartbeat);
    let done = publisher
        .reconcile(&[life.channel()], &NoEvents)
        .await
        .unwrap();
    let fenced = done.skipped.iter().any(|refused| match &refused.reason {
        SkipReason::Failed(error) => matches!(**error, Error::Fenced { .. }),
        _ => false,
    });
    assert!(fenced, "{done:?}");
    assert!(life.cloud.images().is_empty(), "{:?}", life.cloud.images());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_heartbeat_image_was_removed_takes_itself_for_dead() {
    let life = ClockedWorld::start().await;
    slow_build(&life, Duration::from_millis(150));
    let publisher = life
        .publisher()
        .heartbeat(Heartbeat::every(Duration::from_millis(300)));
    let (channels, glance) = ([life.channel()], Glance::new(life.session("admin")));
    let removing = async {
        while heartbeats(&life).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let id: Uuid = heartbeats(&life)[0]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        glance.delete(id).await.unwrap();
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &NoEvents), removing);
    let done = done.unwrap();
    assert!(format!("{:?}", done.skipped).contains("Fenced"), "{done:?}");
    assert!(life.cloud.images().is_empty(), "{:?}", life.cloud.images());
}

/// An image that a run has made and not finished, which names no heartbeat image.
fn leased(life: &ClockedWorld, digest: &str) -> Value {
    serde_json::json!({
        "id": Uuid::new_v4(), "name": "left", "owner": life.project("admin"), "visibility": "private",
        "status": "queued", "bonafide_channel": "ubuntu-24.04", "bonafide_state": "uploading",
        "bonafide_vendor_digest": format!("sha256:{digest}"),
        "bonafide_lease_until": (life.now() + hours(6)).to_string(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_waits_for_longer_than_an_hour_by_the_clouds_clock_is_overdue() {
    let life = ClockedWorld::start().await;
    let build = life.build();
    life.cloud
        .adopt_image(&leased(&life, &build.sha256))
        .unwrap();
    let channel = life.channel();
    for (minutes, expected) in [(59, false), (2, true)] {
        life.clock.advance(SignedDuration::from_mins(minutes));
        for wrong_by in [hours(0), hours(3), hours(-3)] {
            let done = observe(&life, &channel, wrong_by).await;
            let overdue = done.notes.iter().find_map(|note| match note {
                PlanNote::Busy { overdue, .. } => Some(*overdue),
                _ => None,
            });
            assert_eq!(overdue, Some(expected), "{wrong_by}: {done:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_upload_that_was_killed_is_removed_by_a_later_one_and_a_living_one_is_not() {
    let life = ClockedWorld::start().await;
    let build = life.build();
    let customer = |heartbeat| life.publisher_as("customer").heartbeat(heartbeat);
    let glance = Glance::new(life.session("customer"));
    let leave = |gone_after: &str, lease: Timestamp| {
        let id = Uuid::new_v4();
        let image = NewImage::new(id, "left")
            .property("bonafide_upload", "uploading")
            .property("bonafide_state", "uploading")
            .property("bonafide_lease_until", lease.to_string())
            .property("bonafide_heartbeat", Uuid::new_v4().to_string())
            .property("bonafide_gone_after", gone_after);
        let glance = &glance;
        async move { glance.create(&image).await.unwrap().id }
    };
    // One may be looked for until it is found to be gone, the others are only looked at.
    let ended = leave("PT0.5S", life.now() - hours(1)).await;
    let young = leave("PT1H", life.now() + hours(1)).await;
    let publisher = customer(Heartbeat::default());
    let channel = life.channel();
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let uploaded = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await
        .unwrap();
    assert_eq!(uploaded.no_heartbeat, None);
    let there = |id: Uuid| life.cloud.image(id).is_some();
    assert_eq!(
        (there(ended), there(young), there(uploaded.image)),
        (false, true, true)
    );
    assert!(life.site.requests().contains(&build.image_url));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_reports_for_which_image() {
    let life = Arc::new(ClockedWorld::start().await);
    let slow = slow_build(&life, Duration::from_millis(100));
    killed_in_its_upload(&life, Heartbeat::every(Duration::from_millis(300)));
    life.site.clear_fault(&slow);
    let waited = std::sync::Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| {
        if let Event::Waiting { id } = event {
            waited.lock().unwrap().push(*id);
        }
    };
    let left = life.newest();
    life.publisher()
        .reconcile(&[life.channel()], &observer)
        .await
        .unwrap();
    assert_eq!(*waited.lock().unwrap(), [left]);
}
