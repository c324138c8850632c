//! A world for tests: a vendor site, a cloud (embedded or real) and a publisher between them.

#![allow(
    clippy::allow_attributes,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "each test binary uses another part of the world; a test ends where something is amiss"
)]

pub(crate) mod life;
pub(crate) mod project;
pub(crate) mod proxy;
mod real_files;
pub(crate) mod seeds;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::glance::{Image, ImageFilter, RetryPolicy, Status, Visibility};
use bonafide::publisher::{Error, NAMESPACE, image_id};
use bonafide::sources::{Retries, Sleep};
use bonafide::verify::Digest;
use bonafide::{
    Channel, CloudConfig, Event, EventSink, Glance, HttpFetch, Keyring, PublishReport, Publisher,
    Session, Ubuntu, UbuntuRelease,
};
use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild, VendorSite};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

#[allow(unused_imports, reason = "not every test binary asks for real files")]
pub(crate) use real_files::vendor_data;

/// Short, since a stalled server is one of the cases; long enough for a busy machine.
pub(crate) const IDLE: Duration = Duration::from_secs(2);
/// The property that marks the publisher's images.
pub(crate) const MARKER: &str = "bonafide_channel";

#[expect(
    clippy::disallowed_methods,
    reason = "a test is a program: this is its clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// How often a request that fails by chance is sent.
pub(crate) const TRIES: usize = 5;

/// What fails by chance is tried again as often as by default, and sooner.
pub(crate) fn quick(config: CloudConfig) -> CloudConfig {
    let moment = Duration::from_millis(2);
    let policy = RetryPolicy::default();
    config.retry_policy(policy.first_wait(moment).longest_pause(moment))
}

/// The cloud that a test runs against.
pub(crate) enum Cloud {
    Embedded(EmbeddedCloud),
    /// `clouds.yaml` of the real one, with the administrator in a project of this test's own.
    Real(String),
}

impl Cloud {
    pub(crate) async fn embedded() -> Option<Self> {
        Some(Self::Embedded(EmbeddedCloud::start().await.unwrap()))
    }

    /// The real Keystone and Glance that `tests/run` has started; required in CI.
    pub(crate) async fn real() -> Option<Self> {
        let Some(path) = std::env::var_os("BONAFIDE_TEST_CLOUDS") else {
            let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!required, "BONAFIDE_TEST_CLOUDS is required in CI");
            println!("skipped: no real cloud; tests/run starts one and sets BONAFIDE_TEST_CLOUDS");
            return None;
        };
        let clouds_yaml = project::clouds_yaml_with_a_new_project(Path::new(&path)).await;
        Some(Self::Real(clouds_yaml))
    }

    pub(crate) fn clouds_yaml(&self) -> &str {
        match self {
            Self::Embedded(cloud) => cloud.clouds_yaml(),
            Self::Real(clouds_yaml) => clouds_yaml,
        }
    }

    pub(crate) fn session(&self, user: &str) -> Session {
        let config = CloudConfig::from_yaml(self.clouds_yaml(), user);
        Session::new(quick(config.unwrap()), now).unwrap()
    }

    pub(crate) fn glance(&self, user: &str) -> Glance {
        Glance::new(self.session(user))
    }

    pub(crate) fn as_embedded(&self) -> &EmbeddedCloud {
        match self {
            Self::Embedded(cloud) => cloud,
            Self::Real(_) => panic!("this test sets faults in the embedded cloud"),
        }
    }
}

/// Vendor, cloud and key of one test.
pub(crate) struct World {
    pub(crate) site: VendorSite,
    pub(crate) cloud: Cloud,
    pub(crate) key: SigningKey,
    pub(crate) events: Arc<Events>,
    /// Differs from test to test and from run to run, so that every build has ids of its own.
    pub(crate) seed: u64,
}

impl World {
    pub(crate) async fn new(cloud: Cloud) -> Self {
        Self::with_key(cloud, vendor_key()).await
    }

