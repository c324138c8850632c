//! What happens while a build is looked for.

use bonafide_sources::{Release, Retry};
use bonafide_verify::Evidence;
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// One step on the way to a [`Candidate`](crate::Candidate), for progress bars and logs. Events have no secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResolveEvent<'a> {
    /// The vendor's newest build was found. Nothing about it is verified yet.
    Found {
        /// Its list and signature.
        release: &'a Release,
    },
    /// The signature does not fit the list. Both files are read once more, since mirrors copy them one after
    /// the other.
    Rereading {
        /// The list.
        list: &'a Url,
    },
    /// A request failed temporarily and is sent again after a wait.
    Retrying {
        /// The request, the reason and the wait.
        retry: &'a Retry,
    },
    /// An alarm: the vendor's list is older than [`Resolver::age_limit`](crate::Resolver::age_limit). Either the
    /// vendor has stopped building, or newer lists are withheld. [`Candidate::stale`](crate::Candidate::stale)
    /// has it too.
    Stale {
        /// The list.
        list: &'a Url,
        /// When it was signed, UTC.
        signed_at: Timestamp,
        /// The limit.
        limit: SignedDuration,
    },
    /// The signature of the list is valid.
    Verified {
        /// Who signed it, when and how.
        evidence: &'a Evidence,
    },
}
