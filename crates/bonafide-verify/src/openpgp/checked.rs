//! A certificate with the verified statements of its keys about themselves and each other.

use pgp::composed::{SignedKeyDetails, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Tag};

use super::certificate::acceptable_digest;
use super::critical::readable;
use crate::Fingerprint;

/// A certificate whose self-signatures were verified once, when it was read: a later check then
/// costs only its own operation.
///
/// Only the mathematics was checked. Whether a statement is valid depends on the time, and is
/// decided in each check.
///
/// It is the union of the valid statements of its copies, in whatever order they came. Nothing is
/// removed, so a copy without a revocation never undoes it. Invalid signatures are dropped, so no
/// file makes the next one more expensive. User attributes (pictures) are left out.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(super) primary: PublicKey,
    /// By the primary over itself: direct, or over one of its user ids.
    pub(super) self_signatures: Vec<Signature>,
    /// Revocations of the primary, and so of everything.
    pub(super) revocations: Vec<Signature>,
    pub(super) subkeys: Vec<Subkey>,
    /// Revocations of subkeys, not verified yet: only the mathematics shows which subkey each one
    /// is about, and a later copy may bring that subkey.
    pub(super) subkey_revocations: Vec<Signature>,
}

/// A subkey, and the statements of the primary about it.
#[derive(Clone, Debug)]
pub(crate) struct Subkey {
    pub(super) key: PublicSubkey,
    /// Its fingerprint; cached, since computing it is expensive.
    fingerprint: pgp::types::Fingerprint,
    pub(super) bindings: Vec<Binding>,
    pub(super) revocations: Vec<Signature>,
}

/// A binding of a subkey by the primary, and its back-signature.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(super) signature: Signature,
    /// Not part of what the primary signs, so a copy may lack it, or have another one.
    pub(super) backs: Vec<Signature>,
}

impl Certificate {
    /// A certificate of which only the primary key is known.
    pub(crate) const fn new(primary: PublicKey) -> Self {
        Self {
            primary,
            self_signatures: Vec::new(),
            revocations: Vec::new(),
            subkeys: Vec::new(),
            subkey_revocations: Vec::new(),
        }
    }

    /// Merges the valid statements of copies of the same certificate.
    ///
    /// Each signature costs at most one verification, and none if it is known already. Only subkey
    /// revocations are tried with more than one key: those that the primary has bound, and only the
    /// primary can bind more.
    pub(crate) fn learn(&mut self, copies: Vec<SignedPublicKey>) {
        for copy in copies {
            self.learn_of_primary(copy.details);
            for subkey in copy.public_subkeys {
                self.learn_of_subkey(subkey);
            }
        }
        self.revoke_subkeys();
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.primary.fingerprint().into()
    }

