//! The primary key, what it says of itself, and its revocation.

use jiff::Timestamp;
use pgp::bytes::Bytes;
use pgp::composed::KeyType;
use pgp::packet::{
    KeyFlags, PubKeyInner, PublicKey, SecretKey, Signature, SignatureConfig, SignatureType,
    SubpacketData, UserId,
};
use pgp::types::{KeyDetails, KeyVersion, Password, Tag};
use rand::rngs::OsRng;

use super::error::{Doing, openpgp_time};
use super::signature::{fits, subpackets};
use super::{KeyError, Required, RevocationReason, SigningDigest};

/// What the self-signature over the user id says of the primary key.
#[derive(Clone, Debug)]
pub(super) struct Certification {
    pub(super) created: pgp::types::Timestamp,
    pub(super) digest: SigningDigest,
    pub(super) flagged: bool,
    pub(super) signs: bool,
    pub(super) validity: Option<pgp::types::Duration>,
    /// How long the self-signature itself is valid.
    pub(super) lasts: Option<pgp::types::Duration>,
    pub(super) required: Option<Required>,
}

impl Certification {
    pub(super) fn at(created: pgp::types::Timestamp) -> Self {
        Self {
            created,
            digest: SigningDigest::default(),
            flagged: true,
            signs: true,
            validity: None,
            lasts: None,
            required: None,
        }
    }

    /// A positive certification (class 13) of the user id by the key itself.
    pub(super) fn sign(
        &self,
        primary: &SecretKey,
        user_id: &UserId,
    ) -> Result<Signature, KeyError> {
        fits(primary, self.digest)?;
        let mut said = own_words(primary, self.created);
        if self.flagged {
            let mut flags = KeyFlags::default();
            flags.set_certify(true);
            flags.set_sign(self.signs);
            said.push(SubpacketData::KeyFlags(flags));
        }
        said.push(SubpacketData::IsPrimary(true));
        if let Some(validity) = self.validity {
            said.push(SubpacketData::KeyExpirationTime(validity));
        }
        if let Some(lasts) = self.lasts {
            said.push(SubpacketData::SignatureExpirationTime(lasts));
        }
        let class = SignatureType::CertPositive;
        let config = config(primary, class, self.digest, said, self.required.as_ref())?;
        let public = primary.public_key();
        config
            .sign_certification(primary, public, &Password::empty(), Tag::UserId, user_id)
            .doing("sign the user id")
    }
}

/// A fresh primary key.
pub(super) fn primary(
    kind: &KeyType,
    created: pgp::types::Timestamp,
) -> Result<SecretKey, KeyError> {
    let (public, secret) = kind.generate(OsRng).doing("generate the key")?;
    PubKeyInner::new(KeyVersion::V4, kind.to_alg(), created, None, public)
        .and_then(PublicKey::from_inner)
        .and_then(|public| SecretKey::new(public, secret))
        .doing("assemble the key")
}

/// A revocation (class 20) of the primary key by itself.
pub(super) fn revocation(
    primary: &SecretKey,
    reason: RevocationReason,
    at: Timestamp,
    required: Option<&Required>,
) -> Result<Signature, KeyError> {
    let said = revoking_words(primary, reason, at)?;
    config(
        primary,
        SignatureType::KeyRevocation,
        SigningDigest::default(),
        said,
        required,
    )?
    .sign_key(primary, &Password::empty(), primary.public_key())
    .doing("revoke the key")
}

/// What a revocation by this key says.
pub(super) fn revoking_words(
    primary: &SecretKey,
    reason: RevocationReason,
    at: Timestamp,
) -> Result<Vec<SubpacketData>, KeyError> {
    let mut said = own_words(primary, openpgp_time(at)?);
    let text = Bytes::from_static(b"a rehearsal");
    said.push(SubpacketData::RevocationReason(reason.code(), text));
    Ok(said)
}

/// When, and by whom.
pub(super) fn own_words(key: &impl KeyDetails, at: pgp::types::Timestamp) -> Vec<SubpacketData> {
    vec![
        SubpacketData::SignatureCreationTime(at),
        SubpacketData::IssuerFingerprint(key.fingerprint()),
    ]
}

/// A version 4 signature by this key that says this, and marks this as critical.
pub(super) fn config(
    key: &impl KeyDetails,
    class: SignatureType,
    digest: SigningDigest,
    said: Vec<SubpacketData>,
    required: Option<&Required>,
) -> Result<SignatureConfig, KeyError> {
    let mut config = SignatureConfig::v4(class, key.algorithm(), digest.algorithm());
    config.hashed_subpackets = subpackets(said)?;
    if let Some(required) = required {
        config.hashed_subpackets.push(required.to_subpacket()?);
    }
    config.unhashed_subpackets = subpackets(vec![SubpacketData::IssuerKeyId(key.legacy_key_id())])?;
    Ok(config)
}
