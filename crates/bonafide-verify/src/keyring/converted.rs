//! Why a signature does not match: the text was saved with other line ends, or the signature is of
//! another kind than it was given as. The reason is reported, and the text is refused.

use crate::Error;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const MESSAGE: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// Changes that programs make to a text that they should only have copied, and the text without the
/// change.
pub(super) fn originals(data: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    let (mark, text) = match data.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (true, text),
        None => (false, data),
    };
    let has_carriage_returns = text.windows(2).any(|pair| pair == b"\r\n");
    if mark {
        found.push(("a byte order mark at its beginning", text.to_vec()));
    }
    if has_carriage_returns {
        let what = match mark {
            true => "CRLF line ends and a byte order mark",
            false => "CRLF line ends",
        };
        found.push((what, without_carriage_returns(text)));
    } else {
        found.push(("LF line ends", with_carriage_returns(text)));
    }
    match text.strip_suffix(b"\n") {
        Some(without) => found.push(("a line end too many", without.to_vec())),
        None => found.push(("no line end at its end", [text, b"\n"].concat())),
    }
    found
}

fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(content) => {
                left.extend_from_slice(content);
                left.push(b'\n');
            }
            None => left.extend_from_slice(line),
        }
    }
    left
}

fn with_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(text.len() + text.len() / 32);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(content) => {
                made.extend_from_slice(content);
                made.extend_from_slice(b"\r\n");
            }
            None => made.extend_from_slice(line),
        }
    }
    made
}

/// A better reason than a mismatch, if there is one.
pub(super) fn explained(
    error: Error,
    data: &[u8],
    signature: &[u8],
    fits: impl Fn(&[u8]) -> bool,
) -> Error {
    let Error::BadSignature {
        signer, signed_at, ..
    } = error
    else {
        return error;
    };
    if signature.windows(MESSAGE.len()).any(|part| part == MESSAGE) {
        return Error::NotDetached;
    }
    let mut originals = originals(data).into_iter();
    let original = originals.find(|(_, original)| fits(original));
    Error::BadSignature {
        signer,
        signed_at,
        converted: original.map(|(found, _)| found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converted_text_has_its_original_among_those_that_are_tried() {
        let original = b"one\ntwo\n".as_slice();
        for (converted, what) in [
            (&b"one\r\ntwo\r\n"[..], "CRLF line ends"),
            (
                b"\xef\xbb\xbfone\ntwo\n",
                "a byte order mark at its beginning",
            ),
            (
                b"\xef\xbb\xbfone\r\ntwo\r\n",
                "CRLF line ends and a byte order mark",
            ),
            (b"one\ntwo", "no line end at its end"),
            (b"one\ntwo\n\n", "a line end too many"),
        ] {
            let found = originals(converted);
            let found = found.iter().find(|(_, text)| text == original);
            assert_eq!(found.map(|(what, _)| *what), Some(what));
        }
        let found = originals(original);
        let crlf = found.iter().find(|(_, text)| text == b"one\r\ntwo\r\n");
        assert_eq!(crlf.map(|(what, _)| *what), Some("LF line ends"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_its_own_original(text: Vec<u8>) {
            for (what, original) in originals(&text) {
                // A text without lines has no line ends to convert.
                proptest::prop_assert!(original != text || what == "LF line ends");
            }
        }
    }
}
