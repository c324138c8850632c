//! Which projects use which images: servers of Nova, volumes and snapshots of Cinder, and
//! snapshots of servers in Glance.

mod cinder;
mod findings;
mod gap;
mod images;
mod knowledge;
mod lists;
mod look_up;
mod servers;
mod services;
mod snapshots;
mod uses;
mod version;
mod volumes;

pub use gap::{UsageGap, UsageSource};
pub use knowledge::Usage;
pub use uses::{UseCounts, Uses};
