//! Decompresses an image between its digests and the gate.
//!
//! The vendor's digest is over the compressed file, and its content is uploaded. So the bytes go
//! through the digests first and then, in another thread, through the decoder. The end of the input
//! is not the end of the file: only the proof is, and it comes through the same queue.

use std::io::{self, BufRead, Read};

use bonafide_image::Compression;
use bonafide_verify::{Digester, Gate, Step};
use bytes::{Bytes, BytesMut};
use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::error::Error;
use crate::transfer::body::{BodyAborted, CHUNK, Limits, Transferred, send};
use crate::transfer::digests::Check;

/// The input of the decoder.
pub(crate) enum Piece<P> {
    /// Bytes that went through the digests.
    Bytes(Bytes),
    /// All bytes did, and they match.
    Proven(P),
}

/// Decodes the input, passes it through the gate, and opens the gate with the proof.
pub(crate) fn unpack<C: Check>(
    url: &Url,
    compression: Compression,
    pieces: mpsc::Receiver<Piece<C::Proof>>,
    mut gate: Gate,
    limits: Limits,
    to_body: &mpsc::Sender<Result<Step, BodyAborted>>,
) -> Result<Transferred<C::Proof>, Error> {
    let (to_end, mut proof) = oneshot::channel();
    let input = Input {
        pieces,
        current: Bytes::new(),
        to_end: Some(to_end),
    };
    let damaged = |reason: String| Error::Compressed {
        url: url.clone(),
        reason,
    };
    let mut decoder = compression
        .decoder(input)
        .map_err(|error| damaged(error.to_string()))?;
    let mut digests = Digester::new();
    loop {
        let chunk = fill(&mut decoder).map_err(|error| damaged(error.to_string()))?;
        if chunk.is_empty() {
            break;
        }
        digests.update(&chunk);
        limits.check(url, digests.bytes())?;
        if let Some(before) = gate.pass(chunk) {
            send(to_body, Step::Pass(before))?;
        }
    }
    // The decoder has read to the end of its input, where the proof was.
    let Ok(proof) = proof.try_recv() else {
        return Err(Error::Interrupted);
    };
    let commit = C::open(gate, &proof).map_err(|source| Error::unverified(url, source))?;
    send(to_body, Step::Commit(commit))?;
    let image = digests.finish();
    Ok(Transferred { proof, image })
}

/// A full chunk, or the last one; an empty one is the end.
fn fill(decoder: &mut dyn Read) -> io::Result<Bytes> {
    let mut chunk = BytesMut::zeroed(CHUNK);
    let mut length = 0;
    while length < chunk.len() {
        match decoder.read(&mut chunk[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    chunk.truncate(length);
    Ok(chunk.freeze())
}

/// The queue as a reader. It ends with the proof; a queue that just closes is an error.
struct Input<P> {
    pieces: mpsc::Receiver<Piece<P>>,
    current: Bytes,
    to_end: Option<oneshot::Sender<P>>,
}

impl<P> BufRead for Input<P> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.current.is_empty() && self.to_end.is_some() {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = bytes,
                Some(Piece::Proven(proof)) => {
                    if let Some(to_end) = self.to_end.take() {
                        let _ = to_end.send(proof);
                    }
                }
                None => return Err(io::Error::other("its bytes stopped coming")),
            }
        }
        Ok(&self.current)
    }

    fn consume(&mut self, amount: usize) {
        let rest = amount.min(self.current.len());
        let _ = self.current.split_to(rest);
    }
}

impl<P> Read for Input<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}
