//! The vendor's signed files as properties of an image.
//!
//! With these files and the vendor's public key a user can verify the image again, offline, years after
//! the vendor has removed the originals.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide_resolve::SignedFiles;
use bonafide_verify::bare_signature;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::ledger::keys::{PROOF_FILE_SIGNATURE, PROOF_LIST, PROOF_SIGNATURE};

/// Glance stores a value in a column of 65,535 bytes; this leaves room for the rest of the row.
const MAX_VALUE: usize = 48 * 1024;
/// More than any list that fits is decompressed to; a larger one is not ours.
const MAX_UNPACKED: u64 = 4 * 1024 * 1024;

/// The files as properties of an image: each compressed and in base64. If a list or its signatures are too large
/// for Glance (Ubuntu's index of all builds), all of them are left out; the list's URL and digest are on the image
/// in any case. Of a signature only the packets are kept: the text around them, and the headers of armor, are
/// unsigned.
#[must_use]
pub fn proof_properties(files: &SignedFiles) -> BTreeMap<String, String> {
    all_packed(files).unwrap_or_default()
}

/// `None`: a file can't be kept. A list without its signature would look forged.
fn all_packed(files: &SignedFiles) -> Option<BTreeMap<String, String>> {
    let mut properties = BTreeMap::from([(PROOF_LIST.to_owned(), packed(&files.list)?)]);
    for (name, file) in [
        (PROOF_SIGNATURE, &files.signature),
        (PROOF_FILE_SIGNATURE, &files.file_signature),
    ] {
        if let Some(file) = file {
            let bare = bare_signature(file).ok()?;
            properties.insert(name.to_owned(), packed(bare.as_bytes())?);
        }
    }
    Some(properties)
}

/// The files that an image's properties hold. `None`: the image has no list.
///
/// # Errors
///
/// The name of the property that can't be read.
pub fn proof_files(properties: &BTreeMap<String, String>) -> Result<Option<SignedFiles>, String> {
    let read = |name: &str| match properties.get(name) {
        Some(text) => unpacked(text).map(Some).ok_or_else(|| name.to_owned()),
        None => Ok(None),
    };
    let Some(list) = read(PROOF_LIST)? else {
        return Ok(None);
    };
    let files = SignedFiles::new(list)
        .signature(read(PROOF_SIGNATURE)?)
        .file_signature(read(PROOF_FILE_SIGNATURE)?);
    Ok(Some(files))
}

/// `None`: too large for a property.
fn packed(bytes: &[u8]) -> Option<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    let text = STANDARD.encode(encoder.finish().ok()?);
    (text.len() <= MAX_VALUE).then_some(text)
}

fn unpacked(text: &str) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(text).ok()?;
    let mut bytes = Vec::new();
    let decoder = GzDecoder::new(&packed[..]);
    let read = decoder
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    (read as u64 <= MAX_UNPACKED).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Over `fuzz/fixtures/list`, with a header and without.
    const ARMORED: &str = include_str!("../../../../fuzz/fixtures/list.asc");
    const BINARY: &[u8] = include_bytes!("../../../../fuzz/fixtures/list.sig");
    const LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000  x.img";

    fn signed(signature: impl Into<Vec<u8>>) -> SignedFiles {
        SignedFiles::new(b"list".to_vec()).signature(Some(signature.into()))
    }

    fn read_back(files: &SignedFiles) -> SignedFiles {
        let read = proof_files(&proof_properties(files));
        read.unwrap().unwrap()
    }

    #[test]
    fn a_list_that_is_too_large_is_left_out_whole() {
        let mut noise = 1_u32;
        let list = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        let mut files = signed(ARMORED);
        files.list = list.take(60_000).collect();
        assert!(proof_properties(&files).is_empty());
    }

    #[test]
    fn text_around_armor_and_in_its_headers_is_not_kept() {
        let bare = read_back(&signed(ARMORED)).signature.unwrap();
        let text = String::from_utf8(bare.clone()).unwrap();
        let noise: String = (0..60_000_u64).map(|n| format!("{:x}", n * n)).collect();
        let header = |header: &str| ARMORED.replacen("-----\n", &format!("-----\n{header}\n"), 1);
        for noisy in [
            format!("noise\n{ARMORED}{noise}"),
            format!("{LINE}\n{ARMORED}{LINE}\n"),
            header(&format!("Comment: {LINE}")),
            header(&format!("Comment: x\r{LINE}\u{2028}{LINE}")),
            ARMORED.replace('\n', " \t\r\n"),
        ] {
            let kept = read_back(&signed(noisy.clone())).signature.unwrap();
            assert_eq!(String::from_utf8(kept).unwrap(), text, "{noisy:.300}");
        }
        assert!(
            text.lines()
                .all(|line| !line.contains(' ') || line.starts_with("-----"))
        );
    }

    #[test]
    fn all_blocks_are_kept_without_what_is_between_them() {
        let files = signed(format!("{ARMORED}{LINE}\n{ARMORED}"));
        let kept = read_back(&files).signature.unwrap();
        let kept = String::from_utf8(kept).unwrap();
        assert_eq!(kept.matches("-----BEGIN").count(), 1);
        assert_eq!(kept, bare_signature(&[BINARY, BINARY].concat()).unwrap());
    }

    #[test]
    fn a_list_whose_signature_is_too_large_or_unreadable_is_left_out_with_it() {
        let large = BINARY.repeat(1 + (64 << 10) / BINARY.len());
        for signature in [large, b"<html>".to_vec(), Vec::new(), BINARY[..20].to_vec()] {
            assert!(proof_properties(&signed(signature)).is_empty());
        }
    }

    #[test]
    fn what_is_damaged_is_named() {
        let whole = proof_properties(&signed(ARMORED));
        for name in [PROOF_LIST, PROOF_SIGNATURE] {
            for value in ["", "no base64!", "bm8gZ3ppcA=="] {
                let mut damaged = whole.clone();
                damaged.insert(name.to_owned(), value.to_owned());
                assert_eq!(proof_files(&damaged), Err(name.to_owned()));
            }
        }
        assert_eq!(proof_files(&BTreeMap::new()), Ok(None));
    }

    #[test]
    fn a_bomb_is_not_a_list() {
        let zeros = vec![0; MAX_UNPACKED as usize + 1];
        let bomb = [(PROOF_LIST.to_owned(), packed(&zeros).unwrap())].into();
        assert_eq!(proof_files(&bomb), Err(PROOF_LIST.to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            list in proptest::collection::vec(any::<u8>(), 0..3000),
            signature in any::<bool>(),
            file_signature in any::<bool>(),
        ) {
            let signature = signature.then(|| bare_signature(BINARY).unwrap().into_bytes());
            let file_signature = file_signature.then(|| ARMORED.as_bytes().to_vec());
            let files = SignedFiles::new(list).signature(signature).file_signature(file_signature);
            let read = read_back(&files);
            prop_assert_eq!(&read.list, &files.list);
            prop_assert_eq!(&read.signature, &files.signature);
            prop_assert_eq!(read.file_signature.is_some(), files.file_signature.is_some());
            prop_assert_eq!(&read_back(&read), &read);
        }

        #[test]
        fn reading_never_panics(text in ".{0,200}|[A-Za-z0-9+/]{0,200}={0,2}") {
            let _ = proof_files(&[(PROOF_LIST.to_owned(), text)].into());
        }
    }
}
