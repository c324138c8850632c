//! What both services and the handle share.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::fault::Faults;
use super::record::Record;
use super::registry::Registry;
use super::tokens::Tokens;

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

/// What an operator would write into `glance-api.conf`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) hash_algorithm: HashAlgorithm,
    /// In bytes; an image of exactly this size is accepted.
    pub(super) image_size_cap: u64,
    pub(super) upload_idle_timeout: Duration,
}

/// The state of a running cloud.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) identity_url: String,
    pub(super) image_url: String,
    pub(super) tokens: Tokens,
    pub(super) registry: Registry,
    pub(super) faults: Faults,
    pub(super) record: Record,
    /// One permit for each upload whose thread has not ended.
    pub(super) uploads: Arc<Semaphore>,
}

/// Uploads at the same time; more of them wait.
pub(super) const UPLOADS: u32 = 256;

/// The cloud's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the cloud is a server: it has a clock of its own"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
