//! The identity service: log-in, tokens, the service catalog, and requests with a token.

pub(crate) mod log_in;
pub(crate) mod pages;
pub(crate) mod service_catalog;
pub(crate) mod session;
pub(crate) mod token;
