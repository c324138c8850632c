//! Sizes with their units.

use std::fmt;

use serde::{Deserialize, Serialize};

const GIBIBYTE: u64 = 1 << 30;

/// A size in GiB, as Glance's `min_disk`.
///
/// ```
/// use bonafide_properties::Gibibytes;
///
/// assert_eq!(Gibibytes::holding(1 << 30), Gibibytes(1));
/// assert_eq!(Gibibytes::holding((1 << 30) + 1), Gibibytes(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gibibytes(pub u32);

impl Gibibytes {
    /// The smallest number of whole GiB that holds this many bytes.
    #[must_use]
    pub fn holding(bytes: u64) -> Self {
        Self(u32::try_from(bytes.div_ceil(GIBIBYTE)).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Gibibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GiB", self.0)
    }
}

/// A size in MiB, as Glance's `min_ram`.
///
/// It is the memory that a server needs to boot from the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mebibytes(pub u32);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_never_rounded_down() {
        for (bytes, gibibytes) in [
            (0, 0),
            (1, 1),
            (GIBIBYTE, 1),
            (GIBIBYTE + 1, 2),
            (3_758_096_384, 4),
            (u64::MAX, u32::MAX),
        ] {
            assert_eq!(Gibibytes::holding(bytes), Gibibytes(gibibytes), "{bytes}");
        }
    }
}
