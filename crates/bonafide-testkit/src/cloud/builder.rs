//! Settings of a cloud, and its start.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::cinder::state::BlockStorage;
use super::control::clock::Clock;
use super::control::fault::Faults;
use super::control::rate_limit::RateLimit;
use super::control::record::Record;
use super::control::shutdown::Shutdown;
use super::dispatch::Service;
use super::embedded::EmbeddedCloud;
use super::glance::image::STORES;
use super::glance::registry::Registry;
use super::keystone::tokens::Tokens;
use super::keystone::users::clouds_yaml;
use super::nova::fleet::Compute;
use super::server::serve;
use super::shared::{HashAlgorithm, Settings, Shared, UPLOADS};

/// The settings of an [`EmbeddedCloud`], with the values of the reference set-up as defaults.
#[derive(Clone, Debug)]
pub struct EmbeddedCloudBuilder {
    data_directory: Option<PathBuf>,
    hash_algorithm: String,
    image_size_cap: u64,
    token_lifetime: Duration,
    upload_idle_timeout: Duration,
    clock: Clock,
    members_accept_alone: bool,
    has_compute: bool,
    has_block_storage: bool,
    compute_page_limit: usize,
    block_storage_page_limit: usize,
    requests_per_second: Option<u32>,
}

impl Default for EmbeddedCloudBuilder {
    fn default() -> Self {
        Self {
            data_directory: None,
            hash_algorithm: "sha512".to_owned(),
            image_size_cap: 8 * 1024 * 1024 * 1024,
            token_lifetime: Duration::from_secs(3600),
            upload_idle_timeout: Duration::from_secs(60),
            clock: Clock::default(),
            members_accept_alone: false,
            has_compute: true,
            has_block_storage: true,
            compute_page_limit: 1000,
            block_storage_page_limit: 1000,
            requests_per_second: None,
        }
    }
}

impl EmbeddedCloud {
    /// Starts a cloud with the defaults of [`EmbeddedCloudBuilder`].
    ///
    /// # Errors
    ///
    /// When no port or no temporary directory can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A cloud with other settings.
    #[must_use]
    pub fn builder() -> EmbeddedCloudBuilder {
        EmbeddedCloudBuilder::default()
    }
}

