//! Why no verified build was found.

use bonafide_sources::{FetchError, Signing, SourceError};
use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

mod unsigned;

use unsigned::{known, places};

/// Why no verified build was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The vendor's support has ended, and it has no build any more.
    #[error(
        "{product} has ended on {since}, and its vendor has no build of it any more at {} (404)",
        places(looked)
    )]
    Ended {
        /// The title and the version.
        product: String,
        /// The last day of support.
        since: Date,
        /// The places where a build was looked for.
        looked: Vec<Url>,
    },
    /// A vendor's file could not be fetched completely.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// An error page in place of the list.
    #[error(
        "{url} is an HTML page and not a list of checksums; the vendor's site may be down or moved: \
         open it in a browser, and run again later"
    )]
    HtmlInsteadOfList {
        /// The list.
        url: Url,
    },
    /// The keyring belongs to another vendor.
    #[error(
        "the keyring of {vendor} does not belong to {channel}; a key is valid for its own vendor only"
    )]
    KeyringMismatch {
        /// The vendor of the keyring.
        vendor: String,
        /// The channel.
        channel: String,
    },
    /// There is no key to verify with.
    #[error(
        "there is no key of {keyring} to verify with: {tried}; give a key file or a URL whose key has \
         the pinned fingerprint {pinned}"
    )]
    NoKey {
        /// The keyring.
        keyring: String,
        /// Where a key was looked for, and what was found there.
        tried: String,
        /// The pinned fingerprints without a key.
        pinned: String,
    },
    /// Two signed files of one build were signed at different times.
    #[error(
        "{list} was signed at {signed_at}, but the version file beside it at {stamped_at}: they are not of \
         one build; run again later, and report it to the vendor if that does not help"
    )]
    SignatureTimesDiffer {
        /// The list.
        list: Box<Url>,
        /// When it was signed.
        signed_at: Timestamp,
        /// When the version file was signed.
        stamped_at: Timestamp,
    },
    /// The list is older than the build in its directory.
    #[error(
        "{list} was signed at {signed_at}, before the build of {built} whose directory it is in: \
         an old list was put into a new directory; report it to the vendor"
    )]
    SignedBeforeBuild {
        /// The list.
        list: Url,
        /// When it was signed.
        signed_at: Timestamp,
        /// The date of the directory.
        built: Date,
    },
    /// The newest build could not be determined.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source places its signature in a way that this version does not know.
    #[error("{channel} is signed in a way that this version can't check; look for a newer one")]
    UnknownSignatureLocation {
        /// The channel.
        channel: String,
    },
    /// There is no signature.
    #[error(
        "unsigned: there is no signature at {}{}",
        places(looked),
        known(looked, *signing)
    )]
    Unsigned {
        /// Where a signature was looked for.
        looked: Vec<Url>,
        /// Whether the vendor is known to sign.
        signing: Signing,
    },
    /// The signature, or what it signs, is refused.
    #[error("{url} is refused")]
    Unverified {
        /// The list, or the other signed file.
        url: Url,
        /// The violated rule.
        #[source]
        source: Box<bonafide_verify::Error>,
    },
}

impl From<FetchError> for Error {
    fn from(error: FetchError) -> Self {
        Self::Fetch(Box::new(error))
    }
}

impl Error {
    pub(crate) fn unverified(url: &Url, source: bonafide_verify::Error) -> Self {
        Self::Unverified {
            url: url.clone(),
            source: Box::new(source),
        }
    }

    /// Whether this is the usual refusal of a vendor that has never signed, or of a version that has ended: there
    /// is nothing to investigate.
    #[must_use]
    pub const fn is_expected(&self) -> bool {
        matches!(
            self,
            Self::Ended { .. }
                | Self::Unsigned {
                    signing: Signing::Unsigned,
                    ..
                }
        )
    }
}
