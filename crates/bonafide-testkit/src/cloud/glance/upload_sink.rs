//! The receiving end of an upload: to disk, through the digests, into the store.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use md5::Md5;
use sha2::digest::DynDigest;
use sha2::{Digest, Sha256, Sha512};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::image::{Image, Status};
use super::inspect;
use super::registry::remove_if_there;
use crate::cloud::control::fault::CloudFaultKind;
use crate::cloud::errors::Failure;
use crate::cloud::shared::{HashAlgorithm, Shared};

/// What the connection passes on.
#[derive(Debug)]
pub(crate) enum Piece {
    Data(Bytes),
    /// The body ended properly. A channel that closes without it means: aborted.
    End,
}

/// How an upload ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Active,
    /// By a fault: the worker died.
    Killed,
    Refused(Failure),
    /// The bytes are not what `disk_format` says, or not safe: 415 with the reason.
    Unsupported(String),
}

impl Ending {
    fn bad_size(what: &str, expected: i64, got: u64) -> Self {
        Self::Refused(Failure::bad_request(format!(
            "Size {what}: expected {expected} bytes, got {got} bytes"
        )))
    }
}

/// One upload, from the moment when the image became `saving`.
#[derive(Debug)]
pub(crate) struct UploadSink {
    pub(crate) shared: Arc<Shared>,
    /// The image as it was when the upload began. At the end it is written back: what a PATCH
    /// changed meanwhile is lost, as in Glance.
    pub(crate) snapshot: Image,
    pub(crate) store: String,
    pub(crate) destination: PathBuf,
    pub(crate) expected_size: Option<i64>,
    /// Given back when the upload is over, however it ends.
    pub(crate) _permit: OwnedSemaphorePermit,
}

/// What was received of an image so far.
struct Received {
    file: File,
    size: u64,
    head: Vec<u8>,
    md5: Md5,
    second: Box<dyn DynDigest>,
}

impl UploadSink {
    /// Receives until the end. It blocks, and belongs on a thread of its own.
    pub(crate) fn run(
        self,
        mut pieces: mpsc::Receiver<Piece>,
        fault: Option<CloudFaultKind>,
    ) -> Ending {
        let path = self.shared.registry.incoming(&self.snapshot.id);
        let received = File::create(&path)
            .map(|file| Received::new(file, self.shared.settings.hash_algorithm))
            .map_err(|_| Ending::Refused(Failure::internal()))
            .and_then(|received| self.receive(received, &mut pieces, fault));
        let received = match received {
            Ok(received) => received,
            Err(Ending::Killed) => {
                // Glance writes into the store directly: that is where the bytes stay.
                let _ = fs::rename(&path, &self.destination);
                return Ending::Killed;
            }
            Err(ending) => {
                let _ = remove_if_there(&path);
                put_back(&self.shared, &self.snapshot);
                return ending;
            }
        };
        if fs::rename(&path, &self.destination).is_err() {
            put_back(&self.shared, &self.snapshot);
            return Ending::Refused(Failure::internal());
        }
        self.finish(received)
    }

    fn receive(
        &self,
        mut received: Received,
        pieces: &mut mpsc::Receiver<Piece>,
        fault: Option<CloudFaultKind>,
    ) -> Result<Received, Ending> {
        let cap = self.shared.settings.image_size_cap;
        // One piece is held back, so that the last one is known as such.
        let mut held = Bytes::new();
        loop {
            let Some(piece) = pieces.blocking_recv() else {
                return Err(Ending::Refused(Failure::internal()));
            };
            let is_end = matches!(piece, Piece::End);
            let next = match piece {
                Piece::Data(bytes) => bytes,
                Piece::End => Bytes::new(),
            };
            let mut bytes = std::mem::replace(&mut held, next);
            if is_end && fault == Some(CloudFaultKind::CorruptUpload) {
                bytes = with_last_bit_flipped(&bytes);
            }
            received
                .add(&bytes)
                .map_err(|_| Ending::Refused(Failure::internal()))?;
            let size = received.size + held.len() as u64;
            if size > cap {
                return Err(Ending::Refused(Failure::too_large(
                    "The incoming image is too large: The provided image is too large.",
                )));
            }
            match self.expected_size {
                Some(expected) if i128::from(size) > i128::from(expected) => {
                    return Err(Ending::bad_size("exceeds", expected, size));
                }
                Some(expected) if is_end && i128::from(size) < i128::from(expected) => {
                    return Err(Ending::bad_size("mismatch", expected, size));
                }
                _ => {}
            }
            if let Some(CloudFaultKind::KillWorker { after }) = fault
                && (is_end || size >= after)
            {
                return Err(Ending::Killed);
            }
            if is_end {
                return Ok(received);
            }
        }
    }

    /// The bytes are in the store: the record follows.
    fn finish(&self, received: Received) -> Ending {
        let inspected = match (&self.snapshot.container_format, &self.snapshot.disk_format) {
            (Some(container), Some(disk)) if container == "bare" => {
                inspect::inspect(disk, &received.head, received.size)
            }
            _ => Ok(None),
        };
        let mut image = self.snapshot.clone();
        image.store = Some(self.store.clone());
        image.checksum = Some(hex::encode(received.md5.finalize()));
        let algorithm = self.shared.settings.hash_algorithm;
        image.os_hash_algo = Some(algorithm.name().to_owned());
        image.os_hash_value = Some(hex::encode(received.second.finalize()));
        let ending = match inspected {
            Ok(virtual_size) => {
                image.status = Status::Active;
                image.size = Some(received.size);
                image.virtual_size = virtual_size;
                Ending::Active
            }
            Err(reason) => {
                // Glance keeps file and digests all the same, and only the size is not shown.
                image.status = Status::Queued;
                Ending::Unsupported(reason)
            }
        };
        if write_back(&self.shared, image) {
            return ending;
        }
        let _ = remove_if_there(&self.destination);
        let id = &self.snapshot.id;
        Ending::Refused(Failure::new(
            StatusCode::GONE,
            format!(
                "Image {id} could not be found after upload. The image may have been deleted \
                 during the upload, cleaning up the chunks uploaded."
            ),
        ))
    }
}

impl Received {
    fn new(file: File, algorithm: HashAlgorithm) -> Self {
        Self {
            file,
            size: 0,
            head: Vec::new(),
            md5: Md5::new(),
            second: match algorithm {
                HashAlgorithm::Sha256 => Box::new(Sha256::new()),
                HashAlgorithm::Sha512 => Box::new(Sha512::new()),
            },
        }
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let missing = inspect::HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        Digest::update(&mut self.md5, bytes);
        self.second.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

/// Puts an image whose upload failed back to `queued`, as it was when the upload began.
pub(crate) fn put_back(shared: &Shared, snapshot: &Image) {
    let mut image = snapshot.clone();
    image.status = Status::Queued;
    write_back(shared, image);
}

/// Replaces the record of an image that is still `saving`; its members stay as they are now.
fn write_back(shared: &Shared, mut image: Image) -> bool {
    let id = image.id.clone();
    let written = shared.registry.change(&id, |current| {
        if current.status != Status::Saving {
            return Err(Failure::no_image(&current.id));
        }
        image.members = std::mem::take(&mut current.members);
        *current = image;
        Ok(())
    });
    matches!(written, Some(Ok(())))
}

fn with_last_bit_flipped(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    Bytes::from(bytes)
}