    /// The primary key and its subkeys, whether or not they may sign.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Fingerprint> {
        let subkeys = self.subkeys.iter();
        let subkeys = subkeys.map(|subkey| subkey.fingerprint.clone().into());
        std::iter::once(self.fingerprint()).chain(subkeys)
    }

    fn learn_of_primary(&mut self, said: SignedKeyDetails) {
        let primary = &self.primary;
        for revocation in said.revocation_signatures {
            if revocation.typ() == Some(SignatureType::SubkeyRevocation) {
                if !self.subkey_revocations.contains(&revocation) {
                    self.subkey_revocations.push(revocation);
                }
            } else {
                note(&mut self.revocations, &revocation, || {
                    readable(&revocation).verify_key(primary).is_ok()
                });
            }
        }
        let own = &mut self.self_signatures;
        for direct in said.direct_signatures {
            note(own, &direct, || {
                readable(&direct).verify_key(primary).is_ok()
            });
        }
        for user in said.users {
            for over_user in &user.signatures {
                if over_user.typ() != Some(SignatureType::CertRevocation) {
                    note(own, over_user, || {
                        let over_user = readable(over_user);
                        let verified =
                            over_user.verify_certification(primary, Tag::UserId, &user.id);
                        verified.is_ok()
                    });
                }
            }
        }
    }

    fn learn_of_subkey(&mut self, said: SignedPublicSubKey) {
        let fingerprint = said.key.fingerprint();
        let is_known = |known: &Subkey| known.fingerprint == fingerprint;
        if !self.subkeys.iter().any(is_known) {
            self.subkeys
                .push(Subkey::new(said.key, fingerprint.clone()));
        }
        let mut subkeys = self.subkeys.iter_mut();
        if let Some(subkey) = subkeys.find(|known| is_known(known)) {
            for signature in &said.signatures {
                subkey.learn(&self.primary, signature);
            }
        }
    }

    /// Last of all, when the subkeys are known. A subkey that is not bound may sign nothing anyway.
    fn revoke_subkeys(&mut self) {
        let primary = &self.primary;
        let bound = self.subkeys.iter_mut();
        for subkey in bound.filter(|subkey| !subkey.bindings.is_empty()) {
            let key = &subkey.key;
            for revocation in &self.subkey_revocations {
                note(&mut subkey.revocations, revocation, || {
                    let revocation = readable(revocation);
                    revocation.verify_subkey_binding(primary, key).is_ok()
                });
            }
        }
    }
}

impl Subkey {
    const fn new(key: PublicSubkey, fingerprint: pgp::types::Fingerprint) -> Self {
        Self {
            key,
            fingerprint,
            bindings: Vec::new(),
            revocations: Vec::new(),
        }
    }

    fn learn(&mut self, primary: &PublicKey, said: &Signature) {
        if said.typ() != Some(SignatureType::SubkeyBinding) {
            return;
        }
        let Some(signature) = bare(said) else { return };
        let key = &self.key;
        let is_known = |known: &Binding| says_the_same(&known.signature, &signature);
        if !self.bindings.iter().any(is_known) {
            if !verified(|| readable(said).verify_subkey_binding(primary, key).is_ok()) {
                return;
            }
            let signature = signature.clone();
            let backs = Vec::new();
            self.bindings.push(Binding { signature, backs });
        }
        let mut bindings = self.bindings.iter_mut();
        let binding = bindings.find(|known| is_known(known));
        let back = said.embedded_signature();
        let back = back.filter(|back| acceptable_digest(back));
        if let (Some(binding), Some(back)) = (binding, back) {
            note(&mut binding.backs, back, || {
                readable(back)
                    .verify_primary_key_binding(key, primary)
                    .is_ok()
            });
        }
    }
}

/// Adds valid statements that are new, in an order that does not depend on which came first.
fn note(known: &mut Vec<Signature>, said: &Signature, is_true: impl FnOnce() -> bool) {
    let Some(bare) = bare(said) else { return };
    let is_new = !known.iter().any(|known| says_the_same(known, &bare));
    if is_new && verified(is_true) {
        known.push(bare);
        known.sort_by_cached_key(|signature| signature.to_bytes().unwrap_or_default());
    }
}

/// All verifications of a certificate go through here, so that tests can count them.
fn verified(is_true: impl FnOnce() -> bool) -> bool {
    #[cfg(test)]
    tests::COUNT.with(|count| count.set(count.get() + 1));
    is_true()
}

/// Whether a signature adds nothing to one that is known to be valid; whether it is valid itself
/// does not matter then.
fn says_the_same(known: &Signature, bare: &Signature) -> bool {
    known.config() == bare.config()
}

/// A signature without its unhashed area, which everyone can change: hints, and back-signatures.
pub(super) fn bare(signature: &Signature) -> Option<Signature> {
    let mut config = signature.config()?.clone();
    config.unhashed_subpackets.clear();
    let value = signature.signature()?.clone();
    Signature::from_config(config, signature.signed_hash_value()?, value).ok()
}

#[cfg(test)]
mod tests;
