//! What the listeners and the handle have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::store::Store;

/// What the listeners and the handle have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Store>>);

impl Shared {
    /// No user of the lock leaves it half changed, so a poisoned one is still good.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
