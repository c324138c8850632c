#![doc = include_str!("../README.md")]

mod candidate;
mod channel;
mod clean_up;
mod error;
mod event;
mod job;
mod marker;
mod observed;
mod pipeline;
mod publish;
mod report;
mod wanted;

pub use candidate::Candidate;
pub use channel::{Channel, Profile};
pub use error::{Error, LeftBehind};
pub use event::{Event, Observe, Silent};
pub use marker::{NAMESPACE, image_id};
pub use observed::Observed;
pub use publish::Publisher;
pub use report::{Outcome, Report};

pub use bonafide_glance::Clock;
