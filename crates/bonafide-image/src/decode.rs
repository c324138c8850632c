//! Decompression in a stream.

use std::io::{self, BufRead, ErrorKind, Read};

use liblzma::stream::{CONCATENATED, Stream, TELL_UNSUPPORTED_CHECK};
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

use crate::input::{FromReader, Input};
use crate::{Compression, Error};

/// Four times what the highest preset of `xz` needs; a header that asks for more is an attack, or
/// made for another purpose.
const XZ_MEMORY_MEBIBYTES: u64 = 256;
/// The limit of `zstd` itself without options; a window of 128 MiB.
const ZSTD_WINDOW_LOG: u32 = 27;

impl Compression {
    /// Decodes `reader` while it is read, completely: all concatenated streams, members or frames,
    /// as parallel compressors write them.
    ///
    /// The decoder is pulled: it decodes no more than is read from it, so the caller decides how
    /// large the result may become, and it reads nothing in advance. An xz stream may need 256 MiB
    /// of memory, a Zstandard frame a window of 128 MiB; the others need less than 4 MiB. Nothing
    /// else is buffered, so use a blocking reader with a buffer of some 64 KiB.
    ///
    /// The end is reported only after a complete stream without further bytes. Everything else
    /// fails, and fails again when it is read again: data that is cut short, and an empty file,
    /// with [`ErrorKind::UnexpectedEof`]; damaged data, more memory than allowed, and anything
    /// after the last stream except xz's zero padding, with [`ErrorKind::InvalidData`] (or as cut
    /// short, if it is shorter than a header). The error inside is an [`Error`]. Errors of `reader`
    /// are returned unchanged.
    ///
    /// Data that was read before an error may be wrong already. A file that is cut exactly between
    /// two streams looks complete in every format. A format's checksum, which xz and Zstandard may
    /// even lack, does not prove the origin: compare the digest.
    ///
    /// # Errors
    ///
    /// [`Error::Undecodable`] if the decoder can't be set up.
    pub fn decoder<'a, R>(self, reader: R) -> Result<Box<dyn Read + Send + 'a>, Error>
    where
        R: BufRead + Send + 'a,
    {
        let input = Input::new(reader, self);
        Ok(match self {
            Self::Bzip2 => self.whole(bzip2::bufread::MultiBzDecoder::new(input)),
            Self::Gzip => {
                // The constructor reads the header, unless the input reports that it is not
                // available.
                let mut decoder = flate2::bufread::MultiGzDecoder::new(input.asleep());
                decoder.get_mut().wake();
                self.whole(decoder)
            }
            Self::Xz => {
                // Without this flag, data with an unknown kind of checksum would not be checked.
                let flags = CONCATENATED | TELL_UNSUPPORTED_CHECK;
                let stream = Stream::new_stream_decoder(XZ_MEMORY_MEBIBYTES << 20, flags)
                    .map_err(|error| Error::undecodable(self, no_decoder(&error.into())))?;
                self.whole(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
            Self::Zstd => {
                let decoder = zstd::Decoder::with_buffer(input).and_then(|mut decoder| {
                    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                    Ok(decoder)
                });
                self.whole(decoder.map_err(|error| Error::undecodable(self, no_decoder(&error)))?)
            }
        })
    }

    /// Decodes the beginning of `bytes`, which may be cut anywhere: at most `wanted` bytes, fewer
    /// if `bytes` has no more, and none if even the header is incomplete.
    ///
    /// bzip2 returns nothing before a whole block is available, for which 910 kB of `bytes` are
    /// enough. The others return what they have after at most 128 KiB of the image.
    ///
    /// # Errors
    ///
    /// [`Error::Undecodable`] if the data is damaged before `wanted` bytes are reached, or needs
    /// more memory than [`Compression::decoder`] allows.
    pub fn head(self, bytes: &[u8], wanted: usize) -> Result<Vec<u8>, Error> {
        let mut head = Vec::new();
        let decoder = self.decoder(bytes)?;
        match decoder.take(wanted as u64).read_to_end(&mut head) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(error
                .downcast()
                .unwrap_or_else(|error| Error::undecodable(self, error.to_string()))),
            _ => Ok(head),
        }
    }

    fn whole<'a>(self, decoder: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        Box::new(Whole {
            decoder,
            compression: self,
            decoded: 0,
            state: State::Decoding,
        })
    }
}

fn no_decoder(error: &io::Error) -> String {
    format!("no decoder could be set up: {error}")
}

/// A decoder that keeps failing after an error. The libraries differ in what they return after one,
/// and some report a clean end.
struct Whole<D> {
    decoder: D,
    compression: Compression,
    decoded: u64,
    state: State,
}

enum State {
    Decoding,
    Ended,
    Failed(ErrorKind, Error),
}

impl<D: Read> Read for Whole<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Decoding => {}
            State::Ended => return Ok(0),
            State::Failed(kind, error) => return Err(io::Error::new(*kind, error.clone())),
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.decoder.read(buffer) {
            Ok(0) => {
                self.state = State::Ended;
                Ok(0)
            }
            Ok(count) => {
                self.decoded += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.fail(error)),
        }
    }
}

impl<D> Whole<D> {
    fn fail(&mut self, error: io::Error) -> io::Error {
        let error = match error.downcast::<FromReader>() {
            Ok(FromReader(error)) => {
                let reason = format!("its reader failed before: {error}");
                let lasting = Error::undecodable(self.compression, reason);
                self.state = State::Failed(error.kind(), lasting);
                return error;
            }
            Err(error) => error,
        };
        let kind = match error.kind() {
            ErrorKind::UnexpectedEof => ErrorKind::UnexpectedEof,
            _ => ErrorKind::InvalidData,
        };
        let error = error
            .downcast::<Error>()
            .unwrap_or_else(|error| self.undecodable(&error));
        self.state = State::Failed(kind, error.clone());
        io::Error::new(kind, error)
    }

    fn undecodable(&self, error: &io::Error) -> Error {
        let reason = if error.kind() == ErrorKind::UnexpectedEof {
            "it ends inside a stream; fetch it whole".to_owned()
        } else {
            beyond_limit(error).unwrap_or_else(|| error.to_string())
        };
        let reason = format!("after {} decoded bytes: {reason}", self.decoded);
        Error::undecodable(self.compression, reason)
    }
}

/// The libraries report that a limit was exceeded, but not which one.
fn beyond_limit(error: &io::Error) -> Option<String> {
    let cause = error.get_ref()?;
    let xz = cause.downcast_ref::<liblzma::stream::Error>();
    if xz == Some(&liblzma::stream::Error::MemLimit) {
        return Some(format!(
            "it needs more than {XZ_MEMORY_MEBIBYTES} MiB of memory"
        ));
    }
    let too_large = ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge;
    let zstd = cause.downcast_ref::<zstd::Error>()?;
    zstd.is(too_large).then(|| {
        format!(
            "it needs a window of more than {} MiB",
            1_u64 << (ZSTD_WINDOW_LOG - 20)
        )
    })
}
