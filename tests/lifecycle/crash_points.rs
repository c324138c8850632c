//! A run that is cut off after each of its requests, and within its uploads: whatever is left, the next
//! run brings to the same end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bonafide::publisher::NoEvents;
use bonafide::{Channel, Event, EventSink, Profile};
use bonafide_testkit::cloud::LastRequest;
use bonafide_testkit::site::Fault;
use tokio::sync::watch;
use uuid::Uuid;

use crate::invariants::{Watched, assert_promises};
use support::world_clock::{ClockedWorld, days};

/// How a run ends before its time.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// The process is gone once this request was answered.
    Dropped(usize),
    /// The cloud answers nothing more, not even the clean-up.
    Silence(usize, LastRequest),
    /// The process is gone once so many bytes of the image were read.
    InTheBody(u64),
}

/// Three builds: one is used by a customer and past its grace period, one is public, and one is new.
pub(crate) struct Scene {
    pub(crate) life: ClockedWorld,
    pub(crate) watched: Watched,
    pub(crate) uses: BTreeMap<Uuid, BTreeSet<String>>,
    pub(crate) profile: Profile,
    pub(crate) channel: Channel,
    /// The newest build's image at the vendor's.
    pub(crate) image_url: String,
}

impl Scene {
    async fn new() -> Self {
        Self::in_profile(Profile::default()).await
    }

    pub(crate) async fn in_profile(profile: Profile) -> Self {
        let life = ClockedWorld::start().await;
        let channel = life.channel().profile(profile);
        let watched = Watched::start(&life);
        let mut uses = BTreeMap::new();
        for month in 0..3 {
            watched.signed(&life.build().sha256);
            life.reconcile(&channel).await;
            if month == 0 {
                let image = life.newest();
                life.cloud.boot(&life.project("customer"), image);
                uses.insert(image, BTreeSet::from(["customer".to_owned()]));
            }
            life.clock.advance(days(20));
        }
        // By now the first one is 40 days old, and the second one has 10 days left.
        life.clock.advance(days(11));
        let newest = life.build();
        watched.signed(&newest.sha256);
        Self {
            life,
            watched,
            uses,
            profile,
            channel,
            image_url: newest.image_url,
        }
    }

    /// Cuts a run. Whether it came to its end before.
    async fn run_until(&self, cut: Cut) -> bool {
        let life = &self.life;
        let channels = std::slice::from_ref(&self.channel);
        let publisher = life.mortal_publisher();
        match cut {
            Cut::Dropped(requests) => {
                let reached = life.cloud.reached(requests);
                tokio::select! {
                    biased;
                    () = reached => false,
                    done = publisher.reconcile(channels, &NoEvents) => done.is_ok(),
                }
            }
            Cut::Silence(requests, last) => {
                life.cloud.die_after(requests, last);
                let done = publisher.reconcile(channels, &NoEvents).await;
                let ended = done.is_ok_and(|done| done.skipped.is_empty());
                life.cloud.revive().await;
                ended
            }
            Cut::InTheBody(bytes) => {
                let (tell, mut told) = watch::channel(0);
                let observer = Progress(tell);
                let run = publisher.reconcile(channels, &observer);
                tokio::select! {
                    biased;
                    _ = told.wait_for(|received| *received >= bytes) => false,
                    done = run => done.is_ok(),
                }
            }
        }
    }

    /// What a fresh run makes of it at once.
    async fn assert_recovers(&self, cut: Cut) {
        let life = &self.life;
        life.reconcile(&self.channel).await;
        self.watched.assert_well();
        assert_promises(life, &self.uses, 30);
        let images = life.images();
        assert_eq!(images.len(), 3, "after {cut:?}: {images:#?}");
        let stored = std::fs::read_dir(life.cloud.store_path()).unwrap();
        assert_eq!(stored.count(), 3, "files in the store after {cut:?}");
    }
}

pub(crate) struct Progress(pub(crate) watch::Sender<u64>);

impl EventSink for Progress {
    fn emit(&self, event: &Event<'_>) {
        if let Event::Progress { received, .. } = event {
            self.0.send_replace(*received);
        }
    }
}

/// Cuts after the first, the second, … request, until a run comes to its end.
async fn after_each_request(cut: impl Fn(usize) -> Cut) {
    for requests in 1.. {
        let scene = Scene::new().await;
        let cut = cut(requests);
        let ended = scene.run_until(cut).await;
        scene.assert_recovers(cut).await;
        if ended {
            assert!(requests > 15, "only {requests} requests");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_gone_after_any_request_leaves_nothing_that_the_next_can_not_repair() {
    after_each_request(Cut::Dropped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_gone_after_any_request_leaves_nothing_that_the_next_can_not_repair() {
    after_each_request(|requests| Cut::Silence(requests, LastRequest::Answered)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_any_request_leaves_nothing_that_the_next_can_not_repair() {
    after_each_request(|requests| Cut::Silence(requests, LastRequest::AnswerLost)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_anywhere_leaves_nothing_that_the_next_can_not_repair() {
    for bytes in [1, 65_536, 200_000] {
        let scene = Scene::new().await;
        let chunk = 4_096;
        let pause = Duration::from_millis(2);
        scene
            .life
            .site
            .fault(&scene.image_url, Fault::Slow { chunk, pause });
        let cut = Cut::InTheBody(bytes);
        assert!(!scene.run_until(cut).await, "{cut:?} came too late");
        scene.assert_recovers(cut).await;
    }
}
