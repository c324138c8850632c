//! Throw-away OpenPGP keys, and signatures of every kind that a verifier must judge.
//!
//! A [`SigningKey`] lives in memory only: it is made when a test starts and forgotten when it
//! ends. Nothing here is a secret worth keeping, and nothing here is ever written to a disk.
//!
//! ```
//! use bonafide_testkit::keys::{SignatureOptions, SigningKey};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::generate("Vendor <images@vendor.test>", "2026-01-01T00:00:00Z".parse()?)?;
//! let signed_at = SignatureOptions::at("2026-11-10T12:00:00Z".parse()?);
//! let signature = key.sign(b"the list\n", &signed_at)?;
//! assert!(signature.starts_with("-----BEGIN PGP SIGNATURE-----"));
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, DetachedSignature, KeyType, SignedKeyDetails,
    SignedPublicKey, SignedPublicSubKey,
};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::packet::{SecretKey, Signature, UserId};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, SignedUser};

mod certification;
mod direct;
mod error;
mod options;
mod required;
mod signature;
mod subkey;
mod vendors;
mod version_6;

pub use direct::DirectOptions;
pub use error::KeyError;
pub use options::{RevocationReason, SignatureOptions, SigningDigest};
pub use required::Required;
pub use subkey::SubkeyOptions;
pub use vendors::VendorKeys;
pub use version_6::Version6Key;

use certification::Certification;
use error::Doing;
use subkey::BoundSubkey;

/// A throw-away secret key with its certificate (version 4, RFC 9580, 10.1.2).
///
/// Methods that change the certificate return a new one, so that the copy from before (say, from
/// before the revocation) stays at hand. `Debug` shows the fingerprint and nothing secret.
#[derive(Clone)]
pub struct SigningKey {
    kind: KeyType,
    primary: SecretKey,
    user_id: UserId,
    certification: Certification,
    self_signature: Signature,
    direct: Vec<Signature>,
    revocations: Vec<Signature>,
    subkeys: Vec<BoundSubkey>,
}

impl SigningKey {
    /// An Ed25519 key in the form that GnuPG makes (algorithm 22), in well under a millisecond.
    ///
    /// It signs with SHA-256 and SHA-512 only; SHA-1 and MD5 need [`SigningKey::generate_rsa`].
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn generate(user_id: &str, created: Timestamp) -> Result<Self, KeyError> {
        Self::of_kind(KeyType::Ed25519Legacy, user_id, created)
    }

    /// An RSA key as the vendors' real ones are (they have 4,096 bits).
    ///
    /// 2,048 bits cost some 100 ms, 4,096 bits seconds. Fewer than 2,048 make a key that a
    /// verifier must refuse.
    ///
    /// # Errors
    /// No key can be made with that many bits, or the time is out of OpenPGP's range.
    pub fn generate_rsa(user_id: &str, created: Timestamp, bits: u32) -> Result<Self, KeyError> {
        Self::of_kind(KeyType::Rsa(bits), user_id, created)
    }