impl EmbeddedCloudBuilder {
    /// Where images and their records are kept. A later cloud on the same directory goes on with
    /// them: same images, same projects, other ports. Default: a temporary directory.
    #[must_use]
    pub fn data_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_directory = Some(path.into());
        self
    }

    /// Glance's `hashing_algorithm`: `sha512` (default) or `sha256`.
    #[must_use]
    pub fn hash_algorithm(mut self, name: &str) -> Self {
        name.clone_into(&mut self.hash_algorithm);
        self
    }

    /// Glance's `image_size_cap`, in bytes: longer images answer 413. Default: 8 GiB.
    #[must_use]
    pub fn image_size_cap(mut self, bytes: u64) -> Self {
        self.image_size_cap = bytes;
        self
    }

    /// How long a token is good for. Default: one hour.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// How long an upload may be silent before the server gives up on it: 500, and the image is
    /// `queued` again. Default: 60 seconds; uwsgi's own default is 4.
    #[must_use]
    pub fn upload_idle_timeout(mut self, timeout: Duration) -> Self {
        self.upload_idle_timeout = timeout;
        self
    }

    /// The clock that the cloud dates everything by: images, members, servers, volumes, and the
    /// lifetime of tokens. Default: the system's. [`MovableClock`](super::MovableClock) is one
    /// that a test moves.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// An operator's policy by which only the member itself may answer an offer: an administrator
    /// who sets a member's status gets 403 (`modify_member`).
    #[must_use]
    pub fn members_accept_alone(mut self) -> Self {
        self.members_accept_alone = true;
        self
    }

    /// What the proxy before all services lets through in a second, and at once; more is answered
    /// 429. By default everything.
    #[must_use]
    pub fn requests_per_second(mut self, requests: u32) -> Self {
        self.requests_per_second = Some(requests);
        self
    }

    /// A cloud without Nova: the catalog has no service of type `compute`.
    #[must_use]
    pub fn without_compute(mut self) -> Self {
        self.has_compute = false;
        self
    }

    /// A cloud without Cinder: the catalog has no service of type `block-storage`.
    #[must_use]
    pub fn without_block_storage(mut self) -> Self {
        self.has_block_storage = false;
        self
    }

    /// Nova's `[api] max_limit`: servers on one page, at least one. Default: 1,000.
    #[must_use]
    pub fn compute_page_limit(mut self, servers: usize) -> Self {
        self.compute_page_limit = servers.max(1);
        self
    }

    /// Cinder's `osapi_max_limit`: volumes or snapshots on one page, at least one. Default: 1,000.
    #[must_use]
    pub fn block_storage_page_limit(mut self, volumes: usize) -> Self {
        self.block_storage_page_limit = volumes.max(1);
        self
    }

    /// Starts the cloud on free ports of 127.0.0.1, one for each service.
    ///
    /// # Errors
    ///
    /// When no port can be had, when the data directory can't be made or read, or with
    /// [`io::ErrorKind::InvalidInput`] when the hash algorithm is none of the two.
    pub async fn start(self) -> io::Result<EmbeddedCloud> {
        let hash_algorithm = match self.hash_algorithm.as_str() {
            "sha256" => HashAlgorithm::Sha256,
            "sha512" => HashAlgorithm::Sha512,
            other => {
                let message = format!("hash algorithm `{other}`: expected `sha256` or `sha512`");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        };
        let (path, directory) = match self.data_directory {
            Some(path) => (path, None),
            None => {
                let directory = TempDir::with_prefix("bonafide-cloud-")?;
                (directory.path().to_owned(), Some(directory))
            }
        };
        let registry = Registry::open(&path, self.clock.clone())?;
        let (identity, identity_url) = listen().await?;
        let (image, image_url) = listen().await?;
        let mut listeners = vec![(identity, Service::Identity), (image, Service::Image)];
        let (mut compute_url, mut block_storage_url) = (None, None);
        if self.has_compute {
            let (listener, url) = listen().await?;
            listeners.push((listener, Service::Compute));
            compute_url = Some(format!("{url}/v2.1"));
        }
        if self.has_block_storage {
            let (listener, url) = listen().await?;
            listeners.push((listener, Service::BlockStorage));
            block_storage_url = Some(format!("{url}/v3"));
        }
        let shared = Arc::new(Shared {
            settings: Settings {
                hash_algorithm,
                image_size_cap: self.image_size_cap,
                upload_idle_timeout: self.upload_idle_timeout,
                members_accept_alone: self.members_accept_alone,
                compute_page_limit: self.compute_page_limit,
                block_storage_page_limit: self.block_storage_page_limit,
            },
            identity_url: format!("{identity_url}/v3"),
            image_url,
            compute_url,
            block_storage_url,
            tokens: Tokens::new(self.token_lifetime, self.clock.clone()),
            clock: self.clock,
            registry,
            compute: Compute::default(),
            block_storage: BlockStorage::default(),
            shutdown: Shutdown::default(),
            faults: Faults::default(),
            rate_limit: RateLimit::new(self.requests_per_second),
            record: Record::default(),
            uploads: Arc::new(Semaphore::new(UPLOADS as usize)),
        });
        let listeners = listeners.into_iter();
        let listeners = listeners
            .map(|(listener, service)| tokio::spawn(serve(listener, Arc::clone(&shared), service)))
            .collect();
        Ok(EmbeddedCloud {
            clouds_yaml: clouds_yaml(&shared.identity_url),
            store: shared.registry.store(STORES[0]),
            shared,
            listeners,
            _directory: directory,
        })
    }
}

/// A listener on a free port, and its URL.
async fn listen() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
