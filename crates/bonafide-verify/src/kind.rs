//! Recognizes a file that is not the requested kind. The result is only used in the texts of
//! refusals.

use bonafide_core::html;

use crate::Digest;

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text with its signature around it.
    ClearSigned,
    /// A signature without the file that it is over.
    DetachedSignature,
    Empty,
    Html,
    /// Digests and names.
    List,
    PublicKey,
    /// None of these.
    Unknown,
}

impl Kind {
    pub(crate) fn of(file: &[u8]) -> Self {
        let head = file.get(..4096).unwrap_or(file);
        let text = String::from_utf8_lossy(head);
        let lower = text.trim_start().to_ascii_lowercase();
        let armored = |kind: &str| text.contains(&format!("-----BEGIN PGP {kind}-----"));
        if lower.is_empty() {
            Self::Empty
        } else if html::is_page(file) {
            Self::Html
        } else if armored("SIGNED MESSAGE") {
            Self::ClearSigned
        } else if armored("SIGNATURE") {
            Self::DetachedSignature
        } else if armored("PUBLIC KEY BLOCK") {
            Self::PublicKey
        } else {
            match packet(head) {
                Some(2) => Self::DetachedSignature,
                Some(6) => Self::PublicKey,
                _ if text.lines().any(is_listed) => Self::List,
                _ => Self::Unknown,
            }
        }
    }
}

/// The kind of the first packet of a binary file (RFC 9580, 4.2 and 5).
fn packet(file: &[u8]) -> Option<u8> {
    let first = *file.first()?;
    match first >> 6 {
        0b11 => Some(first & 0x3f),
        0b10 => Some((first & 0x3c) >> 2),
        _ => None,
    }
}

/// A line of a list, or a bare digest; MD5 and SHA-1 too.
fn is_listed(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let last = line.split_whitespace().next_back().unwrap_or_default();
    [first, last].into_iter().any(|word| {
        let weak = matches!(word.len(), 32 | 40) && word.bytes().all(|b| b.is_ascii_hexdigit());
        weak || word.parse::<Digest>().is_ok()
    })
}

/// The reason why a file is not a clear-signed list.
pub(crate) fn no_message(file: &[u8]) -> String {
    let found = match Kind::of(file) {
        Kind::DetachedSignature => {
            "a detached signature: give it as the signature, and the file that it \
             is over as the list"
        }
        Kind::Empty => "an empty file: fetch it anew",
        Kind::Html => {
            "an HTML page, as servers answer with for an error: open the URL that it was \
             fetched from, and fetch the list itself"
        }
        Kind::List => {
            "a plain list: give its detached signature too, which the vendor publishes beside the \
             list, as `SHA256SUMS.gpg`, `CHECKSUM.asc` or `SHA512SUMS.sign`"
        }
        Kind::PublicKey => "a public key: give it as the key file, and the list here",
        Kind::ClearSigned | Kind::Unknown => {
            "neither armored nor binary OpenPGP data, nor a list of checksums: is it the right file?"
        }
    };
    format!("not a clear-signed message, but {found}")
}

/// The reason why a file can't be read as a detached signature.
pub(crate) fn no_signature(file: &[u8], reason: String) -> String {
    match Kind::of(file) {
        Kind::Html => {
            "it is an HTML page, as servers answer with for an error: open the URL that it was \
             fetched from, and fetch the signature itself"
                .to_owned()
        }
        Kind::List => {
            "it is a list of checksums; give the list and its signature the other way round"
                .to_owned()
        }
        Kind::PublicKey => {
            "it is a public key; give it as the key file, and the list's signature here".to_owned()
        }
        Kind::Unknown => format!("{reason}; is it the right file?"),
        Kind::ClearSigned | Kind::DetachedSignature | Kind::Empty => {
            format!("{reason}; fetch it anew")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_they_look_like() {
        let digest = "ab".repeat(32);
        for (file, kind) in [
            (" \n".to_owned(), Kind::Empty),
            ("\n<!DOCTYPE html>".to_owned(), Kind::Html),
            (format!("{digest}  a.img\n"), Kind::List),
            (format!("# x\nSHA256 (a.img) = {digest}\n"), Kind::List),
            (format!("{}  a.img\n", "ab".repeat(16)), Kind::List),
            (digest, Kind::List),
            (
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n".to_owned(),
                Kind::ClearSigned,
            ),
            (
                "-----BEGIN PGP SIGNATURE-----\n".to_owned(),
                Kind::DetachedSignature,
            ),
            (
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n".to_owned(),
                Kind::PublicKey,
            ),
            ("some text".to_owned(), Kind::Unknown),
        ] {
            assert_eq!(Kind::of(file.as_bytes()), kind, "{file}");
        }
        for (file, kind) in [
            (&[0x88, 0x75][..], Kind::DetachedSignature),
            (&[0xc2, 0x75], Kind::DetachedSignature),
            (&[0x99, 0x01], Kind::PublicKey),
            (&[0xc6, 0x01], Kind::PublicKey),
            (&[0, 1, 2, 3], Kind::Unknown),
        ] {
            assert_eq!(Kind::of(file), kind, "{file:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_look_never_panics(file: Vec<u8>) {
            let _ = (no_message(&file), no_signature(&file, String::new()));
        }
    }
}
