//! `PUT /v2/images/{id}/file`: the checks before the first byte, and the feeding of the bytes.
//!
//! The body is read here, as it arrives; a thread of its own ([`UploadSink`]) writes and hashes, so
//! that nothing but a few pieces is ever in memory and the runtime goes on with other requests.
//! Whatever ends this future early (the client, the cloud's end) drops the channel between both,
//! and an end that was not announced means: aborted.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;

use super::image::{Image, STORES, Status};
use super::images::check_mutable;
use super::upload_sink::{Ending, Piece, UploadSink, put_back};
use crate::cloud::control::fault::CloudFaultKind;
use crate::cloud::errors::Failure;
use crate::cloud::http::header;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

/// Pieces (64 KiB at most) between the connection and the thread.
const PIECES: usize = 8;

/// Takes an upload; `None` when the worker died over it and there is nobody to answer.
pub(crate) async fn upload(
    shared: &Arc<Shared>,
    person: &Person,
    id: &str,
    request: Request<Incoming>,
    fault: Option<CloudFaultKind>,
) -> Result<Option<Answer>, Failure> {
    let (parts, mut body) = request.into_parts();
    let headers = parts.headers;
    // Before the image is `saving`: from then on nothing may keep the thread from starting.
    let permit = Arc::clone(&shared.uploads).acquire_owned().await;
    let permit = permit.map_err(|_| Failure::internal())?;
    let taken = match begin(shared, person, id, &headers, permit) {
        Ok(reception) => take(reception, shared, &headers, &mut body, fault).await,
        Err(failure) => Err(failure),
    };
    if taken.is_err() {
        http::drain(body);
    }
    taken
}

async fn take(
    reception: UploadSink,
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: &mut Incoming,
    fault: Option<CloudFaultKind>,
) -> Result<Option<Answer>, Failure> {
    let (pieces, receiver) = mpsc::channel(PIECES);
    let worker = tokio::task::spawn_blocking(move || reception.run(receiver, fault));
    feed(body, pieces, shared.settings.upload_idle_timeout).await;
    match worker.await {
        Ok(Ending::Active) => Ok(Some(http::done())),
        Ok(Ending::Killed) => Ok(None),
        Ok(Ending::Refused(failure)) => Err(failure),
        Ok(Ending::Unsupported(reason)) => Err(Failure::media_type(headers, reason)),
        Err(_) => Err(Failure::internal()),
    }
}

/// Passes the body on until it ends, breaks, stalls, or nobody wants more of it. Only a body that
/// ended as HTTP says is announced as complete.
async fn feed(body: &mut Incoming, pieces: mpsc::Sender<Piece>, idle: Duration) {
    loop {
        let data = match timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(None) => {
                let _ = pieces.send(Piece::End).await;
                return;
            }
            Ok(Some(Err(_))) | Err(_) => return,
        };
        if !data.is_empty() && pieces.send(Piece::Data(data)).await.is_err() {
            return;
        }
    }
}

/// The checks that come before the first byte, in Glance's order; then the image is `saving`.
fn begin(
    shared: &Arc<Shared>,
    person: &Person,
    id: &str,
    headers: &HeaderMap,
    permit: OwnedSemaphorePermit,
) -> Result<UploadSink, Failure> {
    let media_type = header(headers, "content-type").unwrap_or("None");
    let bare_type = media_type.split(';').next().unwrap_or_default().trim();
    if bare_type != "application/octet-stream" {
        let detail = format!("Invalid content type {media_type}");
        return Err(Failure::media_type(headers, detail));
    }
    let expected_size = expected_size(headers)?;
    let store = header(headers, "x-image-meta-store").unwrap_or(STORES[0]);
    if !STORES.contains(&store) {
        return Err(Failure::bad_request(format!(
            "Store for identifier {store} not found"
        )));
    }
    let started = shared.registry.change(id, |image| {
        check_mutable(image, person, "upload_image")?;
        check_can_be_saved(image)?;
        image.status = Status::Saving;
        Ok(image.clone())
    });
    let snapshot = started.unwrap_or_else(|| Err(Failure::no_image(id)))?;
    let destination = shared.registry.store(store).join(id);
    if destination.exists() {
        put_back(shared, &snapshot);
        return Err(Failure::internal());
    }
    let reception = UploadSink {
        shared: Arc::clone(shared),
        snapshot,
        store: store.to_owned(),
        destination,
        expected_size,
        _permit: permit,
    };
    Ok(reception)
}

fn check_can_be_saved(image: &Image) -> Result<(), Failure> {
    if image.status != Status::Queued {
        let status = image.status.name();
        return Err(Failure::conflict(format!(
            "Image status transition from {status} to saving is not allowed"
        )));
    }
    let missing = match (&image.disk_format, &image.container_format) {
        (Some(_), Some(_)) => return Ok(()),
        (None, None) => "Properties disk_format, container_format",
        (None, Some(_)) => "Property disk_format",
        (Some(_), None) => "Property container_format",
    };
    Err(Failure::bad_request(format!(
        "{missing} must be set prior to saving data."
    )))
}

/// What the client says that the image has, in bytes; it may say nothing.
fn expected_size(headers: &HeaderMap) -> Result<Option<i64>, Failure> {
    let Some(text) = header(headers, "x-openstack-image-size") else {
        return Ok(None);
    };
    match text.trim().parse() {
        // Glance takes zero for "unknown".
        Ok(0) => Ok(None),
        Ok(size) => Ok(Some(size)),
        Err(_) => Err(Failure::bad_request(
            "Invalid or missing image size in request headers.",
        )),
    }
}
