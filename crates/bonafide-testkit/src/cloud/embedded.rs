//! A running cloud.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::control::fault::CloudFault;
use super::control::record::RecordedRequest;
use super::glance::image::Image;
use super::keystone::users::USERS;
use super::keystone::{factors, federation};
use super::shared::{Shared, UPLOADS};

/// A running cloud. It stops when it is dropped; without a data directory of its own choice
/// everything in it is gone then.
pub struct EmbeddedCloud {
    pub(super) shared: Arc<Shared>,
    pub(super) clouds_yaml: String,
    pub(super) store: PathBuf,
    pub(super) listeners: Vec<JoinHandle<()>>,
    /// Removed with the cloud, unless the directory was given.
    pub(super) _directory: Option<TempDir>,
}

impl EmbeddedCloud {
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
        let person = USERS.iter().find(|person| person.name == name)?;
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
        images.iter().map(Image::view).collect()
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
