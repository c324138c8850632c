//! The findings of a look-up so far.

use std::collections::BTreeSet;
use std::error::Error as StdError;

use uuid::Uuid;

use super::gap::{UsageGap, UsageSource};
use super::knowledge::Usage;
use super::uses::Uses;
use crate::Error;

#[derive(Debug)]
pub(crate) struct Findings<'a> {
    wanted: &'a BTreeSet<Uuid>,
    uses: Uses,
    gaps: Vec<UsageGap>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(wanted: &'a BTreeSet<Uuid>) -> Self {
        Self {
            wanted,
            uses: Uses::new(),
            gaps: Vec::new(),
        }
    }

    pub(crate) fn wants(&self, image: Uuid) -> bool {
        self.wanted.contains(&image)
    }

    /// Counts a use, if the image is a requested one.
    pub(crate) fn add(&mut self, image: Uuid, project: &str, what: UsageSource) {
        if self.wants(image) {
            self.uses.add(image, project, what);
        }
    }

    pub(crate) fn gap(&mut self, source: UsageSource, why: impl Into<String>) {
        self.gaps.push(UsageGap::new(source, why));
    }

    pub(crate) fn failed(&mut self, source: UsageSource, error: &Error) {
        self.gap(source, reason(error));
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.uses.absorb(other.uses);
        self.gaps.extend(other.gaps);
    }

    pub(crate) fn into_usage(mut self) -> Usage {
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

/// An error with its causes, in one line.
pub(super) fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// `1 server`, `2 servers`.
pub(super) fn number(count: u64, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}
