//! Signing subkeys and what binds them.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use pgp::composed::{KeyType, SignedPublicSubKey};
use pgp::packet::{
    KeyFlags, PubKeyInner, PublicSubkey, SecretKey, SecretSubkey, Signature, SignatureType,
    SubpacketData,
};
use pgp::types::{KeyDetails, KeyVersion, Password};
use rand::rngs::OsRng;

use super::certification::{config, own_words, revoking_words};
use super::error::{Doing, openpgp_duration, openpgp_time};
use super::signature::fits;
use super::{KeyError, Required, RevocationReason, SigningDigest};

/// How a subkey is bound to its primary. The default binding is a right one: flagged for signing
/// and signed back.
#[derive(Clone, Debug)]
#[must_use]
pub struct SubkeyOptions {
    created: Timestamp,
    validity: Option<Duration>,
    lasts: Option<Duration>,
    rsa_bits: Option<u32>,
    signs: bool,
    back_signed: bool,
    digest: SigningDigest,
    back_digest: SigningDigest,
    required: Option<Required>,
    back_required: Option<Required>,
}

impl SubkeyOptions {
    /// A subkey made and bound at this time.
    pub fn at(created: Timestamp) -> Self {
        Self {
            created,
            validity: None,
            lasts: None,
            rsa_bits: None,
            signs: true,
            back_signed: true,
            digest: SigningDigest::default(),
            back_digest: SigningDigest::default(),
            required: None,
            back_required: None,
        }
    }

    /// The binding is a signature over this digest.
    pub fn bound_with(mut self, digest: SigningDigest) -> Self {
        self.digest = digest;
        self
    }

    /// The subkey's own signature under the binding is over this digest.
    pub fn signed_back_with(mut self, digest: SigningDigest) -> Self {
        self.back_digest = digest;
        self
    }

    /// The binding is a signature with an end, so long after it was made.
    pub fn binding_expires_after(mut self, lasts: Duration) -> Self {
        self.lasts = Some(lasts);
        self
    }

    /// The binding marks this as critical.
    pub fn binding_requires(mut self, required: Required) -> Self {
        self.required = Some(required);
        self
    }

    /// The subkey's own signature under the binding marks this as critical.
    pub fn back_signature_requires(mut self, required: Required) -> Self {
        self.back_required = Some(required);
        self
    }

    /// An RSA subkey of so many bits, whatever the primary is.
    pub fn rsa(mut self, bits: u32) -> Self {
        self.rsa_bits = Some(bits);
        self
    }

    /// The subkey has an end, so long after it was made.
    pub fn expires_after(mut self, validity: Duration) -> Self {
        self.validity = Some(validity);
        self
    }

    /// Leave out the subkey's own signature under the binding (class 19): without it anybody could
    /// claim somebody else's signing key, so its signatures must be refused.
    pub fn without_back_signature(mut self) -> Self {
        self.back_signed = false;
        self
    }

    /// Flag the subkey for nothing: its signatures must be refused.
    pub fn without_signing_flag(mut self) -> Self {
        self.signs = false;
        self
    }
}

/// A subkey with its binding and, if any, its revocations.
#[derive(Clone)]
pub(super) struct BoundSubkey {
    key: SecretSubkey,
    signatures: Vec<Signature>,
}

impl BoundSubkey {
    pub(super) fn generate(
        kind: &KeyType,
        primary: &SecretKey,
        options: &SubkeyOptions,
    ) -> Result<Self, KeyError> {
        let created = openpgp_time(options.created)?;
        let kind = &options.rsa_bits.map_or_else(|| kind.clone(), KeyType::Rsa);
        let (public, secret) = kind.generate(OsRng).doing("generate the subkey")?;
        let key = PubKeyInner::new(KeyVersion::V4, kind.to_alg(), created, None, public)
            .and_then(PublicSubkey::from_inner)
            .and_then(|public| SecretSubkey::new(public, secret))
            .doing("assemble the subkey")?;
        let binding = bind(primary, &key, options)?;
        Ok(Self {
            key,
            signatures: vec![binding],
        })
    }

    pub(super) fn key(&self) -> &SecretSubkey {
        &self.key
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("{:X}", self.key.fingerprint())
    }

    pub(super) fn to_public(&self) -> SignedPublicSubKey {
        SignedPublicSubKey::new(self.key.public_key().clone(), self.signatures.clone())
    }

    /// Adds one more binding by the primary.
    pub(super) fn bind(
        &mut self,
        primary: &SecretKey,
        options: &SubkeyOptions,
    ) -> Result<(), KeyError> {
        self.signatures.push(bind(primary, &self.key, options)?);
        Ok(())
    }

    /// Adds a revocation (class 28) by the primary.
    pub(super) fn revoke(
        &mut self,
        primary: &SecretKey,
        reason: RevocationReason,
        at: Timestamp,
        required: Option<&Required>,
    ) -> Result<(), KeyError> {
        let said = revoking_words(primary, reason, at)?;
        let class = SignatureType::SubkeyRevocation;
        // Hashed like a binding (RFC 9580, 5.2.4).
        let revocation = config(primary, class, SigningDigest::default(), said, required)?
            .sign_subkey_binding(
                primary,
                primary.public_key(),
                &Password::empty(),
                self.key.public_key(),
            )
            .doing("revoke the subkey")?;
        self.signatures.push(revocation);
        Ok(())
    }
}

impl fmt::Debug for BoundSubkey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("BoundSubkey")
            .field(&self.fingerprint())
            .finish()
    }
}

/// The primary's binding (class 18), with the subkey's back-signature inside.
fn bind(
    primary: &SecretKey,
    key: &SecretSubkey,
    options: &SubkeyOptions,
) -> Result<Signature, KeyError> {
    let created = openpgp_time(options.created)?;
    let mut flags = KeyFlags::default();
    flags.set_sign(options.signs);
    let mut said = own_words(primary, created);
    said.push(SubpacketData::KeyFlags(flags));
    if let Some(validity) = options.validity {
        said.push(SubpacketData::KeyExpirationTime(openpgp_duration(
            validity,
        )?));
    }
    if let Some(lasts) = options.lasts {
        said.push(SubpacketData::SignatureExpirationTime(openpgp_duration(
            lasts,
        )?));
    }
    fits(primary, options.digest)?;
    if options.back_signed {
        let class = SignatureType::KeyBinding;
        fits(key, options.back_digest)?;
        let required = options.back_required.as_ref();
        let words = own_words(key, created);
        let back = config(key, class, options.back_digest, words, required)?
            .sign_primary_key_binding(
                key,
                key.public_key(),
                &Password::empty(),
                primary.public_key(),
            )
            .doing("sign the binding back")?;
        said.push(SubpacketData::EmbeddedSignature(Box::new(back)));
    }
    let class = SignatureType::SubkeyBinding;
    let required = options.required.as_ref();
    config(primary, class, options.digest, said, required)?
        .sign_subkey_binding(
            primary,
            primary.public_key(),
            &Password::empty(),
            key.public_key(),
        )
        .doing("bind the subkey")
}
