//! The body of an upload, and the watch on its progress.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::Instant;

use crate::BoxError;

/// The largest chunk that is passed to the connection at once, so that a request for the next one
/// means progress.
const PIECE: usize = 256 << 10;

type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// The bytes of an image on their way to Glance.
///
/// An error from the stream cuts the connection, so that Glance does not accept a part as the whole
/// image, and is returned as the source of [`Error::BodyFailed`](crate::Error::BodyFailed). **A
/// stream that merely ends is a complete image**: a stream that has not checked everything by then
/// must yield an error instead.
pub struct ImageBody {
    stream: BodyStream,
    length: Option<u64>,
    store: Option<String>,
}

impl ImageBody {
    /// A body of unknown length, sent in chunks.
    ///
    /// Set [`ImageBody::length`] if the size is known: Glance and its store can then reserve the
    /// space.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Self {
        Self {
            stream: Box::pin(stream),
            length: None,
            store: None,
        }
    }

    /// Announces the length in bytes, in `Content-Length` and in `x-openstack-image-size`.
    ///
    /// The last bytes are held back until the stream has ended with exactly this length.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Selects the store for the data, by its id in [`Glance::stores`](crate::Glance::stores); by
    /// default the cloud chooses. Sent as `X-Image-Meta-Store`.
    #[must_use]
    pub fn store(mut self, id: impl Into<String>) -> Self {
        self.store = Some(id.into());
        self
    }

    pub(crate) fn chosen_store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    pub(crate) fn announced(&self) -> Option<u64> {
        self.length
    }

    /// The stream for the connection, and the view of its progress.
    pub(crate) fn watched(self) -> (WatchedBody, Arc<Progress>) {
        let progress = Arc::new(Progress::new());
        let body = WatchedBody {
            stream: self.stream,
            length: self.length,
            yielded: 0,
            ready: Bytes::new(),
            finished: false,
            failed: false,
            progress: Arc::clone(&progress),
        };
        (body, progress)
    }
}

impl fmt::Debug for ImageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageBody")
            .field("length", &self.length)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// What an upload is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Answer,
    Body,
    Cloud,
}

impl Phase {
    pub(crate) fn waiting_for(self) -> &'static str {
        match self {
            Self::Answer => "the answer to the complete body",
            Self::Body => "the next bytes of the body",
            Self::Cloud => "the cloud to accept more of the body",
        }
    }
}

/// Why a body ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    Length { declared: u64, yielded: u64 },
    Stream(BoxError),
}

/// The progress of an upload, shared between the connection that reads the body and the task that
/// watches it.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    failure: Option<Failure>,
    moved: Instant,
    phase: Phase,
    sent: u64,
}

impl Progress {
    fn new() -> Self {
        Self(Mutex::new(State {
            failure: None,
            moved: Instant::now(),
            phase: Phase::Cloud,
            sent: 0,
        }))
    }

    /// Waits until there was no progress for `idle`, and returns what was waited for.
    pub(crate) async fn stalled(&self, idle: Duration) -> Phase {
        loop {
            let deadline = self.state().moved + idle;
            tokio::time::sleep_until(deadline).await;
            let state = self.state();
            if state.moved + idle <= deadline {
                return state.phase;
            }
        }
    }

