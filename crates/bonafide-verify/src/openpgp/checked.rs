//! A certificate, and what its keys have truly said of themselves and each other.

use pgp::composed::SignedPublicKey;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType};
use pgp::types::{KeyDetails, Tag};

use super::certificate::acceptable_digest;
use super::merge::merge;
use crate::Fingerprint;

/// A certificate whose signatures over itself were checked, once, when it was read: a proof then
/// costs the one operation that it is about.
///
/// Checked means by the mathematics. Whether what they say counts depends on the time, and is asked
/// for each proof.
#[derive(Clone)]
pub(crate) struct Certificate {
    /// All that its copies said. A later copy may bring the key that a revocation is about.
    said: SignedPublicKey,
    /// By the primary over itself: direct, or over one of its user ids.
    pub(super) self_signatures: Vec<Signature>,
    /// Of the primary, and so of everything.
    pub(super) revocations: Vec<Signature>,
    pub(super) subkeys: Vec<Subkey>,
}

/// A subkey, and what the primary has said of it.
#[derive(Clone, Debug)]
pub(crate) struct Subkey {
    pub(super) key: PublicSubkey,
    pub(super) bindings: Vec<Binding>,
    pub(super) revocations: Vec<Signature>,
}

/// The primary's word that a subkey is its own, and the subkey's word that it is.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(super) signature: Signature,
    pub(super) back: Option<Signature>,
}

impl Certificate {
    /// Checks what a certificate says of itself; what is not true is left out.
    pub(crate) fn new(said: SignedPublicKey) -> Self {
        let primary = &said.primary_key;
        Self {
            self_signatures: self_signatures(&said).cloned().collect(),
            revocations: revocations(&said, SignatureType::KeyRevocation)
                .filter(|revocation| revocation.verify_key(primary).is_ok())
                .cloned()
                .collect(),
            subkeys: subkeys(&said),
            said,
        }
    }

    /// Learns what another copy of the same certificate says.
    pub(crate) fn learn(&mut self, copy: SignedPublicKey) {
        merge(&mut self.said, copy);
        let said = self.said.clone();
        *self = Self::new(said);
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.primary().fingerprint().into()
    }

    pub(super) const fn primary(&self) -> &PublicKey {
        &self.said.primary_key
    }

    #[cfg(fuzzing)]
    pub(crate) const fn said(&self) -> &SignedPublicKey {
        &self.said
    }
}

fn self_signatures(said: &SignedPublicKey) -> impl Iterator<Item = &Signature> {
    let primary = &said.primary_key;
    let direct = said.details.direct_signatures.iter();
    let direct = direct.filter(|signature| signature.verify_key(primary).is_ok());
    let over_users = said.details.users.iter().flat_map(|user| {
        user.signatures.iter().filter(|signature| {
            signature.typ() != Some(SignatureType::CertRevocation)
                && signature
                    .verify_certification(primary, Tag::UserId, &user.id)
                    .is_ok()
        })
    });
    direct.chain(over_users)
}

/// They are kept in one place, those of all subkeys together.
fn revocations(said: &SignedPublicKey, typ: SignatureType) -> impl Iterator<Item = &Signature> {
    let all = said.details.revocation_signatures.iter();
    all.filter(move |signature| signature.typ() == Some(typ))
}

fn subkeys(said: &SignedPublicKey) -> Vec<Subkey> {
    let primary = &said.primary_key;
    let subkeys = said.public_subkeys.iter().map(|subkey| {
        let key = &subkey.key;
        let by_primary =
            |signature: &&Signature| signature.verify_subkey_binding(primary, key).is_ok();
        let bindings = subkey.signatures.iter();
        let bindings =
            bindings.filter(|signature| signature.typ() == Some(SignatureType::SubkeyBinding));
        Subkey {
            key: key.clone(),
            bindings: bindings
                .filter(by_primary)
                .map(|signature| Binding {
                    signature: signature.clone(),
                    back: back_signature(signature, key, primary),
                })
                .collect(),
            revocations: revocations(said, SignatureType::SubkeyRevocation)
                .filter(by_primary)
                .cloned()
                .collect(),
        }
    });
    subkeys.collect()
}

fn back_signature(
    binding: &Signature,
    key: &PublicSubkey,
    primary: &PublicKey,
) -> Option<Signature> {
    let back = binding.embedded_signature()?;
    let good = acceptable_digest(back) && back.verify_primary_key_binding(key, primary).is_ok();
    good.then(|| back.clone())
}
