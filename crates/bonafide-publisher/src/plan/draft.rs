//! A plan in the making.

use std::collections::BTreeMap;

use bonafide_glance::Usage;
use jiff::Timestamp;
use uuid::Uuid;

use super::inventory::Inventory;
use super::{Action, PlanNote};

/// The order of the steps: first access is given, at the end it is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Give,
    /// Giving up a place, before it is taken.
    Yield,
    Settle,
    Publish,
    Withdraw,
    Delete,
}

/// A plan in the making.
pub(super) struct Deciding<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) usage: &'a Usage,
    pub(super) now: Timestamp,
    pub(super) phases: BTreeMap<Phase, Vec<Action>>,
    pub(super) notes: Vec<PlanNote>,
    /// Images that wait for complete usage.
    pub(super) waiting: Vec<Uuid>,
}

impl<'a> Deciding<'a> {
    pub(super) const fn new(inventory: &'a Inventory, usage: &'a Usage, now: Timestamp) -> Self {
        Self {
            inventory,
            usage,
            now,
            phases: BTreeMap::new(),
            notes: Vec::new(),
            waiting: Vec::new(),
        }
    }

    pub(super) fn act(&mut self, phase: Phase, action: Action) {
        self.phases.entry(phase).or_default().push(action);
    }
}
