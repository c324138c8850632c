//! The bytes of one image: download, digests, decompression, gate, upload.

pub(crate) mod body;
pub(crate) mod clean_up;
pub(crate) mod decompress;
pub(crate) mod digests;
pub(crate) mod download;
pub(crate) mod pipeline;
pub(crate) mod places;
pub(crate) mod upload;
