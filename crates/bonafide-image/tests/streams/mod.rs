//! Compressed streams to decode.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

use std::io::{self, Read, Write};

use bonafide_image::Compression;

pub(crate) const ALL: [Compression; 4] = [
    Compression::Bzip2,
    Compression::Gzip,
    Compression::Xz,
    Compression::Zstd,
];

/// One stream with the format's checksum.
pub(crate) fn compress(compression: Compression, data: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        other => panic!("{other} is new: compress it here"),
    }
}

pub(crate) fn decode(compression: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    compression
        .decoder(bytes)
        .map_err(io::Error::other)?
        .read_to_end(&mut decoded)?;
    Ok(decoded)
}

/// Some hundred bytes that are neither constant nor random.
pub(crate) fn sample() -> Vec<u8> {
    let lines = (0..40_u32).map(|line| format!("{:03} an image {}\n", line, line * line % 7));
    lines.collect::<String>().into_bytes()
}
