//! A verified newest build.

use std::sync::Arc;

use bonafide_sources::{ImageFile, Release, Serial};
use bonafide_verify::{DigestCheck, Evidence, ExpectedDigest, FileSignature, Verified};
use jiff::SignedDuration;
use jiff::civil::Date;

use crate::signed_files::SignedFiles;

/// A vendor's newest build whose list is verified: its files, and the digest that its bytes must have.
///
/// Only [`Resolver::find`](crate::Resolver::find) makes one.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub(crate) release: Release,
    pub(crate) file: ImageFile,
    pub(crate) serial: Serial,
    pub(crate) build_date: Date,
    pub(crate) expected: Verified<ExpectedDigest>,
    pub(crate) file_signature: Option<FileSignature>,
    pub(crate) keyring: String,
    pub(crate) files: Arc<SignedFiles>,
    pub(crate) stale: Option<Staleness>,
}

/// The list of a [`Candidate`] is older than its channel allows: the vendor has stopped building, or newer lists are
/// withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Staleness {
    /// The limit that is exceeded.
    pub limit: SignedDuration,
    /// How old the list was when it was verified.
    pub age: SignedDuration,
}

impl Candidate {
    /// Where the build is described.
    ///
    /// Its URLs name the build, and do not change.
    #[must_use]
    pub const fn release(&self) -> &Release {
        &self.release
    }

    /// The image file at the vendor.
    #[must_use]
    pub const fn file(&self) -> &ImageFile {
        &self.file
    }

    /// Which build it is. Where neither names nor pages say it, the day of the signature is used.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// When it was built, UTC; the day of the signature where the vendor does not say it.
    #[must_use]
    pub const fn build_date(&self) -> Date {
        self.build_date
    }

    /// The digest that the vendor signed for it.
    ///
    /// The image's bytes must match it before they become public.
    #[must_use]
    pub const fn expected(&self) -> &Verified<ExpectedDigest> {
        &self.expected
    }

    /// Who signed the list, when and how.
    ///
    /// It is written on the image.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        self.expected.evidence()
    }

    /// The signed files, as they were fetched: with them the image can be verified again.
    #[must_use]
    pub fn signed_files(&self) -> &SignedFiles {
        &self.files
    }

    /// The name of the keyring by which it was verified.
    #[must_use]
    pub fn keyring(&self) -> &str {
        &self.keyring
    }

    /// Whether its list is older than [`Resolver::age_limit`](crate::Resolver::age_limit) allows.
    #[must_use]
    pub const fn stale(&self) -> Option<&Staleness> {
        self.stale.as_ref()
    }

    /// A check of the image's bytes: of the signed digest, and of the image's own signature where the vendor
    /// makes one.
    #[must_use]
    pub fn check(&self) -> DigestCheck {
        let check = DigestCheck::new(&self.expected);
        match &self.file_signature {
            Some(signature) => check.signed_by(signature.clone()),
            None => check,
        }
    }
}
