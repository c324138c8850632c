//! Every vendor's site and a cloud inside this process.

use bonafide::publisher::{Catalog, ChannelConfig, KeySources};
use bonafide::{CloudConfig, HttpFetch};
use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::keys::{SigningKey, VendorKeys};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{
    AlmaBuild, CentosBuild, DebianBuild, FedoraBuild, FlatcarBuild, OpenSuseBuild, OwnBuild,
    RockyBuild, UbuntuBuild, VendorBuild, VendorSite,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::AnyError;

const GIBIBYTE: u64 = 1 << 30;
/// Enough clusters of 64 KiB for 4 MiB of data: something to see for each image, and not much.
const DATA_CLUSTERS: u64 = 64;

const OWN_HOST: &str = "images.operator.test";
const OWN_DIRECTORY: &str = "/rescue/";
const OWN_IMAGE: &str = "rescue-ubuntu-18.04.qcow2";
const OWN_CHANNEL: &str = "rescue-ubuntu-18.04";

/// The environment of a publication, on loopback, signed by throw-away keys.
#[derive(Debug)]
pub struct Rehearsal {
    site: VendorSite,
    cloud: EmbeddedCloud,
    keys: VendorKeys,
    /// When the newest builds were made: yesterday.
    built: Timestamp,
    seed: u64,
}

impl Rehearsal {
    /// Starts an empty site and an empty cloud.
    pub async fn start(now: Timestamp) -> Result<Self, AnyError> {
        Ok(Self {
            site: VendorSite::start().await?,
            cloud: EmbeddedCloud::start().await?,
            // Older than the oldest build below.
            keys: VendorKeys::generate("2020-01-01T00:00:00Z".parse()?)?,
            built: now - SignedDuration::from_hours(24),
            seed: 0,
        })
    }

    /// The built-in catalog and, after the vendors of the operator's table, a custom image.
    pub fn catalog(&self) -> Result<Catalog, AnyError> {
        let pin = self.key("operator")?.fingerprint();
        let base = format!("https://{OWN_HOST}{OWN_DIRECTORY}");
        let own = format!(
            r#"
[[channel]]
naming = {{ stack = "Rescue Ubuntu 18.04 sys11" }}
lifecycle = {{ replace_frequency = "never", provided_until = "none" }}
trust = {{ pinned = ["{pin}"] }}

[channel.source.own]
channel = "{OWN_CHANNEL}"
image = "{base}{OWN_IMAGE}"
list = "{base}SHA256SUMS"
signature = "{base}SHA256SUMS.asc"
distribution = "ubuntu"
version = "18.04"
codename = "bionic"
user = "ubuntu"

[channel.properties]
image_description = "Ubuntu 18.04, modified by the operator to rescue servers with"
hw_rescue_bus = "virtio"
hw_rescue_device = "disk"
"#
        );
        Ok(Catalog::parse(
            &(Catalog::builtin_text().to_owned() + &own),
        )?)
    }

    /// Publishes a build of each channel at its vendor's site, and accepts the throw-away keys.
    pub fn publish(&mut self, entries: Vec<ChannelConfig>) -> Result<Vec<ChannelConfig>, AnyError> {
        entries
            .into_iter()
            .map(|entry| self.publish_one(entry))
            .collect()
    }

    fn publish_one(&mut self, entry: ChannelConfig) -> Result<ChannelConfig, AnyError> {
        let Some(build) = self.build(&entry) else {
            // A custom image, with a key of the user.
            return Ok(entry);
        };
        let product = entry.product();
        let key = self.key(&product.keyring)?;
        self.site.publish(build.as_ref(), key)?;
        let trust = KeySources::pinned(&product.vendor, [key.fingerprint().parse()?]);
        let trust = trust.key(key.public_key_armored()?.as_bytes())?;
        Ok(entry.with_trust(trust))
    }

    fn key(&self, name: &str) -> Result<&SigningKey, AnyError> {
        let key = self.keys.key(name);
        key.ok_or_else(|| format!("the rehearsal has no key like that of `{name}`").into())
    }

    /// A build like the ones that the vendor of this channel makes.
    fn build(&mut self, entry: &ChannelConfig) -> Option<Box<dyn VendorBuild>> {
        self.seed += 1;
        let image = Qcow2Image::new(4 * GIBIBYTE, DATA_CLUSTERS, self.seed);
        let built = self.built;
        let day = |form: &str| {
            let date = built.to_zoned_datetime(TimeZone::UTC).date();
            date.strftime(form).to_string()
        };
        let product = entry.product();
        let version = &product.version;
        let codename = product.codename.as_deref().unwrap_or_default();
        let serial = day("%Y%m%d");
        Some(match (&*product.vendor, &*product.channel) {
            ("almalinux", _) => {
                let build = AlmaBuild::new(version, &format!("{version}.8-{serial}"));
                Box::new(build.image(image).signed_at(built))
            }
            ("centos", "centos-7") => Box::new(CentosBuild::seven("2211").image(image)),
            ("centos", _) => {
                let build = CentosBuild::stream(version, &format!("{serial}.0"));
                Box::new(build.image(image))
            }
            ("debian", "debian-9") => {
                let build = DebianBuild::openstack("9", "9.13.0").archived();
                Box::new(build.image(image))
            }
            ("debian", "debian-10") => {
                Box::new(DebianBuild::openstack("10", "10.13.0").image(image))
            }
            ("debian", _) => {
                let build = DebianBuild::cloud(version, codename, &format!("{serial}-2537"));
                Box::new(build.image(image))
            }
            ("fedora", _) => Box::new(
                FedoraBuild::new(version, "1.7")
                    .image(image)
                    .signed_at(built),
            ),
            ("flatcar", _) => {
                let build = FlatcarBuild::stable("4593.2.5", &day("%Y-%m-%d-0310"));
                Box::new(build.image(image).signed_at(built))
            }
            ("opensuse", _) => Box::new(
                OpenSuseBuild::leap(version, "18.7")
                    .image(image)
                    .signed_at(built),
            ),
            ("operator", OWN_CHANNEL) if product.hosts == [OWN_HOST] => {
                let build = OwnBuild::new(OWN_HOST, OWN_DIRECTORY, OWN_IMAGE);
                Box::new(build.image(image).signed_at(built))
            }
            ("rocky", _) => {
                let build = RockyBuild::new(version, &format!("{version}.8-{serial}.0"));
                Box::new(build.image(image))
            }
            ("ubuntu", channel) => {
                let build = match channel.ends_with("-daily") {
                    true => UbuntuBuild::daily(version, codename, &serial),
                    false => UbuntuBuild::release(version, codename, &serial).streams(),
                };
                Box::new(build.image(image).signed_at(built))
            }
            _ => return None,
        })
    }

    /// The real client, with the vendors' host names resolved to loopback.
    pub fn fetch(&self) -> Result<HttpFetch, AnyError> {
        let authority = self.site.ca_certificate_pem();
        let mut builder = HttpFetch::builder().no_proxy().only_authority(authority);
        for host in self.site.hosts() {
            builder = builder.resolve(&host, self.site.address());
        }
        Ok(builder.build()?)
    }

    /// The configuration of a session of this user.
    pub fn cloud(&self, user: &str) -> Result<CloudConfig, AnyError> {
        Ok(CloudConfig::from_yaml(self.cloud.clouds_yaml(), user)?)
    }
}
