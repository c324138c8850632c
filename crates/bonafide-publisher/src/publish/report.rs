//! What a publication did.

use bonafide_sources::{Release, Serial};
use bonafide_verify::{Evidence, ExpectedDigest, FileDigests};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use crate::{ImageDigests, PassedOver};

/// How a publication ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The build was public before.
    AlreadyPublished,
    /// An earlier run had uploaded it; this one proved it again and made it public.
    Completed,
    /// Uploaded and made public.
    Published,
    /// The build was public before, and what was changed on its image since is put back.
    Repaired,
}

/// What was proven and what was done. Serialises to JSON for machines.
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
    /// Which build it is.
    pub serial: Serial,
    /// The image file at the vendor's.
    pub source: Url,
    /// What the vendor signed for it.
    pub expected: ExpectedDigest,
    /// Digests and size of the bytes, if they were read by this run.
    pub digests: Option<FileDigests>,
    /// Digests and size of what Glance stores; others than the file's if it was decompressed.
    pub stored: Option<ImageDigests>,
    /// Who signed the list, when and how.
    pub evidence: Evidence,
    /// Who gave the bytes, if they were read by this run: the vendor, or a mirror.
    pub fetched_from: Option<Url>,
    /// The places that were asked before and did not give them.
    pub passed_over: Vec<PassedOver>,
    /// Requests that this publication sent to the cloud, log-in included.
    pub requests: u64,
}
