//! The rules for one image. Those for all images of a cloud are in `cloud`.

use jiff::Timestamp;

use crate::edition::Levels;
use crate::{ImageRecord, Metadata, Rule, Value, Violation};

mod hardware;
mod keys;
mod naming;
mod nova;
mod origin;
mod promises;
mod recency;
mod services;
mod standard_images;
mod stored;
mod system;
mod terms;

pub use recency::next_due;
pub(crate) use standard_images::{CLUSTER_API_NAME, NAMED, Status, is_cluster_api, problem};

/// Checks one image and collects its violations.
pub(crate) struct Checker<'a> {
    record: &'a ImageRecord,
    metadata: Metadata,
    violations: Vec<Violation>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(record: &'a ImageRecord) -> Self {
        Self {
            metadata: Metadata::from_map(&record.properties),
            record,
            violations: Vec::new(),
        }
    }

    pub(crate) fn report(
        &mut self,
        levels: Levels,
        rule: Rule,
        property: &str,
        why: impl Into<String>,
    ) {
        self.violations.push(Violation {
            rule,
            property: property.to_owned(),
            value: self.record.shown(property),
            why: why.into(),
            levels,
        });
    }

    /// Reports an absent property; `true` if it is present.
    fn demand(&mut self, levels: Levels, rule: Rule, property: &str, why: &str) -> bool {
        let there = self.record.properties.contains_key(property)
            || self.record.not_texts.contains_key(property);
        if !there {
            self.report(levels, rule, property, why);
        }
        there
    }

    /// The rules that need neither a clock nor the other images.
    pub(crate) fn written(mut self) -> Vec<Violation> {
        self.judge_what_is_written();
        self.violations
    }

    fn judge_what_is_written(&mut self) {
        system::judge(self);
        hardware::judge(self);
        promises::judge(self);
        origin::judge(self);
        terms::judge(self);
        keys::judge(self);
        nova::judge(self);
        stored::judge_sizes(self);
    }

    /// The violations so far.
    pub(crate) fn found(self) -> Vec<Violation> {
        self.violations
    }

    fn all(mut self, now: Timestamp) -> Vec<Violation> {
        self.judge_what_is_written();
        stored::judge_data(&mut self);
        naming::judge(&mut self);
        promises::judge_access(&mut self);
        recency::judge(&mut self, now);
        self.violations
    }
}

/// The violations of one image by itself, in the order of the rules. `now` is the time of the
/// check, UTC.
#[must_use]
pub fn check_image(record: &ImageRecord, now: Timestamp) -> Vec<Violation> {
    let mut violations = Checker::new(record).all(now);
    services::excuse(record, &mut violations);
    violations.sort_by_key(|violation| violation.rule);
    violations
}

/// A text that is present and not empty.
fn text(value: &Option<Value<String>>) -> Option<&str> {
    let text = value.as_ref()?.known()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The parsed value of a property, if it is known.
fn known<T: Copy>(value: &Option<Value<T>>) -> Option<T> {
    value.as_ref()?.known().copied()
}

/// The text of a property, if its value is unknown.
fn other<T>(value: &Option<Value<T>>) -> Option<&str> {
    match value {
        Some(Value::Other(text)) => Some(text),
        _ => None,
    }
}
