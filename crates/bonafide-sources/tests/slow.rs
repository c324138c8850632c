//! Time limits, with a clock that the test moves.

use std::time::Duration;

use async_trait::async_trait;
use bonafide_sources::{Download, Fetch, FetchError};
use bytes::Bytes;
use futures_util::stream;
use url::Url;

/// A server that is never silent for long and never done.
#[derive(Debug)]
struct Dripping;

#[async_trait]
impl Fetch for Dripping {
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        Ok(Download::new(url.clone(), None, drops))
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_file_that_never_ends_is_given_up() {
    let url = "https://vendor.test/SHA256SUMS".parse().unwrap();
    let error = Dripping.read(&url, 1 << 20).await.unwrap_err();
    assert!(matches!(error, FetchError::TooSlow { .. }), "{error}");
    assert!(
        error.to_string().contains("https://vendor.test/SHA256SUMS"),
        "{error}"
    );
}
