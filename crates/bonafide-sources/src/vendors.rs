//! One file for each vendor.

pub(crate) mod almalinux;
pub(crate) mod centos;
pub(crate) mod debian;
pub(crate) mod fedora;
pub(crate) mod flatcar;
pub(crate) mod opensuse;
pub(crate) mod own;
pub(crate) mod rocky;
pub(crate) mod ubuntu;
