//! An OpenStack cloud inside the process: Keystone v3, the Image API v2, and as much of Nova and
//! Cinder as tells who uses an image, on loopback.
//!
//! It behaves as Keystone 30 and Glance 33 do, with two file stores, SQLite's patience and the
//! default policy, in all that a publisher and a customer of images meet: also where that is
//! surprising. A PATCH during an upload is accepted and lost; bytes that are not what
//! `disk_format` says answer 415 and stay in the store, so that the next upload to the same image
//! fails; a chunked body that ends properly too early becomes an active image. Its Nova and Cinder
//! answer as Nova 34 and Cinder 29 do. One contract suite runs against this cloud and real ones, so
//! that the twin can't drift.
//!
//! # Who is who
//!
//! | cloud in `clouds.yaml` | project | role |
//! |---|---|---|
//! | `admin` | `admin` | admin |
//! | `publisher`, `customer`, `customer2` | of the same name | member |
//! | `publisher-appcred` | `publisher`, by an application credential | member |
//!
//! Beyond `clouds.yaml` there are `careful` (password `userpw`), who needs a passcode as well
//! ([`EmbeddedCloud::passcode`]) and has no default project, and an identity provider on Keystone's
//! port ([`EmbeddedCloud::token_endpoint`]) whose client `publisher-client` (secret `clientsecret`)
//! is the publisher. Application credentials with access rules can be made.
//!
//! # Where it is simpler
//!
//! No import (none is offered), no locations, no metadata definitions, no caching, no policy files;
//! the virtual size of a VMDK or VHDX stays unset; of Nova and Cinder only the lists that a look-up
//! of usage needs, with what was seeded ([`EmbeddedCloud::boot`] and those beside it); one region,
//! one domain, fixed users. A token is forgotten when the cloud stops.

mod auth;
mod builder;
mod cinder;
mod control;
mod dispatch;
mod embedded;
mod errors;
mod fixtures;
mod glance;
mod http;
mod inspect_api;
mod keystone;
mod microversion;
mod nova;
mod nova_error;
mod paging;
mod server;
mod shared;

pub use builder::EmbeddedCloudBuilder;
pub use control::clock::MovableClock;
pub use control::fault::{CloudFault, CloudFaultKind};
pub use control::record::RecordedRequest;
pub use control::shutdown::LastRequest;
pub use embedded::EmbeddedCloud;
