//! Which cloud, and who logs in: `clouds.yaml`, `secure.yaml` and the `OS_*` variables.

pub(crate) mod authentication;
pub(crate) mod cloud_config;
pub(crate) mod federation;
pub(crate) mod file;
mod keys;
mod methods;
mod profiles;
mod regions;
mod resolve;
mod search;
mod settled;
mod tree;
mod variables;
mod yaml;

pub use cloud_config::CloudConfig;
