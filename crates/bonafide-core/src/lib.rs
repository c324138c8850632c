#![cfg_attr(
    all(feature = "clock", feature = "digest"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(all(feature = "clock", feature = "digest")),
    doc = "What the crates of bonafide share."
)]

mod attributes;
#[cfg(feature = "clock")]
mod clock;
#[cfg(feature = "digest")]
mod digest;
pub mod html;
mod properties;
pub mod text;

pub use attributes::{IMAGE_ATTRIBUTES, is_image_attribute};
#[cfg(feature = "clock")]
pub use clock::Clock;
#[cfg(feature = "digest")]
pub use digest::{Algorithm, Digest, Digests, ParseAlgorithmError, ParseDigestError};
pub use properties::{PROOF_PREFIX, PROPERTY_PREFIX};
