//! A vendor's web site on loopback, with real host names, TLS, directory pages and faults.
//!
//! The site stands in for the real hosts: it has a throw-away certificate authority and a
//! certificate for their names, so that a client keeps its real URLs and its real code and is only
//! told another address and another root certificate.
//!
//! ```
//! use bonafide_testkit::keys::SigningKey;
//! use bonafide_testkit::site::{Fault, UbuntuBuild, VendorSite};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::generate("Vendor <images@vendor.test>", "2026-01-01T00:00:00Z".parse()?)?;
//! let site = VendorSite::start().await?;
//! let build = site.publish_ubuntu(&UbuntuBuild::release("24.04", "noble", "20261110"), &key)?;
//! assert!(build.image_url.starts_with("https://cloud-images.ubuntu.com/releases/noble/release-20261110/"));
//! site.fault(&build.image_url, Fault::CutAfter(100_000));
//! // A client: reqwest::Client::builder()
//! //     .tls_certs_only([Certificate::from_pem(site.ca_certificate_pem().as_bytes())?])
//! //     .resolve("cloud-images.ubuntu.com", site.address())
//! # Ok(())
//! # }
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

mod almalinux;
mod answer;
mod body;
mod build;
mod centos;
mod content;
mod debian;
mod fault;
mod fedora;
mod flatcar;
mod hosts;
mod html;
mod opensuse;
mod own;
mod place;
mod publication;
mod published;
mod rocky;
mod server;
mod shelf;
mod store;
mod sums;
mod tls;
mod ubuntu;
mod version;

pub use almalinux::AlmaBuild;
pub use build::{Build, VendorBuild};
pub use centos::CentosBuild;
pub use content::Content;
pub use debian::DebianBuild;
pub use fault::Fault;
pub use fedora::FedoraBuild;
pub use flatcar::FlatcarBuild;
pub use opensuse::OpenSuseBuild;
pub use own::OwnBuild;
pub use published::{CompressedImage, PublishedBuild, SiteError};
pub use rocky::RockyBuild;
pub use ubuntu::UbuntuBuild;

use crate::keys::SigningKey;
use place::Place;
use server::Listener;
use store::Store;

/// A running site. It stops, and its connections end, when it is dropped.
#[derive(Debug)]
pub struct VendorSite {
    hosts: Vec<String>,
    ca_certificate_pem: String,
    secure: Listener,
    plain: Listener,
    shared: Shared,
}

/// What the listeners and the handle have in common.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Store>>);

impl Shared {
    /// No user of the lock leaves it half changed, so a poisoned one is still good.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which further hosts a site serves.
#[derive(Clone, Debug)]
#[must_use]
pub struct VendorSiteBuilder {
    hosts: Vec<String>,
}

impl VendorSiteBuilder {
    /// Serve this host too, for example `mirror.operator.test`.
    pub fn host(mut self, name: &str) -> Self {
        let name = name.to_lowercase();
        if !self.hosts.contains(&name) {
            self.hosts.push(name);
        }
        self
    }

    /// Starts the site.
    ///
    /// # Errors
    /// No loopback port can be had, or a host name is none.
    pub async fn start(self) -> io::Result<VendorSite> {
        let tls = tls::Identity::for_hosts(&self.hosts)?;
        let shared = Shared(Arc::new(Mutex::new(Store::default())));
        Ok(VendorSite {
            secure: Listener::start(Some(tls.acceptor), shared.clone()).await?,
            plain: Listener::start(None, shared.clone()).await?,
            ca_certificate_pem: tls.ca_certificate_pem,
            hosts: self.hosts,
            shared,
        })
    }
}

impl VendorSite {
    /// Starts an empty site for the hosts of all vendors and `images.operator.test`.
    ///
    /// # Errors
    /// No loopback port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A site for the hosts of all vendors, `images.operator.test`, and others.
    pub fn builder() -> VendorSiteBuilder {
        VendorSiteBuilder {
            hosts: hosts::ALL.map(str::to_owned).to_vec(),
        }
    }

    /// Where the TLS listener is: the address to override DNS with.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.secure.address()
    }

    /// Where the listener without TLS is. It serves the same files, so a client that follows a
    /// redirect to it gets the right bytes, and only its own rules keep it away.
    #[must_use]
    pub fn plain_address(&self) -> SocketAddr {
        self.plain.address()
    }

