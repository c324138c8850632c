//! A run that is asked to stop, at each of its requests and within its uploads: nothing incomplete is
//! left, every project keeps its access, and the next run needs no patience.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide::publisher::{
    CancellationToken, Error, NoEvents, ReconcileReport, SkipReason, Target,
};
use bonafide::{Fleet, Profile};
use bonafide_testkit::site::Fault;
use tokio::sync::watch;

use crate::crash_points::{Progress, Scene};
use crate::invariants::assert_promises;
use support::site_fetch;
use support::world_clock::{ClockedWorld, short};

/// When a run is asked to stop.
#[derive(Clone, Copy, Debug)]
enum Asked {
    /// Once this request was answered.
    AfterRequest(usize),
    /// Within the request that makes this change in Glance.
    WithinChange(usize),
    /// Once so many bytes of the image were read.
    InTheBody(u64),
}

impl Scene {
    /// Asks a run to stop, and waits for its end.
    async fn stop(&self, asked: Asked) -> ReconcileReport {
        let life = &self.life;
        let token = CancellationToken::new();
        let publisher = life.publisher().cancelled_by(token.clone());
        let (tell, mut told) = watch::channel(0);
        let channels = std::slice::from_ref(&self.channel);
        let asking = token.clone();
        let asking = match asked {
            Asked::AfterRequest(requests) => {
                let reached = life.cloud.reached(requests);
                tokio::spawn(async move {
                    reached.await;
                    asking.cancel();
                })
            }
            Asked::WithinChange(number) => {
                let changes = Arc::new(AtomicUsize::new(0));
                life.cloud.watch(move |_| {
                    if changes.fetch_add(1, Ordering::SeqCst) + 1 == number {
                        asking.cancel();
                    }
                });
                tokio::spawn(async {})
            }
            Asked::InTheBody(bytes) => tokio::spawn(async move {
                if told.wait_for(|received| *received >= bytes).await.is_ok() {
                    asking.cancel();
                }
            }),
        };
        let observer = Progress(tell);
        let done = publisher.reconcile(channels, &observer).await.unwrap();
        asking.abort();
        for refused in &done.skipped {
            assert!(!refused.is_failure(), "{asked:?}: {refused:?}");
        }
        done
    }

    /// Nothing incomplete, one image that is offered to all projects, and access for its users.
    fn assert_in_order(&self, asked: Asked) {
        let life = &self.life;
        self.watched.assert_well();
        let images = life.images();
        let unfinished = images
            .iter()
            .find(|image| image["bonafide_state"] != serde_json::Value::Null);
        assert!(unfinished.is_none(), "after {asked:?}: {unfinished:#?}");
        assert_eq!(images.len(), life.cloud.images().len(), "after {asked:?}");
        let offered = images.iter().filter(|image| {
            image["visibility"] == "public"
                && image["os_purpose"] == "generic"
                && image["os_hidden"] == false
        });
        let offered: Vec<_> = offered.map(short).collect();
        assert_eq!(offered.len(), 1, "after {asked:?}: {offered:?}");
        for (image, projects) in &self.uses {
            for project in projects {
                assert!(
                    life.reaches(project, *image),
                    "after {asked:?}: {project}, {image}"
                );
            }
        }
        let stored = std::fs::read_dir(life.cloud.store_path()).unwrap().count();
        assert_eq!(stored, images.len(), "files in the store after {asked:?}");
    }

    /// A fresh run goes on at once.
    async fn assert_next_run_ends_it(&self, asked: Asked) {
        let life = &self.life;
        let done = life.reconcile(&self.channel).await;
        assert!(
            done.skipped.is_empty(),
            "after {asked:?}: {:?}",
            done.skipped
        );
        self.assert_in_order(asked);
        assert_eq!(life.images().len(), 3, "after {asked:?}");
        if self.profile == Profile::default() {
            assert_promises(life, &self.uses, 30);
        }
    }
}

