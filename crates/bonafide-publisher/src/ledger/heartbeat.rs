//! The sign of life of a run that uploads.
//!
//! An image that is being uploaded to can't be changed: Glance answers 200 and forgets it, or the
//! change collides with the end of the upload. So a run whose upload takes longer than some seconds
//! creates one more image, its *heartbeat image*: private, hidden, without data. A number in it is
//! incremented at an interval, and at the end it is deleted. The uploaded image names it from its
//! creation on.
//!
//! No two clocks are ever compared. With `F`, the *fence*, and `G`, after which a run is considered
//! dead:
//!
//! - The uploader's last successful renewal (before the first one: the creation of its image) was
//!   *sent* at `s`. From `s + F` on it is fenced: it cancels its upload and never publishes
//!   anything. It measures that by its monotonic clock and by its wall clock, and uses the later
//!   one: one of them stands still while a machine is suspended.
//! - The observer looks twice, and by its own monotonic clock at least `G` passes between the
//!   answer to the first look and the request of the second one. Both times the number is the same
//!   (or both times there is no heartbeat image).
//!
//! If the uploader were not fenced at the second look, its last renewal would have been sent less
//! than `F` before, and so at least `G - F` after the first look was answered: the second look
//! would see another number. `G` is one and a half `F`, so the margin `G - F` is one minute by
//! default: for clocks that run at different speeds, for a replica of Glance's database that lags
//! behind, and for the moment between the fence and the end of the connection. A run that is
//! stopped right between its last look at the fence and its last request makes nothing public
//! either: the image with that id is gone, and Glance never accepts an id twice.

use std::collections::BTreeMap;
use std::time::Duration;

use bonafide_glance::{Image, Status, Visibility};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::ledger::marker;

mod pulse;
pub(crate) mod sightings;

pub(crate) use pulse::{Alive, Pulses};
pub(crate) use sightings::Sightings;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(600);
/// Other runs do not wait longer than this for a run: then its lease is used.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * 3600);

/// How often an uploading run shows that it is alive. Without a successful renewal for four
/// intervals the run gives up ([`Heartbeat::fence`]), and after six intervals other runs consider
/// it dead ([`Heartbeat::gone_after`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    interval: Duration,
}

impl Default for Heartbeat {
    /// Every 30 seconds; fenced after two minutes, dead after three.
    fn default() -> Self {
        Self::every(Duration::from_secs(30))
    }
}

impl Heartbeat {
    /// Renews at this interval, between 50 ms and ten minutes; other values are clamped.
    #[must_use]
    pub fn every(interval: Duration) -> Self {
        Self {
            interval: interval.clamp(SHORTEST, LONGEST),
        }
    }

    /// The time between two renewals.
    #[must_use]
    pub const fn interval(self) -> Duration {
        self.interval
    }

    /// How long an upload continues without a renewal. Then it is cancelled.
    #[must_use]
    pub fn fence(self) -> Duration {
        self.interval * 4
    }

    /// How long other runs must see no renewal before they consider this one dead. The images have
    /// this value, so runs with other intervals do no harm.
    #[must_use]
    pub fn gone_after(self) -> Duration {
        self.interval * 6
    }

    /// An upload that ends sooner needs no heartbeat image.
    fn first_after(self) -> Duration {
        self.interval / 3
    }

    /// The properties of an image whose run has a heartbeat.
    fn marks(self, heartbeat: Uuid) -> BTreeMap<String, String> {
        let gone_after = SignedDuration::try_from(self.gone_after()).unwrap_or_default();
        [
            (marker::HEARTBEAT, heartbeat.to_string()),
            (marker::GONE_AFTER, gone_after.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// What an unfinished image says about the run that created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    /// The heartbeat image.
    pub(crate) heartbeat: Uuid,
    pub(crate) gone_after: Duration,
}

impl Watched {
    /// `None` if the image has no usable heartbeat: then its lease is used.
    pub(crate) fn of(image: &Image) -> Option<Self> {
        let heartbeat = image.properties.get(marker::HEARTBEAT)?.parse().ok()?;
        let gone_after = image.properties.get(marker::GONE_AFTER)?;
        let gone_after: SignedDuration = gone_after.parse().ok()?;
        let gone_after = Duration::try_from(gone_after).ok()?;
        (SHORTEST..=LONGEST_WAIT)
            .contains(&gone_after)
            .then_some(Self {
                heartbeat,
                gone_after,
            })
    }
}

/// Whether the image is a heartbeat image of this project, without data.
pub(crate) fn is_heartbeat(image: &Image, project: &str) -> bool {
    image.owner.as_deref() == Some(project)
        && image.status == Status::Queued
        && image.visibility == Visibility::Private
        && image.properties.contains_key(marker::BEATS)
        && !image.properties.contains_key(marker::CHANNEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gives_up_well_before_others_take_it_for_gone() {
        for interval in [0, 50, 1_000, 30_000, u64::MAX] {
            let heartbeat = Heartbeat::every(Duration::from_millis(interval));
            let (fence, gone) = (heartbeat.fence(), heartbeat.gone_after());
            assert!(heartbeat.first_after() < heartbeat.interval());
            assert!(heartbeat.interval() * 3 < fence, "three renewals may fail");
            assert_eq!(gone, fence + fence / 2);
            assert!(gone <= LONGEST_WAIT, "{gone:?} can't be waited for");
        }
        let default = Heartbeat::default();
        assert_eq!(default.fence(), Duration::from_secs(120));
        assert_eq!(default.gone_after(), Duration::from_secs(180));
    }
}
