//! What is written on an image: every `bonafide_*` name, and what it says of the image.

pub(crate) mod build_state;
pub(crate) mod changes;
pub(crate) mod heartbeat;
pub(crate) mod marker;
pub(crate) mod remember;
pub(crate) mod wait;
