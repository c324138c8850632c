//! A vendor's web site on loopback, with real host names, TLS, directory pages and faults.
//!
//! The site stands in for the real hosts: it has a throw-away certificate authority and a
//! certificate for their names, so that a client keeps its real URLs and its real code and is only
//! told another address and another root certificate.
//!
//! ```
//! use bonafide_testkit::keys::SigningKey;
//! use bonafide_testkit::site::{Fault, UbuntuBuild, VendorSite};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::generate("Vendor <images@vendor.test>", "2026-01-01T00:00:00Z".parse()?)?;
//! let site = VendorSite::start().await?;
//! let build = site.publish_ubuntu(&UbuntuBuild::release("24.04", "noble", "20261110"), &key)?;
//! assert!(build.image_url.starts_with("https://cloud-images.ubuntu.com/releases/noble/release-20261110/"));
//! site.fault(&build.image_url, Fault::CutAfter(100_000));
//! // A client: reqwest::Client::builder()
//! //     .tls_certs_only([Certificate::from_pem(site.ca_certificate_pem().as_bytes())?])
//! //     .resolve("cloud-images.ubuntu.com", site.address())
//! # Ok(())
//! # }
//! ```

mod build;
mod content;
mod fault;
mod place;
mod publication;
mod published;
mod server;
mod shared;
mod store;
mod vendor_site;
mod vendors;

pub use build::{Build, VendorBuild};
pub use content::Content;
pub use fault::Fault;
pub use published::{CompressedImage, PublishedBuild, SiteError};
pub use vendor_site::{VendorSite, VendorSiteBuilder};
pub use vendors::almalinux::AlmaBuild;
pub use vendors::centos::CentosBuild;
pub use vendors::debian::DebianBuild;
pub use vendors::fedora::FedoraBuild;
pub use vendors::flatcar::FlatcarBuild;
pub use vendors::opensuse::OpenSuseBuild;
pub use vendors::own::OwnBuild;
pub use vendors::rocky::RockyBuild;
pub use vendors::ubuntu::UbuntuBuild;
