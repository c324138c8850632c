//! The errors of `bonafide-resolve` as errors of a publication: one text for both.

use bonafide_resolve::Error as ResolveError;
use bonafide_sources::Signing;
use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use crate::error::Error;

impl From<ResolveError> for Error {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Ended {
                product,
                since,
                looked,
            } => Self::Ended {
                product,
                since,
                looked,
            },
            ResolveError::Fetch(error) => Self::Fetch(error),
            ResolveError::KeyringMismatch { vendor, channel } => Self::ChannelMismatch {
                found: format!("the keyring of {vendor}"),
                channel,
            },
            ResolveError::NoKey {
                keyring,
                tried,
                pinned,
            } => Self::NoKey {
                keyring,
                tried,
                pinned,
            },
            ResolveError::SignatureTimesDiffer {
                list,
                signed_at,
                stamped_at,
            } => Self::SignatureTimesDiffer {
                list,
                signed_at,
                stamped_at,
            },
            ResolveError::SignedBeforeBuild {
                list,
                signed_at,
                built,
            } => Self::SignedBeforeBuild {
                list,
                signed_at,
                built,
            },
            ResolveError::Source(error) => Self::Source(error),
            ResolveError::Unsigned { looked, signing } => Self::Unsigned { looked, signing },
            ResolveError::Unverified { url, source } => Self::Unverified { url, source },
            other => Self::Resolve(Box::new(other)),
        }
    }
}

pub(super) fn ended(product: &str, since: Date, looked: &[Url]) -> ResolveError {
    ResolveError::Ended {
        product: product.to_owned(),
        since,
        looked: looked.to_vec(),
    }
}

pub(super) fn no_key(keyring: &str, tried: &str, pinned: &str) -> ResolveError {
    ResolveError::NoKey {
        keyring: keyring.to_owned(),
        tried: tried.to_owned(),
        pinned: pinned.to_owned(),
    }
}

pub(super) fn signature_times_differ(
    list: &Url,
    signed_at: Timestamp,
    stamped_at: Timestamp,
) -> ResolveError {
    ResolveError::SignatureTimesDiffer {
        list: Box::new(list.clone()),
        signed_at,
        stamped_at,
    }
}

pub(super) fn signed_before_build(list: &Url, signed_at: Timestamp, built: Date) -> ResolveError {
    ResolveError::SignedBeforeBuild {
        list: list.clone(),
        signed_at,
        built,
    }
}

pub(super) fn unsigned(looked: &[Url], signing: Signing) -> ResolveError {
    ResolveError::Unsigned {
        looked: looked.to_vec(),
        signing,
    }
}
