//! Files that the usual tools wrote.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod streams;

use bonafide_image::Compression;

use streams::{ALL, compress, decode, sample};

const TEXT: &[u8] = b"proven, then public\n";

/// By bzip2 1.0.8, gzip 1.12, xz 5.4.1 and zstd 1.5.4, of [`TEXT`].
const BZIP2: &str = "425a68393141592653597fec950d0000075180001040041a65d7002000229ea341ea3d27a8\
    530004d20c0f12daeaa352c07f1772453850907fec950d";
const GZIP: &str = "1f8b080867f4056b020374002b28ca2f4bcdd35128c948cd5328284dcac94ce602008ee627\
    fd14000000";
const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a301001370726f76656e2c20746865\
    6e207075626c69630a00e909df3ac4dff25f00012c14f80a6d031fb6f37d010000000004595a";
const ZSTD: &str = "28b52ffd2414a1000070726f76656e2c207468656e207075626c69630a7b07d7f8";

/// Two streams, as parallel compressors write them: `proven, ` and `then public` with a line end.
const BZIP2_IN_TWO: &str = "425a683931415926535941a976a0000002918040040201d100200022069a7a10c0\
    8c470c20bb9229c284820d4bb500425a6839314159265359d85735880000055180001040001a65460020003103\
    40d02980d32404023a495c2ee48a70a121b0ae6b10";
/// Of nothing.
const BZIP2_EMPTY: &str = "425a683917724538509000000000";

fn of(compression: Compression) -> Vec<u8> {
    hex::decode(match compression {
        Compression::Bzip2 => BZIP2,
        Compression::Gzip => GZIP,
        Compression::Xz => XZ,
        _ => ZSTD,
    })
    .unwrap()
}

#[test]
fn files_of_the_usual_tools_are_decoded() {
    for compression in ALL {
        let file = of(compression);
        assert_eq!(Compression::detect(&file), Some(compression));
        assert_eq!(decode(compression, &file).unwrap(), TEXT, "{compression}");
        assert_eq!(compression.head(&file, 6).unwrap(), b"proven");
    }
    let two = hex::decode(BZIP2_IN_TWO).unwrap();
    assert_eq!(decode(Compression::Bzip2, &two).unwrap(), TEXT);
    let empty = hex::decode(BZIP2_EMPTY).unwrap();
    assert_eq!(decode(Compression::Bzip2, &empty).unwrap(), b"");
}

#[test]
fn a_file_of_one_tool_is_refused_as_anothers() {
    for file in ALL {
        for compression in ALL.into_iter().filter(|other| *other != file) {
            let error = decode(compression, &of(file)).unwrap_err();
            let reason = error.to_string();
            assert!(
                reason.starts_with(&format!("undecodable {compression} data: after 0 ")),
                "{reason}"
            );
        }
    }
}

/// `xz --format=lzma`, the format before `.xz`, has neither checksum nor an end that is sure.
#[test]
fn lzma_alone_is_not_xz() {
    let options = liblzma::stream::LzmaOptions::new_preset(1).unwrap();
    let encoder = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::read::XzEncoder::new_stream(TEXT, encoder);
    let mut file = Vec::new();
    std::io::Read::read_to_end(&mut encoder, &mut file).unwrap();
    assert_eq!(Compression::detect(&file), None);
    assert!(decode(Compression::Xz, &file).is_err());
}

#[test]
fn frames_that_hold_no_data_are_skipped() {
    let note = b"\x50\x2A\x4D\x18\x04\0\0\0note";
    let file = [note, &of(Compression::Zstd)[..], note].concat();
    assert_eq!(decode(Compression::Zstd, &file).unwrap(), TEXT);
    let cut = &file[..file.len() - 1];
    assert!(decode(Compression::Zstd, cut).is_err());
}

/// What xz may append to align a file, and nothing else may be.
#[test]
fn xz_may_be_padded_with_zeros_by_fours() {
    let file = of(Compression::Xz);
    for count in 0..9 {
        let padded = [&file[..], &vec![0; count]].concat();
        let decoded = decode(Compression::Xz, &padded);
        assert_eq!(decoded.is_ok(), count % 4 == 0, "{count} zeros");
        let between = [&padded[..], &compress(Compression::Xz, &sample())].concat();
        let decoded = decode(Compression::Xz, &between);
        assert_eq!(decoded.is_ok(), count % 4 == 0, "{count} zeros between");
    }
}
