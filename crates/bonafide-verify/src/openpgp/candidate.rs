//! Signatures over streamed files: all rules first, the mathematics at the end.

use ::digest::DynDigest;
use jiff::Timestamp;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureConfig, SignatureType};
use pgp::types::{KeyVersion, VerifyingKey};

use super::certificate::{self, Signer};
use super::checked::Certificate;
use super::policy::Claim;
use super::{ParsedSignature, issuer};
use crate::{AcceptedWeakness, Algorithm, Digest, Digester, Error, Evidence, Issuer};

/// A signature that is valid if it is over the file.
#[derive(Clone, Debug)]
pub(crate) struct SignatureCandidate {
    vendor: String,
    claim: Claim,
    accepted_weaknesses: Vec<AcceptedWeakness>,
    key: Key,
    signature: Signature,
    algorithm: Algorithm,
}

/// The key that is said to have signed.
#[derive(Clone, Debug)]
enum Key {
    Primary(PublicKey),
    Subkey(PublicSubkey),
}

impl SignatureCandidate {
    /// Checks a signature without the file. `None`: another key made it.
    pub(crate) fn new(
        vendor: &str,
        certificate: &Certificate,
        signature: &ParsedSignature,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let signature = &signature.0;
        let Some(signer) = certificate::find_signer(certificate, signature) else {
            return Ok(None);
        };
        let claim = Claim::read(certificate, &signer, signature)?;
        let algorithm = streamable(&claim, &signer, signature)?;
        let accepted_weaknesses = claim.counts(certificate, &signer, signature, now)?;
        Ok(Some(Self {
            vendor: vendor.to_owned(),
            claim,
            accepted_weaknesses,
            key: match signer {
                Signer::Primary(key) => Key::Primary(key.clone()),
                Signer::Subkey(subkey) => Key::Subkey(subkey.key.clone()),
            },
            signature: signature.clone(),
            algorithm,
        }))
    }

    /// Whether the signature is over the file with these digests.
    pub(crate) fn verify(&self, file: &Digester, sha256: &Digest) -> Option<Evidence> {
        let good = self.is_over(file.state(self.algorithm)) == Some(true);
        good.then(|| {
            let accepted_weaknesses = self.accepted_weaknesses.clone();
            let claim = &self.claim;
            claim.evidence(&self.vendor, accepted_weaknesses, sha256.clone())
        })
    }

    pub(crate) fn bad_signature(&self) -> Error {
        self.claim.bad_signature()
    }

    /// The issuer and the time that the signature names.
    pub(crate) fn issuer(&self) -> Issuer {
        issuer(&self.signature)
    }

    fn is_over(&self, state: Box<dyn DynDigest + Send>) -> Option<bool> {
        let config = self.signature.config()?;
        let digest = close(config, state).ok()?;
        // The packet has the first two bytes of the digest, to notice a wrong file early (RFC 9580,
        // 5.2.4).
        let starts_well = digest.starts_with(&self.signature.signed_hash_value()?);
        let (algorithm, value) = (config.hash_alg, self.signature.signature()?);
        let verified = match &self.key {
            Key::Primary(key) => key.verify(algorithm, &digest, value),
            Key::Subkey(key) => key.verify(algorithm, &digest, value),
        };
        Some(starts_well && verified.is_ok())
    }
}

/// Whether the signature can be checked with only the file's digests. A text signature needs the
/// text in canonical form, version 6 begins with a salt, and no vendor signs files with version 3.
fn streamable(
    claim: &Claim,
    signer: &Signer<'_>,
    signature: &Signature,
) -> Result<Algorithm, Error> {
    let refused = |reason: String| Error::NotStreamable {
        signer: signer.fingerprint(),
        signed_at: claim.signed_at(),
        reason,
    };
    if signature.typ() != Some(SignatureType::Binary) {
        return Err(refused(
            "it is a text signature (0x01), over line ends that the file does not have".to_owned(),
        ));
    }
    if claim.version() != 4 || signer.details().version() != KeyVersion::V4 {
        return Err(refused(format!(
            "it is of version {}, by a key of version {}",
            claim.version(),
            u8::from(signer.details().version())
        )));
    }
    let algorithm = match claim.digest() {
        HashAlgorithm::Sha256 => Algorithm::Sha256,
        HashAlgorithm::Sha512 => Algorithm::Sha512,
        other => return Err(refused(format!("its digest is {other}"))),
    };
    let Some(config) = signature.config() else {
        return Err(refused("its packet is not understood".to_owned()));
    };
    match close(config, Digester::new().state(algorithm)) {
        Ok(_) => Ok(algorithm),
        Err(_) => Err(refused("its packet contradicts itself".to_owned())),
    }
}

/// Appends to a file's digest what the signature hashes besides the file (RFC 9580, 5.2.4).
fn close(
    config: &SignatureConfig,
    mut state: Box<dyn DynDigest + Send>,
) -> pgp::errors::Result<Box<[u8]>> {
    let length = config.hash_signature_data(&mut state)?;
    state.update(&config.trailer(length)?);
    Ok(state.finalize())
}
