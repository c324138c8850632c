//! One build: private until complete, public last.

pub(crate) mod attempt;
pub(crate) mod cancellation;
pub mod danger;
pub(crate) mod handover;
pub(crate) mod job;
pub(crate) mod private;
pub(crate) mod publisher;
pub(crate) mod report;
pub(crate) mod watch;
