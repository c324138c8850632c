//! The code of an error, for programs.

use bonafide_glance::Error as CloudError;
use bonafide_sources::Signing;

use crate::Error;

impl Error {
    /// A code for programs, which stays the same when the text changes: `rollback`, `unsigned`,
    /// `cloud_forbidden`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Cancelled => "cancelled",
            Self::Cloud(error) => of_cloud(error),
            Self::Compressed { .. } => "compressed",
            Self::Deactivated { .. } => "deactivated",
            Self::Displaced { .. } => "displaced",
            Self::Ended { .. } => "ended",
            Self::Fenced { .. } => "fenced",
            Self::Fetch(_) => "fetch",
            Self::ChannelMismatch { .. } => "channel_mismatch",
            Self::GlanceMismatch { .. } => "glance_mismatch",
            Self::HtmlInsteadOfList { .. } => "html_instead_of_list",
            Self::Image { .. } => "image",
            Self::ListUnstable { .. } => "in_transition",
            Self::Interrupted => "interrupted",
            Self::LeaseEnded { .. } => "lease_ended",
            Self::ListChanged { .. } => "moved",
            Self::PlanOutdated { .. } => "moved_on",
            Self::NoHeartbeat { .. } => "no_heartbeat",
            Self::NoKey { .. } => "no_key",
            Self::UnexpectedState { .. } => "not_as_published",
            Self::NotCleanedUp { error, .. } => error.code(),
            Self::NotPublic { .. } => "not_public",
            Self::NotWithoutSignature { .. } => "not_without_signature",
            Self::Nowhere { error, .. } => error.code(),
            Self::OlderList { .. } => "older_list",
            Self::Properties { .. } => "properties",
            Self::Rollback { .. } => "rollback",
            Self::SignatureTimesDiffer { .. } => "signed_apart",
            Self::SignedBeforeBuild { .. } => "signed_before_build",
            Self::Source(_) => "source",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::UnknownHashAlgorithm { .. } => "unknown_hash_algorithm",
            Self::UnknownSignatureLocation { .. } => "unknown_signature_location",
            Self::Unverified { .. } => "unproven",
            Self::Unsigned { .. } => "unsigned",
            Self::UploadsWait { .. } => "uploads_wait",
            Self::WrongSize { .. } => "wrong_size",
        }
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
