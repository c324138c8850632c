//! The embedded cloud over plain HTTP: what a client meets, and what the faults do to it.
//!
//! Whether the real Keystone and Glance do the same is the contract suite's question.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod clock;
mod compute;
mod down_cells;
mod dying;
mod faults;
mod fixtures;
mod identity;
mod images;
mod inspect_api;
mod lists;
mod members;
mod restart;
mod scale;
mod servers;
mod uploads;
mod visitor;
mod volumes;
