//! The way of a byte: vendor → digests → gate → body of the upload.
//!
//! Two bounded queues keep memory small and let download, hashing and upload run side by side. The
//! queue before the body also carries the upload over short silences of the vendor: servers cut a
//! silent client after a few seconds.

use std::time::Duration;

use bonafide_image::Head;
use bonafide_sources::{Download, FetchError};
use bonafide_verify::{
    BodyError, DigestCheck, ExpectedDigest, FileDigests, Gate, GatedBody, Step, Verified,
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use url::Url;

use crate::{Clock, Error};

/// Large enough that queues and hashing cost nothing, small enough that a full queue is no memory.
const CHUNK: usize = 256 * 1024;
/// Room for the last piece of a chunk, so that it does not double its memory.
const SLACK: usize = 32 * 1024;
const HASH_QUEUE: usize = 4;
const BODY_QUEUE: usize = 32;

/// The head has 64 KiB; a server that takes longer for it never ends the image.
const HEAD_DEADLINE: Duration = Duration::from_secs(60);

/// How long an upload may take, and how large the image may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) until: Timestamp,
    pub(crate) clock: Clock,
    /// In bytes.
    pub(crate) max_size: u64,
}

impl Limits {
    fn check(&self, url: &Url, received: u64) -> Result<(), Error> {
        if (self.clock)() > self.until {
            return Err(Error::LeaseEnded { until: self.until });
        }
        if received > self.max_size {
            let (url, limit) = (url.clone(), self.max_size);
            return Err(FetchError::TooLarge { url, limit }.into());
        }
        Ok(())
    }
}

/// A download whose first bytes were looked at and not yet used.
#[derive(Debug)]
pub(crate) struct Opened {
    head: BytesMut,
    download: Download,
}

impl Opened {
    /// Reads so many bytes that the image's head can be told.
    pub(crate) async fn new(download: Download) -> Result<Self, FetchError> {
        let url = download.url().clone();
        let reading = Self::read_head(download);
        match tokio::time::timeout(HEAD_DEADLINE, reading).await {
            Ok(opened) => opened,
            Err(_) => Err(FetchError::TooSlow {
                url,
                deadline: HEAD_DEADLINE,
            }),
        }
    }

    async fn read_head(mut download: Download) -> Result<Self, FetchError> {
        let mut head = BytesMut::new();
        while head.len() < Head::LENGTH {
            let Some(chunk) = download.next().await else {
                break;
            };
            head.extend_from_slice(&chunk?);
        }
        Ok(Self { head, download })
    }

    pub(crate) fn head(&self) -> Result<Head, Error> {
        Head::read(&self.head).map_err(|source| Error::Image {
            url: self.download.url().clone(),
            source,
        })
    }

    /// The announced size in bytes.
    pub(crate) const fn length(&self) -> Option<u64> {
        self.download.length()
    }
}

/// A running pipeline: the body to send, the bytes received so far, and the verdict.
pub(crate) struct Pipeline<B> {
    pub(crate) body: B,
    pub(crate) received: watch::Receiver<u64>,
    pub(crate) verdict: Verdict,
}

/// The outcome of a pipeline, once its body has ended. Dropping it stops the reader.
#[derive(Debug)]
pub(crate) struct Verdict {
    outcome: JoinHandle<Result<Verified<FileDigests>, Error>>,
    reader: Reader,
}

impl Verdict {
    /// Waits for the outcome.
    pub(crate) async fn wait(self) -> Result<Verified<FileDigests>, Error> {
        let Self { outcome, reader } = self;
        let outcome = outcome.await.unwrap_or(Err(Error::Interrupted));
        drop(reader);
        outcome
    }

    /// Stops reading, and says whether everything was read and proven before.
    pub(crate) async fn stop(self) -> Option<Verified<FileDigests>> {
        let Self { outcome, reader } = self;
        drop(reader);
        outcome.await.ok()?.ok()
    }
}

