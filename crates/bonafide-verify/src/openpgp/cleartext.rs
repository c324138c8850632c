//! Clear-signed messages (RFC 9580, 7).
//!
//! A program that reads the file itself, line by line, must see no line of a list that is not
//! signed. So the signed text is surrounded only by a few lines of a fixed form, and it has no line
//! that other programs would read as two.
//!
//! rpgp reads such messages too, but searches for the end of the text again with every line, so a
//! few megabytes of short lines would keep it busy for hours.

use super::{ParsedSignature, detached_signatures};
use crate::{Error, kind, text};

mod headers;

use headers::without_end;

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
            reason: kind::no_message(message),
        });
    }
    let (text, signature) = split(text).map_err(malformed)?;
    Ok((text, detached_signatures(signature.as_bytes())?))
}

/// The canonical text and the armored signature. Nothing may be before, after or between them: it
/// would look signed, and is not.
fn split(message: &str) -> Result<(String, &str), String> {
    let (first, mut rest) = framed(message);
    if first != BEGIN {
        return Err(if first.starts_with(BEGIN) {
            format!("there is something after `{BEGIN}`")
        } else {
            "there is something before it".to_owned()
        });
    }
    for number in 0.. {
        let (header, after) = framed(rest);
        if after.is_empty() {
            return Err(CUT.to_owned());
        }
        rest = after;
        if header.is_empty() {
            break;
        }
        headers::of_message(header, number)?;
    }
    let (text, signature) = body(rest)?;
    let Some((block, after)) = signature.split_once(END) else {
        return Err(CUT.to_owned());
    };
    if !after.trim_start_matches([' ', '\t', '\r', '\n']).is_empty() {
        return Err("there is something after it".to_owned());
    }
    headers::of_signature(block)?;
    Ok((text, signature))
}

const CUT: &str = "it is cut short, or its signature was taken away";

/// The text up to the signature's header. Lines that begin with a dash have an escape before them,
/// so that none looks like that header. Blanks at the ends of lines (GnuPG includes carriage
/// returns) and the last line's end are not signed.
fn body(mut rest: &str) -> Result<(String, &str), String> {
    let mut text = String::with_capacity(rest.len());
    let mut number = 1_usize;
    while !rest.is_empty() {
        if rest.starts_with("-----") {
            let (header, _) = framed(rest);
            if header != SIGNATURE {
                return Err("a line of its text begins with dashes and no escape".to_owned());
            }
            return Ok((text, rest));
        }
        let (content, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let content = without_end(content.strip_prefix("- ").unwrap_or(content));
        if let Some(breaks) = text::breaks(content) {
            return Err(format!(
                "line {number} of its text has {}, at which other programs begin a new line",
                text::code_point(breaks)
            ));
        }
        if number > 1 {
            text.push_str("\r\n");
        }
        text.push_str(content);
        number += 1;
    }
    Err(CUT.to_owned())
}

/// The first line without its end and the white space before that, and the remaining text.
fn framed(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (without_end(line), rest)
}

#[cfg(test)]
mod tests;
