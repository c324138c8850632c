//! What several need is fetched once.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bonafide_sources::{Download, DownloadCache, Fetch, FetchError};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use url::Url;

const SIZE: usize = 3_000_000;

/// A vendor that counts the requests, and cuts the first answers short.
#[derive(Debug, Default)]
struct Vendor {
    asked: AtomicUsize,
    cut: AtomicUsize,
}

#[async_trait]
impl Fetch for Vendor {
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let takes = |left: usize| left.checked_sub(1);
        let cut = self
            .cut
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, takes);
        let bytes = if cut.is_ok() { SIZE / 2 } else { SIZE };
        let body = stream::iter([Ok(Bytes::from(vec![7; bytes]))]);
        Ok(Download::new(url.clone(), Some(SIZE as u64), body))
    }
}

fn image() -> Url {
    "https://vendor.test/image.qcow2".parse().unwrap()
}

async fn read(spool: &DownloadCache) -> Result<usize, FetchError> {
    let download = spool.open(&image()).await?;
    assert_eq!(download.length(), Some(SIZE as u64));
    let add = |sum, chunk: Bytes| async move {
        assert!(chunk.iter().all(|byte| *byte == 7));
        Ok(sum + chunk.len())
    };
    download.try_fold(0, add).await
}

#[tokio::test]
async fn several_readers_at_the_same_time_cost_one_download() {
    let vendor = Arc::new(Vendor::default());
    let directory = tempfile::tempdir().unwrap();
    let spool = DownloadCache::new(vendor.clone()).directory(directory.path());
    let sizes = tokio::join!(read(&spool), read(&spool), read(&spool));
    let sizes = [sizes.0.unwrap(), sizes.1.unwrap(), sizes.2.unwrap()];
    assert_eq!(sizes, [SIZE; 3]);
    assert_eq!(vendor.asked.load(Ordering::Relaxed), 1);
    assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    drop(spool);
    assert_eq!(
        directory.path().read_dir().unwrap().count(),
        0,
        "left behind"
    );
}

#[tokio::test]
async fn a_download_that_fails_is_not_kept() {
    let vendor = Arc::new(Vendor::default());
    vendor.cut.store(1, Ordering::Relaxed);
    let directory = tempfile::tempdir().unwrap();
    let spool = DownloadCache::new(vendor.clone()).directory(directory.path());
    let error = read(&spool).await.unwrap_err();
    assert!(matches!(error, FetchError::CutShort { .. }), "{error}");
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    assert_eq!(read(&spool).await.unwrap(), SIZE);
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let spool = DownloadCache::new(Arc::new(Vendor::default())).limit(SIZE as u64 - 1);
    let error = read(&spool).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { limit, .. } if limit == SIZE as u64 - 1));
}

#[tokio::test]
async fn small_files_are_read_anew_each_time() {
    let vendor = Arc::new(Vendor::default());
    let spool = DownloadCache::new(vendor.clone());
    for _ in 0..2 {
        let read = spool.read(&image(), SIZE as u64).await.unwrap();
        assert_eq!(read.len(), SIZE);
    }
    assert_eq!(vendor.asked.load(Ordering::Relaxed), 2);
}
