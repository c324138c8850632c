//! The rules that make a mathematically right signature count. One function a rule.

use jiff::{SignedDuration, Timestamp};
use pgp::composed::SignedPublicKey;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType, SignatureVersion};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, PublicParams};

use super::ParsedSignature;
use super::certificate::{self, Signer};
use crate::{Algorithm, Concession, Digest, Error, Evidence, Fingerprint};

/// How far a signer's clock may be ahead of ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(30);
/// RSA keys below this are refused.
const MIN_RSA_BITS: u16 = 2048;

/// Checks one signature against one pinned certificate. `None`: another key made it.
pub(crate) fn verify(
    vendor: &str,
    certificate: &SignedPublicKey,
    signature: &ParsedSignature,
    data: &[u8],
    now: Timestamp,
) -> Result<Option<Evidence>, Error> {
    let signature = &signature.0;
    let Some(signer) = certificate::find_signer(certificate, signature) else {
        return Ok(None);
    };
    let signature_version = version(signature)?;
    let digest_algorithm = digest_strength(&signer, signature)?;
    signature_type(signature)?;
    key_strength(&Signer::Primary(&certificate.primary_key))?;
    key_strength(&signer)?;
    let signed_at = created(signature)?;
    if signer.verify(signature, data).is_err() {
        return Err(Error::BadSignature {
            signer: signer.fingerprint(),
            signed_at,
        });
    }
    // From here on the signature is the key's own word; is it one that counts?
    not_from_the_future(&signer, signed_at, now)?;
    not_expired(&signer, signature, signed_at, now)?;
    let mut concessions = certificate::may_sign(certificate, &signer, signed_at, now)?;
    if signature_version == 3 {
        concessions.push(Concession::Version3Signature);
    }
    Ok(Some(Evidence {
        vendor: vendor.to_owned(),
        certificate: certificate.fingerprint().into(),
        signer: signer.fingerprint(),
        signed_at,
        digest_algorithm: digest_algorithm.to_string(),
        signature_version,
        signed_sha256: Digest::of(Algorithm::Sha256, data),
        concessions,
    }))
}

/// Versions 3 (legacy vendors), 4 and 6 are signatures; the others were never standardised.
fn version(signature: &Signature) -> Result<u8, Error> {
    match signature.version() {
        SignatureVersion::V3 => Ok(3),
        SignatureVersion::V4 => Ok(4),
        SignatureVersion::V6 => Ok(6),
        other => Err(Error::Malformed {
            what: "the signature",
            reason: format!("signature packets of version {other:?} are not supported"),
        }),
    }
}

/// SHA-256 or stronger. MD5, SHA-1 and RIPEMD-160 collide or are about to.
fn digest_strength(signer: &Signer<'_>, signature: &Signature) -> Result<HashAlgorithm, Error> {
    match signature.hash_alg() {
        Some(
            strong @ (HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512),
        ) => Ok(strong),
        weak => Err(Error::WeakDigest {
            signer: signer.fingerprint(),
            algorithm: weak.map_or_else(|| "an unknown digest".to_owned(), |w| w.to_string()),
        }),
    }
}

/// Binary (RFC 9580, 5.2.1.1) and text (5.2.1.2) signatures are over files. Others, such as
/// standalone and time-stamp signatures, are over something else and say nothing of the data.
fn signature_type(signature: &Signature) -> Result<(), Error> {
    match signature.typ() {
        Some(SignatureType::Binary | SignatureType::Text) => Ok(()),
        other => Err(Error::SignatureType {
            found: other.map_or_else(
                || "unknown".to_owned(),
                |typ| format!("{typ:?} (0x{:02X})", u8::from(typ)),
            ),
        }),
    }
}

fn key_strength(signer: &Signer<'_>) -> Result<(), Error> {
    let params = signer.public_params();
    let refused = |algorithm: String| {
        Err(Error::WeakKey {
            key: signer.fingerprint(),
            algorithm,
        })
    };
    match params {
        PublicParams::RSA(rsa) => {
            let bits = rsa_bits(rsa);
            if bits < MIN_RSA_BITS {
                return refused(format!("RSA with {bits} bits"));
            }
            Ok(())
        }
        PublicParams::ECDSA(_)
        | PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::Ed448(_) => Ok(()),
        _ => refused(format!("{:?}", signer.algorithm())),
    }
}

/// The modulus is written first, as a number with its length in bits before it (RFC 9580, 3.2).
fn rsa_bits(params: &impl Serialize) -> u16 {
    let bytes = params.to_bytes().unwrap_or_default();
    match bytes[..] {
        [high, low, ..] => u16::from_be_bytes([high, low]),
        _ => 0,
    }
}

fn created(signature: &Signature) -> Result<Timestamp, Error> {
    signature
        .created()
        .map(certificate::timestamp)
        .ok_or_else(|| Error::Malformed {
            what: "the signature",
            reason: "it does not say when it was made".to_owned(),
        })
}

fn not_from_the_future(
    signer: &Signer<'_>,
    signed_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    if signed_at.duration_since(now) > CLOCK_TOLERANCE {
        return Err(Error::FromTheFuture {
            signer: signer.fingerprint(),
            signed_at,
            now,
        });
    }
    Ok(())
}

/// The signature's own end, if it has one (RFC 9580, 5.2.3.18).
fn not_expired(
    signer: &Signer<'_>,
    signature: &Signature,
    signed_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(expired_at) = certificate::end(signed_at, signature.signature_expiration_time())
    else {
        return Ok(());
    };
    if expired_at <= now {
        return Err(Error::SignatureExpired {
            signer: signer.fingerprint(),
            expired_at,
            now,
        });
    }
    Ok(())
}

impl Signer<'_> {
    fn verify(&self, signature: &Signature, data: &[u8]) -> pgp::errors::Result<()> {
        match self {
            Self::Primary(key) => signature.verify(*key, data),
            Self::Subkey(subkey) => signature.verify(&subkey.key, data),
        }
    }

    fn details(&self) -> &dyn KeyDetails {
        match self {
            Self::Primary(key) => *key,
            Self::Subkey(subkey) => &subkey.key,
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.details().fingerprint().into()
    }

    pub(super) fn created_at(&self) -> Timestamp {
        certificate::timestamp(self.details().created_at())
    }

    fn public_params(&self) -> &PublicParams {
        self.details().public_params()
    }

    fn algorithm(&self) -> pgp::crypto::public_key::PublicKeyAlgorithm {
        self.details().algorithm()
    }
}
