//! What a failed publication could not remove.

use std::fmt;

use uuid::Uuid;

/// An incomplete image that could not be removed. It is private and marked `bonafide_state`.
///
/// A later run removes it after its lease.
#[derive(Debug)]
#[non_exhaustive]
pub struct Leftover {
    /// The image.
    pub id: Uuid,
    /// The cause.
    pub error: bonafide_glance::Error,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the private, incomplete image {} could not be removed ({}); the next run or upload \
             removes it after its lease, or delete it by hand",
            self.id, self.error
        )
    }
}
