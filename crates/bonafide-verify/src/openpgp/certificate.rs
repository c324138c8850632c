//! Which key of a pinned certificate made a signature, and whether it was allowed to.

use jiff::{SignedDuration, Timestamp};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, RevocationCode, Signature, SubpacketData};
use pgp::types::KeyDetails;

use super::checked::{Certificate, Subkey};
use super::policy::critical_is_known;
use super::{critical, last_words};
use crate::{AcceptedWeakness, Error, Fingerprint};

/// The key that a signature names.
#[derive(Debug)]
pub(super) enum Signer<'a> {
    /// The pinned primary key itself.
    Primary(&'a PublicKey),
    /// One of its subkeys.
    Subkey(&'a Subkey),
}

impl Signer<'_> {
    pub(super) fn verify(&self, signature: &Signature, data: &[u8]) -> pgp::errors::Result<()> {
        match self {
            Self::Primary(key) => signature.verify(*key, data),
            Self::Subkey(subkey) => signature.verify(&subkey.key, data),
        }
    }

    pub(super) fn details(&self) -> &dyn KeyDetails {
        match self {
            Self::Primary(key) => *key,
            Self::Subkey(subkey) => &subkey.key,
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.details().fingerprint().into()
    }

    fn created_at(&self) -> Timestamp {
        timestamp(self.details().created_at())
    }
}

/// The key of this certificate that the signature names. The issuer is only a hint; the signature
/// itself decides. If it names no issuer, the primary is tried, and no subkey.
pub(super) fn find_signer<'a>(
    certificate: &'a Certificate,
    signature: &Signature,
) -> Option<Signer<'a>> {
    let primary = &certificate.primary;
    if names_nobody(signature) || names(signature, primary) {
        return Some(Signer::Primary(primary));
    }
    let mut subkeys = certificate.subkeys.iter();
    subkeys
        .find(|subkey| names(signature, &subkey.key))
        .map(Signer::Subkey)
}

/// By the fingerprint, or by the key id if it has no fingerprint.
pub(super) fn names(signature: &Signature, key: &dyn KeyDetails) -> bool {
    let fingerprints = signature.issuer_fingerprint();
    if fingerprints.is_empty() {
        signature.issuer_key_id().contains(&&key.legacy_key_id())
    } else {
        fingerprints.contains(&&key.fingerprint())
    }
}

pub(super) fn names_nobody(signature: &Signature) -> bool {
    signature.issuer_fingerprint().is_empty() && signature.issuer_key_id().is_empty()
}

/// Whether this key was allowed to sign files at `signed_at`. Expiry is checked at that time: a
/// signature from before the key's expiry stays valid.
pub(super) fn may_sign(
    certificate: &Certificate,
    signer: &Signer<'_>,
    signed_at: Timestamp,
    now: Timestamp,
) -> Result<Vec<AcceptedWeakness>, Error> {
    let primary = &certificate.primary;
    let primary_fingerprint = Fingerprint::from(primary.fingerprint());
    created_before(
        &primary_fingerprint,
        timestamp(primary.created_at()),
        signed_at,
    )?;
    for revocation in &certificate.revocations {
        not_revoked(&primary_fingerprint, revocation, signed_at)?;
    }
    let own = &certificate.self_signatures;
    for said in last_words::of_each_kind(own, now).into_iter().flatten() {
        critical_is_known(&primary_fingerprint, said, "the key itself")?;
    }
    let mut said = last_words::on(own, last_words::has_end, now);
    if said.is_empty() {
        return Err(Error::NotASigningKey {
            key: primary_fingerprint,
            reason: "the certificate has no valid signature over itself".to_owned(),
            signed_at,
        });
    }
    let created_at = timestamp(primary.created_at());
    for said in &said {
        not_expired(&primary_fingerprint, created_at, said, signed_at)?;
    }
    let of_subkey = match signer {
        Signer::Primary(_) => {
            let flags = last_words::on(own, last_words::has_flags, now);
            if flags.iter().any(|said| key_flags_forbid_signing(said)) {
                return Err(Error::NotASigningKey {
                    key: primary_fingerprint,
                    reason: "its key flags do not include signing".to_owned(),
                    signed_at,
                });
            }
            said.extend(flags);
            None
        }
        Signer::Subkey(subkey) => {
            subkey_may_sign(&primary_fingerprint, subkey, signer, signed_at, now)?
        }
    };
    let accepted_weakness = said.into_iter().any(is_sha1);
    let accepted_weakness = accepted_weakness.then_some(AcceptedWeakness::Sha1SelfSignature);
    Ok(accepted_weakness.into_iter().chain(of_subkey).collect())
}

