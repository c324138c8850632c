#![doc = include_str!("../README.md")]

mod error;
mod fetch;
mod listing;
mod release;
mod source;
mod ubuntu;

pub use error::{FetchError, SourceError};
pub use fetch::directory::DirectoryFetch;
pub use fetch::http::{HttpFetch, HttpFetchBuilder};
pub use fetch::{Download, Fetch};
pub use release::{ImageFile, Product, Release, Serial, SignatureLocation};
pub use source::Source;
pub use ubuntu::{Tree, Ubuntu, UbuntuRelease};
