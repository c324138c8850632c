//! The last chunk waits for the proof, and only a commit ends the body.
//!
//! An HTTP upload that is aborted before its end never becomes an image; one that merely *ends*
//! does, even if bytes are missing. So the [`Gate`] holds the newest chunk back until it is given
//! the proof, and a [`GatedBody`] ends only after the [`Commit`] that the gate then returns.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::{Digest, Error, ExpectedDigest, FileDigests, Verified};

/// Passes all but the newest chunk of an image, and the rest only with the proof.
///
/// Place it after the decompression, if there is one: it holds image data back, and it requires the
/// proof of the vendor's file.
#[derive(Debug)]
pub struct Gate {
    /// `None` only if a reason was given: see [`danger`](crate::danger).
    expected: Option<Digest>,
    held: Bytes,
}

impl Gate {
    /// A closed gate for the file with the digest `expected`.
    #[must_use]
    pub fn new(expected: &Verified<ExpectedDigest>) -> Self {
        Self {
            expected: Some(expected.digest.clone()),
            held: Bytes::new(),
        }
    }

    pub(crate) const fn without_file() -> Self {
        Self {
            expected: None,
            held: Bytes::new(),
        }
    }

    /// Takes a chunk and returns the one before it, if there was one. An empty chunk changes
    /// nothing.
    #[must_use = "the returned chunk belongs to the image"]
    pub fn pass(&mut self, chunk: Bytes) -> Option<Bytes> {
        if chunk.is_empty() {
            return None;
        }
        let before = std::mem::replace(&mut self.held, chunk);
        (!before.is_empty()).then_some(before)
    }

    /// Opens with the proof of exactly this file; returns the held bytes as a [`Commit`].
    ///
    /// # Errors
    ///
    /// [`Error::GateMismatch`] if the proof is that of another file, [`Error::GateWithoutFile`] if
    /// the gate is for no file. The held bytes are lost then, and the body can't be completed.
    pub fn open(self, proof: &Verified<FileDigests>) -> Result<Commit, Error> {
        match self.expected {
            Some(expected) if expected == proof.vendor => Ok(Commit { rest: self.held }),
            Some(expected) => Err(Error::GateMismatch {
                expected,
                proven: proof.vendor.clone(),
            }),
            None => Err(Error::GateWithoutFile {
                proven: proof.vendor.clone(),
            }),
        }
    }

    pub(crate) fn open_without_proof(self) -> Result<Commit, Error> {
        match self.expected {
            None => Ok(Commit { rest: self.held }),
            Some(expected) => Err(Error::GateAwaitsProof { expected }),
        }
    }
}

/// The last bytes of an image, the only thing that ends a [`GatedBody`]. Made by [`Gate::open`] for
/// a verified image; [`danger::open`](crate::danger::open) makes one without a proof.
#[derive(Debug)]
pub struct Commit {
    rest: Bytes,
}

/// One step of a gated body.
///
/// A stream of steps feeds a [`GatedBody`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// The gate is open: send the rest and end.
    Commit(Commit),
    /// The next chunk, returned by the gate.
    Pass(Bytes),
}

/// Why a gated body failed; its sender must abort the connection.
///
/// An HTTP client that gets it cuts the connection without the end of the body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError<E> {
    /// The source of the body failed.
    #[error("the image is refused")]
    Failed(#[source] E),
    /// The source of the body stopped without a commit: it was dropped or cancelled, or it
    /// panicked.
    #[error("the image's bytes stopped coming before it was proven")]
    Uncommitted,
}

/// A body that ends only after a [`Commit`]; everything else is an error.
///
/// If its source just stops (a dropped sender, a panicked task), it yields
/// [`BodyError::Uncommitted`] at every poll, and never the end.
#[derive(Debug)]
pub struct GatedBody<S> {
    steps: S,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Committed,
    Broken,
}

impl<S> GatedBody<S> {
    /// Wraps a stream of steps.
    #[must_use]
    pub const fn new(steps: S) -> Self {
        Self {
            steps,
            state: State::Open,
        }
    }
}

impl<S, E> Stream for GatedBody<S>
where
    S: Stream<Item = Result<Step, E>> + Unpin,
{
    type Item = Result<Bytes, BodyError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.state {
            State::Committed => return Poll::Ready(None),
            State::Broken => return Poll::Ready(Some(Err(BodyError::Uncommitted))),
            State::Open => {}
        }
        let step = match Pin::new(&mut self.steps).poll_next(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(step) => step,
        };
        match step {
            Some(Ok(Step::Pass(chunk))) => Poll::Ready(Some(Ok(chunk))),
            Some(Ok(Step::Commit(Commit { rest }))) => {
                self.state = State::Committed;
                if rest.is_empty() {
                    Poll::Ready(None)
                } else {
                    Poll::Ready(Some(Ok(rest)))
                }
            }
            Some(Err(error)) => {
                self.state = State::Broken;
                Poll::Ready(Some(Err(BodyError::Failed(error))))
            }
            None => {
                self.state = State::Broken;
                Poll::Ready(Some(Err(BodyError::Uncommitted)))
            }
        }
    }
}
