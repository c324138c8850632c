//! The code of an error, for programs.

use bonafide_glance::Error as CloudError;
use bonafide_resolve::Error as ResolveError;
use bonafide_sources::Signing;

use crate::error::Error;

impl Error {
    /// A code for programs, which stays the same when the text changes: `rollback`, `unsigned`,
    /// `cloud_forbidden`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Cancelled => "cancelled",
            Self::ChannelMismatch { .. } => "channel_mismatch",
            Self::Cloud(error) => of_cloud(error),
            Self::Compressed { .. } => "compressed",
            Self::Deactivated { .. } => "deactivated",
            Self::Displaced { .. } => "displaced",
            Self::Ended { .. } => "ended",
            Self::Fenced { .. } => "fenced",
            Self::Fetch(_) => "fetch",
            Self::GlanceMismatch { .. } => "glance_mismatch",
            Self::Image { .. } => "image",
            Self::Interrupted => "interrupted",
            Self::LeaseEnded { .. } => "lease_ended",
            Self::ListChanged { .. } => "list_changed",
            Self::ListUnstable { .. } => "list_unstable",
            Self::NoHeartbeat { .. } => "no_heartbeat",
            Self::NoKey { .. } => "no_key",
            Self::NoPlan { .. } => "no_plan",
            Self::NotCleanedUp { error, .. } => error.code(),
            Self::NotPublic { .. } => "not_public",
            Self::NotWithoutSignature { .. } => "not_without_signature",
            Self::Nowhere { error, .. } => error.code(),
            Self::OlderList { .. } => "older_list",
            Self::PlanOutdated { .. } => "plan_outdated",
            Self::Properties { .. } => "properties",
            Self::PublicationWaits { .. } => "publication_waits",
            Self::Resolve(error) => of_resolve(error),
            Self::Rollback { .. } => "rollback",
            Self::SignatureTimesDiffer { .. } => "signature_times_differ",
            Self::SignedBeforeBuild { .. } => "signed_before_build",
            Self::Source(_) => "source",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::UnexpectedState { .. } => "unexpected_state",
            Self::UnknownHashAlgorithm { .. } => "unknown_hash_algorithm",
            Self::Unsigned { .. } => "unsigned",
            Self::Unverified { .. } => "unverified",
            Self::UploadsWait { .. } => "uploads_wait",
            Self::WrongSize { .. } => "wrong_size",
        }
    }

    /// Whether the cloud's policy forbids a publication, or a step on its way.
    pub(crate) const fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Cloud(CloudError::Forbidden(_)) | Self::NotPublic { .. }
        )
    }

    /// Whether this is the usual refusal of a vendor without any signature, or a channel that has
    /// ended: no action is needed.
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

const fn of_resolve(error: &ResolveError) -> &'static str {
    match error {
        ResolveError::HtmlInsteadOfList { .. } => "html_instead_of_list",
        ResolveError::UnknownSignatureLocation { .. } => "unknown_signature_location",
        _ => "resolve",
    }
}

/// Like [`Error::code`], for an error of the cloud.
pub(crate) const fn of_cloud(error: &CloudError) -> &'static str {
    match error {
        CloudError::Conflict(_) => "cloud_conflict",
        CloudError::Decode { .. } => "cloud_not_understood",
        CloudError::Forbidden(_) => "cloud_forbidden",
        CloudError::NotFound(_) | CloudError::Gone(_) => "cloud_not_found",
        CloudError::Rejected(_) => "cloud_rejected",
        CloudError::Stalled { .. } => "cloud_stalled",
        CloudError::TooLarge(_) => "cloud_too_large",
        CloudError::Transport { .. } => "cloud_unreachable",
        CloudError::Unauthorized(_) => "cloud_unauthorized",
        _ => "cloud_failed",
    }
}
