//! Entry points for the fuzz targets to the reader of directory pages. They are compiled with
//! `--cfg fuzzing` only.

use std::collections::BTreeSet;

use crate::{Serial, listing, names};

/// The names that a page links to directly below itself.
#[must_use]
pub fn linked_names(page: &str) -> BTreeSet<String> {
    listing::linked_names(page)
}

/// The newest of the names that are a serial between this beginning and this end.
pub fn newest<'a>(
    names: impl IntoIterator<Item = &'a str>,
    prefix: &str,
    suffix: &str,
) -> Option<(Serial, &'a str)> {
    names::newest(names, prefix, suffix)
}
