//! How often a run shows that it lives, and what follows from that.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use uuid::Uuid;

use crate::ledger::keys;

pub(super) const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(600);
/// Other runs do not wait longer than this for a run: then its lease is used.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(2 * 3600);

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
    pub(super) fn first_after(self) -> Duration {
        self.interval / 3
    }

    /// The properties of an image whose run has a heartbeat.
    pub(super) fn marks(self, heartbeat: Uuid) -> BTreeMap<String, String> {
        let gone_after = SignedDuration::try_from(self.gone_after()).unwrap_or_default();
        [
            (keys::HEARTBEAT, heartbeat.to_string()),
            (keys::GONE_AFTER, gone_after.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
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
