//! Bodies that stream, and the ways in which they fail.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::site::content::Content;

/// The body of a response.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Pieces in which a body is made.
const CHUNK: usize = 256 * 1024;

/// The body ends here, and the connection with it.
#[derive(Debug, thiserror::Error)]
#[error("the fault cuts the body here")]
pub(crate) struct Cut;

/// What comes when the bytes have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finale {
    /// The connection is closed.
    Cut,
    /// The body is complete.
    End,
    /// Nothing, for ever.
    Stall,
}

/// What is sent of a file, and how.
#[derive(Debug)]
pub(crate) struct Transfer {
    content: Content,
    position: u64,
    end: u64,
    flipped: Option<u64>,
    chunk: usize,
    pause: Option<Duration>,
    finale: Finale,
}

impl Transfer {
    /// The content from this byte on.
    pub(crate) fn new(content: Content, position: u64) -> Self {
        Self {
            end: content.len(),
            content,
            position,
            flipped: None,
            chunk: CHUNK,
            pause: None,
            finale: Finale::End,
        }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position)
    }

    pub(crate) fn shorten(&mut self, bytes: u64) {
        self.end = self.end.saturating_sub(bytes).max(self.position);
    }

    /// Behind the end of the content come zeros.
    pub(crate) fn lengthen(&mut self, bytes: u64) {
        self.end = self.end.saturating_add(bytes);
    }

    pub(crate) fn rewind(&mut self) {
        self.position = 0;
    }

    pub(crate) fn flip(&mut self, offset: u64) {
        self.flipped = Some(offset);
    }

    pub(crate) fn slow_down(&mut self, chunk: usize, pause: Duration) {
        self.chunk = chunk.max(1);
        self.pause = Some(pause);
    }

    /// At the end of the content a body is complete, whatever was to come later.
    pub(crate) fn stop_after(&mut self, bytes: u64, finale: Finale) {
        let stop = self.position.saturating_add(bytes);
        if stop < self.end {
            self.end = stop;
            self.finale = finale;
        }
    }

    pub(crate) fn into_body(self) -> Body {
        let frames = stream::unfold(Some(self), |transfer| async {
            let mut transfer = transfer?;
            match transfer.next().await {
                Some(Ok(piece)) => Some((Ok(Frame::data(piece)), Some(transfer))),
                Some(Err(cut)) => Some((Err(cut), None)),
                None => None,
            }
        });
        StreamBody::new(frames).boxed_unsync()
    }

    async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        if self.remaining() == 0 {
            return self.finale().await;
        }
        if let Some(pause) = self.pause {
            tokio::time::sleep(pause).await;
        }
        let size =
            usize::try_from(self.remaining()).map_or(self.chunk, |left| left.min(self.chunk));
        let mut piece = self.content.piece(self.position, size);
        if piece.is_empty() {
            piece = Bytes::from(vec![0; size]);
        }
        if let Some(inside) = self
            .flipped
            .and_then(|offset| offset.checked_sub(self.position))
        {
            piece = with_flipped_bit(piece, inside);
        }
        self.position += piece.len() as u64;
        Some(Ok(piece))
    }

    async fn finale(&self) -> Option<Result<Bytes, Cut>> {
        match self.finale {
            Finale::Cut => {
                // What was sent before is flushed while we wait, and lost otherwise.
                tokio::task::yield_now().await;
                Some(Err(Cut))
            }
            Finale::End => None,
            Finale::Stall => std::future::pending().await,
        }
    }
}

fn with_flipped_bit(piece: Bytes, inside: u64) -> Bytes {
    let inside = usize::try_from(inside).unwrap_or(usize::MAX);
    if inside >= piece.len() {
        return piece;
    }
    let mut bytes = Vec::from(piece);
    bytes[inside] ^= 1;
    Bytes::from(bytes)
}
