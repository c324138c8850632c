#![doc = include_str!("../README.md")]

mod body;
mod catalogue;
mod config;
mod download;
mod error;
mod filter;
mod glance;
mod http;
mod identity;
mod image;
mod new_image;
mod patch;
mod rejection;
mod session;

pub use body::ImageBody;
pub use catalogue::Catalogue;
pub use config::{CloudConfig, Interface};
pub use download::ImageDownload;
pub use error::{BoxError, Error};
pub use filter::ImageFilter;
pub use glance::Glance;
pub use identity::{Token, TokenProvider};
pub use image::{Image, Status, Visibility};
pub use new_image::NewImage;
pub use patch::ImagePatch;
pub use rejection::Rejection;
pub use session::{Clock, Session};
