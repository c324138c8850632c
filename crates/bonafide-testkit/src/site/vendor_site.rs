//! The handle of a site.

use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;

use super::content::Content;
use super::fault::Fault;
use super::place::Place;
use super::server::listener::Listener;
use super::server::tls;
use super::shared::Shared;
use super::vendors::hosts;

/// A running site. It stops, and its connections end, when it is dropped.
#[derive(Debug)]
pub struct VendorSite {
    pub(super) hosts: Vec<String>,
    ca_certificate_pem: String,
    secure: Listener,
    plain: Listener,
    pub(super) shared: Shared,
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
        let shared = Shared::default();
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
