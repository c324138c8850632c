//! What the rules share: the image, its metadata and the violations so far.

use crate::edition::Levels;
use crate::{ImageRecord, Metadata, Rule, Value, Violation};

/// Checks one image and collects its violations.
pub(crate) struct Checker<'a> {
    pub(super) record: &'a ImageRecord,
    pub(super) metadata: Metadata,
    pub(super) violations: Vec<Violation>,
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
    pub(super) fn demand(&mut self, levels: Levels, rule: Rule, property: &str, why: &str) -> bool {
        let there = self.record.properties.contains_key(property)
            || self.record.not_texts.contains_key(property);
        if !there {
            self.report(levels, rule, property, why);
        }
        there
    }

    /// The violations so far.
    pub(crate) fn found(self) -> Vec<Violation> {
        self.violations
    }
}

/// A text that is present and not empty.
pub(super) fn text(value: &Option<Value<String>>) -> Option<&str> {
    let text = value.as_ref()?.known()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The parsed value of a property, if it is known.
pub(super) fn known<T: Copy>(value: &Option<Value<T>>) -> Option<T> {
    value.as_ref()?.known().copied()
}

/// The text of a property, if its value is unknown.
pub(super) fn other<T>(value: &Option<Value<T>>) -> Option<&str> {
    match value {
        Some(Value::Other(text)) => Some(text),
        _ => None,
    }
}
