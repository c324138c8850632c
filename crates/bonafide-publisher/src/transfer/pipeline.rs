//! The way of a byte: vendor → digests → (decoder) → gate → body of the upload.
//!
//! Bounded queues keep memory small and let download, hashing, decompression and upload run side by
//! side. The queue before the body also bridges short silences of the vendor: servers cut a silent
//! client after a few seconds.

use bonafide_verify::{BodyError, Gate, GatedBody, Step};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use url::Url;

use crate::error::Error;
use crate::transfer::body::{BodyAborted, CHUNK, Limits, Transferred, refuse, send};
use crate::transfer::decompress::{Piece, unpack};
use crate::transfer::digests::Check;
use crate::transfer::download::OpenedDownload;

const HASH_QUEUE: usize = 4;
const UNPACK_QUEUE: usize = 4;
const BODY_QUEUE: usize = 32;

type TransferResult<P> = Result<Transferred<P>, Error>;

/// A running pipeline: the body to send, the bytes received so far, and the result.
pub(crate) struct Pipeline<B, P> {
    pub(crate) body: B,
    pub(crate) received: watch::Receiver<u64>,
    pub(crate) verdict: Transfer<P>,
}

/// The result of a pipeline, once its body has ended. Dropping it stops the reader.
#[derive(Debug)]
pub(crate) struct Transfer<P> {
    outcome: JoinHandle<TransferResult<P>>,
    reader: Reader,
}

impl<P> Transfer<P> {
    /// Waits for the result.
    pub(crate) async fn wait(self) -> TransferResult<P> {
        let Self { outcome, reader } = self;
        let outcome = outcome.await.unwrap_or(Err(Error::Interrupted));
        drop(reader);
        outcome
    }

    /// Stops reading, and returns whether everything was read and verified before.
    pub(crate) async fn stop(self) -> Option<Transferred<P>> {
        let Self { outcome, reader } = self;
        drop(reader);
        outcome.await.ok()?.ok()
    }
}

/// The task that reads from the vendor; it ends when its receiver is dropped.
#[derive(Debug)]
struct Reader(JoinHandle<()>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts to read, hash and, where the image is compressed, decompress.
pub(crate) fn start<C: Check>(
    opened: OpenedDownload,
    check: C,
    limits: Limits,
) -> Pipeline<impl Stream<Item = Result<Bytes, BodyError<BodyAborted>>> + Send + 'static, C::Proof>
{
    let url = opened.url().clone();
    let compression = opened.compression;
    let (to_hash, chunks) = mpsc::channel(HASH_QUEUE);
    let (to_body, mut steps) = mpsc::channel(BODY_QUEUE);
    let (count, received) = watch::channel(0);
    let reader = Reader(tokio::spawn(read(opened, to_hash, count, limits.clone())));
    let gate = check.gate();
    let outcome = match compression {
        None => tokio::task::spawn_blocking(move || {
            let passed = pass(&url, chunks, check, gate, &to_body);
            passed.inspect_err(|_| refuse(&to_body))
        }),
        Some(compression) => {
            let (to_unpack, pieces) = mpsc::channel(UNPACK_QUEUE);
            let from = url.clone();
            let hashed = tokio::task::spawn_blocking(move || {
                let hand_on = |piece| {
                    let sent = to_unpack.blocking_send(piece);
                    sent.map_err(|_| Error::Interrupted)
                };
                let proof = hash(&from, chunks, check, |chunk| hand_on(Piece::Bytes(chunk)))?;
                hand_on(Piece::Proven(proof))
            });
            let unpacked = tokio::task::spawn_blocking(move || {
                let unpacked = unpack::<C>(&url, compression, pieces, gate, limits, &to_body);
                unpacked.inspect_err(|_| refuse(&to_body))
            });
            tokio::spawn(async move {
                let hashed = hashed.await.unwrap_or(Err(Error::Interrupted));
                let unpacked = unpacked.await.unwrap_or(Err(Error::Interrupted));
                match (hashed, unpacked) {
                    // The error of the file is more helpful than that its bytes stopped arriving,
                    // and the error of the decoder more than that it stopped.
                    (Err(Error::Interrupted), Err(error)) | (Err(error), _) => Err(error),
                    (Ok(()), unpacked) => unpacked,
                }
            })
        }
    };
    let steps = stream::poll_fn(move |context| steps.poll_recv(context));
    Pipeline {
        body: GatedBody::new(steps),
        received,
        verdict: Transfer { outcome, reader },
    }
}

/// Reads and hashes without passing anything on.
pub(crate) async fn prove<C: Check>(
    opened: OpenedDownload,
    check: C,
    limits: Limits,
    mut progress: impl FnMut(u64),
) -> TransferResult<C::Proof> {
    let Pipeline {
        body,
        received,
        verdict,
    } = start(opened, check, limits);
    let mut body = std::pin::pin!(body);
    while let Some(Ok(_)) = body.next().await {
        progress(*received.borrow());
    }
    verdict.wait().await
}

/// The output of the reader; a queue that closes without the end was cut off.
enum Read {
    Chunk(Bytes),
    End,
}

/// Reads the vendor's bytes in chunks of equal size.
async fn read(
    opened: OpenedDownload,
    to_hash: mpsc::Sender<Result<Read, Error>>,
    count: watch::Sender<u64>,
    limits: Limits,
) {
    let OpenedDownload {
        first,
        mut download,
        ..
    } = opened;
    let mut received = first.len() as u64;
    let mut filling = BytesMut::with_capacity(CHUNK);
    let mut next = Some(Ok(first.freeze()));
    while let Some(piece) = next {
        let mut piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                let _ = to_hash.send(Err(error)).await;
                return;
            }
        };
        count.send_replace(received);
        // Chunks are copied: a part of the network's buffer would keep the whole buffer alive.
        while !piece.is_empty() {
            let room = CHUNK - filling.len();
            filling.extend_from_slice(&piece.split_to(room.min(piece.len())));
            if filling.len() < CHUNK {
                continue;
            }
            let full = std::mem::replace(&mut filling, BytesMut::with_capacity(CHUNK));
            if to_hash.send(Ok(Read::Chunk(full.freeze()))).await.is_err() {
                return;
            }
        }
        next = download.next().await.map(|piece| {
            let piece = piece?;
            received += piece.len() as u64;
            limits.check(download.url(), received)?;
            Ok(piece)
        });
    }
    let last = filling.freeze();
    if to_hash.send(Ok(Read::Chunk(last))).await.is_ok() {
        let _ = to_hash.send(Ok(Read::End)).await;
    }
}

