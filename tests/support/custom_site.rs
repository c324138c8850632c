//! Vendors, a cloud, and files of Flatcar's that no vendor would make.

use std::io::Write as _;
use std::sync::Arc;

use bonafide::glance::{Image, ImageFilter};
use bonafide::publisher::Error;
use bonafide::sources::{Flatcar, FlatcarFile};
use bonafide::{Channel, Fetch, Glance, Keyring, PublishReport, Publisher};
use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, VendorSite};
use futures_util::TryStreamExt;
use md5::Md5;
use sha2::{Digest as _, Sha512};
use uuid::Uuid;

use crate::cases::Case;
use crate::making::{Making, keys};
use crate::{Cloud, Events, MARKER, causes, now, site_fetch};

/// The compressed image of a Flatcar build.
pub const BZ2: &str = "flatcar_production_openstack_image.img.bz2";
const VERSION: &str = "4593.2.5";
const FLATCAR: &str = "https://stable.release.flatcar-linux.net/amd64-usr/";

/// A file of the newest Flatcar build.
pub fn url(name: &str) -> String {
    format!("{FLATCAR}{VERSION}/{name}")
}

/// The bytes, compressed.
pub fn bzip2(data: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// `X.DIGESTS`; MD5 and SHA-512 are enough to show which one decides.
pub fn flatcar_digests(name: &str, bytes: &[u8]) -> String {
    format!(
        "# MD5 HASH\n{:x}  {name}\n# SHA512 HASH\n{:x}  {name}\n",
        Md5::digest(bytes),
        Sha512::digest(bytes)
    )
}

/// All vendors' site and a cloud.
pub struct CustomWorld {
    /// The site of all vendors.
    pub site: VendorSite,
    /// The cloud.
    pub cloud: Cloud,
    /// The events of all publications.
    pub events: Arc<Events>,
    seed: u64,
}

impl CustomWorld {
    /// An empty site beside this cloud.
    pub async fn new(cloud: Cloud) -> Self {
        Self {
            site: VendorSite::start().await.unwrap(),
            cloud,
            events: Arc::default(),
            seed: u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap()),
        }
    }

    /// Images differ from run to run, so that every build has ids of its own.
    pub fn making(&self) -> Making {
        Making {
            seed: self.seed,
            ..Making::default()
        }
    }

    /// The vendor publishes the newer build of the case.
    pub fn publish_at_vendor(&self, case: &Case) -> PublishedBuild {
        self.publish_made(case, &self.making())
    }

    /// As [`CustomWorld::publish_at_vendor`], with a build that is made in this way.
    pub fn publish_made(&self, case: &Case, making: &Making) -> PublishedBuild {
        let keyring = (case.source)().product().keyring.clone();
        let build = (case.build)(1, making);
        let key = keys().key(&keyring).unwrap();
        self.site.publish(build.as_ref(), key).unwrap()
    }

    /// A channel that trusts the key of this test for the vendor of the case.
    pub fn channel(&self, case: &Case) -> Channel {
        let source = (case.source)();
        let key = keys().key(&source.product().keyring).unwrap();
        let mut keyring = Keyring::new(
            source.product().vendor.clone(),
            [key.fingerprint().parse().unwrap()],
        );
        keyring.add(&key.public_key_binary().unwrap()).unwrap();
        Channel::new(source, keyring)
    }

    /// The key that signs Flatcar's builds here.
    pub fn flatcar_key(&self) -> &'static SigningKey {
        keys().key("flatcar").unwrap()
    }

    /// The channel of Flatcar's compressed image.
    pub fn flatcar(&self) -> Channel {
        let key = self.flatcar_key();
        let mut keyring = Keyring::new("flatcar", [key.fingerprint().parse().unwrap()]);
        keyring.add(&key.public_key_binary().unwrap()).unwrap();
        Channel::new(Flatcar::stable(FlatcarFile::Bzip2), keyring)
    }

    /// A small image as its bytes.
    pub fn qcow2(&self) -> Vec<u8> {
        let image = Qcow2Image::new(2 << 30, 4, self.seed);
        image.chunks(0, 1 << 16).flatten().collect()
    }

    /// A binary detached signature by Flatcar's key.
    pub fn sign_binary(&self, data: &[u8]) -> Vec<u8> {
        let options = SignatureOptions::at(now());
        self.flatcar_key().sign_binary(data, &options).unwrap()
    }

    /// Puts these bytes where the newest image is, with all the signatures that it needs.
    pub fn put_flatcar(&self, bytes: &[u8]) {
        let stamp = format!("FLATCAR_VERSION={VERSION}\nFLATCAR_BUILD_ID=\"2026-11-10-2350\"\n");
        let list = flatcar_digests(BZ2, bytes);
        let options = SignatureOptions::at(now());
        let list = self.flatcar_key().sign_cleartext(&list, &options).unwrap();
        self.site
            .put(&format!("{FLATCAR}current/version.txt"), &*stamp);
        self.site
            .put(&url("version.txt.sig"), self.sign_binary(stamp.as_bytes()));
        self.site.put(&url("version.txt"), stamp);
        self.site.put(&url(BZ2), bytes.to_vec());
        self.site
            .put(&url(&format!("{BZ2}.sig")), self.sign_binary(bytes));
        self.site.put(&url(&format!("{BZ2}.DIGESTS.asc")), list);
    }

    /// A publisher with the rights of an administrator.
    pub fn publisher(&self) -> Publisher {
        let fetch = Arc::new(site_fetch(&self.site));
        Publisher::new(fetch, self.cloud.session("admin"), now)
    }

    /// Finds, verifies and publishes the newest build of a channel.
    pub async fn publish(&self, channel: &Channel) -> Result<PublishReport, Error> {
        let publisher = self.publisher();
        let candidate = publisher.find(channel, &*self.events).await?;
        publisher.publish(channel, &candidate, &*self.events).await
    }

    /// Publishing must fail, leave nothing, and name `url`. Gives the error's text.
    pub async fn refused(&self, channel: &Channel, url: &str) -> String {
        let text = causes(&self.publish(channel).await.unwrap_err());
        assert!(text.contains(url), "`{url}` is not named in: {text}");
        self.assert_nothing_is_left(channel).await;
        text
    }

    /// No image of the channel is there. The real cloud has several tests in it at a time, so the
    /// images of this one are identified by their signer's key, made from this run's seed.
    pub async fn assert_nothing_is_left(&self, channel: &Channel) {
        if let Cloud::Embedded(cloud) = &self.cloud {
            assert_eq!(cloud.images(), Vec::<serde_json::Value>::new());
            let stored = std::fs::read_dir(cloud.store_path()).unwrap().count();
            assert_eq!(stored, 0, "files in the store");
            return;
        }
        let publisher = self.publisher();
        // A channel without a candidate can't have made an image.
        let Ok(candidate) = publisher.find(channel, &*self.events).await else {
            return;
        };
        let observed = publisher.build_state(channel, &candidate).await.unwrap();
        assert!(
            matches!(observed, bonafide::publisher::BuildState::Absent),
            "{observed:?}"
        );
    }

    fn glance(&self, user: &str) -> Glance {
        self.cloud.glance(user)
    }

    /// The image as a customer sees it.
    pub async fn image(&self, report: &PublishReport) -> Image {
        let filter = ImageFilter::new().property(MARKER, &*report.channel);
        let images = self.glance("customer").list(&filter).await.unwrap();
        let found = images.into_iter().find(|image| image.id == report.image);
        found.unwrap_or_else(|| panic!("{} is not public", report.image))
    }

    /// The SHA-512 digest of what a customer downloads.
    pub async fn download_sha512(&self, report: &PublishReport) -> String {
        let mut download = self
            .glance("customer")
            .download(report.image)
            .await
            .unwrap();
        let mut sha512 = Sha512::new();
        while let Some(chunk) = download.try_next().await.unwrap() {
            sha512.update(&chunk);
        }
        format!("{:x}", sha512.finalize())
    }

    /// A file of a vendor.
    pub async fn read(&self, url: &str) -> Vec<u8> {
        let read = site_fetch(&self.site)
            .read(&url.parse().unwrap(), 1 << 26)
            .await;
        read.unwrap()
    }

    /// Deletes what was published.
    pub async fn remove(&self, report: &PublishReport) {
        self.remove_image(report.image).await;
    }

    /// Deletes an image.
    pub async fn remove_image(&self, id: Uuid) {
        self.glance("admin").delete(id).await.unwrap();
    }
}
