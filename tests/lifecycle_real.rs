//! The life of an image on a real Keystone, Glance, Nova and Cinder, seen with the customers' own
//! eyes, and with processes that are killed.
//!
//! `BONAFIDE_TEST_CLOUDS` names the `clouds.yaml` of a cloud that `tests/openstack/up` started, and
//! `BONAFIDE_TEST_STORE` the directory of its image store. Glance's clock can't be moved: a grace
//! period that is over is one of no length.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod support;

#[path = "lifecycle_real/alive.rs"]
mod alive;
#[path = "lifecycle_real/cloud.rs"]
mod cloud;
#[path = "lifecycle_real/history.rs"]
mod history;
#[path = "lifecycle_real/ignorance.rs"]
mod ignorance;
#[path = "lifecycle_real/keystone.rs"]
mod keystone;
#[path = "lifecycle_real/kill.rs"]
mod kill;
#[path = "lifecycle_real/process.rs"]
mod process;
#[path = "lifecycle_real/refused.rs"]
mod refused;
#[path = "lifecycle_real/scene.rs"]
mod scene;
#[path = "lifecycle_real/sharing.rs"]
mod sharing;
#[expect(clippy::print_stderr, reason = "a process says why it stops")]
#[path = "../examples/support/signals.rs"]
mod signals;
#[path = "lifecycle_real/stopped.rs"]
mod stopped;
#[path = "lifecycle_real/together.rs"]
mod together;
#[path = "lifecycle_real/weather.rs"]
mod weather;