    /// A key on the curve P-256 (ECDSA), made at once as well.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn generate_ecdsa(user_id: &str, created: Timestamp) -> Result<Self, KeyError> {
        Self::of_kind(KeyType::ECDSA(ECCCurve::P256), user_id, created)
    }

    fn of_kind(kind: KeyType, user_id: &str, created: Timestamp) -> Result<Self, KeyError> {
        let created_at = error::openpgp_time(created)?;
        let user_id = UserId::from_str(Default::default(), user_id).doing("encode the user id")?;
        let primary = certification::primary(&kind, created_at)?;
        let certification = Certification::at(created_at);
        let self_signature = certification.sign(&primary, &user_id)?;
        Ok(Self {
            kind,
            primary,
            user_id,
            certification,
            self_signature,
            direct: Vec::new(),
            revocations: Vec::new(),
            subkeys: Vec::new(),
        })
    }

    /// The key with an end: its self-signature says that it is valid for so long from its
    /// creation.
    ///
    /// # Errors
    /// The duration has more than 32 bits of seconds.
    pub fn expires_after(mut self, validity: Duration) -> Result<Self, KeyError> {
        self.certification.validity = Some(error::openpgp_duration(validity)?);
        self.certified_anew()
    }

    /// The key with a self-signature over another digest than SHA-512, as several vendors' old
    /// keys have SHA-1.
    ///
    /// # Errors
    /// An Ed25519 key can't sign a digest of fewer than 256 bits.
    pub fn self_signed_with(mut self, digest: SigningDigest) -> Result<Self, KeyError> {
        self.certification.digest = digest;
        self.certified_anew()
    }

    /// The key with a self-signature of this time, as a renewed copy has a newer one.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn self_signed_at(mut self, at: Timestamp) -> Result<Self, KeyError> {
        self.certification.created = error::openpgp_time(at)?;
        self.certified_anew()
    }

    /// The key with a self-signature that has an end of its own, so long after it was made.
    ///
    /// # Errors
    /// The duration has more than 32 bits of seconds.
    pub fn self_signature_expires_after(mut self, lasts: Duration) -> Result<Self, KeyError> {
        self.certification.lasts = Some(error::openpgp_duration(lasts)?);
        self.certified_anew()
    }

    /// The key with flags that let it certify, but not sign: its signatures must be refused.
    ///
    /// # Errors
    /// The self-signature can't be made.
    pub fn without_signing_flag(mut self) -> Result<Self, KeyError> {
        self.certification.signs = false;
        self.certified_anew()
    }

    /// The key without any flags, as keys from before the flags are: it may do everything.
    ///
    /// # Errors
    /// The self-signature can't be made.
    pub fn without_key_flags(mut self) -> Result<Self, KeyError> {
        self.certification.flagged = false;
        self.certified_anew()
    }

    fn certified_anew(mut self) -> Result<Self, KeyError> {
        self.self_signature = self.certification.sign(&self.primary, &self.user_id)?;
        Ok(self)
    }

    /// This key with a revocation of its primary. It can still sign: a thief's can.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn revoke(&self, reason: RevocationReason, at: Timestamp) -> Result<Self, KeyError> {
        let revocation = certification::revocation(&self.primary, reason, at, None)?;
        let mut revoked = self.clone();
        revoked.revocations.push(revocation);
        Ok(revoked)
    }

    /// The key with a self-signature that marks this as critical.
    ///
    /// # Errors
    /// The self-signature can't be made.
    pub fn self_signature_requires(mut self, required: Required) -> Result<Self, KeyError> {
        self.certification.required = Some(required);
        self.certified_anew()
    }

    /// This key with a revocation of its primary that marks something as critical.
    ///
    /// # Errors
    /// The time does not fit into OpenPGP's 32 bits of seconds since 1970.
    pub fn revoke_requiring(
        &self,
        reason: RevocationReason,
        at: Timestamp,
        required: &Required,
    ) -> Result<Self, KeyError> {
        let revocation = certification::revocation(&self.primary, reason, at, Some(required))?;
        let mut revoked = self.clone();
        revoked.revocations.push(revocation);
        Ok(revoked)
    }

    /// This key with a revocation of its newest subkey that marks something as critical.
    ///
    /// # Errors
    /// There is no subkey, or the time is out of OpenPGP's range.
    pub fn revoke_subkey_requiring(
        &self,
        reason: RevocationReason,
        at: Timestamp,
        required: &Required,
    ) -> Result<Self, KeyError> {
        self.change_subkey(|subkey, primary| subkey.revoke(primary, reason, at, Some(required)))
    }

    /// This key with one more signing subkey of the same kind, and **signing with that** from now
    /// on. The key as it was keeps signing with its primary.
    ///
    /// # Errors
    /// The subkey can't be made, or a time is out of OpenPGP's range.
    pub fn add_signing_subkey(&self, options: &SubkeyOptions) -> Result<Self, KeyError> {
        let subkey = BoundSubkey::generate(&self.kind, &self.primary, options)?;
        let mut extended = self.clone();
        extended.subkeys.push(subkey);
        Ok(extended)
    }

    /// This key with one more binding of its newest subkey, with which it goes on signing. Of the
    /// options, those of the key itself were decided when it was made.
    ///
    /// # Errors
    /// There is no subkey, or a time is out of OpenPGP's range.
    pub fn bind_subkey(&self, options: &SubkeyOptions) -> Result<Self, KeyError> {
        self.change_subkey(|subkey, primary| subkey.bind(primary, options))
    }

    /// This key with a revocation of its newest subkey, with which it goes on signing.
    ///
    /// # Errors
    /// There is no subkey, or the time is out of OpenPGP's range.
    pub fn revoke_subkey(&self, reason: RevocationReason, at: Timestamp) -> Result<Self, KeyError> {
        self.change_subkey(|subkey, primary| subkey.revoke(primary, reason, at, None))
    }

    fn change_subkey(
        &self,
        change: impl FnOnce(&mut BoundSubkey, &SecretKey) -> Result<(), KeyError>,
    ) -> Result<Self, KeyError> {
        let mut changed = self.clone();
        let Some(subkey) = changed.subkeys.last_mut() else {
            return Err(KeyError::NoSubkey {
                fingerprint: self.fingerprint(),
            });
        };
        change(subkey, &self.primary)?;
        Ok(changed)
    }

    /// The fingerprint of the primary key: 40 upper-case hexadecimal digits. Pin this.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:X}", self.primary.fingerprint())
    }

    /// The fingerprint of the key that signs: the newest subkey's, else the primary's.
    #[must_use]
    pub fn signer_fingerprint(&self) -> String {
        match self.subkeys.last() {
            Some(subkey) => subkey.fingerprint(),
            None => self.fingerprint(),
        }
    }

    /// The certificate in ASCII armor, as vendors publish it.
    ///
    /// # Errors
    /// The certificate can't be encoded.
    pub fn public_key_armored(&self) -> Result<String, KeyError> {
        self.certificate()
            .to_armored_string(ArmorOptions::default())
            .doing("armor the certificate")
    }

    /// The certificate in binary, as distributions package it.
    ///
    /// # Errors
    /// The certificate can't be encoded.
    pub fn public_key_binary(&self) -> Result<Vec<u8>, KeyError> {
        self.certificate()
            .to_bytes()
            .doing("encode the certificate")
    }

    fn certificate(&self) -> SignedPublicKey {
        let user = SignedUser::new(self.user_id.clone(), vec![self.self_signature.clone()]);
        let (revocations, direct) = (self.revocations.clone(), self.direct.clone());
        let details = SignedKeyDetails::new(revocations, direct, vec![user], Vec::new());
        let subkeys: Vec<SignedPublicSubKey> =
            self.subkeys.iter().map(BoundSubkey::to_public).collect();
        SignedPublicKey::new(self.primary.public_key().clone(), details, subkeys)
    }

    /// A detached signature in ASCII armor, like Ubuntu's `SHA256SUMS.gpg`.
    ///
    /// # Errors
    /// The options ask for what this key can't do, or for a time out of OpenPGP's range.
    pub fn sign(&self, data: &[u8], options: &SignatureOptions) -> Result<String, KeyError> {
        DetachedSignature::new(self.signature(data, options)?)
            .to_armored_string(ArmorOptions::default())
            .doing("armor the signature")
    }

    /// A detached signature in binary, like Flatcar's `.sig`.
    ///
    /// # Errors
    /// The options ask for what this key can't do, or for a time out of OpenPGP's range.
    pub fn sign_binary(
        &self,
        data: &[u8],
        options: &SignatureOptions,
    ) -> Result<Vec<u8>, KeyError> {
        DetachedSignature::new(self.signature(data, options)?)
            .to_bytes()
            .doing("encode the signature")
    }

    /// A clear-signed message, like Fedora's `CHECKSUM`; the signature is of class 01 whatever
    /// the options say.
    ///
    /// # Errors
    /// The options ask for what this key can't do, or for a time out of OpenPGP's range.
    pub fn sign_cleartext(
        &self,
        text: &str,
        options: &SignatureOptions,
    ) -> Result<String, KeyError> {
        // The line break before the signature is not signed (RFC 9580, 7.1).
        let text = text.strip_suffix('\n').unwrap_or(text);
        // Neither are blanks at the ends of lines.
        let lines = text.split('\n');
        let signed: Vec<_> = lines
            .map(|line| line.trim_end_matches([' ', '\t', '\r']))
            .collect();
        let signed = signed.join("\n");
        let signature = self.signature(signed.as_bytes(), &options.clone().text())?;
        CleartextSignedMessage::new_many(text, |_| Ok(vec![signature]))
            .and_then(|message| message.to_armored_string(ArmorOptions::default()))
            .doing("write the clear-signed message")
    }

    fn signature(&self, data: &[u8], options: &SignatureOptions) -> Result<Signature, KeyError> {
        match self.subkeys.last() {
            Some(subkey) => signature::sign(subkey.key(), data, options),
            None => signature::sign(&self.primary, data, options),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
