//! What is not whole is refused, and stays refused.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod streams;

use std::io::{ErrorKind, Read, Write};

use bonafide_image::{Compression, Error};
use liblzma::stream::{Check, Stream};

use streams::{ALL, compress, decode, sample};

/// Reads to the error, and sees that it is not followed by an end.
fn refusal(compression: Compression, bytes: &[u8]) -> (ErrorKind, Error) {
    let mut decoder = compression.decoder(bytes).unwrap();
    let error = decoder.read_to_end(&mut Vec::new()).unwrap_err();
    let kind = error.kind();
    let error = error.downcast::<Error>().unwrap();
    for _ in 0..3 {
        let again = decoder.read(&mut [0; 64]).unwrap_err();
        assert_eq!(again.kind(), kind, "{compression}");
        assert_eq!(again.downcast::<Error>().unwrap(), error);
    }
    (kind, error)
}

fn reason(error: Error) -> String {
    match error {
        Error::Undecodable { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn an_empty_file_is_refused() {
    for compression in ALL {
        let (kind, error) = refusal(compression, b"");
        assert_eq!(kind, ErrorKind::UnexpectedEof);
        assert_eq!(
            error.to_string(),
            format!("undecodable {compression} data: an empty file is not a {compression} file")
        );
    }
}

#[test]
fn every_cut_is_refused_and_its_head_can_be_had() {
    for compression in ALL {
        let data = sample();
        let stream = compress(compression, &data);
        let two = [&stream[..], &stream].concat();
        let both = data.repeat(2);
        let mut had = 0;
        for cut in (1..two.len()).filter(|cut| *cut != stream.len()) {
            let (kind, error) = refusal(compression, &two[..cut]);
            assert_eq!(kind, ErrorKind::UnexpectedEof, "{compression} at {cut}");
            let reason = reason(error);
            assert!(reason.contains("it ends inside a stream"), "{reason}");

            let head = compression.head(&two[..cut], usize::MAX).unwrap();
            assert!(both.starts_with(&head), "{compression} at {cut}");
            assert!(head.len() >= had, "{compression} at {cut}: more, but less");
            had = head.len();
        }
        assert_eq!(had, both.len(), "{compression}: only the end was missing");
        assert_eq!(decode(compression, &two).unwrap(), both);
    }
}

#[test]
fn what_is_known_before_a_cut_is_returned() {
    let stream = compress(Compression::Gzip, &sample());
    let (_, error) = refusal(Compression::Gzip, &stream[..stream.len() - 1]);
    assert_eq!(
        error.to_string(),
        format!(
            "undecodable gzip data: after {} decoded bytes: it ends inside a stream; fetch it whole",
            sample().len()
        )
    );
}

#[test]
fn anything_behind_the_last_stream_is_refused() {
    for compression in ALL {
        let stream = compress(compression, &sample());
        for behind in [
            &b"\n"[..],
            b"\0",
            b"\0\0",
            b"-----BEGIN PGP SIGNATURE-----\n\n",
            &[0xFF; 40],
            &stream[1..],
        ] {
            let (_, error) = refusal(compression, &[&stream[..], behind].concat());
            assert!(matches!(error, Error::Undecodable { .. }), "{error}");
        }
    }
    for compression in [Compression::Bzip2, Compression::Gzip, Compression::Zstd] {
        let padded = [&compress(compression, &sample())[..], &[0; 512]].concat();
        let (kind, _) = refusal(compression, &padded);
        assert_eq!(kind, ErrorKind::InvalidData, "{compression}");
    }
}

/// All data may have been given out when the checksum is compared, and a library may say next that
/// this was the end.
#[test]
fn a_wrong_checksum_is_refused_for_good() {
    for compression in ALL {
        let mut stream = compress(compression, &sample());
        // The last byte of bzip2 has bits that fill it up.
        let place = stream.len() - 2;
        stream[place] ^= 0x10;
        let (kind, error) = refusal(compression, &stream);
        assert_eq!(kind, ErrorKind::InvalidData, "{error}");
    }
}

/// Which bits can be flipped in turn without a refusal, as (byte, bit, whether the data differs).
fn unnoticed(compression: Compression, stream: &[u8], data: &[u8]) -> Vec<(usize, u8, bool)> {
    let mut unnoticed = Vec::new();
    for (byte, bit) in (0..stream.len()).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        let mut flipped = stream.to_vec();
        flipped[byte] ^= 1 << bit;
        if let Ok(decoded) = decode(compression, &flipped) {
            unnoticed.push((byte, bit, decoded != data));
        }
    }
    unnoticed
}

#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    for compression in ALL {
        let data = sample();
        let stream = compress(compression, &data);
        let unnoticed = unnoticed(compression, &stream, &data);
        let end = stream.len();
        // The magic, and each checksum, which cover the data between them.
        let guarded = match compression {
            Compression::Bzip2 => [0..3, 4..14, end - 5..end - 1],
            Compression::Gzip => [0..3, 10..end - 9, end - 8..end],
            Compression::Xz => [0..6, 6..end - 12, end - 12..end],
            _ => [0..4, 24..end - 4, end - 4..end],
        };
        for (byte, bit, differs) in unnoticed {
            let place = format!("{compression}: bit {bit} of byte {byte} of {end}");
            assert!(!differs, "{place}: other data, and no error");
            // What nothing depends on: gzip's time and system, bits that fill the last byte of a
            // bit stream, how large a block or window may be, codes that no symbol uses.
            assert!(!guarded.iter().any(|part| part.contains(&byte)), "{place}");
        }
    }
}

/// Without a checksum the format can't detect it: only the digest of the file can.
#[test]
fn formats_with_an_optional_checksum_may_lack_it() {
    let noise = (0..64_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8);
    let noise = noise.collect::<Vec<_>>();
    let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
    zstd.write_all(&noise).unwrap();
    let none = Stream::new_easy_encoder(1, Check::None).unwrap();
    let mut xz = liblzma::write::XzEncoder::new_stream(Vec::new(), none);
    xz.write_all(&noise).unwrap();
    for (compression, stream) in [
        (Compression::Zstd, zstd.finish().unwrap()),
        (Compression::Xz, xz.finish().unwrap()),
    ] {
        assert_eq!(decode(compression, &stream).unwrap(), noise);
        let other = unnoticed(compression, &stream, &noise)
            .into_iter()
            .filter(|(_, _, differs)| *differs);
        assert_eq!(other.count(), 8 * noise.len(), "{compression}");
    }
}

#[test]
fn damage_before_the_end_of_a_head_is_refused() {
    for compression in ALL {
        let stream = compress(compression, &sample());
        assert_eq!(compression.head(&stream, 5).unwrap(), sample()[..5]);
        assert_eq!(compression.head(b"", 5).unwrap(), b"");
        assert_eq!(compression.head(&stream, 0).unwrap(), b"");
        let error = compression.head(b"no magic, no image", 5).unwrap_err();
        assert!(
            reason(error).starts_with("after 0 decoded bytes: "),
            "{compression}"
        );
    }
}
