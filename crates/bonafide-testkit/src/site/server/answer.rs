//! From a request to a response.

use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HOST, HeaderValue,
    IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, RETRY_AFTER, SERVER,
};
use hyper::http::response::Builder;
use hyper::{Method, Request, Response, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;

use super::body::{Body, Finale, Transfer};
use super::html;
use crate::site::content::Content;
use crate::site::fault::Fault;
use crate::site::place::Place;
use crate::site::shared::Shared;
use crate::site::store;
use crate::site::store::{File, Found};

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// No response: the connection is to be closed.
#[derive(Debug, thiserror::Error)]
#[error("the fault asks for no response")]
pub(crate) struct NoResponse;

const HTML: &str = "text/html; charset=UTF-8";

pub(crate) fn answer(
    shared: &Shared,
    scheme: Scheme,
    request: &Request<Incoming>,
) -> Result<Response<Body>, NoResponse> {
    let Some(place) = place(request) else {
        return Ok(page(StatusCode::BAD_REQUEST));
    };
    let (found, fault) = {
        let mut store = shared.lock();
        store.requests.push(logged(scheme, &place, request));
        (store.find(&place), take_fault(&mut store, &place))
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal = page(StatusCode::METHOD_NOT_ALLOWED);
        refusal
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        return Ok(refusal);
    }
    match fault {
        Some(Fault::Disconnect) => Err(NoResponse),
        Some(fault) => Ok(faulty(request, found, &place, &fault)),
        None => Ok(well(request, found, &place)),
    }
}

fn place(request: &Request<Incoming>) -> Option<Place> {
    let host = match request.uri().host() {
        Some(host) => host,
        None => request.headers().get(HOST)?.to_str().ok()?,
    };
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    Some(Place::new(host, request.uri().path()))
}

fn logged(scheme: Scheme, place: &Place, request: &Request<Incoming>) -> String {
    let scheme = match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!("{scheme}://{}{query}", place.as_str())
}

/// The fault set at the place as asked, else at the one that it leads to.
fn take_fault(store: &mut store::Store, place: &Place) -> Option<Fault> {
    let resolved = store.resolve(place);
    store
        .faults
        .take(place)
        .or_else(|| store.faults.take(&resolved))
}

fn well(request: &Request<Incoming>, found: Found, place: &Place) -> Response<Body> {
    match found {
        Found::Directory(title, entries) => {
            let text = html::directory(place, title.as_deref(), &entries);
            whole(
                builder(StatusCode::OK).header(CONTENT_TYPE, HTML),
                text.into(),
            )
        }
        Found::File(file) => Delivery::of(request, &file).respond(place, &file),
        Found::Moved => redirect(
            StatusCode::MOVED_PERMANENTLY,
            &place.as_directory().to_url(),
        ),
        Found::Nothing => page(StatusCode::NOT_FOUND),
        Found::Redirected(target) => redirect(StatusCode::FOUND, &target.to_url()),
    }
}

/// Faults that replace the answer, and those that spoil the delivery of a file.
fn faulty(
    request: &Request<Incoming>,
    found: Found,
    place: &Place,
    fault: &Fault,
) -> Response<Body> {
    match fault {
        Fault::ErrorOnce(status) | Fault::Status(status) => {
            page(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        }
        Fault::StatusRetryAfter(status, after) => {
            let mut refusal = page(StatusCode::from_u16(*status).unwrap_or_default());
            set(&mut refusal, RETRY_AFTER, after);
            refusal
        }
        Fault::Html => page(StatusCode::OK),
        Fault::NotFound => page(StatusCode::NOT_FOUND),
        Fault::RedirectTo(url) => redirect(StatusCode::FOUND, url),
        _ => match as_file(found, place) {
            Ok(mut file) => {
                if let Fault::Replace(bytes) = fault {
                    file.content = Content::Bytes(bytes.clone());
                }
                let mut delivery = Delivery::of(request, &file);
                delivery.spoil(fault);
                delivery.respond(place, &file)
            }
            Err(found) => well(request, found, place),
        },
    }
}

/// The file to spoil; a directory's page is one too.
fn as_file(found: Found, place: &Place) -> Result<File, Found> {
    match found {
        Found::File(file) => Ok(file),
        Found::Directory(title, entries) => {
            let modified = entries.iter().map(|entry| entry.modified).max();
            Ok(File {
                content: html::directory(place, title.as_deref(), &entries).into(),
                modified: modified.unwrap_or_default(),
            })
        }
        found => Err(found),
    }
}

/// How a file is sent.
struct Delivery {
    /// `None`: no `Content-Length`.
    announced: Option<u64>,
    partial: bool,
    transfer: Transfer,
}

impl Delivery {
    /// As asked for: the whole, or from some byte on.
    fn of(request: &Request<Incoming>, file: &File) -> Self {
        let start = range_start(request, file);
        let transfer = Transfer::new(file.content.clone(), start.unwrap_or(0));
        Self {
            announced: Some(transfer.remaining()),
            partial: start.is_some(),
            transfer,
        }
    }

    fn spoil(&mut self, fault: &Fault) {
        let transfer = &mut self.transfer;
        match fault {
            Fault::AnnounceLess(bytes) => {
                transfer.shorten(*bytes);
                self.announced = Some(transfer.remaining());
            }
            Fault::Chunked => self.announced = None,
            Fault::CutAfter(bytes) => transfer.stop_after(*bytes, Finale::Cut),
            Fault::FlipBit(offset) => transfer.flip(*offset),
            Fault::IgnoreRange => {
                transfer.rewind();
                self.announced = Some(transfer.remaining());
                self.partial = false;
            }
            Fault::Longer(bytes) => {
                transfer.lengthen(*bytes);
                self.announced = Some(transfer.remaining());
            }
            Fault::Slow { chunk, pause } => transfer.slow_down(*chunk, *pause),
            Fault::StallAfter(bytes) => transfer.stop_after(*bytes, Finale::Stall),
            // These have been answered already.
            Fault::Disconnect
            | Fault::ErrorOnce(_)
            | Fault::Html
            | Fault::NotFound
            | Fault::RedirectTo(_)
            | Fault::Replace(_)
            | Fault::Status(_)
            | Fault::StatusRetryAfter(..) => {}
        }
    }

    fn respond(self, place: &Place, file: &File) -> Response<Body> {
        let size = file.content.len();
        let start = self.transfer.position();
        if self.partial && start >= size {
            let mut refusal = page(StatusCode::RANGE_NOT_SATISFIABLE);
            set(&mut refusal, CONTENT_RANGE, &format!("bytes */{size}"));
            return refusal;
        }
        let status = if self.partial {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        };
        let mut builder = builder(status)
            .header(CONTENT_TYPE, content_type(place.path()))
            .header(LAST_MODIFIED, last_modified(file))
            .header(ETAG, entity_tag(file))
            .header(ACCEPT_RANGES, "bytes");
        if self.partial {
            builder = builder.header(CONTENT_RANGE, format!("bytes {start}-{}/{size}", size - 1));
        }
        if let Some(length) = self.announced {
            builder = builder.header(CONTENT_LENGTH, length);
        }
        finish(builder, self.transfer.into_body())
    }
}

/// The N of `Range: bytes=N-`, unless `If-Range` names another version of the file. Other forms of
/// ranges are ignored, as a server may.
fn range_start(request: &Request<Incoming>, file: &File) -> Option<u64> {
    let headers = request.headers();
    let range = headers.get(RANGE)?.to_str().ok()?;
    let start = range
        .strip_prefix("bytes=")?
        .strip_suffix('-')?
        .parse()
        .ok()?;
    match headers.get(IF_RANGE).map(HeaderValue::as_bytes) {
        Some(version)
            if version != entity_tag(file).as_bytes()
                && version != last_modified(file).as_bytes() =>
        {
            None
        }
        _ => Some(start),
    }
}

/// Strong, from size and time, in Apache's form.
fn entity_tag(file: &File) -> String {
    let (size, modified) = (file.content.len(), file.modified.as_microsecond());
    format!("\"{size:x}-{modified:x}\"")
}

/// Empty for years that the format can't hold.
fn last_modified(file: &File) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&file.modified)
        .unwrap_or_default()
}