    pub(crate) async fn with_key(cloud: Cloud, key: SigningKey) -> Self {
        Self {
            site: VendorSite::start().await.unwrap(),
            cloud,
            key,
            events: Arc::default(),
            seed: u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap()),
        }
    }

    pub(crate) async fn embedded() -> Self {
        Self::new(Cloud::embedded().await.unwrap()).await
    }

    /// Yesterday's build of Ubuntu 24.04 with an image of about 1 MiB; a test may change it.
    pub(crate) fn build(&self) -> UbuntuBuild {
        let built = now() - SignedDuration::from_hours(24);
        let serial = built.strftime("%Y%m%d").to_string();
        UbuntuBuild::release("24.04", "noble", &serial)
            .image(Qcow2Image::new(3 << 30, 16, self.seed))
            .signed_at(built)
    }

    /// Publishes [`World::build`] at the vendor's.
    pub(crate) fn at_vendor(&self) -> PublishedBuild {
        self.site.publish_ubuntu(&self.build(), &self.key).unwrap()
    }

    pub(crate) fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse().unwrap()]);
        keyring.add(&self.key.public_key_binary().unwrap()).unwrap();
        keyring
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel::new(Ubuntu::released(UbuntuRelease::Noble), self.keyring())
    }

    pub(crate) fn fetch(&self) -> HttpFetch {
        site_fetch(&self.site)
    }

    pub(crate) fn publisher(&self, user: &str) -> Publisher {
        Publisher::new(Arc::new(self.fetch()), self.cloud.session(user), now)
    }

    /// Finds, proves and publishes as the administrator.
    pub(crate) async fn publish(&self) -> Result<PublishReport, Error> {
        self.publish_as("admin").await
    }

    pub(crate) async fn publish_as(&self, user: &str) -> Result<PublishReport, Error> {
        let (publisher, channel) = (self.publisher(user), self.channel());
        let candidate = publisher.find(&channel, &*self.events).await?;
        publisher.publish(&channel, &candidate, &*self.events).await
    }

    /// The image of this build under its `attempt`-th id, as the administrator sees it.
    pub(crate) async fn image(&self, build: &PublishedBuild, attempt: u32) -> Option<Image> {
        let digest: Digest = build.sha256.parse().unwrap();
        let id = image_id(&NAMESPACE, self.channel().name(), &digest, attempt);
        self.cloud.glance("admin").find(id).await.unwrap()
    }

    /// After a refusal: nothing of this build is public, and nothing is active with wrong bytes.
    pub(crate) async fn assert_nothing_is_left(&self, build: &PublishedBuild) {
        if let Some(image) = self.image(build, 0).await {
            panic!("left behind: {image:?}");
        }
        // The embedded cloud belongs to this test alone.
        if let Cloud::Embedded(cloud) = &self.cloud {
            assert_eq!(cloud.images(), Vec::<serde_json::Value>::new());
            let stored = std::fs::read_dir(cloud.store_path()).unwrap().count();
            assert_eq!(stored, 0, "files in the store");
        }
    }

    /// The names of all public images that the customer finds for this digest.
    pub(crate) async fn found_by_customer(&self, report: &PublishReport) -> Vec<Image> {
        let filter = ImageFilter::new()
            .visibility(Visibility::Public)
            .status(&Status::Active)
            .property("source_sha256sum", report.expected.digest.to_string());
        self.cloud.glance("customer").list(&filter).await.unwrap()
    }

    /// Removes what a test has published; the real cloud lives on.
    pub(crate) async fn clean_up(&self, id: Uuid) {
        self.cloud.glance("admin").delete(id).await.unwrap();
    }
}

/// Waits for nothing.
#[derive(Debug)]
struct NoSleep;

#[async_trait::async_trait]
impl Sleep for NoSleep {
    async fn sleep(&self, _: Duration) {}
}

/// The real client, with the vendors' host names resolved to this site. It does not wait between tries.
pub(crate) fn site_fetch(site: &VendorSite) -> HttpFetch {
    let mut builder = HttpFetch::builder()
        .no_proxy()
        .only_authority(site.ca_certificate_pem())
        .retries(Retries::default().tries(3).sleep(NoSleep))
        .idle_timeout(IDLE);
    for host in site.hosts() {
        builder = builder.resolve(&host, site.address());
    }
    builder.build().unwrap()
}

pub(crate) fn vendor_key() -> SigningKey {
    let created = now() - SignedDuration::from_hours(24 * 365);
    SigningKey::generate("Vendor <images@vendor.test>", created).unwrap()
}

/// Keeps the names of the events, in order.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<Vec<&'static str>>);

impl Events {
    /// The events so far; repeated progress counts once.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.lock().unwrap().clone();
        names.dedup();
        names
    }
}

impl EventSink for Events {
    fn emit(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::Compared { .. } => "compared",
            Event::Created { .. } => "created",
            Event::Found { .. } => "found",
            Event::ListChanged { .. } => "moved",
            Event::Progress { .. } => "progress",
            Event::Verified { .. } => "proven",
            Event::IdTaken { .. } => "id taken",
            Event::Published { .. } => "published",
            Event::Removed { .. } => "removed",
            Event::Rereading { .. } => "rereading",
            Event::Stale { .. } => "stale",
            Event::Uploaded { .. } => "uploaded",
            _ => "other",
        });
    }
}

/// An error with all its causes.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

/// The largest resident memory of this process so far, in bytes.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
