//! What a primary key says of itself directly, beside what it says over its user id.

use std::time::Duration;

use jiff::Timestamp;
use pgp::packet::{KeyFlags, Notation, SecretKey, Signature, SignatureType, SubpacketData};
use pgp::types::Password;

use super::certification::{config, own_words};
use super::error::{Doing, openpgp_duration, openpgp_time};
use super::{KeyError, Required, SigningDigest, SigningKey};

/// A direct-key signature (class 1F). The default says nothing of the key's end and flags, like the
/// one that GnuPG makes to name a revoker.
#[derive(Clone, Debug)]
#[must_use]
pub struct DirectOptions {
    created: Timestamp,
    validity: Option<Duration>,
    signs: Option<bool>,
    required: Option<Required>,
}

impl DirectOptions {
    /// A signature made at this time.
    pub const fn at(created: Timestamp) -> Self {
        Self {
            created,
            validity: None,
            signs: None,
            required: None,
        }
    }

    /// It says that the key is valid for so long from its creation.
    pub fn expires_after(mut self, validity: Duration) -> Self {
        self.validity = Some(validity);
        self
    }

    /// It has flags that let the key certify, and sign or not.
    pub fn flagged(mut self, signs: bool) -> Self {
        self.signs = Some(signs);
        self
    }

    /// It marks this as critical.
    pub fn requires(mut self, required: Required) -> Self {
        self.required = Some(required);
        self
    }

    fn sign(&self, primary: &SecretKey) -> Result<Signature, KeyError> {
        let mut said = own_words(primary, openpgp_time(self.created)?);
        said.push(SubpacketData::Notation(Notation {
            readable: true,
            name: "direct@vendor.test".into(),
            value: "said directly".into(),
        }));
        if let Some(signs) = self.signs {
            let mut flags = KeyFlags::default();
            flags.set_certify(true);
            flags.set_sign(signs);
            said.push(SubpacketData::KeyFlags(flags));
        }
        if let Some(validity) = self.validity {
            said.push(SubpacketData::KeyExpirationTime(openpgp_duration(
                validity,
            )?));
        }
        let (digest, required) = (SigningDigest::default(), self.required.as_ref());
        config(primary, SignatureType::Key, digest, said, required)?
            .sign_key(primary, &Password::empty(), primary.public_key())
            .doing("sign the key")
    }
}

impl SigningKey {
    /// This key with one more signature over itself, not over its user id.
    ///
    /// # Errors
    /// A time or duration is out of OpenPGP's range.
    pub fn says_directly(&self, options: &DirectOptions) -> Result<Self, KeyError> {
        let mut extended = self.clone();
        extended.direct.push(options.sign(&self.primary)?);
        Ok(extended)
    }
}
