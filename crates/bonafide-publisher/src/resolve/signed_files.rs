//! The files that a vendor signed, as they were fetched, and how they are stored on an image.
//!
//! With these files and the vendor's public key, everyone can verify the image again, offline,
//! years after the vendor has removed the originals.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide_verify::bare_signature;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

const LIST: &str = "bonafide_proof_list";
const SIGNATURE: &str = "bonafide_proof_signature";
const FILE_SIGNATURE: &str = "bonafide_proof_file_signature";

/// Glance stores a value in a column of 65,535 bytes; this leaves room for the rest of the row.
const MAX_VALUE: usize = 48 * 1024;
/// More than any list that fits is decompressed to; a larger one is not ours.
const MAX_UNPACKED: u64 = 4 * 1024 * 1024;

/// The bytes of a signed list and its signatures.
///
/// [`Candidate::signed_files`](crate::Candidate::signed_files) returns them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedFiles {
    /// The list as the vendor publishes it, with the signature around it if it is clear-signed.
    pub list: Vec<u8>,
    /// The list's detached signature.
    pub signature: Option<Vec<u8>>,
    /// The detached signature over the image itself.
    pub file_signature: Option<Vec<u8>>,
}

impl SignedFiles {
    /// As properties of an image: each file compressed and in base64. A list that is too large for
    /// Glance (Ubuntu's index of all builds), or whose signatures are, is left out with them; its
    /// URL and digest are stored on the image in any case. Of a signature only its packets are
    /// kept: text around them, and in headers of armor, is not signed.
    #[must_use]
    pub fn to_properties(&self) -> BTreeMap<String, String> {
        self.packed().unwrap_or_default()
    }

    /// `None`: a file is too large. A list without its signature would look forged.
    fn packed(&self) -> Option<BTreeMap<String, String>> {
        let mut properties = BTreeMap::from([(LIST.to_owned(), packed(&self.list)?)]);
        for (name, file) in [
            (SIGNATURE, &self.signature),
            (FILE_SIGNATURE, &self.file_signature),
        ] {
            if let Some(file) = file {
                let bare = bare_signature(file).ok()?;
                properties.insert(name.to_owned(), packed(bare.as_bytes())?);
            }
        }
        Some(properties)
    }

    /// Reads them back. `None`: the image carries no list.
    ///
    /// # Errors
    ///
    /// The name of the property that can't be read.
    pub fn from_properties(properties: &BTreeMap<String, String>) -> Result<Option<Self>, String> {
        let read = |name: &str| match properties.get(name) {
            Some(text) => unpacked(text).map(Some).ok_or_else(|| name.to_owned()),
            None => Ok(None),
        };
        let Some(list) = read(LIST)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            list,
            signature: read(SIGNATURE)?,
            file_signature: read(FILE_SIGNATURE)?,
        }))
    }
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
        SignedFiles {
            list: b"list".to_vec(),
            signature: Some(signature.into()),
            file_signature: None,
        }
    }

    fn read_back(files: &SignedFiles) -> SignedFiles {
        let read = SignedFiles::from_properties(&files.to_properties());
        read.unwrap().unwrap()
    }

    #[test]
    fn a_list_that_is_too_large_is_left_out_whole() {
        let mut noise = 1_u32;
        let list = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        let files = SignedFiles {
            list: list.take(60_000).collect(),
            ..signed(ARMORED)
        };
        assert!(files.to_properties().is_empty());
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
            assert!(signed(signature).to_properties().is_empty());
        }
    }

    #[test]
    fn what_is_damaged_is_named() {
        let whole = signed(ARMORED).to_properties();
        for name in [LIST, SIGNATURE] {
            for value in ["", "no base64!", "bm8gZ3ppcA=="] {
                let mut damaged = whole.clone();
                damaged.insert(name.to_owned(), value.to_owned());
                assert_eq!(SignedFiles::from_properties(&damaged), Err(name.to_owned()));
            }
        }
        assert_eq!(SignedFiles::from_properties(&BTreeMap::new()), Ok(None));
    }

    #[test]
    fn a_bomb_is_not_a_list() {
        let zeros = vec![0; MAX_UNPACKED as usize + 1];
        let bomb = [(LIST.to_owned(), packed(&zeros).unwrap())].into();
        assert_eq!(SignedFiles::from_properties(&bomb), Err(LIST.to_owned()));
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
            let files = SignedFiles { list, signature, file_signature };
            let read = read_back(&files);
            prop_assert_eq!(&read.list, &files.list);
            prop_assert_eq!(&read.signature, &files.signature);
            prop_assert_eq!(read.file_signature.is_some(), files.file_signature.is_some());
            prop_assert_eq!(&read_back(&read), &read);
        }

        #[test]
        fn reading_never_panics(text in ".{0,200}|[A-Za-z0-9+/]{0,200}={0,2}") {
            let _ = SignedFiles::from_properties(&[(LIST.to_owned(), text)].into());
        }
    }
}
