//! Gaps in the usage.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of use.
///
/// Each is asked of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsageSource {
    /// Images that were made of a server of the image (Glance).
    ServerSnapshots,
    /// Servers that were made of the image (Nova).
    Servers,
    /// Snapshots of volumes of the image (Cinder).
    VolumeSnapshots,
    /// Volumes that were made of the image (Cinder).
    Volumes,
}

impl UsageSource {
    pub(crate) const ALL: [Self; 4] = [
        Self::ServerSnapshots,
        Self::Servers,
        Self::VolumeSnapshots,
        Self::Volumes,
    ];
}

impl fmt::Display for UsageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerSnapshots => "server snapshots",
            Self::Servers => "servers",
            Self::VolumeSnapshots => "volume snapshots",
            Self::Volumes => "volumes",
        })
    }
}

/// What could not be learned, and why.
///
/// `Display` prints the kind of use and the reason in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageGap {
    /// The kind of use that is not, or not fully, known.
    pub source: UsageSource,
    /// The reason, as text.
    pub why: String,
}

impl UsageGap {
    /// A gap in this kind of use.
    #[must_use]
    pub fn new(source: UsageSource, why: impl Into<String>) -> Self {
        Self {
            source,
            why: why.into(),
        }
    }
}

impl fmt::Display for UsageGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.why)
    }
}
