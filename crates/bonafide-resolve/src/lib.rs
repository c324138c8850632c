#![doc = include_str!("../README.md")]

mod candidate;
mod error;
mod event;
mod key_sources;
mod list;
mod resolver;
mod retries;
mod seek;
mod signed_files;
mod verify;

pub use candidate::{Candidate, Staleness};
pub use error::Error;
pub use event::ResolveEvent;
pub use key_sources::KeySources;
pub use list::read_list;
pub use resolver::Resolver;
pub use retries::WatchedFetch;
pub use signed_files::SignedFiles;
