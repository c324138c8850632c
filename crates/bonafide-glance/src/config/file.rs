//! Configuration files, and files that they name.

use std::path::Path;

use crate::Error;

/// A bundle of all certification authorities has some 250 kilobytes.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// Reads a whole file; `what` is its purpose.
pub(crate) fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    bonafide_files::read(path, MAX_SIZE).map_err(|error| unusable(what, path, error))
}

/// Like [`read`], for a text.
pub(crate) fn read_text(what: &'static str, path: &Path) -> Result<String, Error> {
    bonafide_files::read_text(path, MAX_SIZE).map_err(|error| unusable(what, path, error))
}

fn unusable(what: &'static str, path: &Path, error: bonafide_files::Error) -> Error {
    Error::ConfigFile {
        what,
        path: path.to_path_buf(),
        source: match error {
            // The path is in the error already.
            bonafide_files::Error::Io { source, .. } => source.into(),
            other => other.into(),
        },
    }
}
