//! The Image API v2.

pub(crate) mod body;
mod doubt;
pub(crate) mod download;
pub(crate) mod filter;
pub(crate) mod glance;
pub(crate) mod image;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod new_image;
pub(crate) mod patch;
pub(crate) mod stores;
