//! Glance: the Image API v2.

pub(crate) mod discovery;
pub(crate) mod download;
pub(crate) mod filter;
pub(crate) mod image;
pub(crate) mod images;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod patch;
pub(crate) mod registry;
pub(crate) mod schema;
pub(crate) mod upload;
pub(crate) mod upload_sink;
pub(crate) mod watchers;
