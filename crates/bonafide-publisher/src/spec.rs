//! The desired image, and its difference to one that was found.

pub(crate) mod drift;
pub(crate) mod image_spec;
pub(crate) mod names;
pub(crate) mod rotation;
