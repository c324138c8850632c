//! The layouts of the vendors, and what they have in common.

pub(crate) mod almalinux;
pub(crate) mod centos;
pub(crate) mod debian;
pub(crate) mod directory;
pub(crate) mod fedora;
pub(crate) mod flatcar;
pub(crate) mod hosts;
pub(crate) mod opensuse;
pub(crate) mod own;
pub(crate) mod rocky;
pub(crate) mod sums;
pub(crate) mod ubuntu;
pub(crate) mod version;
