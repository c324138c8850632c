//! The plain HTTP of the services: listeners, small bodies, answers.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::dispatch::{self, Service};
use super::shared::Shared;

/// What every answer carries: nothing, a text that is there already, or a stream from a file.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// An answer to the client.
pub(super) type Answer = Response<Body>;

/// Bodies that are read as a whole end here; only image data may be longer.
const SMALL_BODY: usize = 1024 * 1024;

/// How long, and for how many bytes, a refused client may go on sending.
const DRAIN_TIME: Duration = Duration::from_secs(5);
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// uwsgi's `buffer-size` in the reference set-up: a longer head is refused.
const HEAD: usize = 64 * 1024;

/// How long a connection may be silent between two requests or inside a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Accepts connections until the task is aborted; its connections end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), service));
                }
                // Out of file descriptors, say: give the others time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, service: Service) {
    // Small answers must not wait for Nagle; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let answering =
        service_fn(move |request| dispatch::answer(Arc::clone(&shared), service, request));
    // `half_close`: a client that has sent everything may close its side, as uwsgi allows. A body
    // that ends too early is an error all the same. An error of the connection is the client's.
    let _ = http1::Builder::new()
        .half_close(true)
        .max_buf_size(HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answering)
        .await;
}

/// Reads a body that must be small; `None` when it is longer than a mebibyte or breaks off.
pub(super) async fn small_body(body: Incoming) -> Option<Bytes> {
    let collected = Limited::new(body, SMALL_BODY).collect().await.ok()?;
    Some(collected.to_bytes())
}

/// Lets a client that was refused finish its sentence, within reason: as a rule it reads the
/// answer meanwhile, but a connection that is reset under it can swallow the answer.
pub(super) fn drain(body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut body = Limited::new(body, DRAIN_BYTES);
        while let Some(Ok(_)) = body.frame().await {}
    }));
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    with_body(status, Empty::new().map_err(never).boxed())
}

/// The 204 of an action that was carried out; WebOb gives it a content type all the same.
pub(super) fn done() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    set(&mut answer, "content-type", "text/html; charset=UTF-8");
    answer
}

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, value: &Value) -> Answer {
    text(status, "application/json", value.to_string())
}

/// An answer with a text body of the media type given.
pub(super) fn text(status: StatusCode, media_type: &'static str, text: String) -> Answer {
    let body = Full::new(Bytes::from(text)).map_err(never).boxed();
    let mut answer = with_body(status, body);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// An answer with the body given.
pub(super) fn with_body(status: StatusCode, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

/// Sets a header from a text of ours; a text that can't be a header value is left out.
pub(super) fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// Gives the answer an OpenStack request id of its own.
pub(super) fn set_request_id(answer: &mut Answer) {
    let id = format!("req-{}", Uuid::new_v4());
    set(answer, "x-openstack-request-id", &id);
}

/// Turns `%41` into `A`; malformed UTF-8 is replaced.
pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The same for a name or value of a query, where `+` stands for a space.
pub(super) fn query_decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
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
