//! Signatures over data. rpgp's own signer refuses the classes and versions that verifiers must be
//! tried with, so the hashing is spelled out here (RFC 9580, 5.2.4).

use std::borrow::Cow;

use pgp::bytes::Bytes;
use pgp::packet::{Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{Password, PublicParams, SigningKey};

use super::KeyError;
use super::error::{Doing, openpgp_duration, openpgp_time};
use super::options::{Issuer, SignatureOptions, SigningDigest, Version};

/// Signs `data` as the options say.
pub(super) fn sign(
    key: &impl SigningKey,
    data: &[u8],
    options: &SignatureOptions,
) -> Result<Signature, KeyError> {
    fits(key, options.digest)?;
    let config = match options.version {
        Version::V3 => SignatureConfig::v3(
            options.class,
            key.algorithm(),
            options.digest.algorithm(),
            openpgp_time(options.created)?,
            key.legacy_key_id(),
        ),
        Version::V4 => version_4(key, options)?,
    };
    finish(key, config, &signed_bytes(options.class, data)).doing("sign the data")
}

/// A key on an elliptic curve takes digests of 256 bits and more.
pub(super) fn fits(key: &impl SigningKey, digest: SigningDigest) -> Result<(), KeyError> {
    let is_rsa = matches!(key.public_params(), PublicParams::RSA(_));
    if digest.is_short() && !is_rsa {
        return Err(KeyError::DigestTooShort {
            digest: digest.algorithm().to_string(),
        });
    }
    Ok(())
}

fn version_4(
    key: &impl SigningKey,
    options: &SignatureOptions,
) -> Result<SignatureConfig, KeyError> {
    let mut config =
        SignatureConfig::v4(options.class, key.algorithm(), options.digest.algorithm());
    let created = openpgp_time(options.created)?;
    let mut hashed = vec![SubpacketData::SignatureCreationTime(created)];
    let mut unhashed = Vec::new();
    if let Some(validity) = options.validity {
        hashed.push(SubpacketData::SignatureExpirationTime(openpgp_duration(
            validity,
        )?));
    }
    if let Some(user_id) = &options.signers_user_id {
        let user_id = Bytes::copy_from_slice(user_id.as_bytes());
        hashed.push(SubpacketData::SignersUserID(user_id));
    }
    if options.issuer == Issuer::FingerprintAndKeyId {
        hashed.push(SubpacketData::IssuerFingerprint(key.fingerprint()));
    }
    if options.issuer != Issuer::Unnamed {
        unhashed.push(SubpacketData::IssuerKeyId(key.legacy_key_id()));
    }
    config.hashed_subpackets = subpackets(hashed)?;
    for required in &options.required {
        config.hashed_subpackets.push(required.to_subpacket()?);
    }
    config.unhashed_subpackets = subpackets(unhashed)?;
    Ok(config)
}

/// Wraps what a signature says into the subpackets that carry it.
pub(super) fn subpackets(data: Vec<SubpacketData>) -> Result<Vec<Subpacket>, KeyError> {
    data.into_iter()
        .map(|data| Subpacket::regular(data).doing("encode a subpacket"))
        .collect()
}

/// What of the data goes into the digest.
fn signed_bytes(class: SignatureType, data: &[u8]) -> Cow<'_, [u8]> {
    match class {
        SignatureType::Text => Cow::Owned(with_crlf(data)),
        // What rpgp's `verify` hashes for these: the strongest forgery, which it accepts.
        SignatureType::Standalone | SignatureType::Timestamp => {
            Cow::Borrowed(data.get(..1).unwrap_or_default())
        }
        _ => Cow::Borrowed(data),
    }
}

/// The text with CR LF at the end of each line.
fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(text.len() + text.len() / 32);
    let mut previous = 0;
    for &byte in text {
        if byte == b'\n' && previous != b'\r' {
            canonical.push(b'\r');
        }
        canonical.push(byte);
        previous = byte;
    }
    canonical
}

fn finish(
    key: &impl SigningKey,
    config: SignatureConfig,
    signed: &[u8],
) -> pgp::errors::Result<Signature> {
    let mut hasher = config.hash_alg.new_hasher()?;
    hasher.update(signed);
    let length = config.hash_signature_data(&mut hasher)?;
    hasher.update(&config.trailer(length)?);
    let digest = hasher.finalize();
    let start = [digest[0], digest[1]];
    let signature = key.sign(&Password::empty(), config.hash_alg, &digest)?;
    Signature::from_config(config, start, signature)
}
