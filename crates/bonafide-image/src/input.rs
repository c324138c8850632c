//! The compressed input of a decoder.

use std::io::{self, BufRead, ErrorKind, Read};

use crate::{Compression, Error};

/// An error of the caller's own reader, marked on its way through a decoder so that it is not
/// mistaken for damaged data.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct FromReader(pub(crate) io::Error);

/// A reader from which a decoder pulls. It distinguishes an empty file from one that is cut short,
/// and an error of its own from an error of the decoder.
#[derive(Debug)]
pub(crate) struct Input<R> {
    reader: R,
    compression: Compression,
    asleep: bool,
    empty: bool,
}

impl<R> Input<R> {
    pub(crate) fn new(reader: R, compression: Compression) -> Self {
        Self {
            reader,
            compression,
            asleep: false,
            empty: true,
        }
    }

    /// Reports that no data is available yet, without calling the reader, until it is woken.
    pub(crate) fn asleep(mut self) -> Self {
        self.asleep = true;
        self
    }

    pub(crate) fn wake(&mut self) {
        self.asleep = false;
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.asleep {
            return Err(ErrorKind::WouldBlock.into());
        }
        let bytes = self.reader.fill_buf().map_err(mark)?;
        if self.empty && bytes.is_empty() {
            let reason = format!("an empty file is not a {} file", self.compression);
            let error = Error::undecodable(self.compression, reason);
            return Err(io::Error::new(ErrorKind::UnexpectedEof, error));
        }
        self.empty = false;
        Ok(bytes)
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl<R: BufRead> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

/// An interruption is passed on: decoders know that they may try again.
fn mark(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Interrupted => error,
        kind => io::Error::new(kind, FromReader(error)),
    }
}
