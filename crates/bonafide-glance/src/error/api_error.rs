//! The cloud's answer when it refused.

use std::fmt;
use std::time::Duration;

use html5gum::{Token, Tokenizer};
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;
use url::Url;

/// The longest message that is kept, in characters.
const MESSAGE_LIMIT: usize = 500;
/// Elements whose content a browser does not show.
const NOT_SHOWN: [&[u8]; 3] = [b"head", b"script", b"style"];

/// An unsuccessful answer of the cloud: which request, which status, which message.
///
/// `Display` has the method, the URL, the status, the message and the request id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL, without user info.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The message in the answer, without markup, at most 500 characters; may be empty.
    pub message: String,
    /// `x-openstack-request-id`, to search for in the operator's logs. An answer without it comes
    /// from a proxy.
    pub request_id: Option<String>,
    /// `Retry-After`: how long the cloud asks to wait.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    pub(crate) fn new(
        method: &'static str,
        url: &Url,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let mut message = message(body);
        if let Some(location) = headers.get("location").and_then(|v| v.to_str().ok())
            && (300..400).contains(&status)
        {
            let location = without_user_info(location);
            message = bounded(&format!(
                "redirected to {location}, which is not followed with a token; if that URL \
                 is right, configure it"
            ));
        }
        Self {
            method,
            url: redacted(url),
            status,
            message,
            request_id: headers
                .get("x-openstack-request-id")
                .and_then(|value| value.to_str().ok())
                .map(|id| id.chars().take(100).collect()),
            retry_after: pause(headers),
        }
    }

    /// The limit of a 413, as far as the answer shows it.
    pub(crate) fn size_limit(&self) -> &'static str {
        let text = self.message.to_ascii_lowercase();
        if text.contains("image properties") || text.contains("image tags") {
            "the limit is on the number of properties or tags (image_property_quota, image_tag_quota)"
        } else if text.contains("disk space") || text.contains("storage media") {
            "the image store is full; the operator must make room"
        } else if text.contains("will exceed the limit") || text.contains("quota") {
            "the project's image quota is used up; delete images or ask for more"
        } else if text.contains("image is too large") {
            "the limit is on the size of one image (image_size_cap)"
        } else if self.request_id.is_none() {
            "the answer has no request id, so the limit is probably that of a proxy before Glance"
        } else {
            "Glance does not report which limit; it may be a quota of the project or of the store"
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{} {}` was answered {}",
            self.method, self.url, self.status
        )?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

/// `Retry-After` (RFC 9110 10.2.3): seconds, or a date. A date is compared with that of the same
/// answer, so that no clock of this machine matters.
pub(crate) fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = rfc2822::DateTimeParser::new();
    let date = |text: &str| parser.parse_timestamp(text).ok();
    let (until, now) = (date(value)?, date(text(DATE)?)?);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// The URL without user info, for messages.
pub(crate) fn redacted(url: &Url) -> String {
    let mut url = url.clone();
    // Only URLs that can't have user info refuse this.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn without_user_info(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => redacted(&url),
        Err(_) if text.starts_with('/') && !text.starts_with("//") => text.to_owned(),
        Err(_) => "another address".to_owned(),
    }
}

/// Finds the message in an error body: Glance's and Nova's JSON, Keystone's JSON, or HTML.
fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(&text) else {
        return bounded(&plain(&text));
    };
    // The second form is that of an identity provider (RFC 6749 section 5.2).
    let words = ["message", "error_description"];
    let message = words.iter().find_map(|key| object.get(*key)).or_else(|| {
        object
            .values()
            .find_map(|inner| inner.as_object()?.get("message"))
    });
    bounded(&plain(message.and_then(Value::as_str).unwrap_or_default()))
}

/// The text without markup: a blank for each tag, and nothing of `<head>`, `<style>` and `<script>`.
fn plain(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut skipped: Option<&[u8]> = None;
    for Ok(token) in Tokenizer::new(markup) {
        match (token, skipped) {
            (Token::EndTag(tag), Some(element)) if **tag.name == *element => skipped = None,
            (_, Some(_)) => {}
            (Token::String(words), None) => text.push_str(&String::from_utf8_lossy(&words)),
            (Token::StartTag(tag), None) => {
                let mut elements = NOT_SHOWN.into_iter();
                skipped = elements.find(|element| **tag.name == **element);
                text.push(' ');
            }
            (Token::EndTag(_), None) => text.push(' '),
            (_, None) => {}
        }
    }
    text
}

/// One line without control characters, cut at [`MESSAGE_LIMIT`].
fn bounded(text: &str) -> String {
    let mut out = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * MESSAGE_LIMIT {
            break;
        }
    }
    match out.char_indices().nth(MESSAGE_LIMIT) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(status: u16, body: &str) -> ApiError {
        let url = Url::parse("http://user:secret@cloud/v2/images").unwrap();
        ApiError::new("PUT", &url, status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn glance_json_loses_its_line_breaks() {
        let body = r#"{"message":"Attribute 'checksum' is read-only.<br /><br />\n\n\n","code":"403 Forbidden","title":"Forbidden"}"#;
        assert_eq!(
            rejection(403, body).message,
            "Attribute 'checksum' is read-only."
        );
    }

    #[test]
    fn keystone_and_nova_json_are_read() {
        let keystone = r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#;
        assert_eq!(
            rejection(401, keystone).message,
            "The request you have made requires authentication."
        );
        let nova = r#"{"forbidden":{"code":403,"message":"Policy doesn't allow it"}}"#;
        assert_eq!(rejection(403, nova).message, "Policy doesn't allow it");
    }

    #[test]
    fn an_identity_provider_is_read_too() {
        let body = r#"{"error":"invalid_client","error_description":"Unknown client."}"#;
        assert_eq!(rejection(401, body).message, "Unknown client.");
    }

    #[test]
    fn html_is_reduced_to_its_words() {
        let body = "<html>\n <head>\n  <title>409 Conflict</title><style>b{}</style>\n </head>\n <body>\n  <h1>409 Conflict</h1>\n  There was a conflict: &quot;a &lt; b&quot;<br /><br />\n </body>\n</html>";
        assert_eq!(
            rejection(409, body).message,
            "409 Conflict There was a conflict: \"a < b\""
        );
    }

    #[test]
    fn a_long_or_hostile_message_is_bounded_to_one_line() {
        let text = rejection(500, &format!("\u{1b}[31mred\n{}", "ä ".repeat(100_000))).message;
        assert!(!text.contains(char::is_control));
        assert_eq!(text.chars().count(), MESSAGE_LIMIT + 1);
        assert_eq!(rejection(500, "a < b").message, "a < b");
    }

    #[test]
    fn the_display_holds_no_user_info() {
        let text = rejection(500, "down.").to_string();
        assert_eq!(text, "`PUT http://cloud/v2/images` was answered 500: down");
    }

    #[test]
    fn a_redirect_names_its_goal_without_user_info() {
        let url = Url::parse("http://cloud/v3").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("location", "https://a:b@cloud/v3".parse().unwrap());
        let text = ApiError::new("POST", &url, 301, &headers, b"").to_string();
        assert!(text.contains("redirected to https://cloud/v3,"), "{text}");
    }

    #[test]
    fn a_413_says_which_limit() {
        let limit = |message: &str| rejection(413, message).size_limit();
        assert!(limit("The provided image is too large.").contains("image_size_cap"));
        assert!(limit("Attempted: 129, Maximum: 128 image properties").contains("property"));
        assert!(limit("The size of the data 5 will exceed the limit.").contains("quota"));
        assert!(limit("There is not enough disk space").contains("full"));
        assert!(limit("413 Request Entity Too Large nginx").contains("proxy"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_server_says_becomes_one_short_line(body: Vec<u8>, markup in "[<>/a-c&;# ]*") {
            for body in [body.as_slice(), markup.as_bytes()] {
                let text = message(body);
                proptest::prop_assert!(text.chars().count() <= MESSAGE_LIMIT + 1);
                proptest::prop_assert!(!text.contains(char::is_control));
            }
        }
    }
}