/// A subkey needs a binding by the primary that allows signing, and a back-signature; without the
/// latter an attacker could claim the signing key of another owner.
fn subkey_may_sign(
    primary: &Fingerprint,
    subkey: &Subkey,
    signer: &Signer<'_>,
    signed_at: Timestamp,
    now: Timestamp,
) -> Result<Option<AcceptedWeakness>, Error> {
    let key = signer.fingerprint();
    created_before(&key, signer.created_at(), signed_at)?;
    for revocation in &subkey.revocations {
        not_revoked(&key, revocation, signed_at)?;
    }
    let not_signing = |reason: &str| Error::NotASigningKey {
        key: key.clone(),
        reason: reason.to_owned(),
        signed_at,
    };
    let bindings = last_words::newest(&subkey.bindings, |binding| &binding.signature, now);
    if bindings.is_empty() {
        return Err(not_signing("the primary key has not bound it"));
    }
    for binding in &bindings {
        critical_is_known(primary, &binding.signature, "its subkey")?;
    }
    if bindings
        .iter()
        .any(|each| !each.signature.key_flags().sign())
    {
        return Err(not_signing("its key flags do not include signing"));
    }
    // One suffices; the one that lasts longest is used.
    let backs = bindings.iter().flat_map(|binding| &binding.backs);
    let rank = |back: &&Signature| {
        let is_known = critical::unknown(back).is_none();
        (is_known, lasts(back), !is_sha1(back))
    };
    let Some(back) = backs.max_by_key(rank) else {
        return Err(not_signing("it has not signed its binding back"));
    };
    critical_is_known(&key, back, "its primary key")?;
    let said = bindings.iter().map(|binding| &binding.signature);
    let said: Vec<_> = said.chain([back]).collect();
    for said in &said {
        not_expired(&key, signer.created_at(), said, signed_at)?;
    }
    let weak = said.into_iter().any(is_sha1);
    Ok(weak.then_some(AcceptedWeakness::Sha1Binding))
}

/// Self-signatures and bindings need SHA-256 or stronger; SHA-1 is accepted for pinned keys, and
/// reported in the evidence.
pub(super) fn acceptable_digest(signature: &Signature) -> bool {
    matches!(
        signature.hash_alg(),
        Some(
            HashAlgorithm::Sha1
                | HashAlgorithm::Sha256
                | HashAlgorithm::Sha384
                | HashAlgorithm::Sha512
                | HashAlgorithm::Sha3_256
                | HashAlgorithm::Sha3_512
        )
    )
}

fn is_sha1(signature: &Signature) -> bool {
    signature.hash_alg() == Some(HashAlgorithm::Sha1)
}

/// For how many seconds the signature itself is valid.
fn lasts(signature: &Signature) -> u32 {
    match signature
        .signature_expiration_time()
        .map(|time| time.as_secs())
    {
        None | Some(0) => u32::MAX,
        Some(seconds) => seconds,
    }
}

/// Absent flags allow everything, as in keys older than the flags.
fn key_flags_forbid_signing(signature: &Signature) -> bool {
    signature.config().is_some_and(|config| {
        config
            .hashed_subpackets()
            .any(|subpacket| match &subpacket.data {
                SubpacketData::KeyFlags(flags) => !flags.sign(),
                _ => false,
            })
    })
}

/// A compromised key (or one revoked without a reason) is never valid again; one that was
/// superseded or retired is valid for what it signed before.
///
/// A revocation with an unknown critical part is applied: only the key's owner can have made it,
/// and to ignore it would be to trust a key that its owner has given up. The unknown part may
/// change the meaning of the reason, so the reason is ignored.
fn not_revoked(
    key: &Fingerprint,
    revocation: &Signature,
    signed_at: Timestamp,
) -> Result<(), Error> {
    let revoked_at = revocation
        .created()
        .map_or(Timestamp::UNIX_EPOCH, timestamp);
    let code = revocation.revocation_reason_code();
    let required = critical::unknown(revocation);
    let soft = required.is_none()
        && matches!(
            code,
            Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired)
        );
    if soft && signed_at < revoked_at {
        return Ok(());
    }
    Err(Error::KeyRevoked {
        key: key.clone(),
        revoked_at,
        reason: match (required, code) {
            (Some(required), _) => format!("{required} is marked as critical and not known here"),
            (None, Some(RevocationCode::KeyCompromised)) => "compromised".to_owned(),
            (None, Some(RevocationCode::KeySuperseded)) => "superseded".to_owned(),
            (None, Some(RevocationCode::KeyRetired)) => "retired".to_owned(),
            _ => "no reason given".to_owned(),
        },
        signed_at,
    })
}

fn created_before(
    key: &Fingerprint,
    created_at: Timestamp,
    signed_at: Timestamp,
) -> Result<(), Error> {
    if created_at > signed_at {
        return Err(Error::KeyNewerThanSignature {
            key: key.clone(),
            created_at,
            signed_at,
        });
    }
    Ok(())
}

/// A key expires at the end of its own validity, or with the signature that states it: that may
/// expire, too.
fn not_expired(
    key: &Fingerprint,
    created_at: Timestamp,
    said: &Signature,
    signed_at: Timestamp,
) -> Result<(), Error> {
    let said_at = said.created().map_or(created_at, timestamp);
    let ends = [
        end(created_at, said.key_expiration_time()),
        end(said_at, said.signature_expiration_time()),
    ];
    match ends.into_iter().flatten().min() {
        Some(expired_at) if expired_at <= signed_at => Err(Error::KeyExpired {
            key: key.clone(),
            expired_at,
            signed_at,
        }),
        _ => Ok(()),
    }
}

/// The end of a validity that began at `start`; zero seconds mean no end (RFC 9580, 5.2.3.13).
pub(super) fn end(start: Timestamp, validity: Option<pgp::types::Duration>) -> Option<Timestamp> {
    let seconds = validity?.as_secs();
    let validity = SignedDuration::from_secs(seconds.into());
    (seconds != 0).then(|| start.checked_add(validity).unwrap_or(Timestamp::MAX))
}

/// OpenPGP times are seconds since 1970 in 32 bits, so they always fit.
pub(super) fn timestamp(time: pgp::types::Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_secs().into()).unwrap_or(Timestamp::MAX)
}
