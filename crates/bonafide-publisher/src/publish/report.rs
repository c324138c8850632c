//! The result of a publication.

use bonafide_sources::{Release, Serial};
use bonafide_verify::{Digests, Evidence, ExpectedDigest, FileDigests};
use jiff::SignedDuration;
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use crate::error::PassedOver;

/// How a publication succeeded.
///
/// All of them mean that the build is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The build was public before.
    AlreadyPublished,
    /// An earlier run had uploaded it; this one verified it again and made it public.
    Completed,
    /// Uploaded and made public.
    Published,
    /// The build was public before, and changes to its image are undone.
    Repaired,
}

/// What was verified and what was done. Can be serialized to JSON.
///
/// The image is public when it is returned.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PublishReport {
    /// The channel.
    pub channel: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The image in Glance.
    pub image: Uuid,
    /// Its name in Glance.
    pub name: String,
    /// The build and its URLs.
    pub release: Release,
    /// The serial of the build.
    pub serial: Serial,
    /// The vendor's URL of the image file.
    pub source: Url,
    /// The digest that the vendor signed for it.
    pub expected: ExpectedDigest,
    /// Digests and size of the bytes, if they were read by this run.
    pub digests: Option<FileDigests>,
    /// Digests and size of what Glance stores; they differ from the file's if it was decompressed.
    pub stored: Option<Digests>,
    /// Who signed the list, when and how.
    pub evidence: Evidence,
    /// The channel's age limit, if the vendor's list was signed longer ago than that: an alarm, as
    /// [`PlanNote::Stale`](crate::PlanNote::Stale).
    pub stale: Option<SignedDuration>,
    /// The place of the bytes, if they were read by this run: the vendor, or a mirror.
    pub fetched_from: Option<Url>,
    /// The places that failed before.
    pub passed_over: Vec<PassedOver>,
    /// The requests of this publication to the cloud, including the log-in.
    pub requests: u64,
}

/// A private image that was uploaded. Can be serialized to JSON.
///
/// It has either `evidence` or a `reason`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct UploadReport {
    /// The image in Glance.
    pub image: Uuid,
    /// Its name in Glance.
    pub name: String,
    /// The vendor's URL of its bytes.
    pub source: Url,
    /// Digests and size of the file, if this run has read it.
    pub file: Option<Digests>,
    /// Digests and size of what Glance stores, if this run has uploaded it.
    pub stored: Option<Digests>,
    /// Who signed it, when and how. `None`: it is unverified, and there is a reason.
    pub evidence: Option<Evidence>,
    /// Why it was uploaded without verification.
    pub unverified: Option<String>,
    /// Why the cloud refuses the heartbeat image, if it does: had this run died, its image would
    /// have stayed until the end of its lease.
    pub no_heartbeat: Option<String>,
    /// The places that failed before.
    pub passed_over: Vec<PassedOver>,
    /// The requests to the cloud, including the log-in.
    pub requests: u64,
}
