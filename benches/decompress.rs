//! How fast are the vendors' compressed images decoded?
//!
//! The question behind it: a compressed image is decoded while it is downloaded, hashed and
//! uploaded. For which formats is the decoder the slowest part?
//!
//! The same data in each format, at the default level of its tool: text of a small vocabulary with
//! runs of zeros and a quarter of noise, since a disk contains files, holes and compressed data.
//! The decoder is read in chunks of 256 KiB, like the publisher's. Figures are bytes per second of
//! output; compare them within one run only.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::time::Duration;

use bonafide_image::Compression;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const PIECE: usize = 256 * 1024;
const SIZE: usize = 16 << 20;

/// A disk of 4 KiB blocks, the same in every run.
fn disk() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut disk = Vec::with_capacity(SIZE + 4096);
    while disk.len() < SIZE {
        let end = disk.len() + 4096;
        match random() % 4 {
            0 => {}
            1 => (0..512).for_each(|_| disk.extend(random().to_le_bytes())),
            _ => {
                while disk.len() < end {
                    // The square makes some words much more frequent than others.
                    let word = (random() % 64) * (random() % 64);
                    disk.extend(format!("{word:x} ").as_bytes());
                }
            }
        }
        disk.resize(end, 0);
    }
    disk
}

fn compress(compression: Compression, data: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
            encoder.write_all(data)?;
            encoder.finish()
        }
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(data)?;
            encoder.finish()
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
            encoder.write_all(data)?;
            encoder.finish()
        }
        _ => zstd::encode_all(data, 3),
    }
}

/// Decodes all of `file`, and counts the bytes.
fn decode(compression: Compression, file: &[u8], piece: &mut [u8]) -> io::Result<usize> {
    let mut decoder = compression.decoder(file).map_err(io::Error::other)?;
    let mut decoded = 0;
    loop {
        match decoder.read(piece)? {
            0 => return Ok(decoded),
            count => decoded += black_box(&piece[..count]).len(),
        }
    }
}

fn decompress(criterion: &mut Criterion) {
    let disk = disk();
    let mut piece = vec![0; PIECE];
    let mut group = criterion.benchmark_group("decompress");
    group.throughput(Throughput::Bytes(disk.len() as u64));
    group.sample_size(10);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(4));
    for compression in [
        Compression::Bzip2,
        Compression::Gzip,
        Compression::Xz,
        Compression::Zstd,
    ] {
        let file = compress(compression, &disk);
        assert!(file.is_ok(), "{compression}: {file:?}");
        let file = file.unwrap_or_default();
        group.bench_function(compression.name(), |b| {
            b.iter(|| {
                let decoded = decode(compression, &file, &mut piece).ok();
                assert_eq!(decoded, Some(disk.len()), "{compression} decodes whole");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decompress);
criterion_main!(benches);
