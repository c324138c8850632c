#![doc = include_str!("../README.md")]

mod audit;
mod catalog;
mod channel;
mod error;
mod event;
mod ledger;
mod plan;
mod publish;
mod reconcile;
mod resolve;
mod spec;
mod transfer;

pub use audit::record::image_record;
pub use audit::{AuditReport, Auditor, Depth, Verdict};
#[cfg(feature = "schema")]
pub use catalog::catalog_schema;
pub use catalog::{Catalog, CatalogError, CatalogProblem, ChannelConfig};
pub use channel::{Channel, ImageNames, Profile, PropertyOverrides};
pub use error::{Error, Leftover};
pub use event::{Event, EventSink, NoEvents};
pub use ledger::build_state::BuildState;
pub use ledger::heartbeat::Heartbeat;
pub use ledger::marker::{NAMESPACE, image_id};
pub use plan::inventory::Inventory;
pub use plan::{Action, Build, ImageSnapshot, Latest, Plan, PlanNote, Target};
pub use publish::danger;
pub use publish::private::UploadReport;
pub use publish::publisher::Publisher;
pub use publish::report::{Outcome, PublishReport};
pub use reconcile::fleet::Fleet;
pub use reconcile::report::{ReconcileReport, SkipReason, SkippedStep};
pub use resolve::candidate::Candidate;
pub use resolve::key_sources::KeySources;
pub use resolve::signed_files::SignedFiles;
pub use transfer::places::PassedOver;

pub use bonafide_glance::Clock;
pub use tokio_util::sync::CancellationToken;
