//! An OpenStack cloud inside the process: Keystone v3, the Image API v2, and as much of Nova and
//! Cinder as tells who uses an image, on loopback.
//!
//! It behaves as Keystone 30 and Glance 33 do, with two file stores, SQLite's patience and the
//! default policy, in all that a publisher and a customer of images meet: also where that is
//! surprising. A PATCH during an upload is accepted and lost; bytes that are not what
//! `disk_format` says answer 415 and stay in the store, so that the next upload to the same image
//! fails; a chunked body that ends properly too early becomes an active image. Its Nova and Cinder
//! answer as Nova 34 and Cinder 29 do. One contract suite runs against this cloud and real ones, so
//! that the twin can't drift.
//!
//! # Who is who
//!
//! | cloud in `clouds.yaml` | project | role |
//! |---|---|---|
//! | `admin` | `admin` | admin |
//! | `publisher`, `customer`, `customer2` | of the same name | member |
//! | `publisher-appcred` | `publisher`, by an application credential | member |
//!
//! Beyond `clouds.yaml` there are `careful` (password `userpw`), who needs a passcode as well
//! ([`EmbeddedCloud::passcode`]) and has no default project, and an identity provider on Keystone's
//! port ([`EmbeddedCloud::token_endpoint`]) whose client `publisher-client` (secret `clientsecret`)
//! is the publisher. Application credentials with access rules can be made.
//!
//! # Where it is simpler
//!
//! No import (none is offered), no locations, no metadata definitions, no caching, no policy files;
//! the virtual size of a VMDK or VHDX stays unset; of Nova and Cinder only the lists that a look-up
//! of usage needs, with what was seeded ([`EmbeddedCloud::boot`] and those beside it); one region,
//! one domain, fixed users. A token is forgotten when the cloud stops.

mod adopted;
mod builder;
mod clock;
mod compute;
mod denial;
mod discovery;
mod dispatch;
mod download;
mod errors;
mod factors;
mod fault;
mod federation;
mod filter;
mod http;
mod identity;
mod image;
mod images;
mod inspect;
mod life;
mod list;
mod login;
mod members;
mod microversion;
mod paging;
mod patch;
mod people;
mod rate_limit;
mod reception;
mod record;
mod registry;
mod schema;
mod seeding;
mod shared;
mod sight;
mod timeline;
mod tokens;
mod upload;
mod volumes;
mod watchers;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use builder::EmbeddedCloudBuilder;
pub use clock::MovableClock;
pub use fault::{CloudFault, CloudFaultKind};
pub use life::LastRequest;
pub use record::RecordedRequest;

use shared::{Shared, UPLOADS};

/// A running cloud. It stops when it is dropped; without a data directory of its own choice
/// everything in it is gone then.
pub struct EmbeddedCloud {
    shared: Arc<Shared>,
    clouds_yaml: String,
    store: PathBuf,
    listeners: Vec<JoinHandle<()>>,
    /// Removed with the cloud, unless the directory was given.
    _directory: Option<TempDir>,
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

    /// Keystone's URL, `http://127.0.0.1:PORT/v3`.
    #[must_use]
    pub fn auth_url(&self) -> &str {
        &self.shared.identity_url
    }

    /// What the device of `careful` shows at the cloud's time.
    #[must_use]
    pub fn passcode(&self) -> String {
        Self::passcode_at(self.shared.tokens.now())
    }

    /// What it shows at this time: a passcode of RFC 6238, from the secret of its appendix B.
    #[must_use]
    pub fn passcode_at(time: Timestamp) -> String {
        factors::passcode_at(time.as_second())
    }

    /// Where the identity provider gives access tokens to clients (RFC 6749 section 4.4); Keystone
    /// calls it `provider`, by the protocol `openid`.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        federation::token_endpoint(&self.shared)
    }

    /// Where the identity provider says that (OpenID Connect Discovery 1.0).
    #[must_use]
    pub fn discovery_endpoint(&self) -> String {
        federation::discovery_endpoint(&self.shared)
    }

    /// Glance's URL as the catalog has it, without `/v2`.
    #[must_use]
    pub fn image_url(&self) -> &str {
        &self.shared.image_url
    }

    /// Nova's URL as the catalog has it, with `/v2.1`; `None` in a cloud without.
    #[must_use]
    pub fn compute_url(&self) -> Option<&str> {
        self.shared.compute_url.as_deref()
    }

    /// Cinder's URL with `/v3`, behind which the catalog has the project's id; `None` in a cloud
    /// without.
    #[must_use]
    pub fn block_storage_url(&self) -> Option<&str> {
        self.shared.block_storage_url.as_deref()
    }

    /// The text of a `clouds.yaml` with the clouds `admin`, `publisher`, `customer`, `customer2`
    /// and `publisher-appcred`.
    #[must_use]
    pub fn clouds_yaml(&self) -> &str {
        &self.clouds_yaml
    }

    /// The id of the project with this name; an image's `owner` is such an id.
    #[must_use]
    pub fn project_id(&self, name: &str) -> Option<String> {
        let person = people::PEOPLE.iter().find(|person| person.name == name)?;
        Some(person.project_id())
    }

    /// The directory of the default store: the files of complete images, named by image id.
    #[must_use]
    pub fn store_path(&self) -> &Path {
        &self.store
    }

    /// What arrived so far at the services, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.record.requests()
    }

    /// Forgets what arrived so far.
    pub fn clear_requests(&self) {
        self.shared.record.clear();
    }

    /// Revokes every token that was issued: the next request with one of them answers 401. An
    /// upload under way goes on, since Glance looks at the token when it starts.
    pub fn revoke_tokens(&self) {
        self.shared.tokens.revoke_all();
    }

    /// Lets the next request that matches go wrong.
    pub fn fail_next(&self, fault: CloudFault) {
        self.shared.faults.add(fault);
    }

    /// Forgets all faults that still wait or last.
    pub fn heal(&self) {
        self.shared.faults.clear();
    }

    /// An image as its owner sees it; `None` when there is none, or it was deleted.
    #[must_use]
    pub fn image(&self, id: Uuid) -> Option<Value> {
        let image = self.shared.registry.image(&id.to_string())?;
        Some(image.view())
    }

    /// All images that are not deleted, whoever owns them, oldest first.
    #[must_use]
    pub fn images(&self) -> Vec<Value> {
        let mut images = self.shared.registry.images();
        images.sort_by_key(|image| image.created_at);
        images.iter().map(image::Image::view).collect()
    }
}

impl EmbeddedCloud {
    /// Stops the cloud and waits until uploads under way have been given up, so that another one
    /// can go on with the data directory. Dropping stops it as well, but doesn't wait.
    pub async fn stop(mut self) {
        for listener in std::mem::take(&mut self.listeners) {
            listener.abort();
            // It was aborted: that is the error.
            let _ = listener.await;
        }
        let _ = self.shared.uploads.acquire_many(UPLOADS).await;
    }
}

impl fmt::Debug for EmbeddedCloud {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmbeddedCloud")
            .field("auth_url", &self.auth_url())
            .field("image_url", &self.image_url())
            .field("store_path", &self.store)
            .finish_non_exhaustive()
    }
}

impl Drop for EmbeddedCloud {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}
