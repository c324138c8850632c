//! URLs of vendors' hosts.

use url::Url;

/// The URL of a path on a vendor's host. Both are constants or checked values.
pub(crate) fn at(host: &str, path: &str) -> Url {
    let Ok(mut url) = Url::parse("https://localhost/") else {
        unreachable!("a constant")
    };
    let valid = url.set_host(Some(host)).is_ok();
    debug_assert!(valid, "`{host}` is a host: a test asks for every product");
    url.set_path(path);
    url
}
