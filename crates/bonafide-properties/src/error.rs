//! Values that the standards do not allow.

use std::fmt;

use crate::Violation;

/// A text that is not one of the values of its property.
///
/// `FromStr` of every type in this crate returns it. Its text has the property, the value and the
/// allowed values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{property}` may not be `{value}`: {expected}")]
#[non_exhaustive]
pub struct InvalidValue {
    /// The property's name in Glance.
    pub property: &'static str,
    /// The value.
    pub value: String,
    /// The allowed values, and where they are defined.
    pub expected: String,
}

impl InvalidValue {
    pub(crate) fn new(
        property: &'static str,
        value: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            property,
            value: value.into(),
            expected: expected.into(),
        }
    }
}

/// All violations of one image, at once.
///
/// [`ImageProperties::to_map`](crate::ImageProperties::to_map) returns it. Nothing is written until
/// all of them are fixed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Error {
    /// The violations.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        Ok(())
    }
}
