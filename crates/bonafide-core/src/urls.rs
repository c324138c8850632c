//! URLs: as they may be shown, and below one another.

use url::Url;

/// A URL as a message, a log line or an image may have it: without user information, query and
/// fragment.
///
/// Each of the three may hold a secret: a password, the signature of a URL that is valid for
/// everyone who has it (object stores, `temp_url_sig`), or the code of a log-in that a server put
/// into a redirect. A query is dropped from the URL of the cloud's services too: what else it holds
/// is a filter or a page, and the message of the answer names what was wrong with it.
///
/// ```
/// use bonafide_core::urls;
/// use url::Url;
///
/// let url = Url::parse("https://user:password@example.org/image?signature=x#y")?;
/// assert_eq!(urls::without_secrets(&url).as_str(), "https://example.org/image");
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use]
pub fn without_secrets(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // A URL that can't have user information refuses both.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown
}

/// The URL of what these segments name below `base`, with or without a slash at its end.
///
/// What can't be in a segment is encoded, a slash too, so a segment that someone else has chosen
/// names nothing but itself. The segments `.` and `..` are left out. An empty last segment gives a
/// slash at the end.
///
/// ```
/// use bonafide_core::urls;
/// use url::Url;
///
/// let base = Url::parse("https://cloud.example.org/image/v2")?;
/// let url = urls::below(&base, ["images", "a/b"]);
/// assert_eq!(url.as_str(), "https://cloud.example.org/image/v2/images/a%2Fb");
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use]
pub fn below<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    // Only a URL that can't be a base, such as `mailto:`, has no segments.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn nothing_that_may_be_a_secret_is_shown() {
        for (given, shown) in [
            ("https://u:p@host/a/b?sig=x#f", "https://host/a/b"),
            ("https://u@host:8443/?", "https://host:8443/"),
            ("https://host/plain", "https://host/plain"),
            ("file:///srv/images/x?y", "file:///srv/images/x"),
            ("data:text/plain,x?y#z", "data:text/plain,x"),
        ] {
            assert_eq!(without_secrets(&url(given)).as_str(), shown);
        }
    }

    #[test]
    fn a_slash_at_the_end_does_not_matter_and_one_inside_is_encoded() {
        for base in ["http://cloud/v2", "http://cloud/v2/"] {
            let found = below(&url(base), ["images", "a/b?c#d e"]);
            assert_eq!(found.as_str(), "http://cloud/v2/images/a%2Fb%3Fc%23d%20e");
        }
        let bare = below(&url("http://cloud"), ["servers"]);
        assert_eq!(bare.as_str(), "http://cloud/servers");
    }

    #[test]
    fn no_segment_leads_elsewhere() {
        let base = url("https://host/directory/");
        for (segment, path) in [
            ("..", "/directory"),
            ("a%2e%2e", "/directory/a%252e%252e"),
            ("..\\x", "/directory/..%5Cx"),
            ("https://other/", "/directory/https:%2F%2Fother%2F"),
        ] {
            let found = below(&base, [segment]);
            assert_eq!(
                (found.host_str(), found.path()),
                (Some("host"), path),
                "{segment}"
            );
        }
    }

    #[test]
    fn an_empty_last_segment_is_a_directory() {
        let found = below(&url("https://host/a/"), "b/c/".split('/'));
        assert_eq!(found.as_str(), "https://host/a/b/c/");
    }
}
