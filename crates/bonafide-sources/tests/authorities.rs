//! A machine without certificate authorities.

use std::env;
use std::process::Command;

use bonafide_sources::{Fetch, FetchError, HttpFetch};

const TEST: &str = "without_authorities_a_client_is_made_and_fetches_nothing";

/// Certificate authorities are those of the process, so the test runs itself in another one.
#[tokio::test]
async fn without_authorities_a_client_is_made_and_fetches_nothing() {
    let nothing = "/nonexistent";
    if env::var("SSL_CERT_FILE").is_ok_and(|file| file == nothing) {
        let fetch = HttpFetch::new().unwrap();
        let url = "https://127.0.0.1:1/SHA256SUMS".parse().unwrap();
        let error = fetch.read(&url, 1 << 20).await.unwrap_err();
        assert!(matches!(error, FetchError::Client { .. }), "{error}");
        assert!(error.to_string().contains("CA bundle"), "{error}");
        return;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST])
        .envs([("SSL_CERT_FILE", nothing), ("SSL_CERT_DIR", nothing)])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}
