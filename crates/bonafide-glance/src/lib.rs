#![doc = include_str!("../README.md")]

mod config;
mod endpoint;
mod error;
mod http;
mod image_service;
mod keystone;
mod retry_policy;
mod usage;

pub use bonafide_core::Clock;
pub use config::CloudConfig;
pub use endpoint::Interface;
pub use error::{ApiError, BoxError, Error};
pub use http::retry::Retry;
pub use http::traffic::Traffic;
pub use image_service::body::ImageBody;
pub use image_service::download::ImageDownload;
pub use image_service::filter::ImageFilter;
pub use image_service::glance::Glance;
pub use image_service::image::{Image, Status, Visibility};
pub use image_service::members::{Member, MemberStatus};
pub use image_service::new_image::NewImage;
pub use image_service::patch::ImagePatch;
pub use image_service::stores::Store;
pub use keystone::service_catalog::ServiceCatalog;
pub use keystone::session::Session;
pub use keystone::token::{Token, TokenProvider};
pub use retry_policy::RetryPolicy;
pub use usage::{Usage, UsageGap, UsageSource, UseCounts, Uses};
