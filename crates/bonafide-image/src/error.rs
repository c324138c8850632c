//! Reasons why an image must not be uploaded.

use crate::Compression;

/// Why the bytes are not an image that may become public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The header contradicts itself or is cut short.
    #[error("damaged qcow2 header: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// The image reads other files of the host that opens it.
    #[error("unsafe qcow2 image: it refers to {reference}, a file outside of itself")]
    External {
        /// A backing file or an external data file.
        reference: &'static str,
    },
    /// Not a disk image.
    #[error("not a disk image but {found}")]
    NotAnImage {
        /// What the bytes look like.
        found: &'static str,
    },
    /// Compressed data that is damaged, is cut short, has bytes after its end, or needs more memory
    /// than allowed.
    #[error("undecodable {compression} data: {reason}")]
    Undecodable {
        /// The compression by which it was decoded.
        compression: Compression,
        /// What is wrong, and after how many decoded bytes.
        reason: String,
    },
    /// A format version or feature that this version of the crate does not support.
    #[error("unsupported qcow2 image: {what}")]
    Unsupported {
        /// The version or feature.
        what: String,
    },
}

impl Error {
    pub(crate) const fn undecodable(compression: Compression, reason: String) -> Self {
        Self::Undecodable {
            compression,
            reason,
        }
    }
}
