#![doc = include_str!("../README.md")]

mod error;
mod extra;
mod promise;
mod properties;
mod source;
mod units;
mod vocabulary;

pub use error::{Error, Violation};
pub use extra::ExtraProperties;
pub use promise::{ProvidedUntil, UuidValidity};
pub use properties::{ImageProperties, OperatingSystem, Promises, Rescue};
pub use source::ImageSource;
pub use units::{Gibibytes, Mebibytes};
pub use vocabulary::{
    Architecture, DiskBus, HypervisorType, OsPurpose, OsType, ReplaceFrequency, RescueBus,
    RescueDevice, RngModel,
};
