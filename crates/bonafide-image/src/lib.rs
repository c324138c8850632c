#![doc = include_str!("../README.md")]

mod error;
mod head;
mod qcow2;

pub use error::Error;
pub use head::{Format, Head};
