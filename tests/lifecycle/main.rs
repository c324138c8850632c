//! The life of an image, on the embedded cloud, whose clock is moved by months.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod answers;
mod attack;
mod cancelled;
mod concurrency;
mod crash_points;
mod fleet;
mod heartbeat;
mod history;
mod incomplete_usage;
mod invariants;
mod names;
mod plans;
mod refused;
mod retirement;
mod retries;
mod rotation;
mod weather;
