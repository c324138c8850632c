//! A rotation in which any one request goes wrong, once or for the rest of the run: at its end customers
//! find one `generic` image of the plain name, and the next run publishes the new build.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};

use bonafide::glance::{Glance, Image, ImageFilter};
use bonafide::publisher::{Error, NoEvents, Profile, ReconcileReport, SkippedStep};
use bonafide::{Channel, Event, EventSink};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::site::Fault;
use futures_util::FutureExt;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::attack::{At, generic, most_generic, respun, run};
use crate::invariants::Watched;
use support::TRIES;
use support::world_clock::{ClockedWorld, days};

/// How images are named, after how long the next build comes, and what the newest one is called.
type Case = (Profile, SignedDuration, &'static [&'static str]);

const CASES: [Case; 4] = [
    (Profile::Scs, days(30), &["Ubuntu 24.04"]),
    (Profile::Scs, HOURS, &["Ubuntu 24.04"]),
    (
        Profile::Stack,
        days(30),
        &[
            "Ubuntu Noble 24.04 (2026-03-01)",
            "Ubuntu Noble 24.04 (2026-03-31)",
        ],
    ),
    (
        Profile::Stack,
        HOURS,
        &[
            "Ubuntu Noble 24.04 (2026-03-01)",
            // If the day ends before the second run.
            "Ubuntu Noble 24.04 (2026-03-02)",
        ],
    ),
];

const HOURS: SignedDuration = SignedDuration::from_hours(3);

const KINDS: [CloudFaultKind; 4] = [
    CloudFaultKind::Status(503),
    CloudFaultKind::Status(403),
    CloudFaultKind::DropBefore,
    CloudFaultKind::DropAfter,
];

/// One build is public, and the vendor has published the next one.
pub(crate) struct Rotation {
    pub(crate) life: ClockedWorld,
    pub(crate) watched: Watched,
    pub(crate) old: Uuid,
    /// The new build's file at the vendor's.
    pub(crate) image_url: String,
    profile: Profile,
    plain: &'static [&'static str],
}

