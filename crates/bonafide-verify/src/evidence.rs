//! The facts behind a proof.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{Digest, Fingerprint};

/// Who signed what, when and how.
///
/// It has the pinned certificate and the key of it that made the signature, so that the check can
/// be repeated with any OpenPGP tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The vendor whose keyring was used; a key is valid for its own vendor only.
    pub vendor: String,
    /// Fingerprint of the pinned primary key.
    pub certificate: Fingerprint,
    /// Fingerprint of the key that made the signature: the primary or one of its subkeys.
    pub signer: Fingerprint,
    /// When the signature was made, by the signer's clock, UTC.
    pub signed_at: Timestamp,
    /// The digest algorithm inside the signature, for example `SHA512`.
    pub digest_algorithm: String,
    /// The version of the signature packet: 3, 4 or 6.
    pub signature_version: u8,
    /// SHA-256 of the bytes that were signed (for a clear-signed message: of its signed text).
    pub signed_sha256: Digest,
    /// Weaknesses that were accepted because the key is pinned, one for each.
    pub accepted_weaknesses: Vec<AcceptedWeakness>,
    /// The issuers that the other, invalid signatures name, one for each. They may be by keys that
    /// are not pinned, or break a rule; nothing depends on them.
    pub others: Vec<Issuer>,
}

/// The issuer and time that a signature names. Both are unverified: everyone can write them.
///
/// [`Issuer::of_detached`] reads it from a signature file without any check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Issuer {
    /// A fingerprint if the signature has one, else a key id, else `None`.
    pub key: Option<String>,
    /// The time in the signature, UTC, if it has one.
    pub signed_at: Option<Timestamp>,
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key.as_deref().unwrap_or("(unnamed)"))?;
        match self.signed_at {
            Some(signed_at) => write!(f, " of {signed_at}"),
            None => Ok(()),
        }
    }
}

/// A weakness that is accepted for a pinned key only, and reported.
///
/// [`Evidence::accepted_weaknesses`] lists them. Serialized, it is a text such as
/// `sha1_self_signature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AcceptedWeakness {
    /// The binding of the signing subkey, or its back-signature, uses SHA-1.
    Sha1Binding,
    /// The certificate's self-signature uses SHA-1. The fingerprint is pinned, so only the key's
    /// expiry and flags depend on it.
    Sha1SelfSignature,
    /// The signature is a version 3 packet, as CentOS and openSUSE make them.
    Version3Signature,
}

impl fmt::Display for AcceptedWeakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1Binding => "the binding of the signing subkey uses SHA-1",
            Self::Sha1SelfSignature => "the certificate's self-signature uses SHA-1",
            Self::Version3Signature => "the signature is a version 3 packet",
        })
    }
}
