#![doc = include_str!("../README.md")]

pub mod cloud;
pub mod keys;
pub mod qcow2;
pub mod site;

mod real_files;

pub use real_files::vendor_data;
