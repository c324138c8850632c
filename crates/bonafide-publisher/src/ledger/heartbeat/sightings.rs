//! Observations of other runs' heartbeats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::ledger::heartbeat::watched::Watched;

/// The observations of one publisher and its clones.
#[derive(Debug, Default)]
pub(crate) struct Sightings(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    seen: BTreeMap<Uuid, Sighting>,
    /// Those that are known to be dead, permanently.
    gone: BTreeSet<Uuid>,
}

#[derive(Debug)]
struct Sighting {
    /// The number in the image; `None` if there is no image.
    count: Option<String>,
    /// When the first look that found it was answered.
    since: Instant,
}

/// The result of a look, compared with earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It has not been seen before.
    First,
    /// It was renewed, or appeared or disappeared.
    Changed,
    /// It was the same, for too short a time.
    Same,
    /// It was the same for so long that its run is dead.
    Gone,
}

impl Sightings {
    /// Records a look that was requested and answered at these times.
    pub(crate) fn look(
        &self,
        watched: Watched,
        count: Option<String>,
        asked: Instant,
        answered: Instant,
    ) -> Look {
        let mut state = self.state();
        let heartbeat = watched.heartbeat;
        let sighting = Sighting {
            count,
            since: answered,
        };
        match state.seen.get(&heartbeat) {
            None => {
                state.seen.insert(heartbeat, sighting);
                Look::First
            }
            Some(before) if before.count != sighting.count => {
                state.seen.insert(heartbeat, sighting);
                Look::Changed
            }
            Some(before) => {
                let same_for: Duration = asked.saturating_duration_since(before.since);
                if same_for < watched.gone_after {
                    return Look::Same;
                }
                state.gone.insert(heartbeat);
                Look::Gone
            }
        }
    }

    /// Records the result of a list. It may be the first look; a list alone never proves that a run
    /// is dead.
    pub(crate) fn listed(&self, heartbeat: Uuid, count: Option<String>, answered: Instant) {
        let mut state = self.state();
        let known = state.seen.get(&heartbeat);
        if known.is_none_or(|before| before.count != count) {
            let since = answered;
            state.seen.insert(heartbeat, Sighting { count, since });
        }
    }

    /// The heartbeats whose runs are known to be dead.
    pub(crate) fn gone(&self) -> BTreeSet<Uuid> {
        self.state().gone.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GONE_AFTER: Duration = Duration::from_secs(180);

    fn watched() -> Watched {
        Watched {
            heartbeat: Uuid::from_u128(7),
            gone_after: GONE_AFTER,
        }
    }

    /// Looks at these seconds; each takes a second to be answered.
    fn looks(seen: &[(u64, Option<&str>)]) -> Vec<Look> {
        let (sightings, start) = (Sightings::default(), Instant::now());
        let looks = seen.iter().map(|(second, count)| {
            let asked = start + Duration::from_secs(*second);
            let answered = asked + Duration::from_secs(1);
            sightings.look(watched(), count.map(str::to_owned), asked, answered)
        });
        looks.collect()
    }

    #[test]
    fn a_run_is_gone_if_its_heartbeat_is_the_same_for_long_enough_between_two_looks() {
        let same = [(0, Some("4")), (90, Some("4")), (181, Some("4"))];
        assert_eq!(looks(&same), [Look::First, Look::Same, Look::Gone]);
        // From answer to request: half a second less is not enough.
        assert_eq!(looks(&[(0, None), (180, None)])[1], Look::Same);
        assert_eq!(looks(&[(0, None), (181, None)])[1], Look::Gone);
    }

    #[test]
    fn a_run_that_renews_between_two_looks_is_never_taken_for_gone() {
        let renewed = [(0, Some("4")), (170, Some("5")), (340, Some("6"))];
        assert_eq!(looks(&renewed), [Look::First, Look::Changed, Look::Changed]);
        // It appeared, and the time starts again.
        let late = [
            (0, None),
            (10, Some("1")),
            (185, Some("1")),
            (192, Some("1")),
        ];
        assert_eq!(
            looks(&late),
            [Look::First, Look::Changed, Look::Same, Look::Gone]
        );
    }

    /// An uploader that renews as seldom as its fence allows, whatever the observer's first look
    /// hits.
    #[test]
    fn no_uploader_that_is_not_fenced_is_ever_seen_as_gone() {
        use crate::ledger::heartbeat::rule::Heartbeat;
        let rule = Heartbeat::default();
        let (fence, gone) = (rule.fence().as_secs(), rule.gone_after().as_secs());
        // Each renewal is sent, handled by the cloud after `delay`, and answered just before the
        // fence that the one before it has set. Before the first one is handled there is no
        // heartbeat image.
        for delay in [0, 1, fence / 2, fence - 2] {
            let period = fence - 1 - delay;
            let count = |at: u64| Some((at.checked_sub(delay)? / period).to_string());
            for first in 0..2 * fence {
                let second = first + 1 + gone;
                let (one, other) = (count(first), count(second));
                let seen = [(first, one.as_deref()), (second, other.as_deref())];
                assert_eq!(looks(&seen)[1], Look::Changed, "{first} s, delay {delay} s");
            }
        }
    }
}
