//! From a channel to a public image, and what becomes of it: on the embedded cloud and on a real one.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

mod audit;
mod catalog;
mod check;
mod drift;
mod end_to_end;
mod freshness;
mod recovery;
mod refusals;
mod uploads;
mod vendors;
