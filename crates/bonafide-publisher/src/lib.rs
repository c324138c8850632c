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
mod spec;
mod transfer;

pub use audit::record::image_record;
pub use audit::{AuditReport, Auditor, Depth, Verdict};
#[cfg(feature = "schema")]
pub use catalog::catalog_schema;
pub use catalog::{Catalog, CatalogError, CatalogProblem, ChannelConfig};
pub use channel::{Channel, ImageNames, Profile, PropertyOverrides};
pub use error::{Error, Leftover, PassedOver};
pub use event::{Event, EventSink, NoEvents};
pub use ledger::build_state::BuildState;
pub use ledger::heartbeat::rule::Heartbeat;
pub use ledger::identity::{NAMESPACE, image_id};
pub use ledger::proof::{proof_files, proof_properties};
pub use plan::inventory::Inventory;
pub use plan::{Action, Build, ImageSnapshot, Latest, Plan, PlanNote, Target};
pub use publish::danger;
pub use publish::publisher::Publisher;
pub use publish::report::{Outcome, PublishReport, UploadReport};
pub use reconcile::fleet::Fleet;
pub use reconcile::report::{ReconcileReport, SkipReason, SkippedStep};

pub use bonafide_glance::Clock;
pub use bonafide_resolve::{Candidate, KeySources, SignedFiles};
pub use tokio_util::sync::CancellationToken;
