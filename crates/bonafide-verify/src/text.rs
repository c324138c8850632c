//! Text that was signed.

/// Bytes exactly as a pinned key signed them; held as [`Verified<SignedText>`](crate::Verified).
///
/// Only such text is ever parsed: an unsigned sibling of a signed list is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    bytes: Vec<u8>,
}

impl SignedText {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The signed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
