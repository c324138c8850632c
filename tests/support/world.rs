//! A vendor site, a cloud (embedded or real) and a publisher between them.

use std::sync::Arc;

use bonafide::glance::{Image, ImageFilter, Status, Visibility};
use bonafide::publisher::{Error, NAMESPACE, image_id};
use bonafide::verify::Digest;
use bonafide::{Channel, HttpFetch, Keyring, PublishReport, Publisher, Ubuntu, UbuntuRelease};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild, VendorSite};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::{Cloud, Events, now, site_fetch};

/// The property that marks the publisher's images.
pub const MARKER: &str = "bonafide_channel";

/// Vendor, cloud and key of one test.
pub struct World {
    /// The site of the vendor.
    pub site: VendorSite,
    /// The cloud.
    pub cloud: Cloud,
    /// The key of the vendor.
    pub key: SigningKey,
    /// The events of all publications.
    pub events: Arc<Events>,
    /// Differs from test to test and from run to run, so that every build has ids of its own.
    pub seed: u64,
}

impl World {
    /// An empty site beside this cloud.
    pub async fn new(cloud: Cloud) -> Self {
        Self::with_key(cloud, vendor_key()).await
    }

    /// As [`World::new`], with a vendor that has this key.
    pub async fn with_key(cloud: Cloud, key: SigningKey) -> Self {
        Self {
            site: VendorSite::start().await.unwrap(),
            cloud,
            key,
            events: Arc::default(),
            seed: u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap()),
        }
    }

    /// An empty site and an embedded cloud.
    pub async fn embedded() -> Self {
        Self::new(Cloud::embedded().await.unwrap()).await
    }

    /// Yesterday's build of Ubuntu 24.04 with an image of about 1 MiB; a test may change it.
    pub fn build(&self) -> UbuntuBuild {
        let built = now() - SignedDuration::from_hours(24);
        let serial = built.strftime("%Y%m%d").to_string();
        UbuntuBuild::release("24.04", "noble", &serial)
            .image(Qcow2Image::new(3 << 30, 16, self.seed))
            .signed_at(built)
    }

    /// Publishes [`World::build`] at the vendor's.
    pub fn at_vendor(&self) -> PublishedBuild {
        self.site.publish_ubuntu(&self.build(), &self.key).unwrap()
    }

    /// A keyring that pins the key of the vendor.
    pub fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse().unwrap()]);
        keyring.add(&self.key.public_key_binary().unwrap()).unwrap();
        keyring
    }

    /// Ubuntu 24.04 of this vendor.
    pub fn channel(&self) -> Channel {
        Channel::new(Ubuntu::released(UbuntuRelease::Noble), self.keyring())
    }

    /// A client of the vendor's site.
    pub fn fetch(&self) -> HttpFetch {
        site_fetch(&self.site)
    }

    /// A publisher with the rights of this user.
    pub fn publisher(&self, user: &str) -> Publisher {
        Publisher::new(Arc::new(self.fetch()), self.cloud.session(user), now)
    }

    /// Finds, proves and publishes as the administrator.
    pub async fn publish(&self) -> Result<PublishReport, Error> {
        self.publish_as("admin").await
    }

    /// As [`World::publish`], with the rights of this user.
    pub async fn publish_as(&self, user: &str) -> Result<PublishReport, Error> {
        let (publisher, channel) = (self.publisher(user), self.channel());
        let candidate = publisher.find(&channel, &*self.events).await?;
        publisher.publish(&channel, &candidate, &*self.events).await
    }

    /// The image of this build under its `attempt`-th id, as the administrator sees it.
    pub async fn image(&self, build: &PublishedBuild, attempt: u32) -> Option<Image> {
        let digest: Digest = build.sha256.parse().unwrap();
        let id = image_id(&NAMESPACE, self.channel().name(), &digest, attempt);
        self.cloud.glance("admin").find(id).await.unwrap()
    }

    /// After a refusal: nothing of this build is public, and nothing is active with wrong bytes.
    pub async fn assert_nothing_is_left(&self, build: &PublishedBuild) {
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
    pub async fn found_by_customer(&self, report: &PublishReport) -> Vec<Image> {
        let filter = ImageFilter::new()
            .visibility(Visibility::Public)
            .status(&Status::Active)
            .property("source_sha256sum", report.expected.digest.to_string());
        self.cloud.glance("customer").list(&filter).await.unwrap()
    }

    /// Removes what a test has published; the real cloud lives on.
    pub async fn clean_up(&self, id: Uuid) {
        self.cloud.glance("admin").delete(id).await.unwrap();
    }
}

/// A new key, made a year ago.
pub fn vendor_key() -> SigningKey {
    let created = now() - SignedDuration::from_hours(24 * 365);
    SigningKey::generate("Vendor <images@vendor.test>", created).unwrap()
}
