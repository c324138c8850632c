//! The proof of a check, as a type.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Evidence;

/// A value whose origin was verified, with the evidence.
///
/// Only the checks of this crate construct one. There is no public constructor, no `From`, no
/// `Default`, no `Deserialize`, no mutable access and no `map`, so a `Verified<T>` is always what a
/// pinned key signed, or follows from it:
///
/// ```compile_fail
/// use bonafide_verify::{SignedText, Verified};
///
/// fn forge(text: SignedText, evidence: std::sync::Arc<bonafide_verify::Evidence>) -> Verified<SignedText> {
///     Verified { value: text, evidence }
/// }
/// ```
pub struct Verified<T> {
    value: T,
    evidence: Arc<Evidence>,
}

impl<T> Verified<T> {
    pub(crate) fn new(value: T, evidence: Arc<Evidence>) -> Self {
        Self { value, evidence }
    }

    /// The verified value.
    ///
    /// A reference, so the proof stays with it.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the value; the proof is given up.
    ///
    /// Keep the evidence first if it is needed.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Who signed what, when and how: the same for everything that follows from one signature.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    pub(crate) fn shared_evidence(&self) -> Arc<Evidence> {
        Arc::clone(&self.evidence)
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone> Clone for Verified<T> {
    fn clone(&self) -> Self {
        Self::new(self.value.clone(), self.shared_evidence())
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("value", &self.value)
            .field("evidence", &self.evidence)
            .finish()
    }
}
