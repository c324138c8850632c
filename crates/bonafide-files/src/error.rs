//! Reasons why a file was not read.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a file could not be read completely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory where a file is needed.
    #[error("`{}` is a directory; give a file in it", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// A device whose data has no end.
    #[error("`{}` is a device without an end; give a file or a pipe", path.display())]
    Endless {
        /// The device.
        path: PathBuf,
    },
    /// An error of the operating system.
    #[error("`{}` can't be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A pipe that no program writes to.
    #[error(
        "`{}` is a pipe, and no program has opened it for writing within {} s; give a file, or start \
         the program that writes to it",
        path.display(),
        waited.as_secs_f32()
    )]
    NoWriter {
        /// The pipe.
        path: PathBuf,
        /// How long the reader waited.
        waited: Duration,
    },
    /// Bytes that are not UTF-8.
    #[error("`{}` is not a text: its byte {at} is not UTF-8; is it the right file?", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// How many bytes before that one are valid text.
        at: usize,
    },
    /// More bytes than the limit.
    #[error(
        "`{}` has more than {limit} bytes, the most that is read of such a file; is it the right one?",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A pipe that does not end in time.
    #[error(
        "`{}` did not end within {} s; write its output to a file first, and give that file",
        path.display(),
        deadline.as_secs_f32()
    )]
    TooSlow {
        /// The pipe.
        path: PathBuf,
        /// The limit in time.
        deadline: Duration,
    },
}
