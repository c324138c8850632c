//! Steps whose answer is lost: what is reported is what the cloud shows.

use std::num::NonZeroU32;
use std::sync::Arc;

use bonafide::glance::ImagePatch;
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{
    Action, Error, Fleet, Latest, NoEvents, Outcome, ReconcileReport, Target,
};
use bonafide::{Channel, Ubuntu, UbuntuRelease};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};
use serde_json::json;
use uuid::Uuid;

use crate::attack::patch;
use crate::fleet::publisher;
use crate::retirement::two_builds;
use support::site_fetch;
use support::world_clock::{ClockedWorld, days};

/// A step that is about to be taken, and the requests that take it.
struct Step {
    life: ClockedWorld,
    channel: Channel,
    vendor_is_away: bool,
    is: fn(&Action) -> bool,
    requests: Vec<(&'static str, String)>,
}

/// How many steps there are.
const STEPS: usize = 10;

/// One of the steps; the image it is about, and what becomes of it.
async fn step(number: usize) -> Step {
    let life = ClockedWorld::start().await;
    let image = |id: Uuid| format!("/v2/images/{id}");
    let mut channel = life.channel();
    let mut vendor_is_away = false;
    let (is, requests): (fn(&Action) -> bool, _) = match number {
        0 => {
            life.build();
            let id = first_id(&life).await;
            let requests = vec![("PATCH", image(id))];
            (|action| matches!(action, Action::Publish { .. }), requests)
        }
        1 => {
            two_builds(&life).await;
            let new = life.newest();
            patch(&life, new, ImagePatch::new().set("os_distro", "debian")).await;
            let requests = vec![("PATCH", image(new))];
            (|action| matches!(action, Action::Repair { .. }), requests)
        }
        2 => {
            let (old, _, _) = two_builds(&life).await;
            let unmarked = ImagePatch::new().remove("bonafide_superseded_at");
            patch(&life, old, unmarked).await;
            let requests = vec![("PATCH", image(old))];
            (
                |action| matches!(action, Action::Supersede { .. }),
                requests,
            )
        }
        3 => {
            let (old, new, _) = two_builds(&life).await;
            let glance = crate::attack::admin(&life);
            glance.delete(new).await.unwrap();
            vendor_is_away = true;
            let requests = vec![("PATCH", image(old))];
            (
                |action| matches!(action, Action::Reinstate { .. }),
                requests,
            )
        }
        4 | 5 => {
            let (old, _, _) = two_builds(&life).await;
            life.clock.advance(days(31));
            let member = format!("{}/members/{}", image(old), life.project("customer"));
            let requests = match number {
                4 => vec![("PATCH", image(old))],
                _ => vec![("POST", format!("{}/members", image(old))), ("PUT", member)],
            };
            (|action| matches!(action, Action::Share { .. }), requests)
        }
        6 => {
            let (old, _, server) = two_builds(&life).await;
            life.clock.advance(days(31));
            life.cloud.boot(&life.project("customer2"), old);
            life.reconcile(&channel).await;
            assert!(life.cloud.delete_server(server));
            let member = format!("{}/members/{}", image(old), life.project("customer"));
            (
                |action| matches!(action, Action::Share { .. }),
                vec![("DELETE", member)],
            )
        }
        7 => {
            let (old, _, server) = two_builds(&life).await;
            assert!(life.cloud.delete_server(server));
            life.clock.advance(days(31));
            let requests = vec![("PATCH", image(old)), ("DELETE", image(old))];
            (|action| matches!(action, Action::Delete { .. }), requests)
        }
        8 => {
            let kept = UuidValidity::Last(NonZeroU32::MIN);
            channel = life.channel_with(kept, ProvidedUntil::Notice);
            let (old, _, server) = two_builds(&life).await;
            assert!(life.cloud.delete_server(server));
            let promised = ImagePatch::new().set("uuid_validity", "forever");
            patch(&life, old, promised).await;
            life.clock.advance(days(31));
            let requests = vec![("PATCH", image(old))];
            (|action| matches!(action, Action::Unlist { .. }), requests)
        }
        _ => {
            life.build();
            life.reconcile(&channel).await;
            let left = life.cloud.adopt_image(&json!({
                "owner": life.project("admin"), "visibility": "private", "status": "queued",
                "bonafide_channel": "ubuntu-24.04", "bonafide_state": "uploading",
            }));
            let requests = vec![("DELETE", image(left.unwrap()))];
            (|action| matches!(action, Action::Discard { .. }), requests)
        }
    };
    Step {
        life,
        channel,
        vendor_is_away,
        is,
        requests,
    }
}

async fn first_id(life: &ClockedWorld) -> Uuid {
    let Latest::Found(candidate) = life.publisher().latest_of(&life.channel(), &NoEvents).await
    else {
        panic!("the vendor has a build")
    };
    let digest = &candidate.expected().value().digest;
    let namespace = &bonafide::publisher::NAMESPACE;
    bonafide::publisher::image_id(namespace, "ubuntu-24.04", digest, 0)
}

impl Step {
    async fn run(&self) -> ReconcileReport {
        let publisher = self.life.publisher();
        if self.vendor_is_away {
            let targets = [Target::new(
                &self.channel,
                Latest::Unknown(Error::Cancelled.into()),
            )];
            return publisher.reconcile_with(&targets, &NoEvents).await.unwrap();
        }
        let offer = publisher.latest_of(&self.channel, &NoEvents).await;
        let targets = [Target::new(&self.channel, offer.clone())];
        publisher.reconcile_with(&targets, &NoEvents).await.unwrap()
    }

