//! Armor (RFC 9580, 6).
//!
//! rpgp reads it too, but refuses the white space that may follow each line, needs quadratic time
//! for endless headers, and its errors cost a backtrace each.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::kind_of;

const END: &[u8] = b"-----END PGP ";
/// More headers than any armor has; GnuPG writes at most two, Sequoia one for each user id.
const MAX_HEADERS: usize = 64;
const COLUMNS: usize = 64;
/// Padding may be left out, and the bits after the last byte are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Splits at each such header, up to the next one; the whole file if there is none.
pub(super) fn blocks<'a>(file: &'a [u8], header: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let windows = file.windows(header.len()).enumerate();
    let starts = windows.filter(|(_, window)| *window == header);
    let mut starts: Vec<_> = starts.map(|(start, _)| start).collect();
    if starts.is_empty() {
        starts.push(0);
    }
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([file.len()]).collect();
    let ranges = starts.into_iter().zip(ends);
    ranges.filter_map(|(start, end)| file.get(start..end))
}

/// A block up to its last line; what follows is not read, so it can't be mistaken for a header.
pub(super) fn block(file: &[u8]) -> &[u8] {
    let mut places = file.windows(END.len());
    let end = places.position(|window| window == END);
    let last = end.and_then(|end| file.get(end..)).unwrap_or_default();
    let last = last.split_inclusive(|byte| *byte == b'\n').next();
    let length = end.unwrap_or(file.len()) + last.map_or(0, <[u8]>::len);
    file.get(..length).unwrap_or(file)
}

/// The content of a block of this kind, such as `PGP SIGNATURE`.
pub(super) fn content(block: &[u8], kind: &str) -> Result<Vec<u8>, String> {
    let mut lines = block.split(|byte| *byte == b'\n').map(without_end);
    let first = lines.next().unwrap_or_default();
    if first != format!("-----BEGIN {kind}-----").as_bytes() {
        return Err(match kind_of(block) {
            "OpenPGP data" => format!("it does not begin with `-----BEGIN {kind}-----`"),
            found => format!("it is {found}"),
        });
    }
    let cut = || "it is cut short: its armor has no last line".to_owned();
    let mut headers = 0;
    loop {
        let line = lines.next().ok_or_else(cut)?;
        if line.is_empty() {
            break;
        }
        if !line.contains(&b':') {
            return Err("its armor has no empty line after its headers".to_owned());
        }
        headers += 1;
        if headers > MAX_HEADERS {
            return Err(format!("its armor has more than {MAX_HEADERS} headers"));
        }
    }
    let last = format!("-----END {kind}-----");
    let mut base64 = Vec::with_capacity(block.len());
    let mut has_checksum = false;
    loop {
        let line = lines.next().ok_or_else(cut)?;
        if line == last.as_bytes() {
            break;
        }
        if line.starts_with(b"-----") {
            return Err(format!("its armor does not end with `{last}`"));
        }
        match line {
            [] => {}
            _ if has_checksum => {
                return Err("its armor has more after its checksum".to_owned());
            }
            // The checksum must not be relied on (RFC 9580, 6.1); the signatures decide.
            [b'=', checksum @ ..] if checksum.len() == 4 => has_checksum = true,
            _ => base64.extend_from_slice(line),
        }
    }
    let damaged = |_| "the base64 of its armor is damaged".to_owned();
    BASE64.decode(base64).map_err(damaged)
}

/// A block of this kind without headers, and without a checksum, which should no longer be written
/// (RFC 9580, 6.1).
pub(super) fn write(content: &[u8], kind: &str) -> String {
    let mut armor = format!("-----BEGIN {kind}-----\n\n");
    let base64 = BASE64.encode(content);
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % COLUMNS == 0 {
            armor.push('\n');
        }
        armor.push(character);
    }
    armor + &format!("\n-----END {kind}-----\n")
}

/// Blanks, tabs and carriage returns may be at the end of each line.
fn without_end(line: &[u8]) -> &[u8] {
    let mut line = line;
    while let [rest @ .., b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests;
