//! The newest self-signatures of a key, which are the effective ones.

use jiff::{SignedDuration, Timestamp};
use pgp::packet::{Signature, SignatureType, SubpacketData};

use super::certificate::{acceptable_digest, timestamp};

/// How far a signer's clock may be ahead of ours.
pub(super) const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(30);

/// The newest statements of a primary key about one subject, such as its expiry; empty if there are
/// none.
///
/// Self-signatures are direct or over a user id. The newest signature of each kind replaces the
/// older ones of its kind (RFC 9580, 5.2.3.10), and of the two the newer one that has the subpacket
/// is effective. One without it states nothing: the direct signature that GnuPG makes to name a
/// revoker does not remove the expiry and the flags over a user id, and a new user id does not
/// remove those of a direct signature. If neither has the subpacket, the key has none.
pub(super) fn on(
    own: &[Signature],
    has_it: impl Fn(&Signature) -> bool,
    now: Timestamp,
) -> Vec<&Signature> {
    let [direct, over_users] = of_each_kind(own, now);
    let both = over_users.iter().chain(&direct).copied();
    let said = newest(both.filter(|said| has_it(said)), |said| said, now);
    let silent = if over_users.is_empty() {
        direct
    } else {
        over_users
    };
    if said.is_empty() { silent } else { said }
}

/// The newest self-signatures of a primary key, direct and over its user ids.
pub(super) fn of_each_kind(own: &[Signature], now: Timestamp) -> [Vec<&Signature>; 2] {
    let is_direct = |said: &&Signature| said.typ() == Some(SignatureType::Key);
    let (direct, over_users): (Vec<_>, Vec<_>) = own.iter().partition(is_direct);
    [direct, over_users].map(|kind| newest(kind, |said| said, now))
}

/// The newest signatures that are not from the future. Several may be of the same second; each of
/// them must allow the use, so that neither the order of a key file nor the more generous one
/// matters.
pub(super) fn newest<'a, T: Copy>(
    all: impl IntoIterator<Item = T>,
    signature: impl Fn(T) -> &'a Signature,
    now: Timestamp,
) -> Vec<T> {
    let soon = now.checked_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX);
    let all = all.into_iter();
    let counts = all.filter(|each| acceptable_digest(signature(*each)));
    let dated = counts.filter_map(|each| Some((timestamp(signature(each).created()?), each)));
    let dated: Vec<_> = dated.filter(|(created, _)| *created <= soon).collect();
    let last = dated.iter().map(|(created, _)| *created).max();
    let newest = dated.into_iter();
    let newest = newest.filter(|(created, _)| Some(*created) == last);
    newest.map(|(_, each)| each).collect()
}

/// States when the key expires, or that it never does.
pub(super) fn has_end(said: &Signature) -> bool {
    said.key_expiration_time().is_some()
}

/// States what the key may be used for.
pub(super) fn has_flags(said: &Signature) -> bool {
    said.config().is_some_and(|config| {
        let mut subpackets = config.hashed_subpackets();
        subpackets.any(|subpacket| matches!(subpacket.data, SubpacketData::KeyFlags(_)))
    })
}