    /// Whether the step is among those that were taken, and whether it is among those that were not.
    fn reported(&self, done: &ReconcileReport) -> (bool, bool) {
        let applied = done.applied.iter().any(self.is);
        let mut refused = done.skipped.iter();
        let refused = refused.any(|refused| refused.action.as_ref().is_some_and(self.is));
        (applied, refused)
    }

    fn harm(&self, request: usize, kind: CloudFaultKind) -> String {
        let (method, path) = &self.requests[request];
        let fault = CloudFault::new(method, path, kind).lasting();
        let after = format!("{fault:?}");
        self.life.cloud.fail_next(fault);
        after
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_answer_is_lost_is_reported_as_done() {
    for number in 0..STEPS {
        for request in 0..step(number).await.requests.len() {
            let step = step(number).await;
            let after = step.harm(request, CloudFaultKind::DropAfter);
            let done = step.run().await;
            assert_eq!(step.reported(&done), (true, false), "{after}: {done:?}");
            assert!(done.skipped.is_empty(), "{after}: {done:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_lost_on_its_way_is_reported_as_not_done_with_the_reason() {
    for number in 0..STEPS {
        for request in 0..step(number).await.requests.len() {
            let step = step(number).await;
            let after = step.harm(request, CloudFaultKind::DropBefore);
            let done = step.run().await;
            assert_eq!(step.reported(&done), (false, true), "{after}: {done:?}");
            for refused in &done.skipped {
                assert!(refused.is_seen, "{after}: {refused:?}");
                assert!(!refused.reason.to_string().is_empty(), "{after}");
            }
            // And it is done by the next one.
            step.life.cloud.heal();
            let done = step.run().await;
            assert!(done.skipped.is_empty(), "{after}: {done:?}");
            assert!(step.reported(&done).0, "{after}: {done:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_looked_at_at_once_is_reported_as_the_last_look_shows_it() {
    let step = step(1).await;
    let after = step.harm(0, CloudFaultKind::DropAfter);
    // The step looks at the image before, and can't do so after.
    let blind = CloudFault::new("GET", &step.requests[0].1, CloudFaultKind::Status(503));
    step.life.cloud.fail_next(blind.after(1).lasting());
    let done = step.run().await;
    assert_eq!(step.reported(&done), (true, false), "{after}: {done:?}");
    let outcomes: Vec<_> = done.reports.iter().map(|report| report.outcome).collect();
    assert_eq!(outcomes, [Outcome::Repaired]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_looked_at_at_all_is_not_reported_as_seen() {
    let step = step(1).await;
    step.harm(0, CloudFaultKind::DropAfter);
    let blind = CloudFault::new("GET", &step.requests[0].1, CloudFaultKind::Status(503));
    step.life.cloud.fail_next(blind.after(1).lasting());
    let list = CloudFault::new("GET", "/v2/images", CloudFaultKind::Status(503));
    step.life.cloud.fail_next(list.after(2).lasting());
    let done = step.run().await;
    assert_eq!(step.reported(&done), (false, true), "{done:?}");
    let mut refused = done.skipped.iter();
    let repair = refused.find(|refused| refused.action.is_some()).unwrap();
    assert!(!repair.is_seen, "{repair:?}");
}

/// A channel that is public and untouched, beside one with a new build.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fails_after_an_upload_leaves_other_channels_reported_as_they_are() {
    for clouds in [1, 2] {
        let life = ClockedWorld::start().await;
        let jammy = || Channel::new(Ubuntu::released(UbuntuRelease::Jammy), life.keyring());
        life.build_of("22.04", "jammy");
        life.reconcile(&jammy()).await;
        life.build();
        let channels = [life.channel(), jammy()];
        let mut offers = Vec::new();
        for channel in &channels {
            offers.push(life.publisher().latest_of(channel, &NoEvents).await);
        }
        let targets: Vec<_> = channels
            .iter()
            .zip(&offers)
            .map(|(channel, offer)| Target::new(channel, offer.clone()))
            .collect();
        let mut fleet = Fleet::new(Arc::new(site_fetch(&life.site))).cloud("one", life.publisher());
        let other = EmbeddedCloud::builder().clock(life.clock.reader());
        let other = other.start().await.unwrap();
        if clouds > 1 {
            fleet = fleet.cloud("other", publisher(&life, &other));
        }
        // Those of the plan and of the hand-over pass.
        let list = CloudFault::new("GET", "/v2/images", CloudFaultKind::Status(503));
        life.cloud.fail_next(list.after(4).lasting());
        let done = fleet.reconcile(&targets, &NoEvents).await.swap_remove(0);
        let done = done.1.unwrap();
        let outcome = |channel: &str| {
            let mut reports = done.reports.iter();
            let report = reports.find(|report| report.channel == channel);
            report.map(|report| report.outcome)
        };
        assert_eq!(
            outcome("ubuntu-24.04"),
            Some(Outcome::Published),
            "{done:?}"
        );
        assert_eq!(
            outcome("ubuntu-22.04"),
            Some(Outcome::AlreadyPublished),
            "{done:?}"
        );
        let failed = done.skipped.iter().any(|refused| refused.channel == "-");
        assert!(failed, "{done:?}");
    }
}
