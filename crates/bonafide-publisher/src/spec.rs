//! The desired image, and its difference to a found one.

pub(crate) mod drift;
pub(crate) mod image_spec;
pub(crate) mod names;
pub(crate) mod properties;
pub(crate) mod rotation;
