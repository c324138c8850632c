#![doc = include_str!("../README.md")]

/// The client of Keystone and the Image API.
pub use bonafide_glance as glance;
/// What a disk image is, read from its head.
pub use bonafide_image as image;
/// SCS-0102 metadata and OpenStack image properties.
pub use bonafide_properties as properties;
/// Publishing: private until complete, public last.
pub use bonafide_publisher as publisher;
/// A channel's newest build, verified, without a cloud.
pub use bonafide_resolve as resolve;
/// Where vendors publish.
pub use bonafide_sources as sources;
/// Signatures, checksum lists and digests, with the proof as a type.
pub use bonafide_verify as verify;

pub use bonafide_glance::{CloudConfig, Glance, Session};
pub use bonafide_publisher::{
    Catalog, Channel, Event, EventSink, Fleet, Plan, Profile, PublishReport, Publisher,
};
pub use bonafide_resolve::{Candidate, Resolver};
pub use bonafide_sources::{
    DirectoryFetch, Fetch, HttpFetch, LocalFiles, Source, Ubuntu, UbuntuRelease,
};
pub use bonafide_verify::{Evidence, Keyring, Verified};

/// The examples in the workspace's README compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct WorkspaceReadme;
