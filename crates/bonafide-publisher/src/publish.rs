//! One build: private until complete, public last.

pub(crate) mod attempt;
pub(crate) mod cancellation;
pub(crate) mod complete;
pub mod danger;
pub(crate) mod demote;
pub(crate) mod find;
pub(crate) mod handover;
pub(crate) mod job;
pub(crate) mod private;
pub(crate) mod publication;
pub(crate) mod publisher;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod watch;
