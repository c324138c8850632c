//! How far an unfinished image came, and how long other runs leave it alone.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::Image;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::ledger::heartbeat::watched::Watched;
use crate::ledger::keys;

/// A build that waits longer than this for another run is overdue.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// How far the clocks of two runs may be apart.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(15);
/// No lease lasts longer than this after the image was created, whatever its property says.
const MAX_LEASE: SignedDuration = SignedDuration::from_hours(24);

/// The properties that say how far an image came and which run works on it.
pub(crate) fn passing(run: Uuid, lease_until: Timestamp) -> BTreeMap<String, String> {
    [
        (keys::STATE, keys::UPLOADING.to_owned()),
        (keys::LEASE, lease_until.to_string()),
        (keys::RUN, run.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The end of the image's lease; a lease that can't be read has ended.
pub(crate) fn lease(image: &Image) -> Option<Timestamp> {
    image.properties.get(keys::LEASE)?.parse().ok()
}

/// Whether a build has waited too long for an image that was created then.
pub(crate) fn is_overdue(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| now.duration_since(since) > LONGEST_WAIT)
}

/// Until when the run that created an unfinished image may be working on it, if that time is not
/// over. `gone` are the heartbeats of runs that are known to be dead.
pub(crate) fn busy_until(
    image: &Image,
    now: Timestamp,
    gone: &BTreeSet<Uuid>,
) -> Option<Timestamp> {
    // No clock decides about a run with a heartbeat.
    if let Some(watched) = Watched::of(image) {
        let until = lease(image).unwrap_or(now);
        return (!gone.contains(&watched.heartbeat)).then_some(until);
    }
    let later = |time: Timestamp, by| time.checked_add(by).unwrap_or(Timestamp::MAX);
    // Glance's own clock bounds what a run with a wrong clock may have written.
    let latest = image.created_at.map(|made| later(made, MAX_LEASE));
    let until = match (lease(image), latest) {
        (Some(until), Some(latest)) => Some(until.min(latest)),
        (until, _) => until,
    };
    let until = later(until?, CLOCK_MARGIN);
    (until > now).then_some(until)
}
