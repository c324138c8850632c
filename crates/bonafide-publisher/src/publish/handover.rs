//! What a run has changed on its way to make an image the newest.

use std::sync::{Mutex, PoisonError};

use bonafide_glance::Image;
use uuid::Uuid;

/// What a run has changed on the way to make an image the newest.
#[derive(Debug, Default)]
pub(crate) struct Handover(Mutex<State>);

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The image that is to be the newest.
    pub(super) to: Option<Uuid>,
    pub(super) given_up: Vec<Demoted>,
}

/// An older build that has given up its place, or may have: the answer may be lost.
#[derive(Clone, Debug)]
pub(super) struct Demoted {
    pub(super) before: Image,
    /// The mark that this run has set, to recognize its own change.
    pub(super) mark: String,
}

impl Handover {
    pub(super) fn begin(&self, to: Uuid) {
        self.state().to = Some(to);
    }

    pub(super) fn add(&self, given: Demoted) {
        self.state().given_up.push(given);
    }

    pub(super) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
