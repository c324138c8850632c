//! The lines around the text of a clear-signed message. They are not signed, so they must not look
//! signed.

use bonafide_core::text::excerpt;

/// What a `Hash` header may name (RFC 9580, 9.5).
const DIGESTS: [&str; 9] = [
    "MD5",
    "RIPEMD160",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA3-256",
    "SHA3-512",
    "SHA384",
    "SHA512",
];
/// One for each signature, and no more than there are signatures.
const MAX_HASH_HEADERS: usize = super::super::MAX_SIGNATURES;
/// The total length of all names, with commas and blanks.
const MAX_HASH_HEADER: usize = 96;

/// The keys that are allowed in the armor of the signature (RFC 9580, 6.2.2).
const KEYS: [&str; 5] = ["Charset", "Comment", "Hash", "MessageID", "Version"];
const MAX_SIGNATURE_HEADERS: usize = 16;
const MAX_SIGNATURE_HEADER: usize = 160;
/// The digits of MD5; every list has at least so many in each line.
const SHORTEST_DIGEST: usize = 32;

/// Only `Hash: NAME, NAME` may be between the first line and the empty one; `number` starts at 0.
pub(super) fn of_message(header: &str, number: usize) -> Result<(), String> {
    if number >= MAX_HASH_HEADERS {
        return Err(format!("it has more than {MAX_HASH_HEADERS} headers"));
    }
    let Some(names) = header.strip_prefix("Hash: ") else {
        return Err(format!(
            "it has a header other than `Hash`: `{}`",
            excerpt(header)
        ));
    };
    if header.len() > MAX_HASH_HEADER {
        return Err(format!(
            "its header `Hash` has {} bytes, more than {MAX_HASH_HEADER}",
            header.len()
        ));
    }
    let mut names = names.split(',').map(|name| name.trim_matches(' '));
    match names.find(|name| !DIGESTS.contains(name)) {
        Some(other) => Err(format!(
            "its header `Hash` names `{}`, which is not one of {}",
            excerpt(other),
            DIGESTS.join(", ")
        )),
        None => Ok(()),
    }
}

/// The signature up to its last line, without which armor is refused: short headers with known
/// keys, and base64. Neither may contain what looks like the digest of a file.
pub(super) fn of_signature(block: &str) -> Result<(), String> {
    let mut lines = block.split('\n').skip(1).map(without_end);
    let headers: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    if headers.len() > MAX_SIGNATURE_HEADERS {
        return Err(format!(
            "its signature has {} headers, more than {MAX_SIGNATURE_HEADERS}",
            headers.len()
        ));
    }
    for header in headers {
        of_armor(header)?;
    }
    // The unsigned part of a signature can be chosen so that a line of its base64 looks like this.
    match lines.find(|line| is_digest(line)) {
        Some(line) => Err(format!(
            "a line of its signature looks like a digest: `{}`",
            excerpt(line)
        )),
        None => Ok(()),
    }
}

fn of_armor(header: &str) -> Result<(), String> {
    let refused = |problem: &str| {
        Err(format!(
            "a header of its signature {problem}: `{}`",
            excerpt(header)
        ))
    };
    let key = header.split(':').next().unwrap_or_default();
    if key.len() == header.len() || !KEYS.contains(&key) {
        return refused("is not one of Charset, Comment, Hash, MessageID, Version");
    }
    if header.len() > MAX_SIGNATURE_HEADER {
        return refused("is longer than 160 bytes");
    }
    if !header.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return refused("has other characters than printable ASCII");
    }
    let mut runs = header.split(|c: char| !c.is_ascii_hexdigit());
    if runs.any(|run| run.len() >= SHORTEST_DIGEST) {
        return refused("looks like a line of a list");
    }
    Ok(())
}

fn is_digest(line: &str) -> bool {
    line.len() >= SHORTEST_DIGEST && line.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Only these are white space here (RFC 9580, 7.2); what else Unicode has is text.
pub(super) fn without_end(line: &str) -> &str {
    line.trim_end_matches([' ', '\t', '\r'])
}
