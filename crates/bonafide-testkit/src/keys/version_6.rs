//! Keys of version 6 (RFC 9580, 10.1.3), in so far as verifiers meet them: they sign, and they lie
//! beside others.

use std::fmt;

use jiff::Timestamp;
use pgp::composed::{DetachedSignature, KeyType, SignedKeyDetails, SignedPublicKey};
use pgp::packet::{
    KeyFlags, PubKeyInner, PublicKey, SecretKey, SignatureConfig, SignatureType, SubpacketData,
};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, KeyVersion, Password};
use rand::rngs::OsRng;

use super::certification::own_words;
use super::error::{Doing, openpgp_time};
use super::signature::subpackets;
use super::{KeyError, SigningDigest};

const KIND: KeyType = KeyType::Ed25519;

/// A throw-away Ed25519 key of version 6, whose fingerprint has 64 digits.
#[derive(Clone)]
pub struct Version6Key {
    primary: SecretKey,
    certificate: SignedPublicKey,
}

impl Version6Key {
    /// A key that says of itself that it signs.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn generate(created: Timestamp) -> Result<Self, KeyError> {
        let created = openpgp_time(created)?;
        let (public, secret) = KIND.generate(OsRng).doing("generate the key")?;
        let primary = PubKeyInner::new(KeyVersion::V6, KIND.to_alg(), created, None, public)
            .and_then(PublicKey::from_inner)
            .and_then(|public| SecretKey::new(public, secret))
            .doing("assemble the key")?;
        let mut flags = KeyFlags::default();
        flags.set_certify(true);
        flags.set_sign(true);
        let mut said = own_words(&primary, created);
        said.push(SubpacketData::KeyFlags(flags));
        let own = config(SignatureType::Key, said)?
            .sign_key(&primary, &Password::empty(), primary.public_key())
            .doing("sign the key")?;
        let details = SignedKeyDetails::new(Vec::new(), vec![own], Vec::new(), Vec::new());
        let certificate = SignedPublicKey::new(primary.public_key().clone(), details, Vec::new());
        Ok(Self {
            primary,
            certificate,
        })
    }

    /// The fingerprint: 64 upper-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:X}", self.primary.fingerprint())
    }

    /// The certificate in binary.
    ///
    /// # Errors
    /// The certificate can't be encoded.
    pub fn public_key_binary(&self) -> Result<Vec<u8>, KeyError> {
        self.certificate.to_bytes().doing("encode the certificate")
    }

    /// A detached signature of version 6 in binary, of class 00, over SHA-512.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn sign_binary(&self, data: &[u8], at: Timestamp) -> Result<Vec<u8>, KeyError> {
        let said = own_words(&self.primary, openpgp_time(at)?);
        let signature = config(SignatureType::Binary, said)?
            .sign(&self.primary, &Password::empty(), data)
            .doing("sign the data")?;
        DetachedSignature::new(signature)
            .to_bytes()
            .doing("encode the signature")
    }
}

impl fmt::Debug for Version6Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Version6Key")
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

/// A version 6 signature that says this.
fn config(class: SignatureType, said: Vec<SubpacketData>) -> Result<SignatureConfig, KeyError> {
    let digest = SigningDigest::default().algorithm();
    let config = SignatureConfig::v6(OsRng, class, KIND.to_alg(), digest);
    let mut config = config.doing("salt the signature")?;
    config.hashed_subpackets = subpackets(said)?;
    Ok(config)
}
