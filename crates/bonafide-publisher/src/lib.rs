#![doc = include_str!("../README.md")]

mod audit;
mod candidate;
mod catalogue;
mod channel;
mod check;
mod clean_up;
pub mod danger;
mod drift;
mod error;
mod event;
mod job;
mod marker;
mod observed;
mod opened;
mod pipeline;
mod proving;
mod publish;
mod record;
mod report;
mod signed_files;
mod trust;
mod unpack;
mod upload;
mod uploading;
mod wanted;

pub use audit::{Audited, Auditor, Depth, Verdict};
pub use candidate::Candidate;
#[cfg(feature = "schema")]
pub use catalogue::catalogue_schema;
pub use catalogue::{Catalogue, CatalogueError, Entry, Problem};
pub use channel::{Channel, Naming, Profile, Settings};
pub use check::ImageDigests;
pub use error::{Error, LeftBehind};
pub use event::{Event, Observe, Silent};
pub use marker::{NAMESPACE, image_id};
pub use observed::Observed;
pub use publish::Publisher;
pub use record::image_record;
pub use report::{Outcome, Report};
pub use signed_files::SignedFiles;
pub use trust::Trust;
pub use upload::PrivateImage;

pub use bonafide_glance::Clock;
