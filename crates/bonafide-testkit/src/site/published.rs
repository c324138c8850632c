//! What became of a build.

use std::io;

use crate::keys::KeyError;

/// Where a published build is and what its image is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedBuild {
    /// The directory, with a slash at its end: the build's own, or the one that it shares with
    /// others of its kind.
    pub directory_url: String,
    /// The image.
    pub image_url: String,
    /// The name of the image in the list.
    pub image_name: String,
    /// The list with the image's digest. Of those that the vendor signs in two ways, or over
    /// several digests: the clear-signed one, or the one over the longest digest.
    pub list_url: String,
    /// The signature of the list, which is not there if the build has none. A list that is
    /// clear-signed is its own signature, so this is `list_url`.
    pub signature_url: String,
    /// SHA-256 of the image, in lower-case hexadecimal digits.
    pub sha256: String,
    /// SHA-512 of the image, in lower-case hexadecimal digits.
    pub sha512: String,
    /// The bytes of the image file.
    pub size: u64,
    /// The same image compressed, where the vendor has that too. All fields above are of the
    /// image as it is.
    pub compressed: Option<CompressedImage>,
}

/// An image in the vendor's own compression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompressedImage {
    /// The compressed file.
    pub url: String,
    /// Its name in its list.
    pub name: String,
    /// The clear-signed list with its digest.
    pub list_url: String,
    /// SHA-256 of the compressed file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// SHA-512 of the compressed file, in lower-case hexadecimal digits.
    pub sha512: String,
    /// The bytes of the compressed file.
    pub size: u64,
}

/// Why a build could not be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The image could not be compressed.
    #[error("could not compress `{name}`")]
    Compression {
        /// The name of the compressed file.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The site has no certificate for the build's host.
    #[error("`{host}` is not a host of this site: add it with `VendorSite::builder().host(…)`")]
    Host {
        /// The host.
        host: String,
    },
    /// The serial is not what Ubuntu's look like.
    #[error("`{serial}` is no serial: write `YYYYMMDD` or `YYYYMMDD.N`")]
    Serial {
        /// The serial given.
        serial: String,
    },
    /// A list or a file could not be signed.
    #[error("could not sign `{build}`")]
    Signature {
        /// The build.
        build: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// The version, or a part of it, is not what the vendor's look like.
    #[error("`{version}` is not how the vendor names builds: write it like `{example}`")]
    Version {
        /// What was given.
        version: String,
        /// What it should look like; the numbers may be others.
        example: &'static str,
    },
}
