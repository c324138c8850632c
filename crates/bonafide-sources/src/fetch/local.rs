//! Local files beside the vendors' sites.

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use super::directory::open_file;
use super::{Download, Fetch};
use crate::{FetchError, WatchRetries};

/// Reads `file:` URLs from disk, and passes all others to another [`Fetch`].
///
/// For custom images. No vendor's page can lead here: a [`Source`] builds its URLs from its own
/// constants, and redirects are followed to https only.
///
/// [`Source`]: crate::Source
#[derive(Clone, Debug)]
pub struct LocalFiles {
    others: Arc<dyn Fetch>,
}

impl LocalFiles {
    /// Files from disk, everything else through `others`.
    #[must_use]
    pub fn and(others: Arc<dyn Fetch>) -> Self {
        Self { others }
    }
}

#[async_trait]
impl Fetch for LocalFiles {
    fn watched(&self, watch: Arc<dyn WatchRetries>) -> Option<Arc<dyn Fetch>> {
        let others = self.others.watched(watch)?;
        Some(Arc::new(Self { others }))
    }

    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        if url.scheme() != "file" {
            return self.others.open(url).await;
        }
        match url.to_file_path() {
            Ok(path) => open_file(url, path).await,
            Err(()) => Err(FetchError::UnsafePath { url: url.clone() }),
        }
    }
}
