//! The run's own heartbeat: one image as long as this publisher uploads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bonafide_glance::{Clock, Error as CloudError, Glance, ImagePatch, NewImage};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::heartbeat::rule::Heartbeat;
use crate::ledger::keys;

/// The name that the cloud's operator sees.
const NAME: &str = "bonafide heartbeat (a run is uploading; deleted at its end)";
/// How long the end of a run waits for a pending renewal, and for the deletion.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// The signs of life of one publisher and its clones.
#[derive(Debug, Default)]
pub(crate) struct Pulses {
    /// The current one, and the number of uploads that use it.
    current: Mutex<Option<Period>>,
    /// Why the cloud refuses the heartbeat image: then leases are used.
    refusal: Mutex<Option<String>>,
    /// Those of uploads that have ended: their images are not changed any more.
    ended: Mutex<BTreeSet<Uuid>>,
}

#[derive(Debug)]
struct Period {
    pulse: Arc<Pulse>,
    uploads: usize,
    over: CancellationToken,
    beating: JoinHandle<()>,
}

/// Why a run must stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It could not show for too long that it is alive.
    Fenced,
    /// The cloud refuses the heartbeat image.
    Refused(String),
}

/// One heartbeat image, and when it was renewed.
#[derive(Debug)]
pub(crate) struct Pulse {
    id: Uuid,
    rule: Heartbeat,
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// When the last successful renewal was sent.
    last: Sent,
    lost: Option<Lost>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Instant,
    wall: Timestamp,
}

impl Pulse {
    fn new(rule: Heartbeat, clock: Clock) -> Self {
        let last = Sent::now(&clock);
        Self {
            id: Uuid::new_v4(),
            rule,
            clock,
            state: Mutex::new(State { last, lost: None }),
            changed: Notify::new(),
        }
    }

    /// A renewal that was sent at this time succeeded. A fenced run stays fenced.
    fn renewed(&self, sent: Sent) {
        if self.lost().is_none() {
            locked(&self.state).last = sent;
        }
    }

    fn lose(&self, lost: Lost) {
        locked(&self.state).lost.get_or_insert(lost);
        self.changed.notify_waiters();
    }

    /// Whether the run must stop, permanently.
    pub(crate) fn lost(&self) -> Option<Lost> {
        let mut state = locked(&self.state);
        if state.lost.is_none() && state.last.elapsed(&self.clock) >= self.rule.fence() {
            state.lost = Some(Lost::Fenced);
        }
        state.lost.clone()
    }

    /// Waits until the run must stop.
    async fn until_lost(&self) -> Lost {
        loop {
            let changed = self.changed.notified();
            if let Some(lost) = self.lost() {
                return lost;
            }
            let fence = locked(&self.state).last.at + self.rule.fence();
            tokio::select! {
                () = changed => {}
                () = sleep_until(fence) => {}
            }
        }
    }

    /// Creates the image, or increments its number.
    async fn beat(&self, glance: &Glance, count: u64) -> Result<(), CloudError> {
        if count == 1 {
            let image = NewImage::new(self.id, NAME)
                .hidden(true)
                .properties(self.rule.marks(self.id))
                .property(keys::BEATS, count.to_string());
            return glance.create(&image).await.map(drop);
        }
        let patch = ImagePatch::new().set(keys::BEATS, count.to_string());
        glance.update(self.id, &patch).await.map(drop)
    }

    /// Renews at the interval until it is over, then deletes the image.
    async fn keep(self: Arc<Self>, glance: Glance, over: CancellationToken, shared: Arc<Pulses>) {
        let mut next = Instant::now() + self.rule.first_after();
        let (mut count, mut made) = (0, false);
        loop {
            tokio::select! {
                biased;
                () = over.cancelled() => break,
                () = sleep_until(next) => {}
            }
            if self.lost().is_some() {
                break;
            }
            count = if made { count + 1 } else { 1 };
            let sent = Sent::now(&self.clock);
            let mut beating =
                std::pin::pin!(timeout(self.rule.interval() * 2, self.beat(&glance, count)));
            let beaten = tokio::select! {
                beaten = &mut beating => beaten,
                () = over.cancelled() => {
                    // An image that is just being created must be deleted after that.
                    let _ = timeout(LAST_WAIT, beating).await;
                    made = true;
                    break;
                }
            };
            next = sent.at + self.rule.interval();
            match beaten {
                Ok(Ok(())) => {
                    made = true;
                    self.renewed(sent);
                    continue;
                }
                // An earlier answer was lost, or the id is taken: the next renewal shows which.
                Ok(Err(CloudError::Conflict(_))) => made = true,
                // Other runs consider this run dead.
                Ok(Err(CloudError::NotFound(_))) => self.lose(Lost::Fenced),
                Ok(Err(error)) if is_refusal(&error) => {
                    let why = error.to_string();
                    *locked(&shared.refusal) = Some(why.clone());
                    self.lose(Lost::Refused(why));
                }
                // It may have been created in spite of the error; a second attempt shows that as a
                // conflict.
                Ok(Err(_)) | Err(_) => {}
            }
            next = Instant::now() + self.rule.first_after();
        }
        if count > 0 || made {
            // The next run removes what is left.
            let _ = timeout(LAST_WAIT, glance.delete(self.id)).await;
        }
    }
}

