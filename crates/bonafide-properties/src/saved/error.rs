//! Why images in a file could not be read.

use serde_json::Error;

use crate::violation::printable;

/// Why images in a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Images of the Compute API, which has other names for what it knows of them.
    #[error("these are images as the Compute API (Nova) shows them, not the Image API: {SAVE}")]
    Compute,
    /// JSON that ends before its end.
    #[error(
        "it ends within the JSON after {bytes} bytes: it was cut off on its way or while it was \
         saved; save it again"
    )]
    CutOff {
        /// How many bytes are there.
        bytes: usize,
    },
    /// Nothing.
    #[error("it is empty, which is not JSON: {SAVE}")]
    Empty,
    /// A page for browsers.
    #[error(
        "this is an HTML page, maybe an error of the cloud or a proxy: look at it, and save again"
    )]
    Html,
    /// Something else than an image.
    #[error("entry {index} is not an image: {SAVE}")]
    NotAnImage {
        /// Its place, counted from 0.
        index: usize,
    },
    /// Not JSON.
    #[error("it is not JSON at line {line}, column {column}: {SAVE}")]
    NotJson {
        /// The line of the first character that is wrong, counted from 1.
        line: usize,
        /// Its column, counted from 1.
        column: usize,
    },
    /// A list that goes on elsewhere.
    #[error(
        "this is one page of a longer list, and rules hold for all images together: save the page \
         that its `next` names behind it, and so on to the last"
    )]
    OnePage,
    /// Properties in one text that can be divided in several ways.
    #[error(
        "the text in `properties` of an older `openstack` can't be divided for certain at \
         `{}`: save the answer of `GET /v2/images`, or use python-openstackclient 4.0 or later",
        printable(at)
    )]
    Properties {
        /// The place in the text.
        at: String,
    },
    /// A size that is not a number of bytes.
    #[error(
        "`{attribute}` is `{}` and not a number of bytes: leave `--human-readable` out",
        printable(value)
    )]
    Rounded {
        /// The attribute.
        attribute: &'static str,
        /// What it is.
        value: String,
    },
    /// Images as openstacksdk has them, under names of its own.
    #[error(
        "these are images of openstacksdk (or Ansible's `image_info`), which gives properties other \
         names: {SAVE}"
    )]
    Sdk,
    /// A list that leaves the properties out.
    #[error(
        "this is what `openstack image list` prints, with or without `--long`, or a choice of \
         columns, which leaves the properties out: {SAVE}"
    )]
    Shortened,
    /// A table for people.
    #[error("this is a table for people, as `glance` and `openstack` print it: {SAVE}")]
    Table,
    /// A text in UTF-16.
    #[error("this is text in UTF-16, as PowerShell's `>` writes it: save it in UTF-8")]
    Utf16,
}

const SAVE: &str = "save the answer of `GET /v2/images?limit=1000`, or what `openstack image list \
    -f value -c ID | xargs -n 1 openstack image show -f json` prints";

/// What is plainly something else.
pub(super) fn not_json_at_all(text: &[u8]) -> Result<(), RecordError> {
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Err(RecordError::Utf16);
    }
    match text.trim_ascii_start().first() {
        None => Err(RecordError::Empty),
        Some(b'+') => Err(RecordError::Table),
        Some(b'<') => Err(RecordError::Html),
        Some(_) => Ok(()),
    }
}

pub(super) fn of_json(error: &Error, text: &[u8]) -> RecordError {
    match error.is_eof() {
        true => RecordError::CutOff { bytes: text.len() },
        false => RecordError::NotJson {
            line: error.line(),
            column: error.column(),
        },
    }
}
