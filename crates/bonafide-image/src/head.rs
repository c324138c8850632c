//! What the first bytes of an image say about it.

use std::fmt;

use bonafide_core::html;
use serde::Serialize;

use crate::{Compression, Error, qcow2};

/// The format of a disk image, by Glance's names.
///
/// Other formats are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// QEMU's copy-on-write format, version 2 or 3.
    Qcow2,
}

impl Format {
    /// Glance's `disk_format`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qcow2 => "qcow2",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the head of an image says about the whole image.
///
/// [`Head::read`] returns it, or the reason why the image is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Head {
    /// The format.
    pub format: Format,
    /// The size of the disk that a server sees, in bytes.
    pub virtual_size: u64,
}

impl Head {
    /// How many bytes of the beginning are always enough.
    pub const LENGTH: usize = 64 * 1024;

    /// Reads the head: the first [`Head::LENGTH`] bytes, or all of a smaller image.
    ///
    /// The bytes need not be verified yet; they are only inspected.
    ///
    /// # Errors
    ///
    /// [`Error`] if the bytes are not an image, or are an unsafe one: with a backing file, an
    /// external data file, encryption or unknown features.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.starts_with(qcow2::MAGIC) {
            return Ok(Self {
                format: Format::Qcow2,
                virtual_size: qcow2::virtual_size(bytes)?,
            });
        }
        Err(Error::NotAnImage {
            found: describe(bytes),
        })
    }
}

fn describe(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..512).unwrap_or(bytes);
    if head.is_empty() {
        "an empty file"
    } else if html::is_page(bytes) {
        "an HTML page"
    } else {
        match Compression::detect(head) {
            Some(Compression::Bzip2) => "a bzip2 file",
            Some(Compression::Gzip) => "a gzip file",
            Some(Compression::Xz) => "an xz file",
            Some(Compression::Zstd) => "a zstd file",
            None => "data of no known image format",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_an_image_is_named() {
        for (bytes, found) in [
            (&b""[..], "an empty file"),
            (b"\n<!DOCTYPE HTML><html>", "an HTML page"),
            (b"BZh91AY", "a bzip2 file"),
            (b"BZh is a prefix", "data of no known image format"),
            (b"\x1F\x8B\x08\0", "a gzip file"),
            (b"\xFD7zXZ\0\0\x04", "an xz file"),
            (b"\x28\xB5\x2F\xFD\x04", "a zstd file"),
            (b"plain text", "data of no known image format"),
        ] {
            assert_eq!(Head::read(bytes), Err(Error::NotAnImage { found }));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Head::read(&bytes);
            let mut image = qcow2::MAGIC.to_vec();
            image.extend(bytes);
            let _ = Head::read(&image);
        }
    }
}
