//! What is stored on an image: every `bonafide_*` property, and what it says about the image.

pub(crate) mod build_state;
pub(crate) mod changes;
pub(crate) mod evidence;
pub(crate) mod heartbeat;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod lease;
pub(crate) mod marker;
pub(crate) mod proof;
pub(crate) mod remember;
pub(crate) mod wait;
