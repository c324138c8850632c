//! What a vendor signed, as it was fetched, and how it stands on an image.
//!
//! With these files and the vendor's public key anybody can prove the image again, offline, years
//! after the vendor has removed the originals.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

const LIST: &str = "bonafide_proof_list";
const SIGNATURE: &str = "bonafide_proof_signature";
const FILE_SIGNATURE: &str = "bonafide_proof_file_signature";

const BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"-----END PGP SIGNATURE-----\n";

/// Glance keeps a value in a column of 65,535 bytes; this leaves room for what else may count there.
const MAX_VALUE: usize = 48 * 1024;
/// More than any list that fits is unpacked to; what says otherwise is no list of ours.
const MAX_UNPACKED: u64 = 4 * 1024 * 1024;

/// The bytes of a signed list and its signatures.
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
    /// Glance (Ubuntu's index of all builds), or whose signatures are, is left out with them; its URL and
    /// digest stand on the image in any case. Of an armored signature nothing is kept but the armor.
    #[must_use]
    pub fn to_properties(&self) -> BTreeMap<String, String> {
        let signature = self.signature.as_deref().map(armor);
        let file_signature = self.file_signature.as_deref().map(armor);
        let files = [
            (LIST, Some(&self.list[..])),
            (SIGNATURE, signature),
            (FILE_SIGNATURE, file_signature),
        ];
        let there = files
            .into_iter()
            .filter_map(|(name, file)| Some((name, file?)));
        // A list without its signature would look forged.
        let packed: Option<BTreeMap<_, _>> = there
            .map(|(name, file)| Some((name.to_owned(), packed(file)?)))
            .collect();
        packed.unwrap_or_default()
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

/// From the first line of armor to the last; what a server may have put around it proves nothing. All
/// of a file that is not armored.
fn armor(signature: &[u8]) -> &[u8] {
    let mut ends = signature.windows(END.len()).enumerate().rev();
    let end = ends.find(|(_, window)| *window == END);
    let mut starts = signature.windows(BEGIN.len());
    let start = starts.position(|window| window == BEGIN);
    let armor = start
        .zip(end)
        .and_then(|(start, (end, _))| signature.get(start..end + END.len()));
    armor.unwrap_or(signature)
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

    #[test]
    fn a_list_that_is_too_large_is_left_out_whole() {
        let mut noise = 1_u32;
        let list = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        let files = SignedFiles {
            list: list.take(60_000).collect(),
            signature: Some(b"signature".to_vec()),
            file_signature: None,
        };
        assert!(files.to_properties().is_empty());
    }

    #[test]
    fn what_stands_around_armor_is_not_kept() {
        let armored = "-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n";
        let noise: String = (0..60_000_u64).map(|n| format!("{:x}", n * n)).collect();
        let files = SignedFiles {
            list: b"list".to_vec(),
            signature: Some(format!("noise\n{armored}{noise}").into_bytes()),
            file_signature: None,
        };
        let read = SignedFiles::from_properties(&files.to_properties()).unwrap();
        assert_eq!(read.unwrap().signature.unwrap(), armored.as_bytes());
    }

    #[test]
    fn a_list_whose_signature_is_too_large_is_left_out_with_it() {
        let mut noise = 1_u32;
        let signature = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        let files = SignedFiles {
            list: b"list".to_vec(),
            signature: Some(signature.take(60_000).collect()),
            file_signature: None,
        };
        assert!(files.to_properties().is_empty());
    }

    #[test]
    fn what_is_damaged_is_named() {
        let files = SignedFiles {
            list: b"list".to_vec(),
            signature: Some(b"signature".to_vec()),
            file_signature: None,
        };
        let whole = files.to_properties();
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
    fn a_bomb_is_no_list() {
        let zeros = vec![0; MAX_UNPACKED as usize + 1];
        let bomb = [(LIST.to_owned(), packed(&zeros).unwrap())].into();
        assert_eq!(SignedFiles::from_properties(&bomb), Err(LIST.to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            list in proptest::collection::vec(any::<u8>(), 0..3000),
            signature in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..800)),
            file_signature in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..800)),
        ) {
            let files = SignedFiles { list, signature, file_signature };
            let read = SignedFiles::from_properties(&files.to_properties());
            prop_assert_eq!(read, Ok(Some(files)));
        }

        #[test]
        fn reading_never_panics(text in ".{0,200}|[A-Za-z0-9+/]{0,200}={0,2}") {
            let _ = SignedFiles::from_properties(&[(LIST.to_owned(), text)].into());
        }
    }
}
