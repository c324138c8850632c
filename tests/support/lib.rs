//! What the tests of several crates and all binaries of this package share: vendors, clouds and a
//! publisher between them.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it left out"
)]

pub mod cases;
pub mod custom_site;
pub mod large_cloud;
pub mod making;
pub mod project;
pub mod proxy;
pub mod seeds;
pub mod world_clock;

mod cloud;
mod fetch;
mod observations;
mod world;

pub use bonafide_testkit::vendor_data;
pub use cloud::{Cloud, TRIES, now, quick};
pub use fetch::site_fetch;
pub use observations::{Events, causes, peak_memory};
pub use world::{MARKER, World, vendor_key};

/// Makes each case a test for the embedded cloud and one for the real cloud. A case takes the world
/// that is named first.
#[macro_export]
macro_rules! on_both_clouds {
    ($world:ident: $($case:ident,)+) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let cloud = $crate::Cloud::embedded().await.unwrap();
                super::$case(super::$world::new(cloud).await).await;
            })+
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let Some(cloud) = $crate::Cloud::real().await else { return };
                super::$case(super::$world::new(cloud).await).await;
            })+
        }
    };
}
