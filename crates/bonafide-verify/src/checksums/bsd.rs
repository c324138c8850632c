//! Lines as BSD's `sha256` writes them, and the sizes that Fedora and others write above them:
//!
//! ```text
//! # x.qcow2: 528154624 bytes
//! SHA256 (x.qcow2) = 55c60a3b…
//! ```

use super::algorithm::Named;

/// Algorithm, name and digest of a line `ALGORITHM (NAME) = DIGEST`. The name may contain brackets.
pub(super) fn split(line: &str) -> Option<(Named<'_>, &str, &str)> {
    let (algorithm, rest) = line.split_once(" (")?;
    let (name, digest) = rest.rsplit_once(") = ")?;
    (!name.is_empty()).then_some((Named::parse(algorithm)?, name, digest))
}

/// Name and size of a comment `# NAME: SIZE bytes`; every other comment is ignored.
pub(super) fn size(comment: &str) -> Option<(&str, u64)> {
    let said = comment.strip_prefix("# ")?.strip_suffix(" bytes")?;
    let (name, size) = said.rsplit_once(": ")?;
    // `parse` would accept a sign.
    let digits = size.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !name.is_empty()).then_some((name, size.parse().ok()?))
}