impl Rotation {
    pub(crate) async fn of((profile, pause, plain): Case) -> Self {
        let life = ClockedWorld::start().await;
        let watched = Watched::start(&life);
        watched.signed(&life.build().sha256);
        let channel = life.channel().profile(profile);
        life.reconcile(&channel).await;
        let old = life.newest();
        life.clock.advance(pause);
        let new = respun(&life, "20260301", 77, 1);
        watched.signed(&new.sha256);
        life.cloud.clear_requests();
        Self {
            life,
            watched,
            old,
            image_url: new.image_url,
            profile,
            plain,
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.life.channel().profile(self.profile)
    }

    pub(crate) async fn run(&self, observer: &dyn EventSink) -> Result<ReconcileReport, Error> {
        let channels = [self.channel()];
        self.life
            .mortal_publisher()
            .reconcile(&channels, observer)
            .await
    }

    /// What a customer finds in the list.
    pub(crate) async fn list(&self) -> Vec<Image> {
        let glance = Glance::new(self.life.session("customer"));
        let filter = ImageFilter::new().owner(self.life.project("admin"));
        glance.list(&filter).await.unwrap()
    }

    /// A customer finds one generic image, of the plain name, and no two of one name; its id.
    pub(crate) async fn offered(&self, after: &str) -> Uuid {
        self.life.cloud.heal();
        let list = self.list().await;
        let generic = |image: &&Image| image.properties["os_purpose"] == "generic";
        let offered: Vec<_> = list.iter().filter(generic).collect();
        let [offered] = &offered[..] else {
            panic!("{after}: {} generic images: {list:#?}", offered.len());
        };
        let name = offered.name.as_deref().unwrap_or_default();
        assert!(self.plain.contains(&name), "{after}: `{name}`");
        let names: BTreeSet<_> = list.iter().map(|image| &image.name).collect();
        assert_eq!(names.len(), list.len(), "{after}: {names:?}");
        self.watched.assert_well();
        offered.id
    }

    /// A fresh run publishes the new build.
    pub(crate) async fn assert_recovers(&self, after: &str) {
        self.life.clock.advance(SignedDuration::from_hours(7));
        self.life.reconcile(&self.channel()).await;
        let offered = self.offered(after).await;
        assert_eq!(offered, self.life.newest(), "{after}");
        assert_ne!(offered, self.old, "{after}");
        let images = self.life.images();
        assert_eq!(images.len(), 2, "{after}: {images:#?}");
    }

    /// The requests so far: method, path, and how many of the same came before.
    fn requests(&self) -> Vec<(String, String, usize)> {
        let mut requests: Vec<(String, String, usize)> = Vec::new();
        for request in self.life.cloud.requests() {
            let path = request.path.split('?').next().unwrap_or_default();
            let same = |(method, other, _): &&(String, String, usize)| {
                *method == request.method && other == path
            };
            let before = requests.iter().filter(same).count();
            requests.push((request.method, path.to_owned(), before));
        }
        requests
    }
}

/// Lets each request of a rotation go wrong.
async fn each_request_goes_wrong(rotation: Case, fault: impl Fn(&str, &str, usize) -> CloudFault) {
    let undisturbed = Rotation::of(rotation).await;
    undisturbed.run(&NoEvents).await.unwrap();
    let requests = undisturbed.requests();
    assert!(requests.len() > 10, "{requests:?}");
    for (method, path, before) in requests {
        let fault = fault(&method, &path, before);
        let after = format!("{:?} after {} {fault:?}", rotation.0, rotation.1);
        let rotation = Rotation::of(rotation).await;
        rotation.life.cloud.fail_next(fault);
        // Whatever it says: only what customers find matters here.
        let _ = rotation.run(&NoEvents).await;
        rotation.offered(&after).await;
        rotation.assert_recovers(&after).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_find_one_generic_image_after_a_run_in_which_one_request_went_wrong() {
    for rotation in CASES {
        for kind in KINDS {
            each_request_goes_wrong(rotation, |method, path, before| {
                // At each try of this request.
                let tries = match kind {
                    CloudFaultKind::Status(403) => 1,
                    _ => TRIES,
                };
                CloudFault::new(method, path, kind)
                    .after(before)
                    .times(tries)
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_find_one_generic_image_after_a_run_in_which_one_kind_of_request_went_wrong_from_then_on()
 {
    for rotation in CASES {
        for kind in KINDS {
            each_request_goes_wrong(rotation, |method, path, before| {
                CloudFault::new(method, path, kind).after(before).lasting()
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_image_gets_its_place_back_in_the_next_run_if_glance_refuses_every_change() {
    for rotation in CASES {
        let rotation = Rotation::of(rotation).await;
        // The hand-over passes, and nothing after it.
        let refused = CloudFault::new("PATCH", "", CloudFaultKind::Status(403));
        rotation.life.cloud.fail_next(refused.after(1).lasting());
        let done = rotation.run(&NoEvents).await.unwrap();
        let told = done
            .skipped
            .iter()
            .map(|refused| refused.reason.to_string());
        let told: Vec<_> = told.collect();
        let named = format!("image {} had given up its name", rotation.old);
        assert!(told.iter().any(|told| told.contains(&named)), "{told:#?}");
        assert!(done.skipped.iter().any(SkippedStep::is_failure), "{done:?}");
        rotation.life.cloud.heal();
        // Even if that one can't publish the new build either.
        rotation
            .life
            .site
            .fault(&rotation.image_url, Fault::Status(404));
        let _ = rotation.run(&NoEvents).await.unwrap();
        assert_eq!(rotation.offered("refused for good").await, rotation.old);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_image_whose_successor_died_before_its_last_request_is_offered_until_that_is_proven()
 {
    for rotation in CASES {
        // Its lease may have ended or not.
        for hours in [1, 7] {
            let rotation = Rotation::of(rotation).await;
            let channel = rotation.channel();
            let publisher = rotation.life.mortal_publisher();
            let channels = [channel];
            // The run is gone before it sends its next request.
            let dies = At::new(
                |event| matches!(event, Event::Superseded { .. }),
                || resume_unwind(Box::new("the run dies")),
            );
            let run = publisher.reconcile(&channels, &dies);
            assert!(AssertUnwindSafe(run).catch_unwind().await.is_err());
            let old = rotation.life.cloud.image(rotation.old).unwrap();
            assert_eq!(old["os_purpose"], "oldgeneric");
            rotation
                .life
                .clock
                .advance(SignedDuration::from_hours(hours));
            rotation
                .life
                .site
                .fault(&rotation.image_url, Fault::Status(404));
            let done = rotation.run(&NoEvents).await.unwrap();
            let after = format!("{hours} h: {:?}", done.skipped);
            assert_eq!(rotation.offered(&after).await, rotation.old, "{after}");
            rotation.life.site.clear_fault(&rotation.image_url);
            rotation.assert_recovers(&after).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_comes_back_and_can_not_take_its_place_leaves_the_other_one_in_it() {
    for kind in KINDS {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(Profile::Scs);
        let serial = "20260220";
        respun(&life, serial, 501, 3);
        life.reconcile(&channel()).await;
        let first = life.newest();
        life.clock.advance(days(1));
        respun(&life, serial, 502, 3);
        life.reconcile(&channel()).await;
        let second = generic(&life);
        life.clock.advance(days(1));
        // The vendor withdraws the second one, and signs the first one again.
        respun(&life, serial, 501, 3);
        let most = most_generic(&life);
        let path = format!("/v2/images/{first}");
        life.cloud
            .fail_next(CloudFault::new("PATCH", &path, kind).lasting());
        run(&life, channel()).await;
        life.cloud.heal();
        let left = match kind {
            CloudFaultKind::DropAfter => vec![first],
            _ => second,
        };
        assert_eq!(generic(&life), left, "{kind:?}");
        assert_eq!(*most.lock().unwrap(), 1, "{kind:?}");
        let offered = life.cloud.image(left[0]).unwrap();
        assert_eq!(offered["name"], "Ubuntu 24.04", "{kind:?}");
        life.reconcile(&channel()).await;
        assert_eq!(generic(&life), [first], "{kind:?}");
    }
}