/// Hashes each chunk and passes it on; returns the proof if there is one.
fn hash<C: Check>(
    url: &Url,
    mut chunks: mpsc::Receiver<Result<Read, Error>>,
    mut check: C,
    mut hand_on: impl FnMut(Bytes) -> Result<(), Error>,
) -> Result<C::Proof, Error> {
    loop {
        match chunks.blocking_recv() {
            Some(Ok(Read::Chunk(chunk))) => {
                check.update(&chunk);
                hand_on(chunk)?;
            }
            Some(Ok(Read::End)) => break,
            Some(Err(error)) => return Err(error),
            None => return Err(Error::Interrupted),
        }
    }
    check
        .finish()
        .map_err(|source| Error::unverified(url, source))
}

/// Passes an image through digests and gate unchanged.
fn pass<C: Check>(
    url: &Url,
    chunks: mpsc::Receiver<Result<Read, Error>>,
    check: C,
    mut gate: Gate,
    to_body: &mpsc::Sender<Result<Step, BodyAborted>>,
) -> TransferResult<C::Proof> {
    let proof = hash(url, chunks, check, |chunk| match gate.pass(chunk) {
        Some(before) => send(to_body, Step::Pass(before)),
        None => Ok(()),
    })?;
    let commit = C::open(gate, &proof).map_err(|source| Error::unverified(url, source))?;
    send(to_body, Step::Commit(commit))?;
    let image = C::file(&proof);
    Ok(Transferred { proof, image })
}

#[cfg(test)]
mod tests {
    use bonafide_glance::Clock;
    use bonafide_sources::Download;
    use futures_util::stream;
    use jiff::Timestamp;

    use super::*;
    use crate::transfer::download::CompressionHint;

    #[tokio::test]
    async fn a_queue_holds_chunks_of_one_size_whatever_pieces_come() {
        let url = Url::parse("https://vendor.test/a.img").unwrap();
        let image: Vec<u8> = (0..CHUNK * 3 + 7).map(|at| (at % 251) as u8).collect();
        let image = Bytes::from(image);
        let large = CHUNK * 2 + 5;
        let pieces = [
            image.slice(..1),
            image.slice(1..large),
            image.slice(large..),
        ];
        let download = Download::new(url, None, stream::iter(pieces.map(Ok)));
        let opened = OpenedDownload::new(download, "a.img", CompressionHint::ByName)
            .await
            .unwrap();
        let limits = Limits {
            until: Timestamp::MAX,
            clock: Clock::new(|| Timestamp::UNIX_EPOCH),
            max_size: image.len() as u64,
        };

        let (to_hash, mut chunks) = mpsc::channel(8);
        let (count, received) = watch::channel(0);
        read(opened, to_hash, count, limits).await;
        let mut sizes = Vec::new();
        let mut passed = Vec::new();
        while let Some(Ok(Read::Chunk(chunk))) = chunks.recv().await {
            sizes.push(chunk.len());
            passed.extend_from_slice(&chunk);
        }
        assert_eq!(sizes, [CHUNK, CHUNK, CHUNK, 7]);
        assert_eq!(passed, image);
        assert_eq!(*received.borrow(), image.len() as u64);
    }
}
