//! The rules by which a mathematically valid signature is accepted. One function for each rule.

use jiff::Timestamp;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType, SignatureVersion};
use pgp::ser::Serialize;
use pgp::types::PublicParams;

use super::ParsedSignature;
use super::certificate::{self, Signer};
use super::checked::Certificate;
use super::critical;
use super::last_words::CLOCK_TOLERANCE;
use crate::{AcceptedWeakness, Algorithm, Digest, Error, Evidence, Fingerprint};

/// RSA keys below this are refused.
const MIN_RSA_BITS: u16 = 2048;

/// A signature of an acceptable form: its fields, and the issuer that it names.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    certificate: Fingerprint,
    signer: Fingerprint,
    signed_at: Timestamp,
    digest: HashAlgorithm,
    version: u8,
}

/// Checks one signature against one pinned certificate. `None`: another key made it.
pub(crate) fn verify(
    vendor: &str,
    certificate: &Certificate,
    signature: &ParsedSignature,
    data: &[u8],
    now: Timestamp,
) -> Result<Option<Evidence>, Error> {
    let signature = &signature.0;
    let Some(signer) = certificate::find_signer(certificate, signature) else {
        return Ok(None);
    };
    let claim = Claim::read(certificate, &signer, signature)?;
    if signer.verify(signature, data).is_err() {
        return Err(claim.bad_signature());
    }
    // From here on the signature is known to be by this key; the rules decide whether it is
    // accepted.
    let accepted_weaknesses = claim.counts(certificate, &signer, signature, now)?;
    let signed_sha256 = Digest::of(Algorithm::Sha256, data);
    Ok(Some(claim.evidence(
        vendor,
        accepted_weaknesses,
        signed_sha256,
    )))
}

impl Claim {
    /// The rules of form, which need neither the data nor the time.
    pub(super) fn read(
        certificate: &Certificate,
        signer: &Signer<'_>,
        signature: &Signature,
    ) -> Result<Self, Error> {
        let version = version(signature)?;
        let signed_at = created(signature)?;
        let digest = digest_strength(signer, signature, signed_at)?;
        signature_type(signer, signature, signed_at)?;
        critical_is_known(&signer.fingerprint(), signature, "the file")?;
        key_strength(&Signer::Primary(&certificate.primary), signed_at)?;
        key_strength(signer, signed_at)?;
        Ok(Self {
            certificate: certificate.fingerprint(),
            signer: signer.fingerprint(),
            signed_at,
            digest,
            version,
        })
    }

    /// The rules about time, and about what the key may do.
    pub(super) fn counts(
        &self,
        certificate: &Certificate,
        signer: &Signer<'_>,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<Vec<AcceptedWeakness>, Error> {
        not_from_the_future(signer, self.signed_at, now)?;
        not_expired(signer, signature, self.signed_at, now)?;
        let mut accepted_weaknesses =
            certificate::may_sign(certificate, signer, self.signed_at, now)?;
        if self.version == 3 {
            accepted_weaknesses.push(AcceptedWeakness::Version3Signature);
        }
        Ok(accepted_weaknesses)
    }

    pub(super) const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    pub(super) const fn digest(&self) -> HashAlgorithm {
        self.digest
    }

    pub(super) const fn version(&self) -> u8 {
        self.version
    }

    pub(super) fn bad_signature(&self) -> Error {
        Error::BadSignature {
            signer: self.signer.clone(),
            signed_at: self.signed_at,
            converted: None,
        }
    }

    pub(super) fn evidence(
        &self,
        vendor: &str,
        accepted_weaknesses: Vec<AcceptedWeakness>,
        signed_sha256: Digest,
    ) -> Evidence {
        Evidence {
            vendor: vendor.to_owned(),
            certificate: self.certificate.clone(),
            signer: self.signer.clone(),
            signed_at: self.signed_at,
            digest_algorithm: self.digest.to_string(),
            signature_version: self.version,
            signed_sha256,
            accepted_weaknesses,
            others: Vec::new(),
        }
    }
}

/// Versions 3 (legacy vendors), 4 and 6 are signatures; the others were never standardized.
fn version(signature: &Signature) -> Result<u8, Error> {
    match signature.version() {
        SignatureVersion::V3 => Ok(3),
        SignatureVersion::V4 => Ok(4),
        SignatureVersion::V6 => Ok(6),
        other => Err(Error::Malformed {
            what: "the signature",
            reason: format!(
                "signature packets of version {} are not supported",
                u8::from(other)
            ),
        }),
    }
}

/// SHA-256 or stronger. MD5, SHA-1 and RIPEMD-160 have collisions, or will soon.
fn digest_strength(
    signer: &Signer<'_>,
    signature: &Signature,
    signed_at: Timestamp,
) -> Result<HashAlgorithm, Error> {
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
            signed_at,
        }),
    }
}

/// Binary (RFC 9580, 5.2.1.1) and text (5.2.1.2) signatures are over files. Others, such as
/// standalone and time-stamp signatures, are not over the data.
fn signature_type(
    signer: &Signer<'_>,
    signature: &Signature,
    signed_at: Timestamp,
) -> Result<(), Error> {
    match signature.typ() {
        Some(SignatureType::Binary | SignatureType::Text) => Ok(()),
        other => Err(Error::SignatureType {
            signer: signer.fingerprint(),
            signed_at,
            found: other.map_or_else(
                || "unknown".to_owned(),
                |typ| {
                    let name = match typ {
                        SignatureType::Standalone => "standalone",
                        SignatureType::Timestamp => "time stamp",
                        _ => "another",
                    };
                    format!("{name} (0x{:02X})", u8::from(typ))
                },
            ),
        }),
    }
}

/// A signature may require that a part of it is understood (RFC 9580, 5.2.3.7).
pub(super) fn critical_is_known(
    signer: &Fingerprint,
    signature: &Signature,
    over: &'static str,
) -> Result<(), Error> {
    match critical::unknown(signature) {
        Some(required) => Err(Error::UnknownCritical {
            signer: signer.clone(),
            over,
            required,
            signed_at: created(signature)?,
        }),
        None => Ok(()),
    }
}

fn key_strength(signer: &Signer<'_>, signed_at: Timestamp) -> Result<(), Error> {
    let key = signer.details();
    let refused = |algorithm: String| {
        Err(Error::WeakKey {
            key: signer.fingerprint(),
            algorithm,
            signed_at,
        })
    };
    match key.public_params() {
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
        PublicParams::DSA(_) => refused("DSA".to_owned()),
        PublicParams::Elgamal(_) => refused("ElGamal".to_owned()),
        _ => refused(format!(
            "of the algorithm with the number {}",
            u8::from(key.algorithm())
        )),
    }
}

/// The modulus is written first, as a number after its length in bits (RFC 9580, 3.2).
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
            signed_at,
            expired_at,
            now,
        });
    }
    Ok(())
}
