//! What the services and the handle share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::cinder::state::BlockStorage;
use super::control::clock::Clock;
use super::control::fault::Faults;
use super::control::rate_limit::RateLimit;
use super::control::record::Record;
use super::control::shutdown::Shutdown;
use super::glance::registry::Registry;
use super::keystone::tokens::Tokens;
use super::nova::fleet::Compute;

/// The second digest that Glance keeps of an image, beside MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashAlgorithm {
    Sha256,
    Sha512,
}

impl HashAlgorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// What an operator would write into the services' configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) hash_algorithm: HashAlgorithm,
    /// In bytes; an image of exactly this size is accepted.
    pub(crate) image_size_cap: u64,
    pub(crate) upload_idle_timeout: Duration,
    /// Whether nobody but the member itself may accept an image, not even an administrator.
    pub(crate) members_accept_alone: bool,
    /// Servers on one page.
    pub(crate) compute_page_limit: usize,
    /// Volumes or snapshots on one page.
    pub(crate) block_storage_page_limit: usize,
}

/// The state of a running cloud.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) identity_url: String,
    pub(crate) image_url: String,
    /// With `/v2.1`; `None` in a cloud without servers.
    pub(crate) compute_url: Option<String>,
    /// With `/v3`, without the project; `None` in a cloud without volumes.
    pub(crate) block_storage_url: Option<String>,
    pub(crate) tokens: Tokens,
    pub(crate) registry: Registry,
    pub(crate) compute: Compute,
    pub(crate) block_storage: BlockStorage,
    pub(crate) shutdown: Shutdown,
    pub(crate) faults: Faults,
    pub(crate) rate_limit: RateLimit,
    pub(crate) record: Record,
    /// One permit for each upload whose thread has not ended.
    pub(crate) uploads: Arc<Semaphore>,
}

/// Uploads at the same time; more of them wait.
pub(crate) const UPLOADS: u32 = 256;
