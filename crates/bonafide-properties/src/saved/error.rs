//! Reasons why images in a file could not be read.

use bonafide_core::text::printable;
use serde_json::Error;

/// Why images in a file could not be read.
///
/// Each text says which command to use instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Images of the Compute API, which uses other names.
    #[error("these are images as the Compute API (Nova) shows them, not the Image API: {SAVE}")]
    Compute,
    /// JSON that is cut off.
    #[error(
        "it ends within the JSON after {bytes} bytes: it was cut off on its way or while it was \
         saved; save it again"
    )]
    CutOff {
        /// The number of bytes.
        bytes: usize,
    },
    /// An empty file.
    #[error("it is empty, which is not JSON: {SAVE}")]
    Empty,
    /// An HTML page.
    #[error(
        "this is an HTML page, maybe an error of the cloud or a proxy: look at it, and save again"
    )]
    Html,
    /// An entry that is not an image.
    #[error("entry {index} is not an image: {SAVE}")]
    NotAnImage {
        /// Its position, starting at 0.
        index: usize,
    },
    /// Not JSON.
    #[error("it is not JSON at line {line}, column {column}: {SAVE}")]
    NotJson {
        /// The line of the first wrong character, starting at 1.
        line: usize,
        /// Its column, starting at 1.
        column: usize,
    },
    /// A list with more pages.
    #[error(
        "this is one page of a longer list, and rules hold for all images together: save the page \
         that its `next` names after it, and so on to the last"
    )]
    OnePage,
    /// Properties in one text that can be split in several ways.
    #[error(
        "the text in `properties` of an older `openstack` can't be divided for certain at \
         `{}`: save the answer of `GET /v2/images`, or use python-openstackclient 4.0 or later",
        printable(at)
    )]
    Properties {
        /// The position in the text.
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
        /// Its value.
        value: String,
    },
    /// Images as openstacksdk returns them, with names of its own.
    #[error(
        "these are images of openstacksdk (or Ansible's `image_info`), which gives properties other \
         names: {SAVE}"
    )]
    Sdk,
    /// A list without properties.
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

/// Text that is clearly something else.
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
