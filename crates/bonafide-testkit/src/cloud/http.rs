//! The plain HTTP of the services: small bodies, answers, decoding.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use uuid::Uuid;

/// What every answer carries: nothing, a text that is there already, or a stream from a file.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// An answer to the client.
pub(crate) type Answer = Response<Body>;

/// Bodies that are read as a whole end here; only image data may be longer.
const SMALL_BODY: usize = 1024 * 1024;

/// How long, and for how many bytes, a refused client may go on sending.
const DRAIN_TIME: Duration = Duration::from_secs(5);
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Reads a body that must be small; `None` when it is longer than a mebibyte or breaks off.
pub(crate) async fn small_body(body: Incoming) -> Option<Bytes> {
    let collected = Limited::new(body, SMALL_BODY).collect().await.ok()?;
    Some(collected.to_bytes())
}

/// Lets a client that was refused finish its sentence, within reason: as a rule it reads the
/// answer meanwhile, but a connection that is reset under it can swallow the answer.
pub(crate) fn drain(body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut body = Limited::new(body, DRAIN_BYTES);
        while let Some(Ok(_)) = body.frame().await {}
    }));
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    with_body(status, Empty::new().map_err(never).boxed())
}

/// The 204 of an action that was carried out; WebOb gives it a content type all the same.
pub(crate) fn done() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    set(&mut answer, "content-type", "text/html; charset=UTF-8");
    answer
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, value: &Value) -> Answer {
    text(status, "application/json", value.to_string())
}

/// An answer with a text body of the media type given.
pub(crate) fn text(status: StatusCode, media_type: &'static str, text: String) -> Answer {
    let body = Full::new(Bytes::from(text)).map_err(never).boxed();
    let mut answer = with_body(status, body);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// An answer with the body given.
pub(crate) fn with_body(status: StatusCode, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

/// Sets a header from a text of ours; a text that can't be a header value is left out.
pub(crate) fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// Gives the answer an OpenStack request id of its own.
pub(crate) fn set_request_id(answer: &mut Answer) {
    let id = format!("req-{}", Uuid::new_v4());
    set(answer, "x-openstack-request-id", &id);
}

/// Turns `%41` into `A`; malformed UTF-8 is replaced.
pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The same for a name or value of a query, where `+` stands for a space.
pub(crate) fn query_decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// A header as text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn never(error: Infallible) -> io::Error {
    match error {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_only_looks_like_one_is_kept() {
        for (text, decoded) in [
            ("Ubuntu%2024%2e04", "Ubuntu 24.04"),
            ("100%", "100%"),
            ("%+1", "%+1"),
            ("%zz%C3%BC%", "%zzü%"),
            ("%€", "%€"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(percent_decoded(text), decoded);
        }
        assert_eq!(query_decoded("a+b%2Bc"), "a b+c");
    }
}
