//! Settings of a cloud, and its start.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::EmbeddedCloud;
use super::dispatch::Service;
use super::fault::Faults;
use super::http::serve;
use super::image::STORES;
use super::people::clouds_yaml;
use super::record::Record;
use super::registry::Registry;
use super::shared::{HashAlgorithm, Settings, Shared, UPLOADS};
use super::tokens::Tokens;

/// The settings of an [`EmbeddedCloud`], with the values of the reference set-up as defaults.
#[derive(Clone, Debug)]
pub struct EmbeddedCloudBuilder {
    data_directory: Option<PathBuf>,
    hash_algorithm: String,
    image_size_cap: u64,
    token_lifetime: Duration,
    upload_idle_timeout: Duration,
}

impl Default for EmbeddedCloudBuilder {
    fn default() -> Self {
        Self {
            data_directory: None,
            hash_algorithm: "sha512".to_owned(),
            image_size_cap: 8 * 1024 * 1024 * 1024,
            token_lifetime: Duration::from_secs(3600),
            upload_idle_timeout: Duration::from_secs(60),
        }
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

    /// Starts the cloud on two free ports of 127.0.0.1.
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
        let registry = Registry::open(&path)?;
        let identity = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let image = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            settings: Settings {
                hash_algorithm,
                image_size_cap: self.image_size_cap,
                upload_idle_timeout: self.upload_idle_timeout,
            },
            identity_url: format!("http://{}/v3", identity.local_addr()?),
            image_url: format!("http://{}", image.local_addr()?),
            tokens: Tokens::new(self.token_lifetime),
            registry,
            faults: Faults::default(),
            record: Record::default(),
            uploads: Arc::new(Semaphore::new(UPLOADS as usize)),
        });
        let listeners = [(identity, Service::Identity), (image, Service::Image)]
            .map(|(listener, service)| tokio::spawn(serve(listener, Arc::clone(&shared), service)));
        Ok(EmbeddedCloud {
            clouds_yaml: clouds_yaml(&shared.identity_url),
            store: shared.registry.store(STORES[0]),
            shared,
            listeners: listeners.into(),
            _directory: directory,
        })
    }
}
