#![doc = include_str!("../README.md")]

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

mod error;

pub use error::Error;

/// How long reading a pipe may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Until a program opens its other end.
    opening: Duration,
    /// Until it ends, once it is open.
    reading: Duration,
}

const PATIENCE: Patience = Patience {
    opening: Duration::from_secs(10),
    reading: Duration::from_secs(60),
};

/// Reads a whole file or pipe of at most `limit` bytes.
///
/// # Errors
///
/// [`Error`] with the path, and the limit that was exceeded.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    read_within(path, limit, PATIENCE)
}

/// Reads a whole file or pipe of at most `limit` bytes, as UTF-8.
///
/// # Errors
///
/// As [`read`], and [`Error::NotText`].
pub fn read_text(path: &Path, limit: u64) -> Result<String, Error> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes).map_err(|error| Error::NotText {
        path: path.to_owned(),
        at: error.utf8_error().valid_up_to(),
    })
}

/// Reads the whole standard input, at most `limit` bytes. Errors name it `-`.
///
/// # Errors
///
/// As [`read`].
pub fn read_standard_input(limit: u64) -> Result<Vec<u8>, Error> {
    let path = PathBuf::from("-");
    let received = in_background(path.clone(), limit, || Ok(io::stdin()));
    await_bytes(&received, &path, PATIENCE)
}

/// Opens what is to be streamed: a file, a pipe or a block device.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Directory`], [`Error::NoWriter`]; and [`Error::Endless`] for a character
/// device such as `/dev/zero`.
pub fn open(path: &Path) -> Result<File, Error> {
    let metadata = path.metadata().map_err(|source| failure(path, source))?;
    if metadata.is_dir() {
        return Err(directory(path));
    }
    if is_character_device(&metadata) {
        return Err(Error::Endless {
            path: path.to_owned(),
        });
    }
    if metadata.is_file() {
        return File::open(path).map_err(|source| failure(path, source));
    }
    let (sender, opened) = mpsc::channel();
    let pipe = path.to_owned();
    thread::spawn(move || sender.send(File::open(pipe)));
    match opened.recv_timeout(PATIENCE.opening) {
        Ok(opened) => opened.map_err(|source| failure(path, source)),
        Err(_) => Err(no_writer(path, PATIENCE)),
    }
}

fn read_within(path: &Path, limit: u64, patience: Patience) -> Result<Vec<u8>, Error> {
    let metadata = path.metadata().map_err(|source| failure(path, source))?;
    if metadata.is_dir() {
        return Err(directory(path));
    }
    if metadata.is_file() {
        if metadata.len() > limit {
            return Err(too_large(path, limit));
        }
        let file = File::open(path).map_err(|source| failure(path, source))?;
        return bounded(file, path, limit);
    }
    // Opening a pipe waits for its other end, and reading from one may wait too. A thread that
    // waits in vain is not joined.
    let pipe = path.to_owned();
    let received = in_background(path.to_owned(), limit, move || File::open(pipe));
    await_bytes(&received, path, patience)
}

/// A result of the reading thread.
enum Progress {
    Opened,
    Ended(Result<Vec<u8>, Error>),
}

fn in_background<R: Read>(
    path: PathBuf,
    limit: u64,
    open: impl FnOnce() -> io::Result<R> + Send + 'static,
) -> Receiver<Progress> {
    let (sender, receiver) = mpsc::channel();
    // The receiver is gone and needs no more.
    thread::spawn(move || match open() {
        Ok(reader) => {
            let _ = sender.send(Progress::Opened);
            let _ = sender.send(Progress::Ended(bounded(reader, &path, limit)));
        }
        Err(source) => {
            let _ = sender.send(Progress::Ended(Err(failure(&path, source))));
        }
    });
    receiver
}

fn await_bytes(
    received: &Receiver<Progress>,
    path: &Path,
    patience: Patience,
) -> Result<Vec<u8>, Error> {
    match received.recv_timeout(patience.opening) {
        Ok(Progress::Opened) => {}
        Ok(Progress::Ended(ended)) => return ended,
        Err(_) => return Err(no_writer(path, patience)),
    }
    match received.recv_timeout(patience.reading) {
        Ok(Progress::Ended(ended)) => ended,
        Ok(Progress::Opened) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(Error::TooSlow {
                path: path.to_owned(),
                deadline: patience.reading,
            })
        }
    }
}

fn bounded(reader: impl Read, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut reader = reader.take(limit.saturating_add(1));
    reader
        .read_to_end(&mut bytes)
        .map_err(|source| failure(path, source))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(path, limit));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_character_device(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_character_device(_: &std::fs::Metadata) -> bool {
    false
}

fn directory(path: &Path) -> Error {
    Error::Directory {
        path: path.to_owned(),
    }
}

fn failure(path: &Path, source: io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        source,
    }
}

fn no_writer(path: &Path, patience: Patience) -> Error {
    Error::NoWriter {
        path: path.to_owned(),
        waited: patience.opening,
    }
}

fn too_large(path: &Path, limit: u64) -> Error {
    Error::TooLarge {
        path: path.to_owned(),
        limit,
    }
}

#[cfg(test)]
mod tests;