fn content_type(path: &str) -> &'static str {
    if path.ends_with('/') {
        return HTML;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, "asc" | "gpg" | "sig" | "sign")) => "application/pgp-signature",
        Some((_, "html")) => HTML,
        Some((_, "json" | "sjson")) => "application/json",
        Some((_, "manifest" | "txt")) => "text/plain; charset=UTF-8",
        None => "text/plain; charset=UTF-8",
        Some(_) => "application/octet-stream",
    }
}

fn page(status: StatusCode) -> Response<Body> {
    whole(
        builder(status).header(CONTENT_TYPE, HTML),
        html::error(status).into(),
    )
}

fn redirect(status: StatusCode, url: &str) -> Response<Body> {
    let mut response = page(status);
    set(&mut response, LOCATION, url);
    response
}

/// Sets a header; a value that HTTP does not allow is left out.
fn set(response: &mut Response<Body>, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn builder(status: StatusCode) -> Builder {
    Response::builder().status(status).header(SERVER, "Apache")
}

fn whole(builder: Builder, content: Content) -> Response<Body> {
    let length = content.len();
    finish(
        builder.header(CONTENT_LENGTH, length),
        Transfer::new(content, 0).into_body(),
    )
}

/// All header values are made of visible ASCII, so the builder has nothing to refuse.
fn finish(builder: Builder, body: Body) -> Response<Body> {
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Transfer::new(Content::from(""), 0).into_body());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
