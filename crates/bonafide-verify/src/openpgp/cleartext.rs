//! Clear-signed messages (RFC 9580, 7).
//!
//! rpgp reads them too, but looks for the end of the text anew with every line, so a few megabytes
//! of short lines would keep it busy for hours.

use super::{ParsedSignature, detached_signatures, kind_of};
use crate::Error;

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Reads a clear-signed message: its canonical text (CR LF line ends) and its signatures.
pub(crate) fn cleartext(message: &[u8]) -> Result<(String, Vec<ParsedSignature>), Error> {
    let malformed = |reason: String| Error::Malformed {
        what: "the clear-signed message",
        reason,
    };
    let text = std::str::from_utf8(message).map_err(|error| malformed(error.to_string()))?;
    if !text.contains(BEGIN) {
        return Err(Error::Unsigned {
            reason: format!("no clear-signed message, but {}", kind_of(message)),
        });
    }
    let (text, signature) = split(text).map_err(|reason| malformed(reason.to_owned()))?;
    Ok((text, detached_signatures(signature.as_bytes())?))
}

/// The canonical text and the armored signature. Nothing may stand before, after or between them:
/// it would look signed, and is not.
fn split(message: &str) -> Result<(String, &str), &'static str> {
    let (first, mut rest) = line(message);
    if first.trim_end() != BEGIN {
        return Err("there is something before it");
    }
    loop {
        let (header, after) = line(rest);
        if after.is_empty() {
            return Err(CUT);
        }
        rest = after;
        if header.trim_end().is_empty() {
            break;
        }
        if !header.starts_with("Hash: ") {
            return Err("it has a header other than `Hash`");
        }
    }
    let (text, signature) = body(rest)?;
    let Some((_, after)) = signature.split_once(END) else {
        return Err(CUT);
    };
    if !after.trim_ascii().is_empty() {
        return Err("there is something after it");
    }
    Ok((text, signature))
}

const CUT: &str = "it is cut short, or its signature was taken away";

/// The text up to the signature's header. Lines that begin with a dash have an escape before them,
/// so that none looks like that header. Blanks at the ends of lines (GnuPG counts carriage returns
/// among them) and the last line's end are not signed.
fn body(mut rest: &str) -> Result<(String, &str), &'static str> {
    let mut text = String::with_capacity(rest.len());
    let mut first = true;
    while !rest.is_empty() {
        if rest.starts_with("-----") {
            let (header, _) = line(rest);
            if header.trim_end() != SIGNATURE {
                return Err("a line of its text begins with dashes and no escape");
            }
            return Ok((text, rest));
        }
        let (content, after) = line(rest);
        rest = after;
        if !first {
            text.push_str("\r\n");
        }
        first = false;
        let content = content.strip_prefix("- ").unwrap_or(content);
        text.push_str(content.trim_end_matches([' ', '\t', '\r']));
    }
    Err(CUT)
}

/// The first line without its end (LF or CR LF), and what follows.
fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

#[cfg(test)]
mod tests {
    use bonafide_testkit::keys::{SignatureOptions, SigningKey};
    use pgp::composed::CleartextSignedMessage;
    use proptest::prelude::*;

    use super::*;

    fn signed(text: &str) -> String {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let key = SigningKey::generate("Test <test@vendor.test>", now).unwrap();
        key.sign_cleartext(text, &SignatureOptions::at(now))
            .unwrap()
    }

    fn refusal(message: &str) -> String {
        cleartext(message.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn text_is_unescaped_and_brought_into_canonical_form() {
        let message = signed("one \t\n- two\n-----three\n\n four\n");
        for message in [message.replace('\n', "\r\n"), message] {
            let (text, signatures) = cleartext(message.as_bytes()).unwrap();
            assert_eq!(text, "one\r\n- two\r\n-----three\r\n\r\n four");
            assert_eq!(signatures.len(), 1);
        }
        assert_eq!(cleartext(signed("").as_bytes()).unwrap().0, "");
    }

    #[test]
    fn what_stands_around_the_signed_text_is_refused() {
        let message = signed("one\ntwo\n");
        for (changed, reason) in [
            (format!("zero\n{message}"), "before"),
            (format!("\n{message}"), "before"),
            (format!("{message}three\n"), "after"),
            (format!("{message}{message}"), "after"),
            (message.replacen("Hash:", "Comment: x\nHash:", 1), "header"),
            (message.replacen("\n\none", "\nzero\n\none", 1), "header"),
            (message.replacen("one", "-----one", 1), "no escape"),
            (message.replacen(SIGNATURE, BEGIN, 1), "no escape"),
        ] {
            let refused = refusal(&changed);
            assert!(refused.contains(reason), "{changed}: {refused}");
        }
        assert!(cleartext(format!("{message}\r\n \n").as_bytes()).is_ok());
    }

    #[test]
    fn no_cut_of_a_message_is_read() {
        let message = signed("one\ntwo\n");
        for length in 0..message.trim_end().len() {
            assert!(
                cleartext(&message.as_bytes()[..length]).is_err(),
                "{length}"
            );
        }
        let without = message.split(SIGNATURE).next().unwrap();
        assert!(refusal(without).contains("taken away"));
        assert!(refusal("<html>").contains("an HTML page"));
    }

    #[test]
    fn a_message_of_a_million_lines_is_read() {
        let text = "x\n".repeat(1_000_000);
        let message = signed("x").replacen("\nx\n", &format!("\n{text}"), 1);
        let (text, _) = cleartext(message.as_bytes()).unwrap();
        assert_eq!(text.len(), 2_999_998);
    }

    proptest! {
        #[test]
        fn messages_are_read_as_rpgp_does(
            text in "([-a \t\u{e9}]{0,6}\n){0,8}[-a ]{0,3}",
            end in "\r?\n",
        ) {
            let message = signed(&text).replace('\n', &end);
            let (read, signatures) = cleartext(message.as_bytes()).unwrap();
            let (by_rpgp, _) = CleartextSignedMessage::from_string(&message).unwrap();
            prop_assert_eq!(read, by_rpgp.signed_text());
            prop_assert_eq!(signatures.len(), 1);
        }

        #[test]
        fn reading_never_panics(
            text in "(-----BEGIN PGP SIGNED MESSAGE-----\r?\n)?(Hash: SHA512\n)?\n?[-a\n\r ]{0,40}(-----BEGIN PGP SIGNATURE-----\n)?.{0,40}",
        ) {
            let _ = cleartext(text.as_bytes());
        }
    }
}
