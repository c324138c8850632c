//! The findings of a look-up so far.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Usage, UsageGap, UsageSource, Uses, reason};
use crate::Error;

#[derive(Debug)]
pub(super) struct Findings<'a> {
    wanted: &'a BTreeSet<Uuid>,
    uses: Uses,
    gaps: Vec<UsageGap>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(wanted: &'a BTreeSet<Uuid>) -> Self {
        Self {
            wanted,
            uses: Uses::new(),
            gaps: Vec::new(),
        }
    }

    pub(super) fn wants(&self, image: Uuid) -> bool {
        self.wanted.contains(&image)
    }

    /// Counts a use, if the image is a requested one.
    pub(super) fn add(&mut self, image: Uuid, project: &str, what: UsageSource) {
        if self.wants(image) {
            self.uses.add(image, project, what);
        }
    }

    pub(super) fn gap(&mut self, source: UsageSource, why: impl Into<String>) {
        self.gaps.push(UsageGap::new(source, why));
    }

    pub(super) fn failed(&mut self, source: UsageSource, error: &Error) {
        self.gap(source, reason(error));
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.uses.absorb(other.uses);
        self.gaps.extend(other.gaps);
    }

    pub(super) fn into_usage(mut self) -> Usage {
        if self.gaps.is_empty() {
            return Usage::Complete(self.uses);
        }
        self.gaps.sort_by_key(|gap| gap.source);
        Usage::Incomplete {
            known: self.uses,
            gaps: self.gaps,
        }
    }
}
