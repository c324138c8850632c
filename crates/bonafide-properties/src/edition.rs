//! The editions of the standards, and the severity of a violation in each.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::InvalidValue;

/// An edition of SCS-0102 (image metadata), with the edition of SCS-0104 (standard images) that
/// belongs to it.
///
/// ```
/// use bonafide_properties::Edition;
///
/// assert_eq!("v1.1".parse(), Ok(Edition::V1_1));
/// assert!(Edition::V1_0 < Edition::V2, "the order is that of publication");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "&'static str")]
#[non_exhaustive]
pub enum Edition {
    /// SCS-0102 of 2022; SCS-0104 version 1 with the images of IaaS version 4.
    V1_0,
    /// SCS-0102 version 1.1 of 2025; SCS-0104 version 1 with the images of IaaS version 5.
    V1_1,
    /// SCS-0102 version 2 and SCS-0104 version 2, both drafts.
    V2,
}

impl Edition {
    /// All, the oldest first.
    ///
    /// Use it to check an image against each of them.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V1_1, Self::V2];

    /// `v1.0`, `v1.1` or `v2`.
    ///
    /// The same text is used by `Display`, `FromStr` and serde.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "v1.0",
            Self::V1_1 => "v1.1",
            Self::V2 => "v2",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Edition> for &'static str {
    fn from(edition: Edition) -> Self {
        edition.as_str()
    }
}

impl FromStr for Edition {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let mut all = Self::ALL.into_iter();
        all.find(|edition| edition.as_str() == text)
            .ok_or_else(|| InvalidValue::new("edition", text, "one of `v1.0`, `v1.1`, `v2`"))
    }
}

/// The severity of a violation.
///
/// The order is from the mildest to the most severe, so `max` finds the worst one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Useful to know; it may be impossible to do better.
    Hint,
    /// A recommendation is not followed, or a setting will not have the expected effect.
    Warning,
    /// A requirement is violated, or no server can be created from the image.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// The severity in each edition; `None`: the edition does not have the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Levels {
    v1_0: Option<Severity>,
    v1_1: Option<Severity>,
    v2: Option<Severity>,
}

impl Levels {
    pub(crate) const ERROR: Self = Self::same(Severity::Error);
    pub(crate) const WARNING: Self = Self::same(Severity::Warning);
    pub(crate) const HINT: Self = Self::same(Severity::Hint);
    /// Required from the first edition, recommended since 2025.
    pub(crate) const ONCE_DEMANDED: Self = Self::new(
        Some(Severity::Error),
        Some(Severity::Hint),
        Some(Severity::Hint),
    );
    /// Recommended in 1.1, required in 2.
    pub(crate) const DEMANDED_LATER: Self =
        Self::new(None, Some(Severity::Warning), Some(Severity::Error));
    pub(crate) const FROM_V1_1: Self =
        Self::new(None, Some(Severity::Error), Some(Severity::Error));
    pub(crate) const V1_WARNING: Self =
        Self::new(Some(Severity::Warning), Some(Severity::Warning), None);
    pub(crate) const V1_HINT: Self = Self::new(Some(Severity::Hint), Some(Severity::Hint), None);
    pub(crate) const NONE: Self = Self::new(None, None, None);
    pub(crate) const V2_WARNING: Self = Self::new(None, None, Some(Severity::Warning));
    pub(crate) const V2_ERROR: Self = Self::new(None, None, Some(Severity::Error));

    /// The same, with at most the severity of a hint.
    pub(crate) fn at_most_hint(self) -> Self {
        let hint = |severity: Option<Severity>| severity.map(|_| Severity::Hint);
        Self::new(hint(self.v1_0), hint(self.v1_1), hint(self.v2))
    }

    const fn same(severity: Severity) -> Self {
        Self::new(Some(severity), Some(severity), Some(severity))
    }

    pub(crate) const fn new(
        v1_0: Option<Severity>,
        v1_1: Option<Severity>,
        v2: Option<Severity>,
    ) -> Self {
        Self { v1_0, v1_1, v2 }
    }

    pub(crate) const fn of(self, edition: Edition) -> Option<Severity> {
        match edition {
            Edition::V1_0 => self.v1_0,
            Edition::V1_1 => self.v1_1,
            Edition::V2 => self.v2,
        }
    }
}
