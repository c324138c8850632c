//! The end of a cloud after so many requests, and its return.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// What becomes of the last request before
/// [`EmbeddedCloud::die_after`](crate::cloud::embedded::EmbeddedCloud::die_after) takes effect. It is carried out
/// either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastRequest {
    /// Its answer is sent.
    Answered,
    /// Its connection closes instead.
    AnswerLost,
}

/// Counts requests, and knows when to stop serving them.
#[derive(Debug)]
pub(crate) struct Shutdown {
    state: Mutex<State>,
    is_dead: watch::Sender<bool>,
    /// How many requests have come to their end so far.
    ended: watch::Sender<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    /// So many requests are still served.
    Numbered {
        left: usize,
        last: LastRequest,
    },
    /// The last one is under way, or was.
    Over,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::Well),
            is_dead: watch::Sender::new(false),
            ended: watch::Sender::new(0),
        }
    }
}

impl Shutdown {
    pub(crate) fn die_after(&self, requests: usize, last: LastRequest) {
        let mut state = self.state();
        *state = match requests {
            0 => State::Over,
            left => State::Numbered { left, last },
        };
        self.is_dead.send_replace(requests == 0);
    }

    pub(crate) fn revive(&self) {
        let mut state = self.state();
        *state = State::Well;
        self.is_dead.send_replace(false);
    }

    /// Lets a request in; `None` when none is served any more.
    pub(crate) fn admit(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        let last = match *state {
            State::Over => return None,
            State::Well => None,
            State::Numbered { left: 1, last } => {
                *state = State::Over;
                Some(last)
            }
            State::Numbered { left, last } => {
                *state = State::Numbered {
                    left: left - 1,
                    last,
                };
                None
            }
        };
        Some(Turn {
            shutdown: self,
            last,
        })
    }

    /// Resolves once this many more requests have come to their end, or the cloud is gone.
    pub(crate) fn reached(&self, requests: usize) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.subscribe();
        let goal = ended.borrow().saturating_add(requests);
        async move {
            let _ = ended.wait_for(|ended| *ended >= goal).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request that is served. When it is dropped the request has come to its end.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    shutdown: &'a Shutdown,
    last: Option<LastRequest>,
}

impl Turn<'_> {
    /// Whether the answer must not be sent.
    pub(crate) fn loses_answer(&self) -> bool {
        self.last == Some(LastRequest::AnswerLost)
    }

    /// Resolves when the cloud dies over this request; never for the last one.
    pub(crate) async fn broken_off(&self) {
        if self.last.is_some() {
            return std::future::pending().await;
        }
        let mut is_dead = self.shutdown.is_dead.subscribe();
        // The sender outlives this borrow of it: there is no error.
        let _ = is_dead.wait_for(|is_dead| *is_dead).await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let state = self.shutdown.state();
        // Somebody may have revived the cloud meanwhile.
        if self.last.is_some() && *state == State::Over {
            self.shutdown.is_dead.send_replace(true);
        }
        drop(state);
        self.shutdown.ended.send_modify(|ended| *ended += 1);
    }
}
