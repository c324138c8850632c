#![doc = include_str!("../README.md")]

mod error;
mod promise;
mod properties;
mod source;
mod units;
mod vocabulary;

pub use error::{Error, Violation};
pub use promise::{ProvidedUntil, UuidValidity};
pub use properties::{ImageProperties, OperatingSystem, Promises};
pub use source::ImageSource;
pub use units::{Gibibytes, Mebibytes};
pub use vocabulary::{
    Architecture, DiskBus, HypervisorType, OsPurpose, OsType, ReplaceFrequency, RngModel,
};
