//! Files that several clouds need are fetched once.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;
use url::Url;

use super::directory::open_file;
use super::{Download, Fetch};
use crate::{FetchError, WatchRetries};

/// Larger than any cloud image, in bytes.
const LIMIT: u64 = 64 << 30;
/// A server that sends a byte now and then would never end.
const DEADLINE: Duration = Duration::from_secs(6 * 60 * 60);

/// Stores opened files in the temporary directory, and serves them from there to later callers.
/// Small files that are read whole are fetched again each time.
///
/// The files are removed when it is dropped; those of a killed process remain. Cached files are not
/// trusted: readers verify them like any download.
#[derive(Clone)]
pub struct DownloadCache {
    others: Arc<dyn Fetch>,
    directory: PathBuf,
    files: Arc<Mutex<BTreeMap<Url, Kept>>>,
    limit: u64,
    deadline: Duration,
}

/// A file, locked while it is fetched: a second caller waits.
type Kept = Arc<Mutex<Option<NamedTempFile>>>;

impl DownloadCache {
    /// Fetches through `others`, into the temporary directory.
    ///
    /// Change the place with [`DownloadCache::directory`].
    #[must_use]
    pub fn new(others: Arc<dyn Fetch>) -> Self {
        Self {
            others,
            directory: std::env::temp_dir(),
            files: Arc::default(),
            limit: LIMIT,
            deadline: DEADLINE,
        }
    }

    /// Stores files in this directory.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// The largest file, in bytes; 64 GiB by default. A larger one is refused.
    #[must_use]
    pub const fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// How long one file may take; six hours by default, like an upload. A slower one is refused.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    async fn fetch_in_time(&self, url: &Url) -> Result<NamedTempFile, FetchError> {
        match tokio::time::timeout(self.deadline, self.fetch(url)).await {
            Ok(kept) => kept,
            Err(_) => Err(FetchError::TooSlow {
                url: url.clone(),
                deadline: self.deadline,
            }),
        }
    }

    async fn fetch(&self, url: &Url) -> Result<NamedTempFile, FetchError> {
        let failed = |written: u64, source: io::Error| FetchError::DownloadCache {
            url: url.clone(),
            directory: self.directory.as_path().into(),
            source: io::Error::new(source.kind(), format!("{source}, after {written} bytes")),
        };
        let mut download = self.others.open(url).await?;
        let kept = NamedTempFile::with_prefix_in("bonafide-", &self.directory);
        let kept = kept.map_err(|error| failed(0, error))?;
        let mut file = File::from_std(kept.reopen().map_err(|error| failed(0, error))?);
        let mut received = 0;
        while let Some(chunk) = download.next().await {
            let chunk = chunk?;
            let before = received;
            received += chunk.len() as u64;
            if received > self.limit {
                return Err(FetchError::TooLarge {
                    url: url.clone(),
                    limit: self.limit,
                });
            }
            let written = file.write_all(&chunk).await;
            written.map_err(|error| failed(before, error))?;
        }
        file.flush()
            .await
            .map_err(|error| failed(received, error))?;
        Ok(kept)
    }
}

#[async_trait]
impl Fetch for DownloadCache {
    fn watched(&self, watch: Arc<dyn WatchRetries>) -> Option<Arc<dyn Fetch>> {
        let others = self.others.watched(watch)?;
        let watched = self.clone();
        Some(Arc::new(Self { others, ..watched }))
    }

    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let file = {
            let mut files = self.files.lock().await;
            Arc::clone(files.entry(url.clone()).or_default())
        };
        let mut file = file.lock().await;
        let kept = match file.as_ref() {
            Some(kept) => kept,
            None => file.insert(self.fetch_in_time(url).await?),
        };
        open_file(url, kept.path().to_owned()).await
    }

    async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FetchError> {
        self.others.read(url, limit).await
    }
}

impl fmt::Debug for DownloadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadCache")
            .field("others", &self.others)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
