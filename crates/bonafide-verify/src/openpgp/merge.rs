//! Several copies of one certificate make one that knows what all of them know.

use pgp::composed::SignedPublicKey;
use pgp::packet::Signature;
use pgp::ser::Serialize;
use pgp::types::KeyDetails;

/// Adds what another copy of the same certificate knows.
///
/// Nothing is taken away, so a copy without a revocation never undoes it, and nothing is believed:
/// each signature is checked when it matters, and the newest good one wins. The order in which
/// copies come makes no difference. User attributes (pictures) decide nothing and are left out.
pub(crate) fn merge(ours: &mut SignedPublicKey, theirs: SignedPublicKey) {
    let (known, new) = (&mut ours.details, theirs.details);
    unite(&mut known.revocation_signatures, new.revocation_signatures);
    unite(&mut known.direct_signatures, new.direct_signatures);
    for user in new.users {
        match known
            .users
            .iter_mut()
            .find(|known| known.id.id() == user.id.id())
        {
            Some(known) => unite(&mut known.signatures, user.signatures),
            None => known.users.push(user),
        }
    }
    for subkey in theirs.public_subkeys {
        let fingerprint = subkey.key.fingerprint();
        let mut known = ours.public_subkeys.iter_mut();
        match known.find(|known| known.key.fingerprint() == fingerprint) {
            Some(known) => unite(&mut known.signatures, subkey.signatures),
            None => ours.public_subkeys.push(subkey),
        }
    }
}

/// The union, in an order that does not depend on which came first. Packets are compared by their
/// bodies: their headers have an old and a new form.
fn unite(ours: &mut Vec<Signature>, theirs: Vec<Signature>) {
    ours.extend(theirs);
    ours.sort_by_cached_key(|signature| signature.to_bytes().unwrap_or_default());
    ours.dedup_by(|one, other| {
        matches!((one.to_bytes(), other.to_bytes()), (Ok(one), Ok(other)) if one == other)
    });
}
