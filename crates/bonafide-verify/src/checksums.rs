//! Lists of checksums, read from verified text only.

use crate::{Digest, Error, SignedText, Verified};

mod algorithm;
mod bsd;
mod digests;
mod entry;
pub(crate) mod form;
mod gnu;
mod lines;
mod list;
mod simplestreams;

pub use list::{ChecksumList, ExpectedDigest};

impl ChecksumList {
    /// Reads an unsigned list.
    pub(crate) fn unsigned(text: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(text).map_err(|error| Error::Malformed {
            what: "the unsigned list",
            reason: error.to_string(),
        })?;
        lines::parse(text)
    }

    /// A file that contains the digest of one other file: bare, or as a list with one line.
    pub(crate) fn side_car(text: &str, name: &str) -> Result<Self, Error> {
        let mut carrying = lines::carrying(text);
        let (Some(line), None) = (carrying.next(), carrying.next()) else {
            return Err(Error::NotASideCar {
                lines: lines::carrying(text).count(),
            });
        };
        let mut list = Self::empty();
        let Ok(digest) = line.parse::<Digest>() else {
            let Some(algorithm) = algorithm::of_length(line) else {
                return lines::parse(text);
            };
            lines::unbroken(text)?;
            list.add_weak(name, algorithm);
            return Ok(list);
        };
        lines::unbroken(text)?;
        let added = list.entry(name).add_digest(digest);
        added.map_err(|conflict| conflict.into_error(name))?;
        Ok(list)
    }

    #[cfg(fuzzing)]
    pub(crate) fn simplestreams(text: &[u8]) -> Result<Self, Error> {
        simplestreams::parse(text)
    }
}

impl Verified<SignedText> {
    /// Reads the signed text as a list of checksums, line by line:
    ///
    /// - GNU: `DIGEST  NAME` (text) or `DIGEST *NAME` (binary);
    /// - BSD: `SHA256 (NAME) = DIGEST`, and the size in a comment `# NAME: SIZE bytes`;
    /// - Gentoo and Flatcar: GNU lines below a header such as `# SHA512 HASH`, which have a digest
    ///   of that algorithm.
    ///
    /// Empty lines and other lines that start with `#` have no meaning.
    ///
    /// # Errors
    ///
    /// [`Error::NotAChecksumList`] with the first line that is not in one of these forms,
    /// [`Error::ConflictingDuplicate`] if a name is listed with two digests of one algorithm,
    /// [`Error::ConflictingSizes`] if it is listed with two sizes,
    /// [`Error::Malformed`] if the text is not UTF-8.
    pub fn checksum_list(&self) -> Result<Verified<ChecksumList>, Error> {
        let list = lines::parse(self.as_text()?)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    /// Reads the signed text as the side-car of one file: either a bare digest, which then is that
    /// of `name`, or a line of a list, which names the file itself. Request the file from the list
    /// by its exact name.
    ///
    /// # Errors
    ///
    /// [`Error::NotASideCar`] if not exactly one line has a digest, else as
    /// [`checksum_list`](Self::checksum_list).
    pub fn side_car(&self, name: &str) -> Result<Verified<ChecksumList>, Error> {
        let list = ChecksumList::side_car(self.as_text()?, name)?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    /// Reads the signed text as one of Ubuntu's simplestreams documents (`products:1.0`, of
    /// `image-downloads`). The items' paths are the names.
    ///
    /// A path for which the document states two digests or sizes is refused when it is requested;
    /// the others stay valid.
    ///
    /// # Errors
    ///
    /// [`Error::NotSimplestreams`] if the text is not such a document, with what was found.
    pub fn simplestreams(&self) -> Result<Verified<ChecksumList>, Error> {
        let list = simplestreams::parse(self.as_bytes())?;
        Ok(Verified::new(list, self.shared_evidence()))
    }

    fn as_text(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.as_bytes()).map_err(|error| Error::Malformed {
            what: "the signed list",
            reason: error.to_string(),
        })
    }
}

impl Verified<ChecksumList> {
    /// The digest of exactly this name: no prefix, no path, no other case.
    ///
    /// # Errors
    ///
    /// [`Error::NotListed`], with the nearest listed names; [`Error::WeakListing`] if the name is
    /// listed only with MD5 and the like; [`Error::ConflictingDuplicate`] and
    /// [`Error::ConflictingSizes`] if a simplestreams document contradicts itself.
    pub fn digest(&self, name: &str) -> Result<Verified<ExpectedDigest>, Error> {
        let expected = self.expected(name)?;
        Ok(Verified::new(expected, self.shared_evidence()))
    }
}
