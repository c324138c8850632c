//! The life of an image, on the embedded cloud, whose clock is moved by months.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod support;

#[path = "lifecycle/answers.rs"]
mod answers;
#[path = "lifecycle/attack.rs"]
mod attack;
#[path = "lifecycle/cancelled.rs"]
mod cancelled;
#[path = "lifecycle/cut.rs"]
mod cut;
#[path = "lifecycle/fleet.rs"]
mod fleet;
#[path = "lifecycle/heartbeat.rs"]
mod heartbeat;
#[path = "lifecycle/history.rs"]
mod history;
#[path = "lifecycle/ignorance.rs"]
mod ignorance;
#[path = "lifecycle/names.rs"]
mod names;
#[path = "lifecycle/plans.rs"]
mod plans;
#[path = "lifecycle/refused.rs"]
mod refused;
#[path = "lifecycle/retirement.rs"]
mod retirement;
#[path = "lifecycle/retries.rs"]
mod retries;
#[path = "lifecycle/rotation.rs"]
mod rotation;
#[path = "lifecycle/together.rs"]
mod together;
#[path = "lifecycle/watched.rs"]
mod watched;
#[path = "lifecycle/weather.rs"]
mod weather;
