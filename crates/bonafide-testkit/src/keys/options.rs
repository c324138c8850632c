//! What a signature says and how: the things that a verifier's policy is about.

use std::time::Duration;

use jiff::Timestamp;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{RevocationCode, SignatureType};

use super::Required;

/// How to make a signature. The default is what Canonical makes today: version 4, class 00,
/// SHA-512, with the issuer's fingerprint and key id, without an end.
#[derive(Clone, Debug)]
#[must_use]
pub struct SignatureOptions {
    pub(super) created: Timestamp,
    pub(super) digest: SigningDigest,
    pub(super) class: SignatureType,
    pub(super) validity: Option<Duration>,
    pub(super) issuer: Issuer,
    pub(super) signers_user_id: Option<String>,
    pub(super) version: Version,
    pub(super) required: Vec<Required>,
}

/// How the signature names its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issuer {
    FingerprintAndKeyId,
    KeyId,
    Unnamed,
}

/// The version of the signature packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V3,
    V4,
}

impl SignatureOptions {
    /// A signature made at this time; whole seconds count.
    pub fn at(created: Timestamp) -> Self {
        Self {
            created,
            digest: SigningDigest::Sha512,
            class: SignatureType::Binary,
            validity: None,
            issuer: Issuer::FingerprintAndKeyId,
            signers_user_id: None,
            version: Version::V4,
            required: Vec::new(),
        }
    }

    /// Sign over this digest.
    pub fn digest(mut self, digest: SigningDigest) -> Self {
        self.digest = digest;
        self
    }

    /// Class 01: over the text with CR LF line ends (RFC 9580, 5.2.1.2).
    pub fn text(mut self) -> Self {
        self.class = SignatureType::Text;
        self
    }

    /// Class 02, a signature of its own subpackets only: it says nothing of the data and must be
    /// refused, although rpgp's `verify` takes it for any file with the same first byte.
    pub fn standalone(mut self) -> Self {
        self.class = SignatureType::Standalone;
        self
    }

    /// Class 40, a time-stamp: it must be refused for the same reason.
    pub fn timestamp(mut self) -> Self {
        self.class = SignatureType::Timestamp;
        self
    }

    /// The signature has an end, so long after it was made.
    pub fn expires_after(mut self, validity: Duration) -> Self {
        self.validity = Some(validity);
        self
    }

    /// Name the issuer by its key id only, as signatures before 2017 do.
    pub fn without_issuer_fingerprint(mut self) -> Self {
        self.issuer = Issuer::KeyId;
        self
    }

    /// Do not name the issuer at all: a verifier has to try its keys.
    pub fn without_issuer(mut self) -> Self {
        self.issuer = Issuer::Unnamed;
        self
    }

    /// Say which of the key's user ids signs, as Flatcar does (RFC 9580, 5.2.3.30).
    pub fn signers_user_id(mut self, user_id: &str) -> Self {
        self.signers_user_id = Some(user_id.to_owned());
        self
    }

    /// Mark this as critical (RFC 9580, 5.2.3.7).
    pub fn requires(mut self, required: Required) -> Self {
        self.required.push(required);
        self
    }

    /// A version 3 packet, as CentOS and openSUSE still make: no subpackets, so no end and no
    /// fingerprint.
    pub fn version_3(mut self) -> Self {
        self.version = Version::V3;
        self
    }
}

/// The digest that is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningDigest {
    /// MD5: broken, must be refused. RSA keys only.
    Md5,
    /// RIPEMD-160: as short as SHA-1, must be refused. RSA keys only.
    Ripemd160,
    /// SHA-1: broken, must be refused over data. RSA keys only.
    Sha1,
    /// SHA-224: too short, must be refused. RSA keys only.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    #[default]
    Sha512,
}

impl SigningDigest {
    pub(super) fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Md5 => HashAlgorithm::Md5,
            Self::Ripemd160 => HashAlgorithm::Ripemd160,
            Self::Sha1 => HashAlgorithm::Sha1,
            Self::Sha224 => HashAlgorithm::Sha224,
            Self::Sha256 => HashAlgorithm::Sha256,
            Self::Sha384 => HashAlgorithm::Sha384,
            Self::Sha512 => HashAlgorithm::Sha512,
        }
    }

    pub(super) fn is_short(self) -> bool {
        matches!(
            self,
            Self::Md5 | Self::Ripemd160 | Self::Sha1 | Self::Sha224
        )
    }
}

/// Why a key was revoked (RFC 9580, 5.2.3.31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationReason {
    /// Somebody else may have the key: nothing that it signed counts any more.
    Compromised,
    /// No reason given, which is to be read as the worst.
    NoReason,
    /// Retired: what it signed before stays good.
    Retired,
    /// Superseded by a newer key: what it signed before stays good.
    Superseded,
}

impl RevocationReason {
    pub(super) fn code(self) -> RevocationCode {
        match self {
            Self::Compromised => RevocationCode::KeyCompromised,
            Self::NoReason => RevocationCode::NoReason,
            Self::Retired => RevocationCode::KeyRetired,
            Self::Superseded => RevocationCode::KeySuperseded,
        }
    }
}
