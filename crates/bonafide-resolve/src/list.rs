//! The forms of signed lists.

use bonafide_sources::ListFormat;
use bonafide_verify::{ChecksumList, Error, SignedText, Verified};

/// Reads a verified text as a list of this format. `name` is the file whose digest it is, if the text is a digest
/// and nothing else.
///
/// # Errors
///
/// [`bonafide_verify::Error`] if the text is not such a list.
pub fn read_list(
    text: &Verified<SignedText>,
    format: ListFormat,
    name: &str,
) -> Result<Verified<ChecksumList>, Error> {
    match format {
        ListFormat::AnyForm => text.list_of_any_form(name),
        ListFormat::Simplestreams => text.simplestreams(),
        _ => text.checksum_list(),
    }
}
