//! Nova, as far as a look-up of usage needs it: servers, and the services of its cells.

pub(crate) mod fleet;
pub(crate) mod inquiry;
pub(crate) mod list;
pub(crate) mod routes;
pub(crate) mod services;
pub(crate) mod versions;
pub(crate) mod view;