/// The task that reads from the vendor; it ends with whoever waits for its bytes.
#[derive(Debug)]
struct Reader(JoinHandle<()>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts to read, hash and pass on. The body ends well only if the bytes are the expected ones.
pub(crate) fn start(
    opened: Opened,
    expected: &Verified<ExpectedDigest>,
    limits: Limits,
) -> Pipeline<impl Stream<Item = Result<Bytes, BodyError<Refused>>> + Send + use<>> {
    let url = opened.download.url().clone();
    let (to_hash, chunks) = mpsc::channel(HASH_QUEUE);
    let (to_body, mut steps) = mpsc::channel(BODY_QUEUE);
    let (count, received) = watch::channel(0);
    let reader = Reader(tokio::spawn(read(opened, to_hash, count, limits)));
    let (check, gate) = (DigestCheck::new(expected), Gate::new(expected));
    let outcome = tokio::task::spawn_blocking(move || hash(&url, chunks, check, gate, &to_body));
    let steps = stream::poll_fn(move |context| steps.poll_recv(context));
    Pipeline {
        body: GatedBody::new(steps),
        received,
        verdict: Verdict { outcome, reader },
    }
}

/// Reads and hashes without passing anything on.
pub(crate) async fn prove(
    opened: Opened,
    expected: &Verified<ExpectedDigest>,
    limits: Limits,
    mut progress: impl FnMut(u64),
) -> Result<Verified<FileDigests>, Error> {
    let Pipeline {
        body,
        received,
        verdict,
    } = start(opened, expected, limits);
    let mut body = std::pin::pin!(body);
    while let Some(Ok(_)) = body.next().await {
        progress(*received.borrow());
    }
    verdict.wait().await
}

/// What the body of an upload says when it is refused; the reason is the pipeline's verdict.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("its origin is not proven")]
pub(crate) struct Refused;

/// Reads the vendor's bytes in even chunks.
async fn read(
    opened: Opened,
    to_hash: mpsc::Sender<Result<Bytes, Error>>,
    count: watch::Sender<u64>,
    limits: Limits,
) {
    let Opened {
        mut head,
        mut download,
    } = opened;
    let mut received = head.len() as u64;
    while let Some(chunk) = download.next().await {
        let chunk = chunk.map_err(Error::from).and_then(|chunk| {
            received += chunk.len() as u64;
            limits.check(download.url(), received)?;
            Ok(chunk)
        });
        match chunk {
            Ok(chunk) => head.extend_from_slice(&chunk),
            Err(error) => {
                let _ = to_hash.send(Err(error)).await;
                return;
            }
        }
        count.send_replace(received);
        if head.len() < CHUNK {
            continue;
        }
        let full = std::mem::replace(&mut head, BytesMut::with_capacity(CHUNK + SLACK));
        if to_hash.send(Ok(full.freeze())).await.is_err() {
            return;
        }
    }
    count.send_replace(received);
    // The last chunk, or the only one. Whether anything is missing is for the digest to say.
    let _ = to_hash.send(Ok(head.freeze())).await;
}

/// Hashes each chunk and hands it to the gate; opens the gate if the digest is right.
fn hash(
    url: &Url,
    mut chunks: mpsc::Receiver<Result<Bytes, Error>>,
    mut check: DigestCheck,
    mut gate: Gate,
    to_body: &mpsc::Sender<Result<Step, Refused>>,
) -> Result<Verified<FileDigests>, Error> {
    while let Some(chunk) = chunks.blocking_recv() {
        let chunk = chunk.inspect_err(|_| refuse(to_body))?;
        check.update(&chunk);
        let Some(passed) = gate.pass(chunk) else {
            continue;
        };
        if to_body.blocking_send(Ok(Step::Pass(passed))).is_err() {
            return Err(Error::Interrupted);
        }
    }
    let unproven = |source| Error::Unproven {
        url: url.clone(),
        source: Box::new(source),
    };
    let proof = check
        .finish()
        .map_err(unproven)
        .inspect_err(|_| refuse(to_body))?;
    let commit = gate
        .open(&proof)
        .map_err(unproven)
        .inspect_err(|_| refuse(to_body))?;
    if to_body.blocking_send(Ok(Step::Commit(commit))).is_err() {
        return Err(Error::Interrupted);
    }
    Ok(proof)
}

fn refuse(to_body: &mpsc::Sender<Result<Step, Refused>>) {
    let _ = to_body.blocking_send(Err(Refused));
}
