//! What a signature marks as critical (RFC 9580, 5.2.3.7): an implementation that does not know it
//! must treat the signature as invalid, since it may change what the signature means.

use std::borrow::Cow;

use bonafide_core::text::excerpt;
use pgp::packet::{Signature, Subpacket, SubpacketData};

/// The bit of a subpacket's type that marks it as critical.
const CRITICAL: u8 = 0x80;

/// The critical part of the signature that is unknown here, if there is one. Only the hashed area
/// can require something: everyone who passes the signature on can change the unhashed area.
pub(super) fn unknown(signature: &Signature) -> Option<String> {
    let mut subpackets = signature.config()?.hashed_subpackets();
    subpackets.find_map(|subpacket| {
        let required = subpacket.is_critical.then_some(&subpacket.data);
        required.and_then(is_unknown)
    })
}

/// Known are the subpackets that the policy evaluates, and those without an effect on the validity,
/// such as preferences. No notation is known.
fn is_unknown(data: &SubpacketData) -> Option<String> {
    use SubpacketData as S;
    match data {
        S::EmbeddedSignature(_)
        | S::IssuerFingerprint(_)
        | S::IssuerKeyId(_)
        | S::KeyExpirationTime(_)
        | S::KeyFlags(_)
        | S::RevocationReason(..)
        | S::SignatureCreationTime(_)
        | S::SignatureExpirationTime(_) => None,
        S::ExportableCertification(_)
        | S::Features(_)
        | S::IsPrimary(_)
        | S::KeyServerPreferences(_)
        | S::PolicyURI(_)
        | S::PreferredAeadAlgorithms(_)
        | S::PreferredCompressionAlgorithms(_)
        | S::PreferredEncryptionModes(_)
        | S::PreferredHashAlgorithms(_)
        | S::PreferredKeyServer(_)
        | S::PreferredSymmetricAlgorithms(_)
        | S::Revocable(_)
        | S::RevocationKey(_)
        | S::SignersUserID(_) => None,
        S::Notation(notation) => {
            let name = String::from_utf8_lossy(&notation.name);
            Some(format!("the notation `{}`", excerpt(&name)))
        }
        S::IntendedRecipientFingerprint(_) => Some("an intended recipient".to_owned()),
        S::RegularExpression(_) => Some("a regular expression".to_owned()),
        S::SignatureTarget(..) => Some("a signature that it is about".to_owned()),
        S::TrustSignature(..) => Some("a level of trust".to_owned()),
        S::Experimental(kind, _) | S::Other(kind, _) => {
            Some(format!("a subpacket of type {}", kind & !CRITICAL))
        }
    }
}

/// The signature in a form of which rpgp can compute the digest: rpgp refuses critical subpackets
/// that it does not know, and their statements about a key would be lost, revocations included.
/// With the bit in the type the bytes are the same.
pub(super) fn readable(signature: &Signature) -> Cow<'_, Signature> {
    let is_refused = |subpacket: &Subpacket| {
        subpacket.is_critical && matches!(subpacket.data, SubpacketData::Other(..))
    };
    let rewritten = || {
        let mut config = signature.config()?.clone();
        if !config.hashed_subpackets.iter().any(is_refused) {
            return None;
        }
        for subpacket in &mut config.hashed_subpackets {
            if is_refused(subpacket)
                && let SubpacketData::Other(kind, _) = &mut subpacket.data
            {
                *kind |= CRITICAL;
                subpacket.is_critical = false;
            }
        }
        let value = signature.signature()?.clone();
        Signature::from_config(config, signature.signed_hash_value()?, value).ok()
    };
    rewritten().map_or(Cow::Borrowed(signature), Cow::Owned)
}
