//! The compressions in which vendors publish images.

use std::fmt;

use serde::Serialize;

/// How a file is compressed as a whole. This is not the compression inside an image format, such as
/// that of qcow2 clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Compression {
    /// bzip2, as of `bzip2`, `lbzip2` and `pbzip2`.
    Bzip2,
    /// gzip (RFC 1952).
    Gzip,
    /// The `.xz` format; neither `.lzma` nor lzip.
    Xz,
    /// Zstandard (RFC 8878), without a dictionary.
    Zstd,
}

impl Compression {
    const ALL: [Self; 4] = [Self::Bzip2, Self::Gzip, Self::Xz, Self::Zstd];

    /// The format's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bzip2 => "bzip2",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }

    /// Recognises compressed data by its first bytes; ten are enough for each format.
    ///
    /// A Zstandard file that begins with a skippable frame is not recognised, since other formats
    /// begin with such a frame too. It can be decoded nevertheless.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|compression| match compression {
            Self::Bzip2 => is_bzip2(head),
            // The third byte is the method; deflate is the only one that is defined.
            Self::Gzip => head.starts_with(&[0x1F, 0x8B, 8]),
            Self::Xz => head.starts_with(&[0xFD, b'7', b'z', b'X', b'Z', 0]),
            Self::Zstd => head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]),
        })
    }

    /// The compression that a file's name ends with, and the name of the file inside.
    ///
    /// ```
    /// use bonafide_image::Compression;
    ///
    /// let found = Compression::of_name("flatcar_production_openstack_image.img.bz2");
    /// assert_eq!(found, Some((Compression::Bzip2, "flatcar_production_openstack_image.img")));
    /// assert_eq!(Compression::of_name("debian-13-genericcloud-amd64.qcow2"), None);
    /// ```
    #[must_use]
    pub fn of_name(name: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|compression| {
            let inner = name.strip_suffix(compression.extension())?;
            (!inner.is_empty()).then_some((compression, inner))
        })
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Bzip2 => ".bz2",
            Self::Gzip => ".gz",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Three letters and a digit could also be text, so the next bytes must be those of a block or of
/// the end of a stream, as far as they are present.
fn is_bzip2(head: &[u8]) -> bool {
    const BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    const END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    let [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] = head else {
        return false;
    };
    [BLOCK, END]
        .into_iter()
        .any(|magic| rest.starts_with(magic) || magic.starts_with(rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_format_is_known_by_its_first_bytes() {
        for (head, compression) in [
            (&b"BZh91AY&SY\x12\x34"[..], Compression::Bzip2),
            (b"BZh11AY", Compression::Bzip2),
            (b"BZh9", Compression::Bzip2),
            (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", Compression::Bzip2),
            (b"\x1F\x8B\x08\0\0\0\0\0\0\x03", Compression::Gzip),
            (b"\xFD7zXZ\0\0\x04", Compression::Xz),
            (b"\x28\xB5\x2F\xFD\x04", Compression::Zstd),
        ] {
            assert_eq!(Compression::detect(head), Some(compression), "{head:?}");
        }
    }

    #[test]
    fn other_beginnings_are_no_compression() {
        for head in [
            &b""[..],
            b"BZ",
            b"BZh",
            b"BZh01AY&SY",
            b"BZh9 is not a block",
            b"\x1F\x8B",
            b"\x1F\x8B\x07",
            b"\xFD7zXZ",
            b"\x28\xB5\x2F",
            b"QFI\xFB\0\0\0\x03",
        ] {
            assert_eq!(Compression::detect(head), None, "{head:?}");
        }
    }

    #[test]
    fn a_name_gives_the_compression_and_the_name_inside() {
        for (name, found) in [
            ("a.img.bz2", Some((Compression::Bzip2, "a.img"))),
            ("a.img.gz", Some((Compression::Gzip, "a.img"))),
            ("a.qcow2.xz", Some((Compression::Xz, "a.qcow2"))),
            ("a.raw.zst", Some((Compression::Zstd, "a.raw"))),
            ("a.gz.xz", Some((Compression::Xz, "a.gz"))),
            ("a.img", None),
            ("a.bz2.img", None),
            ("abz2", None),
            ("a.BZ2", None),
            (".gz", None),
            ("", None),
        ] {
            assert_eq!(Compression::of_name(name), found, "{name}");
        }
    }

    #[test]
    fn names_are_written_in_lower_case_everywhere() {
        let names = Compression::ALL.map(|compression| compression.to_string());
        assert_eq!(names, ["bzip2", "gzip", "xz", "zstd"]);
    }

    proptest! {
        #[test]
        fn looking_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..20), name: String) {
            let _ = Compression::detect(&bytes);
            let _ = Compression::of_name(&name);
        }
    }
}
