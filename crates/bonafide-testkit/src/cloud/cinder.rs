//! Cinder, as far as a look-up of usage needs it: volumes and snapshots.

pub(crate) mod filter;
pub(crate) mod inquiry;
pub(crate) mod list;
pub(crate) mod routes;
pub(crate) mod state;
pub(crate) mod view;