/// Whether the cloud will refuse the heartbeat image every time.
const fn is_refusal(error: &CloudError) -> bool {
    match error {
        CloudError::Forbidden(_)
        | CloudError::TooLarge(_)
        | CloudError::ReservedProperty { .. } => true,
        CloudError::Rejected(rejection) => rejection.status < 500 && rejection.status != 429,
        _ => false,
    }
}

impl Sent {
    fn now(clock: &Clock) -> Self {
        Self {
            at: Instant::now(),
            wall: clock.now(),
        }
    }

    /// By the clock that shows more: one of them stands still while a machine is suspended.
    fn elapsed(&self, clock: &Clock) -> Duration {
        let wall: SignedDuration = clock.now().duration_since(self.wall);
        let wall = Duration::try_from(wall).unwrap_or_default();
        self.at.elapsed().max(wall)
    }
}

/// An upload that shows that its run is alive. It ends with [`Alive::end`]; if dropped, it ends in
/// the background.
#[derive(Debug)]
pub(crate) struct Alive {
    pulses: Arc<Pulses>,
    pulse: Arc<Pulse>,
    ended: bool,
}

impl Pulses {
    /// An upload begins. `None` if the cloud refuses the heartbeat image.
    pub(crate) fn begin(
        self: &Arc<Self>,
        glance: &Glance,
        rule: Heartbeat,
        clock: &Clock,
    ) -> Option<Alive> {
        if self.refusal().is_some() {
            return None;
        }
        let mut current = locked(&self.current);
        let period = match current
            .take()
            .filter(|period| period.pulse.lost().is_none())
        {
            Some(mut period) => {
                period.uploads += 1;
                period
            }
            None => {
                let pulse = Arc::new(Pulse::new(rule, clock.clone()));
                let over = CancellationToken::new();
                let keeping = pulse
                    .clone()
                    .keep(glance.clone(), over.clone(), Arc::clone(self));
                Period {
                    pulse,
                    uploads: 1,
                    over,
                    beating: tokio::spawn(keeping),
                }
            }
        };
        let pulse = period.pulse.clone();
        *current = Some(period);
        Some(Alive {
            pulses: Arc::clone(self),
            pulse,
            ended: false,
        })
    }

    /// Why the cloud refuses the heartbeat image, if it does.
    pub(crate) fn refusal(&self) -> Option<String> {
        locked(&self.refusal).clone()
    }

    /// The heartbeat images of this run whose uploads have ended, successfully or not.
    pub(crate) fn ended(&self) -> BTreeSet<Uuid> {
        locked(&self.ended).clone()
    }

    /// Whether the heartbeat image is this run's.
    pub(crate) fn is_own(&self, heartbeat: Uuid) -> bool {
        let current = locked(&self.current);
        current
            .as_ref()
            .is_some_and(|period| period.pulse.id == heartbeat)
    }

    /// An upload has ended. After the last one, the returned task deletes the heartbeat image.
    fn release(&self, pulse: &Arc<Pulse>) -> Option<JoinHandle<()>> {
        let mut current = locked(&self.current);
        let is_it = |period: &Period| Arc::ptr_eq(&period.pulse, pulse);
        let mut period = current.take_if(|period| is_it(period))?;
        period.uploads -= 1;
        if period.uploads > 0 {
            *current = Some(period);
            return None;
        }
        period.over.cancel();
        locked(&self.ended).insert(pulse.id);
        Some(period.beating)
    }
}

impl Alive {
    /// The properties of the image from its creation on.
    pub(crate) fn marks(&self) -> BTreeMap<String, String> {
        self.pulse.rule.marks(self.pulse.id)
    }

    /// Waits until the run must stop.
    pub(crate) async fn until_lost(&self) -> Lost {
        self.pulse.until_lost().await
    }

    /// Whether the run may continue.
    pub(crate) fn check(&self, id: Uuid) -> Result<(), Error> {
        match self.pulse.lost() {
            Some(lost) => Err(self.error(lost, id)),
            None => Ok(()),
        }
    }

    pub(crate) fn error(&self, lost: Lost, id: Uuid) -> Error {
        match lost {
            Lost::Fenced => Error::Fenced {
                id,
                seconds: self.pulse.rule.fence().as_secs(),
            },
            Lost::Refused(why) => Error::NoHeartbeat { why },
        }
    }

    /// The upload has ended, and after the last one the heartbeat image is deleted.
    pub(crate) async fn end(mut self) {
        self.ended = true;
        if let Some(beating) = self.pulses.release(&self.pulse) {
            let _ = timeout(LAST_WAIT * 2, beating).await;
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if !self.ended {
            drop(self.pulses.release(&self.pulse));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
