#![doc = include_str!("../README.md")]

#[cfg(feature = "cloud")]
pub mod cloud;
pub mod keys;
pub mod qcow2;
#[cfg(feature = "site")]
pub mod site;

mod real_files;

pub use real_files::vendor_data;
