//! A channel's newest verified build: where it is, its signatures, and its keys.

pub(crate) mod candidate;
pub(crate) mod key_sources;
pub(crate) mod retries;
pub(crate) mod seek;
pub(crate) mod signed_files;
pub(crate) mod verify;
