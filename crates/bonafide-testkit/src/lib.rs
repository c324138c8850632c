#![doc = include_str!("../README.md")]

pub mod cloud;
pub mod keys;
pub mod qcow2;
pub mod site;