    pub(crate) fn sent(&self) -> u64 {
        self.state().sent
    }

    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.state().failure.take()
    }

    fn moved(&self, phase: Phase, bytes: usize) {
        let mut state = self.state();
        state.moved = Instant::now();
        state.phase = phase;
        state.sent += bytes as u64;
    }

    /// The connection asks for more: it has accepted the last chunk. Asking twice is not progress.
    fn asked(&self) {
        if self.state().phase == Phase::Cloud {
            self.moved(Phase::Body, 0);
        }
    }

    fn fail(&self, failure: Failure) {
        self.state().failure = Some(failure);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body for the connection: in chunks, counted, and with the last bytes of an announced length
/// held back until the stream has ended.
pub(crate) struct WatchedBody {
    stream: BodyStream,
    length: Option<u64>,
    /// What the stream has yielded so far.
    yielded: u64,
    /// What was not passed on yet.
    ready: Bytes,
    /// The stream has ended without an error.
    finished: bool,
    /// The stream has failed. It yields no end after that, however often it is polled.
    failed: bool,
    progress: Arc<Progress>,
}

/// The error for the connection; the real reason is in [`Progress`].
#[derive(Debug, thiserror::Error)]
#[error("the body failed")]
pub(crate) struct Cut;

impl WatchedBody {
    fn fail(&mut self, failure: Failure) -> Poll<Option<Result<Bytes, Cut>>> {
        self.failed = true;
        self.ready = Bytes::new();
        self.progress.fail(failure);
        Poll::Ready(Some(Err(Cut)))
    }

    fn hand_on(&mut self) -> Poll<Option<Result<Bytes, Cut>>> {
        let piece = self.ready.split_to(self.ready.len().min(PIECE));
        self.progress.moved(Phase::Cloud, piece.len());
        Poll::Ready(Some(Ok(piece)))
    }
}

impl Stream for WatchedBody {
    type Item = Result<Bytes, Cut>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.get_mut();
        if body.failed {
            return Poll::Ready(Some(Err(Cut)));
        }
        body.progress.asked();
        loop {
            let held_back = body.length == Some(body.yielded) && !body.finished;
            if !body.ready.is_empty() && !held_back {
                return body.hand_on();
            }
            if body.finished {
                body.progress.moved(Phase::Answer, 0);
                return Poll::Ready(None);
            }
            match body.stream.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                // An empty chunk would be the end of a chunked body.
                Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => {}
                Poll::Ready(Some(Ok(chunk))) => {
                    body.yielded += chunk.len() as u64;
                    if let Some(declared) = body.length
                        && body.yielded > declared
                    {
                        let yielded = body.yielded;
                        return body.fail(Failure::Length { declared, yielded });
                    }
                    body.ready = chunk;
                }
                Poll::Ready(Some(Err(error))) => return body.fail(Failure::Stream(error)),
                Poll::Ready(None) => match body.length {
                    Some(declared) if body.yielded != declared => {
                        let yielded = body.yielded;
                        return body.fail(Failure::Length { declared, yielded });
                    }
                    _ => body.finished = true,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    async fn pass(length: Option<u64>, chunks: &[&'static [u8]]) -> (Vec<Bytes>, Option<Failure>) {
        let chunks: Vec<_> = chunks.iter().map(|c| Ok(Bytes::from_static(c))).collect();
        let mut body = ImageBody::new(stream::iter(chunks));
        body.length = length;
        let (mut watched, progress) = body.watched();
        let mut pieces = Vec::new();
        while let Some(Ok(piece)) = watched.next().await {
            pieces.push(piece);
        }
        (pieces, progress.take_failure())
    }

    #[tokio::test]
    async fn a_failed_body_never_ends_well() {
        let (mut watched, _) = ImageBody::new(stream::iter([Err("cut".into())])).watched();
        for _ in 0..3 {
            assert!(matches!(watched.next().await, Some(Err(Cut))));
        }
    }

    #[tokio::test]
    async fn empty_chunks_are_not_handed_on() {
        let (pieces, failure) = pass(None, &[b"", b"ab", b"", b"c"]).await;
        assert_eq!(pieces, [&b"ab"[..], b"c"]);
        assert!(failure.is_none());
    }

    #[tokio::test]
    async fn large_chunks_are_handed_on_in_pieces() {
        static LARGE: [u8; PIECE + 1] = [7; PIECE + 1];
        for length in [None, Some(LARGE.len() as u64)] {
            let (pieces, _) = pass(length, &[&LARGE]).await;
            assert_eq!(
                pieces.iter().map(Bytes::len).collect::<Vec<_>>(),
                [PIECE, 1]
            );
        }
    }

    #[tokio::test]
    async fn bytes_beyond_the_announced_length_stop_the_last_ones_before_they_are_sent() {
        let (pieces, failure) = pass(Some(3), &[b"ab", b"c", b"d"]).await;
        assert_eq!(pieces, [&b"ab"[..]]);
        assert!(matches!(
            failure,
            Some(Failure::Length {
                declared: 3,
                yielded: 4
            })
        ));
    }

    #[tokio::test]
    async fn a_body_shorter_than_announced_fails() {
        let (_, failure) = pass(Some(3), &[b"ab"]).await;
        assert!(matches!(failure, Some(Failure::Length { yielded: 2, .. })));
    }

    #[tokio::test]
    async fn an_error_after_the_last_announced_byte_still_fails() {
        let chunks = [Ok(Bytes::from_static(b"abc")), Err("not proven".into())];
        let (mut watched, progress) = ImageBody::new(stream::iter(chunks)).length(3).watched();
        assert!(matches!(watched.next().await, Some(Err(Cut))));
        assert!(matches!(progress.take_failure(), Some(Failure::Stream(_))));
        assert_eq!(progress.sent(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_moves_is_not_cut_however_long_it_takes() {
        let idle = Duration::from_secs(300);
        let slow = stream::unfold(0, |count| async move {
            tokio::time::sleep(Duration::from_secs(299)).await;
            (count < 100).then(|| (Ok(Bytes::from_static(b"x")), count + 1))
        });
        let (watched, progress) = ImageBody::new(slow).watched();
        let pieces = tokio::select! {
            pieces = watched.collect::<Vec<_>>() => pieces,
            phase = progress.stalled(idle) => panic!("cut while waiting for {phase:?}"),
        };
        assert_eq!(pieces.len(), 100);
        let start = Instant::now();
        assert_eq!(progress.stalled(idle).await, Phase::Answer);
        assert_eq!(start.elapsed().as_secs(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn being_asked_again_and_again_is_no_progress() {
        let (mut watched, progress) = ImageBody::new(stream::pending()).watched();
        let nagging = async {
            loop {
                tokio::select! {
                    _ = watched.next() => break,
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            }
        };
        tokio::select! {
            () = nagging => panic!("there is no end"),
            phase = progress.stalled(Duration::from_secs(10)) => assert_eq!(phase, Phase::Body),
        }
    }
}
