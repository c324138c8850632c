#![doc = include_str!("../README.md")]

mod cloud;
mod date;
mod edition;
mod error;
mod extra;
mod metadata;
mod presence;
mod promise;
mod properties;
mod query;
mod record;
mod rules;
mod saved;
mod source;
mod units;
mod violation;
mod vocabulary;

pub use cloud::{ImageReport, check_cloud};
pub use date::BuildDate;
pub use edition::{Edition, Severity};
pub use error::{Error, InvalidValue};
pub use extra::ExtraProperties;
pub use metadata::{Metadata, Value};
pub use presence::check_presence;
pub use promise::{ProvidedUntil, UuidValidity};
pub use properties::{CiRun, ImageProperties, LifecyclePolicy, OperatingSystem, Rescue};
pub use query::{Query, QueryError};
pub use record::ImageRecord;
pub use rules::{check_image, next_due};
pub use saved::{RecordError, SavedImages};
pub use source::ImageSource;
pub use units::{Gibibytes, Mebibytes};
pub use violation::{Diagnostic, Rule, Violation};
pub use vocabulary::{
    Architecture, ConfigDrive, DiskBus, FirmwareType, HypervisorType, MemoryEncryptionModel,
    OsPurpose, OsType, ReplaceFrequency, RescueBus, RescueDevice, RngModel, ScsiModel, SecureBoot,
    SignatureHashMethod, SignatureKeyType, TpmModel, TpmVersion, VideoModel, WatchdogAction,
};
