//! URLs below that of a service.

use url::Url;

/// The URL of these segments below `base`. Characters that a path can't contain are encoded; `.`
/// and `..` would be dropped, so callers must not pass them.
pub(crate) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Only a URL without a host, which no service has, has no segments.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_does_not_count_and_one_inside_is_encoded() {
        for base in ["http://cloud/v2", "http://cloud/v2/"] {
            let url = below(&Url::parse(base).unwrap(), &["images", "a/b?c#d e"]);
            assert_eq!(url.as_str(), "http://cloud/v2/images/a%2Fb%3Fc%23d%20e");
        }
        let bare = Url::parse("http://cloud").unwrap();
        assert_eq!(below(&bare, &["servers"]).as_str(), "http://cloud/servers");
    }
}
