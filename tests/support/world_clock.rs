//! A world whose clock is moved by months: a vendor, a cloud with Nova and Cinder, and a publisher.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bonafide::properties::{LifecyclePolicy, ProvidedUntil, ReplaceFrequency, UuidValidity};
use bonafide::publisher::{Heartbeat, NoEvents, Plan, ReconcileReport, Target};
use bonafide::{Channel, CloudConfig, Keyring, Publisher, Session, Ubuntu, UbuntuRelease};
use bonafide_testkit::cloud::{EmbeddedCloud, EmbeddedCloudBuilder, MovableClock};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild, VendorSite};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::{quick, site_fetch};

/// When every history begins.
const START: &str = "2026-03-01T09:00:00Z";
const KEY: &str = "2025-01-01T00:00:00Z";

/// A day.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// This many days.
pub const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// The vendor, the cloud and the time.
pub struct ClockedWorld {
    /// The site of the vendor.
    pub site: VendorSite,
    /// The cloud.
    pub cloud: Arc<EmbeddedCloud>,
    /// The clock of the cloud and of the publisher.
    pub clock: MovableClock,
    /// The key of the vendor.
    pub key: SigningKey,
    /// Each build has bytes of its own.
    seed: AtomicU64,
}

impl ClockedWorld {
    /// An empty site and an empty cloud.
    pub async fn start() -> Self {
        Self::with(|cloud| cloud).await
    }

    /// As [`ClockedWorld::start`], with a cloud of these settings.
    pub async fn with(settings: impl FnOnce(EmbeddedCloudBuilder) -> EmbeddedCloudBuilder) -> Self {
        let clock = MovableClock::new(START.parse().unwrap());
        let builder = settings(EmbeddedCloud::builder()).clock(clock.reader());
        let created = KEY.parse().unwrap();
        Self {
            site: VendorSite::start().await.unwrap(),
            cloud: Arc::new(builder.start().await.unwrap()),
            clock,
            key: SigningKey::generate("Vendor <images@vendor.test>", created).unwrap(),
            seed: AtomicU64::new(1),
        }
    }

    /// The vendor publishes a build of Ubuntu 24.04, an hour ago.
    pub fn build(&self) -> PublishedBuild {
        self.build_of("24.04", "noble")
    }

    /// The vendor publishes a build of this release of Ubuntu, made an hour ago.
    pub fn build_of(&self, version: &str, codename: &str) -> PublishedBuild {
        let built = self.clock.now() - SignedDuration::from_hours(1);
        let serial = built.strftime("%Y%m%d").to_string();
        let seed = self.seed.fetch_add(1, Ordering::Relaxed);
        let build = UbuntuBuild::release(version, codename, &serial)
            .image(Qcow2Image::new(1 << 30, 2, seed))
            .signed_at(built);
        self.site.publish_ubuntu(&build, &self.key).unwrap()
    }

    /// A keyring that pins the key of the vendor.
    pub fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse().unwrap()]);
        keyring.add(&self.key.public_key_binary().unwrap()).unwrap();
        keyring
    }

    /// Ubuntu 24.04: a grace period of 30 days, the last build kept by its id.
    pub fn channel(&self) -> Channel {
        self.channel_with(UuidValidity::None, ProvidedUntil::Notice)
    }

    /// Ubuntu 24.04 with this `uuid_validity` and `provided_until`.
    pub fn channel_with(&self, validity: UuidValidity, until: ProvidedUntil) -> Channel {
        Channel::new(Ubuntu::released(UbuntuRelease::Noble), self.keyring()).lifecycle(
            LifecyclePolicy::new(ReplaceFrequency::Monthly, until, validity),
        )
    }

    /// A session of this user.
    pub fn session(&self, user: &str) -> Session {
        let config = CloudConfig::from_yaml(self.cloud.clouds_yaml(), user).unwrap();
        Session::new(quick(config), self.clock.reader()).unwrap()
    }

    /// A publisher with the rights of an administrator.
    pub fn publisher(&self) -> Publisher {
        self.publisher_as("admin")
    }

    /// One that is gone after three seconds without a sign of life.
    pub fn mortal_publisher(&self) -> Publisher {
        let heartbeat = Heartbeat::every(Duration::from_millis(500));
        self.publisher().heartbeat(heartbeat)
    }

    /// A publisher with the rights of this user.
    pub fn publisher_as(&self, user: &str) -> Publisher {
        let fetch = Arc::new(site_fetch(&self.site));
        Publisher::new(fetch, self.session(user), self.clock.reader())
    }

    /// Reconciles one channel and sees that nothing is left to do.
    pub async fn reconcile(&self, channel: &Channel) -> ReconcileReport {
        let done = self.reconcile_once(channel).await;
        let plan = self.plan(channel).await;
        assert!(
            plan.is_empty(),
            "left to do:\n{plan}after {:?}",
            done.skipped
        );
        done
    }

    /// Reconciles one channel; no step may fail.
    pub async fn reconcile_once(&self, channel: &Channel) -> ReconcileReport {
        let channels = std::slice::from_ref(channel);
        let done = self
            .publisher()
            .reconcile(channels, &NoEvents)
            .await
            .unwrap();
        for refused in &done.skipped {
            assert!(!refused.is_failure(), "{refused:?}");
        }
        done
    }

    /// What a run would do for one channel.
    pub async fn plan(&self, channel: &Channel) -> Plan {
        let publisher = self.publisher();
        let offer = publisher.latest_of(channel, &NoEvents).await;
        let target = Target::new(channel, offer.clone());
        publisher.plan(&[target]).await.unwrap()
    }

    /// The id of the project of this name.
    pub fn project(&self, name: &str) -> String {
        self.cloud.project_id(name).unwrap()
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The publisher's images, the oldest first.
    pub fn images(&self) -> Vec<Value> {
        let (mut images, ours) = (self.cloud.images(), self.project("admin"));
        images.retain(|image| image["owner"] == ours && image["bonafide_channel"].is_string());
        images.sort_by_key(|image| image["bonafide_serial"].to_string());
        images
    }

    /// The publisher's only image, or the newest of them.
    pub fn newest(&self) -> Uuid {
        id(self.images().last().unwrap())
    }

    /// Whether a member of this project finds the image in its list.
    pub fn lists(&self, project: &str, image: Uuid) -> bool {
        self.cloud.lists(&self.project(project)).contains(&image)
    }

    /// Whether it reaches the image by its id.
    pub fn reaches(&self, project: &str, image: Uuid) -> bool {
        self.cloud.reaches(&self.project(project), image)
    }
}

/// What matters of an image, in one line.
pub fn short(image: &Value) -> String {
    let words = [
        "id",
        "name",
        "visibility",
        "status",
        "os_purpose",
        "bonafide_state",
    ];
    let words = words.map(|word| image[word].to_string());
    words.join(" ")
}

/// The id of an image.
pub fn id(image: &Value) -> Uuid {
    image["id"].as_str().unwrap().parse().unwrap()
}
