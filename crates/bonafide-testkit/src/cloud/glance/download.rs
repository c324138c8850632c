//! `GET /v2/images/{id}/file`.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::Frame;
use hyper::header::HeaderMap;

use super::image::Status;
use crate::cloud::control::fault::CloudFaultKind;
use crate::cloud::errors::Failure;
use crate::cloud::http::header;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// Answers with the bytes of an image, whole or a range; 204 while there are none.
pub(crate) fn download(
    shared: &Shared,
    person: &Person,
    id: &str,
    headers: &HeaderMap,
    fault: Option<CloudFaultKind>,
) -> Result<Answer, Failure> {
    let image = shared.registry.visible(id, person);
    let image = image.ok_or_else(|| Failure::no_image(id))?;
    if image.status == Status::Deactivated && !person.is_admin() {
        return Err(Failure::forbidden(
            "The requested image has been deactivated. Image data download is forbidden.",
        ));
    }
    let Some(store) = &image.store else {
        return Ok(http::empty(StatusCode::NO_CONTENT));
    };
    let Ok(mut file) = fs::File::open(shared.registry.store(store).join(id)) else {
        return Ok(http::empty(StatusCode::NO_CONTENT));
    };
    // After a 415 the record has no size, but Glance 33 sends the bytes all the same.
    let length = file.metadata().map_err(|_| Failure::internal())?.len();
    let size = image.size.unwrap_or(length);
    let (status, start, end) = match header(headers, "range") {
        Some(range) => {
            let (start, end) = parse_range(range, size)?;
            (StatusCode::PARTIAL_CONTENT, start, end)
        }
        None => (StatusCode::OK, 0, size),
    };
    file.seek(SeekFrom::Start(start))
        .map_err(|_| Failure::internal())?;
    let cut = match fault {
        Some(CloudFaultKind::CutDownload { after }) => Some(after),
        _ => None,
    };
    let mut answer = http::with_body(status, body(file, end - start, cut));
    http::set(&mut answer, "content-type", "application/octet-stream");
    http::set(&mut answer, "content-length", &(end - start).to_string());
    if let Some(checksum) = &image.checksum {
        http::set(&mut answer, "content-md5", checksum);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{size}", end - 1);
        http::set(&mut answer, "content-range", &range);
    }
    Ok(answer)
}

/// The file from where it stands, in chunks; an error ends the connection.
fn body(file: fs::File, length: u64, cut: Option<u64>) -> http::Body {
    let allowed = cut.map_or(length, |cut| cut.min(length));
    let chunks = stream::try_unfold((file, allowed), move |(file, left)| async move {
        if left == 0 {
            return match cut {
                Some(_) => {
                    // The server writes out what it has while it waits for more.
                    tokio::task::yield_now().await;
                    Err(io::Error::other("cut by a fault"))
                }
                None => Ok(None),
            };
        }
        let read = tokio::task::spawn_blocking(move || read_chunk(file, left));
        let (file, chunk) = match read.await.map_err(io::Error::other)? {
            Ok(read) => read,
            Err(error) => {
                // As above: else the client may get no answer at all.
                tokio::task::yield_now().await;
                return Err(error);
            }
        };
        let left = left - chunk.len() as u64;
        Ok(Some((Frame::data(chunk), (file, left))))
    });
    BodyExt::boxed(StreamBody::new(chunks))
}

fn read_chunk(mut file: fs::File, left: u64) -> io::Result<(fs::File, Bytes)> {
    let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
    let mut chunk = BytesMut::zeroed(length);
    file.read_exact(&mut chunk)?;
    Ok((file, chunk.freeze()))
}

/// `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT`, as start and end (exclusive).
fn parse_range(range: &str, size: u64) -> Result<(u64, u64), Failure> {
    if range.contains(',') {
        return Err(Failure::bad_request(
            "Requests with multiple ranges are not supported in Glance. You may make multiple \
             single-range requests instead.",
        ));
    }
    let parsed = range.strip_prefix("bytes=").and_then(|range| {
        let (first, last) = range.split_once('-')?;
        if first.is_empty() {
            return Some((size.saturating_sub(last.parse().ok()?), size));
        }
        let end = match last {
            "" => size,
            last => last.parse::<u64>().ok()?.saturating_add(1).min(size),
        };
        Some((first.parse().ok()?, end))
    });
    let detail = match parsed {
        Some((start, end)) if start < end => return Ok((start, end)),
        Some(_) => format!(
            "Invalid start position in Range header. Start position MUST be in the inclusive \
             range [0, {}].",
            size.saturating_sub(1)
        ),
        None => "Invalid Range header.".to_owned(),
    };
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    Err(Failure::new(status, "The Range requested is not available.").with_detail(detail))
}