/// Asks at the first, the second, … time, until a run comes to its end before.
async fn at_each(profile: Profile, least: usize, asked: impl Fn(usize) -> Asked) {
    for number in 1.. {
        let scene = Scene::in_profile(profile).await;
        let asked = asked(number);
        let done = scene.stop(asked).await;
        scene.assert_in_order(asked);
        scene.assert_next_run_ends_it(asked).await;
        if !done.cancelled {
            assert!(number > least, "only {number}");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_after_any_request_leaves_nothing_half_done() {
    at_each(Profile::default(), 15, Asked::AfterRequest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_scs_names_that_is_stopped_after_any_request_leaves_nothing_half_done() {
    at_each(Profile::Scs, 15, Asked::AfterRequest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_within_any_change_leaves_nothing_half_done() {
    at_each(Profile::default(), 6, Asked::WithinChange).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_stopped_anywhere_is_removed_at_once() {
    for bytes in [1, 65_536, 200_000] {
        let scene = Scene::in_profile(Profile::default()).await;
        let slow = Fault::Slow {
            chunk: 4_096,
            pause: Duration::from_millis(2),
        };
        scene.life.site.fault(&scene.image_url, slow);
        let before = scene.life.images().len();
        let asked = Asked::InTheBody(bytes);
        let done = scene.stop(asked).await;
        assert!(done.cancelled, "{asked:?} came too late");
        let stopped = |reason: &SkipReason| matches!(reason, SkipReason::Cancelled);
        assert!(
            done.skipped.iter().any(|refused| stopped(&refused.reason)),
            "{done:?}"
        );
        assert_eq!(scene.life.images().len(), before, "after {asked:?}");
        scene.assert_in_order(asked);
        scene.assert_next_run_ends_it(asked).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_upload_that_is_stopped_is_removed_at_once() {
    let life = ClockedWorld::start().await;
    let build = life.build();
    let slow = Fault::Slow {
        chunk: 4_096,
        pause: Duration::from_millis(2),
    };
    life.site.fault(&build.image_url, slow);
    let token = CancellationToken::new();
    let publisher = life.publisher_as("customer").cancelled_by(token.clone());
    let channel = life.channel();
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let (tell, mut told) = watch::channel(0);
    let observer = Progress(tell);
    let uploading = publisher.upload(&channel, &candidate, None, &observer);
    let asking = async {
        told.wait_for(|received| *received > 1).await.unwrap();
        token.cancel();
        std::future::pending::<()>().await;
    };
    let uploaded = tokio::select! {
        uploaded = uploading => uploaded,
        () = asking => unreachable!("it never ends"),
    };
    assert!(matches!(uploaded, Err(Error::Cancelled)), "{uploaded:?}");
    assert!(life.cloud.images().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_run_has_uploaded_is_kept_by_a_run_that_is_stopped() {
    use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
    let life = ClockedWorld::start().await;
    let build = life.build();
    life.cloud
        .fail_next(CloudFault::new("PATCH", "", CloudFaultKind::Status(403)));
    let channels = [life.channel()];
    let done = life
        .publisher()
        .reconcile(&channels, &NoEvents)
        .await
        .unwrap();
    assert_eq!(done.skipped.len(), 1, "{done:?}");
    let whole = life.newest();
    life.clock.advance(jiff::SignedDuration::from_hours(1));
    let slow = Fault::Slow {
        chunk: 4_096,
        pause: Duration::from_millis(2),
    };
    life.site.fault(&build.image_url, slow);
    let token = CancellationToken::new();
    let publisher = life.publisher().cancelled_by(token.clone());
    let (tell, mut told) = watch::channel(0);
    tokio::spawn(async move {
        told.wait_for(|received| *received > 1).await.unwrap();
        token.cancel();
    });
    let done = publisher
        .reconcile(&channels, &Progress(tell))
        .await
        .unwrap();
    assert!(done.cancelled && done.reports.is_empty(), "{done:?}");
    assert_eq!(life.newest(), whole, "nothing was wrong with it");
    let done = life.reconcile(&channels[0]).await;
    assert_eq!(done.reports[0].image, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_stopped_leaves_nothing_in_any_of_its_clouds() {
    let (one, other) = (ClockedWorld::start().await, ClockedWorld::start().await);
    let build = one.build();
    let slow = Fault::Slow {
        chunk: 4_096,
        pause: Duration::from_millis(2),
    };
    one.site.fault(&build.image_url, slow);
    let token = CancellationToken::new();
    let fetch = Arc::new(site_fetch(&one.site));
    let at = |life: &ClockedWorld| {
        let session = life.session("admin");
        bonafide::Publisher::new(fetch.clone(), session, one.clock.reader())
            .cancelled_by(token.clone())
    };
    let fleet = Fleet::new(fetch.clone())
        .cloud("one", at(&one))
        .cloud("other", at(&other));
    let channel = one.channel();
    let offer = at(&one).latest_of(&channel, &NoEvents).await;
    let (tell, mut told) = watch::channel(0);
    let asking = token.clone();
    tokio::spawn(async move {
        told.wait_for(|received| *received > 1).await.unwrap();
        asking.cancel();
    });
    let targets = [Target::new(&channel, offer.clone())];
    let clouds = fleet.reconcile(&targets, &Progress(tell)).await;
    for (cloud, done) in clouds {
        let done = done.unwrap();
        assert!(
            done.cancelled && done.reports.is_empty(),
            "{cloud}: {done:?}"
        );
    }
    for life in [&one, &other] {
        assert!(life.cloud.images().is_empty(), "{:?}", life.cloud.images());
    }
    // A publisher that is asked to stop asks no vendor either.
    let offer = at(&one).latest_of(&channel, &NoEvents).await;
    assert!(format!("{offer:?}").contains("Cancelled"), "{offer:?}");
    assert!(matches!(
        at(&one).plan(&targets).await,
        Err(Error::Cancelled)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_another_run_has_published_meanwhile_is_not_removed_by_a_run_that_is_stopped()
{
    let life = ClockedWorld::start().await;
    let build = life.build();
    let (slow, quick) = (life.channel(), life.channel());
    // Its second look at the list, behind the upload, never ends.
    let token = CancellationToken::new();
    let stopped = life.publisher().cancelled_by(token.clone());
    let candidate = stopped.find(&slow, &NoEvents).await.unwrap();
    life.site.fault(&build.list_url, Fault::StallAfter(1));
    let published = async {
        loop {
            let whole = |image: &serde_json::Value| image["status"] == "active";
            if life.images().iter().any(whole) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        life.site.clear_fault(&build.list_url);
        let done = life.reconcile(&quick).await;
        assert_eq!(done.reports.len(), 1, "{done:?}");
        token.cancel();
        done.reports[0].image
    };
    // However that ends, the image stays.
    let (_, image) = tokio::join!(stopped.publish(&slow, &candidate, &NoEvents), published);
    assert_eq!(life.newest(), image);
    assert_eq!(life.images()[0]["visibility"], "public");
}
