//! What the services and the handle share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::clock::Clock;
use super::compute::Compute;
use super::fault::Faults;
use super::life::Life;
use super::rate_limit::RateLimit;
use super::record::Record;
use super::registry::Registry;
use super::tokens::Tokens;
use super::volumes::BlockStorage;

/// The second digest that Glance keeps of an image, beside MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashAlgorithm {
    Sha256,
    Sha512,
}

impl HashAlgorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// What an operator would write into the services' configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) hash_algorithm: HashAlgorithm,
    /// In bytes; an image of exactly this size is accepted.
    pub(super) image_size_cap: u64,
    pub(super) upload_idle_timeout: Duration,
    /// Whether nobody but the member itself may accept an image, not even an administrator.
    pub(super) members_accept_alone: bool,
    /// Servers on one page.
    pub(super) compute_page_limit: usize,
    /// Volumes or snapshots on one page.
    pub(super) block_storage_page_limit: usize,
}

/// The state of a running cloud.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) identity_url: String,
    pub(super) image_url: String,
    /// With `/v2.1`; `None` in a cloud without servers.
    pub(super) compute_url: Option<String>,
    /// With `/v3`, without the project; `None` in a cloud without volumes.
    pub(super) block_storage_url: Option<String>,
    pub(super) tokens: Tokens,
    pub(super) registry: Registry,
    pub(super) compute: Compute,
    pub(super) block_storage: BlockStorage,
    pub(super) life: Life,
    pub(super) faults: Faults,
    pub(super) rate_limit: RateLimit,
    pub(super) record: Record,
    /// One permit for each upload whose thread has not ended.
    pub(super) uploads: Arc<Semaphore>,
}

/// Uploads at the same time; more of them wait.
pub(super) const UPLOADS: u32 = 256;