    /// The same URL without TLS: scheme `http` and the plain listener's port, host unchanged.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    #[must_use]
    pub fn plain_url(&self, url: &str) -> String {
        let place = self.place(url);
        let (host, path) = (place.host(), place.path());
        format!(
            "http://{host}:{port}{path}",
            port = self.plain_address().port()
        )
    }

    /// The root certificate to trust, in PEM.
    #[must_use]
    pub fn ca_certificate_pem(&self) -> &str {
        &self.ca_certificate_pem
    }

    /// The host names that the site serves and has a certificate for.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.clone()
    }

    /// Puts a file at a URL; scheme and port of the URL do not matter.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    pub fn put(&self, url: &str, content: impl Into<Content>) {
        let place = self.place(url);
        self.shared.lock().put(place, content.into(), now());
    }

    /// Takes a file away, or a directory with all that is in it.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    pub fn remove(&self, url: &str) {
        let place = self.place(url);
        self.shared.lock().remove(&place);
    }

    /// Makes `url` a link to the directory or file `target`, as `current/` is one.
    ///
    /// # Panics
    /// When a URL is none or its host is not of this site.
    pub fn link(&self, url: &str, target: &str) {
        let (place, target) = (self.place(url), self.place(target));
        self.shared.lock().link(&place, &target);
    }

    /// Answers each request for what is below the directory `url` with a redirect to the same path
    /// below `target`, as vendors' redirectors do with a mirror. A fault of the asked URL comes
    /// first; what is at `target`, and with which faults, is the mirror's business.
    ///
    /// # Panics
    /// When a URL is none or its host is not of this site.
    pub fn redirect(&self, url: &str, target: &str) {
        let (place, target) = (self.place(url), self.place(target));
        self.shared.lock().redirect(&place, &target);
    }

    /// Adds a build in its vendor's real layout, signed by this key, and points the vendor's names
    /// for the newest build to the newest one. A build of the same name is replaced.
    ///
    /// Digests of the whole image are computed here, on a thread each, so large images are better
    /// published before the clock of anything else runs.
    ///
    /// # Errors
    /// The build's name is not one of the vendor's, the site does not serve the vendor's host, or
    /// the key can't sign as the build asks. Then the site is as it was.
    pub fn publish(
        &self,
        build: &dyn VendorBuild,
        key: &SigningKey,
    ) -> Result<PublishedBuild, SiteError> {
        build.publish_on(self, key)
    }

    /// [`publish`](VendorSite::publish) for a build of Ubuntu.
    ///
    /// # Errors
    /// The serial is not a date, or the key can't sign as the build asks.
    pub fn publish_ubuntu(
        &self,
        build: &UbuntuBuild,
        key: &SigningKey,
    ) -> Result<PublishedBuild, SiteError> {
        self.publish(build, key)
    }

    /// Answers requests for this URL with a fault, until [`VendorSite::clear_fault`].
    ///
    /// A fault on a dated URL is also met through `current/` and other links to it.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    pub fn fault(&self, url: &str, fault: Fault) {
        let place = self.place(url);
        self.shared.lock().faults.set(place, fault, None);
    }

    /// Answers the next `times` requests for this URL with a fault, and later ones well.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    pub fn fault_times(&self, url: &str, fault: Fault, times: u32) {
        let place = self.place(url);
        self.shared.lock().faults.set(place, fault, Some(times));
    }

    /// Answers requests for this URL well again. The count of its faults stays.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    pub fn clear_fault(&self, url: &str) {
        let place = self.place(url);
        self.shared.lock().faults.clear(&place);
    }

    /// How many requests for this URL were answered with a fault.
    ///
    /// # Panics
    /// When the URL is none or its host is not of this site.
    #[must_use]
    pub fn faults_served(&self, url: &str) -> u64 {
        let place = self.place(url);
        self.shared.lock().faults.served(&place)
    }

    /// The URLs asked for, in order, without ports; `http:` for those that came without TLS.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.lock().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.lock().requests.clear();
    }

    fn place(&self, url: &str) -> Place {
        let place = Place::of_url(url);
        assert!(
            place
                .as_ref()
                .is_some_and(|place| self.hosts.iter().any(|host| host == place.host())),
            "`{url}` is not a URL of this site's hosts: {}",
            self.hosts.join(", ")
        );
        place.unwrap_or_default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file that is put now was modified now"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
