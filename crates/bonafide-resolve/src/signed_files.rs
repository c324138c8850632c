//! The vendor's signed files, as they were fetched.

/// The bytes of a signed list and its signatures. With these files and the vendor's public key the image can be
/// verified again, offline, years after the vendor has removed the originals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedFiles {
    /// The list as the vendor publishes it, with the signature around it if it is clear-signed.
    pub list: Vec<u8>,
    /// The list's detached signature.
    pub signature: Option<Vec<u8>>,
    /// The detached signature over the image itself.
    pub file_signature: Option<Vec<u8>>,
}

impl SignedFiles {
    /// A list without detached signatures.
    #[must_use]
    pub const fn new(list: Vec<u8>) -> Self {
        Self {
            list,
            signature: None,
            file_signature: None,
        }
    }

    /// Adds the list's detached signature.
    #[must_use]
    pub fn signature(mut self, signature: Option<Vec<u8>>) -> Self {
        self.signature = signature;
        self
    }

    /// Adds the detached signature over the image itself.
    #[must_use]
    pub fn file_signature(mut self, signature: Option<Vec<u8>>) -> Self {
        self.file_signature = signature;
        self
    }
}
