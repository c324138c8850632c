#![doc = include_str!("../README.md")]

mod compression;
mod decode;
mod error;
mod head;
mod input;
mod qcow2;

pub use compression::Compression;
pub use error::Error;
pub use head::{Format, Head};
