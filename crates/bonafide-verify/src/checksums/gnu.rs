//! Lines as GNU's `sha256sum` and `sha512sum` write them: `DIGEST  NAME` or `DIGEST *NAME`.

/// Digest and name of a line: one blank, then a blank or a star, then the name up to the end.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (digest, rest) = line.split_once(' ')?;
    // Three forms are in use: two blanks and star, two blanks, and blank and star.
    let name = rest
        .strip_prefix(" *")
        .or_else(|| rest.strip_prefix([' ', '*']))?;
    if name.is_empty() || name.starts_with(' ') {
        return None;
    }
    Some((digest, name))
}
