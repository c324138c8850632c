//! Attempts to make a run hide, delete or publish what it must not.

mod access;
mod bad_days;
mod plans;
mod steady;
mod taking;
mod two_of_a_kind;
mod unproven;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::glance::{Glance, ImagePatch};
use bonafide::publisher::{Error, Latest, NoEvents, ReconcileReport, Target};
use bonafide::{Channel, Event, EventSink};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild};
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use support::TRIES;
use support::world_clock::{ClockedWorld, id};

pub(crate) fn admin(life: &ClockedWorld) -> Glance {
    Glance::new(life.session("admin"))
}

pub(crate) async fn patch(life: &ClockedWorld, image: Uuid, patch: ImagePatch) {
    admin(life).update(image, &patch).await.unwrap();
    life.clock.advance(SignedDuration::from_secs(5));
}

/// One run with the vendor out of reach.
pub(crate) async fn without_vendor(life: &ClockedWorld) -> ReconcileReport {
    let channel = life.channel();
    let targets = [Target::new(
        &channel,
        Latest::Unknown(Error::Cancelled.into()),
    )];
    let publisher = life.publisher();
    publisher.reconcile_with(&targets, &NoEvents).await.unwrap()
}

/// One run whose failures are not looked at.
pub(crate) async fn run(life: &ClockedWorld, channel: Channel) -> ReconcileReport {
    run_as(life, channel, &NoEvents).await
}

pub(crate) async fn run_as(
    life: &ClockedWorld,
    channel: Channel,
    observer: &dyn EventSink,
) -> ReconcileReport {
    life.publisher()
        .reconcile(&[channel], observer)
        .await
        .unwrap()
}

/// Does something once, in the middle of a run, when an event fits.
pub(crate) struct At<F, D>(F, Mutex<Option<D>>);

impl<F, D> At<F, D>
where
    F: Fn(&Event<'_>) -> bool + Send + Sync,
    D: FnOnce() + Send,
{
    pub(crate) fn new(when: F, what: D) -> Self {
        Self(when, Mutex::new(Some(what)))
    }

    pub(crate) fn was_there(&self) -> bool {
        self.1.lock().unwrap().is_none()
    }
}

impl<F, D> EventSink for At<F, D>
where
    F: Fn(&Event<'_>) -> bool + Send + Sync,
    D: FnOnce() + Send,
{
    fn emit(&self, event: &Event<'_>) {
        if (self.0)(event)
            && let Some(what) = self.1.lock().unwrap().take()
        {
            what();
        }
    }
}

pub(crate) fn now_and_here<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// How many public, visible, `generic` images there were at most at one moment.
pub(crate) fn most_generic(life: &ClockedWorld) -> Arc<Mutex<usize>> {
    let most = Arc::new(Mutex::new(0));
    let at = most.clone();
    life.cloud.watch(move |images| {
        let now = images.iter().filter(|image| is_generic(image)).count();
        let mut most = at.lock().unwrap();
        *most = (*most).max(now);
    });
    most
}

pub(crate) fn is_generic(image: &Value) -> bool {
    image["visibility"] == "public"
        && image["os_purpose"] == "generic"
        && image["os_hidden"] == false
}

pub(crate) fn generic(life: &ClockedWorld) -> Vec<Uuid> {
    let images = life.images().into_iter();
    images.filter(is_generic).map(|image| id(&image)).collect()
}

/// Faults at the following requests of a kind, in their order. What fails by chance fails at each
/// try, but for an answer that is lost once.
pub(crate) fn faults(life: &ClockedWorld, method: &str, path: &str, kinds: &[CloudFaultKind]) {
    for kind in kinds {
        let by_chance = matches!(
            kind,
            CloudFaultKind::DropBefore | CloudFaultKind::Status(429 | 500 | 502..=504)
        );
        let tries = if by_chance { TRIES } else { 1 };
        let fault = CloudFault::new(method, path, *kind);
        life.cloud.fail_next(fault.times(tries));
    }
}

pub(crate) const FINE: CloudFaultKind = CloudFaultKind::Delay(Duration::ZERO);

/// The same serial, but other bytes, signed later.
pub(crate) fn respun(
    life: &ClockedWorld,
    serial: &str,
    seed: u64,
    signed_hours_ago: i64,
) -> PublishedBuild {
    let build = UbuntuBuild::release("24.04", "noble", serial)
        .image(Qcow2Image::new(1 << 30, 2, seed))
        .signed_at(life.clock.now() - SignedDuration::from_hours(signed_hours_ago));
    life.site.publish_ubuntu(&build, &life.key).unwrap()
}
