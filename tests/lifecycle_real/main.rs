//! The life of an image on a real Keystone, Glance, Nova and Cinder, seen with the customers' own
//! eyes, and with processes that are killed.
//!
//! `BONAFIDE_TEST_CLOUDS` names the `clouds.yaml` of a cloud that `tests/openstack/up` started, and
//! `BONAFIDE_TEST_STORE` the directory of its image store. Glance's clock can't be moved: a grace
//! period that is over is one of no length.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod alive;
mod cloud;
mod concurrency;
mod history;
mod incomplete_usage;
mod keystone;
mod kill;
mod process;
mod refused;
mod scene;
mod sharing;
mod stopped;
mod weather;
