//! A vendor site and a cloud inside this process.

use bonafide::{CloudConfig, HttpFetch, Keyring, UbuntuRelease};
use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{UbuntuBuild, VendorSite};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::AnyError;

const GIBIBYTE: u64 = 1 << 30;
/// Enough clusters of 64 KiB for 96 MiB of data: long enough to see something happen.
const DATA_CLUSTERS: u64 = 1536;

/// What a publication needs of the world, on loopback, signed by a key that nobody else has.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    site: VendorSite,
    cloud: EmbeddedCloud,
    key: SigningKey,
}

impl Rehearsal {
    /// Starts both and publishes a build of each version at the vendor's.
    pub(crate) async fn start(
        releases: &[UbuntuRelease],
        now: Timestamp,
    ) -> Result<Self, AnyError> {
        let built = now - SignedDuration::from_hours(24);
        let serial = built
            .to_zoned_datetime(TimeZone::UTC)
            .date()
            .strftime("%Y%m%d")
            .to_string();
        let created = now - SignedDuration::from_hours(24 * 365);
        let key = SigningKey::generate("Rehearsal <rehearsal@example.org>", created)?;
        let site = VendorSite::start().await?;
        for (seed, release) in (1..).zip(releases) {
            let image = Qcow2Image::new(4 * GIBIBYTE, DATA_CLUSTERS, seed);
            let build = UbuntuBuild::release(release.version(), release.codename(), &serial)
                .image(image)
                .signed_at(built);
            site.publish_ubuntu(&build, &key)?;
        }
        Ok(Self {
            site,
            cloud: EmbeddedCloud::start().await?,
            key,
        })
    }

    /// The real client, with the vendor's host names resolved to loopback.
    pub(crate) fn fetch(&self) -> Result<HttpFetch, AnyError> {
        let authority = self.site.ca_certificate_pem();
        let mut builder = HttpFetch::builder().no_proxy().only_authority(authority);
        for host in self.site.hosts() {
            builder = builder.resolve(&host, self.site.address());
        }
        Ok(builder.build()?)
    }

    pub(crate) fn cloud(&self) -> Result<CloudConfig, AnyError> {
        Ok(CloudConfig::from_yaml(self.cloud.clouds_yaml(), "admin")?)
    }

    /// The throw-away key, pinned as the vendor's.
    pub(crate) fn keyring(&self) -> Result<Keyring, AnyError> {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse()?]);
        keyring.add(self.key.public_key_armored()?.as_bytes())?;
        Ok(keyring)
    }
}
