#![doc = include_str!("../README.md")]

mod error;
mod fetch;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod listing;
mod mirror;
mod names;
mod product;
mod release;
mod serial;
mod source;
mod urls;
mod vendors;

pub use error::{FetchError, SourceError};
pub use fetch::directory::DirectoryFetch;
pub use fetch::download_cache::DownloadCache;
pub use fetch::http::{HttpFetch, HttpFetchBuilder};
pub use fetch::local::LocalFiles;
pub use fetch::retry::{Retries, Retry, Sleep, WatchRetries};
pub use fetch::{Download, Fetch, without_secrets};
pub use mirror::Mirror;
pub use product::{Product, Signing};
pub use release::{
    ImageFile, ListFormat, Release, SignatureLocation, SignedList, VerifiedNames, VersionFile,
};
pub use serial::{ParseSerialError, Serial};
pub use source::Source;
pub use vendors::almalinux::AlmaLinux;
pub use vendors::centos::Centos;
pub use vendors::debian::Debian;
pub use vendors::fedora::Fedora;
pub use vendors::flatcar::{Flatcar, FlatcarFile};
pub use vendors::opensuse::OpenSuse;
pub use vendors::own::CustomImage;
pub use vendors::rocky::Rocky;
pub use vendors::ubuntu::{Ubuntu, UbuntuBuilds, UbuntuRelease};
