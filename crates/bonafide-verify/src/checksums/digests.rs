//! Sections of one algorithm each, as Gentoo and Flatcar write their `DIGESTS`: GNU lines below
//! headers such as `# SHA512 HASH`.

use super::algorithm::Named;

/// The algorithm of the section that a comment begins.
pub(super) fn header(comment: &str) -> Option<Named<'_>> {
    Named::parse(comment.strip_prefix("# ")?.strip_suffix(" HASH")?)
}
