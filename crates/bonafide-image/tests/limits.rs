//! What takes too much memory, or can't be checked, is refused.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod streams;

use std::io::{ErrorKind, Read, Write};
use std::ops::Range;

use bonafide_image::Compression;
use liblzma::stream::{Check, Stream};

use streams::{ALL, compress, decode, sample};

fn refusal(compression: Compression, bytes: &[u8]) -> String {
    let error = decode(compression, bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    let head = compression.head(bytes, 64).unwrap_err();
    assert_eq!(error.to_string(), head.to_string());
    error.to_string()
}

/// Puts the CRC-32 of `range` behind it, as the headers of xz have it.
fn seal(bytes: &mut [u8], range: Range<usize>) {
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[range.clone()]);
    bytes[range.end..range.end + 4].copy_from_slice(&crc.sum().to_le_bytes());
}

/// The block header of a stream with one filter stands at 12 and has the dictionary's size at 16.
fn xz_with_dictionary(size: u8) -> Vec<u8> {
    let mut stream = compress(Compression::Xz, &sample());
    stream[16] = size;
    seal(&mut stream, 12..20);
    stream
}

#[test]
fn xz_with_a_dictionary_beyond_the_limit_is_refused() {
    // 128 and 192 MiB; 256 MiB, which is too much with what else is needed; 4 GiB.
    for size in [30, 31] {
        assert_eq!(
            decode(Compression::Xz, &xz_with_dictionary(size)).unwrap(),
            sample()
        );
    }
    for size in [32, 40] {
        assert_eq!(
            refusal(Compression::Xz, &xz_with_dictionary(size)),
            "undecodable xz data: after 0 decoded bytes: it needs more than 256 MiB of memory"
        );
    }
}

/// A frame of one stored block, behind a header that asks for a window of 2^`log` bytes.
fn zstd_with_window(log: u8) -> Vec<u8> {
    let mut frame = b"\x28\xB5\x2F\xFD\0".to_vec();
    frame.push((log - 10) << 3);
    frame.extend(b"\x21\0\0data");
    frame
}

#[test]
fn zstd_with_a_window_beyond_the_limit_is_refused() {
    assert_eq!(
        decode(Compression::Zstd, &zstd_with_window(27)).unwrap(),
        b"data"
    );
    assert_eq!(
        refusal(Compression::Zstd, &zstd_with_window(28)),
        "undecodable zstd data: after 0 decoded bytes: it needs a window of more than 128 MiB"
    );
}

#[test]
fn every_checksum_of_xz_is_compared() {
    for check in [Check::Crc32, Check::Crc64, Check::Sha256] {
        let encoder = Stream::new_easy_encoder(1, check).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), encoder);
        encoder.write_all(&sample()).unwrap();
        let mut stream = encoder.finish().unwrap();
        assert_eq!(decode(Compression::Xz, &stream).unwrap(), sample());

        // Behind the block are an index of 8 bytes and a footer of 12.
        let last = stream.len() - 8 - 12 - 1;
        stream[last] ^= 1;
        let error = decode(Compression::Xz, &stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    }
}

/// xz itself warns and goes on.
#[test]
fn a_checksum_of_an_unknown_kind_is_refused() {
    let encoder = Stream::new_easy_encoder(1, Check::Crc32).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), encoder);
    encoder.write_all(&sample()).unwrap();
    let mut stream = encoder.finish().unwrap();
    let end = stream.len();
    // Kind 2 is reserved and has 4 bytes as well. It is stated in the header and in the footer.
    stream[7] = 2;
    seal(&mut stream, 6..8);
    stream[end - 3] = 2;
    let mut crc = flate2::Crc::new();
    crc.update(&stream[end - 8..end - 2]);
    stream[end - 12..end - 8].copy_from_slice(&crc.sum().to_le_bytes());
    let reason = refusal(Compression::Xz, &stream);
    assert!(reason.contains("check"), "{reason}");
}

#[test]
fn a_caller_can_stop_at_a_limit_of_its_own() {
    for compression in ALL {
        let stream = compress(compression, &[0; 100_000]);
        let mut head = Vec::new();
        let decoder = compression.decoder(&stream[..]).unwrap();
        assert_eq!(decoder.take(1000).read_to_end(&mut head).unwrap(), 1000);
    }
}
