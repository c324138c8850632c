//! Closed vocabularies. Each value of a property in SCS-0102 is accepted by the standard, by the
//! documentation of Glance and by Nova's enumerations; the other vocabularies are Nova's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidValue;

mod nova;

pub use nova::{
    ConfigDrive, FirmwareType, MemoryEncryptionModel, RescueBus, RescueDevice, RngModel, ScsiModel,
    SecureBoot, SignatureHashMethod, SignatureKeyType, TpmModel, TpmVersion, VideoModel,
    WatchdogAction,
};

/// An enumeration whose values are defined by a standard.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident = $property:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// The property's name in Glance.
            pub const PROPERTY: &'static str = $property;

            /// Every value, in the order above.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value in the standard.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(InvalidValue::new(
                        Self::PROPERTY,
                        text,
                        concat!("one of", $(" `", $word, "`",)+),
                    )),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                text.parse()
            }
        }

        impl From<$name> for &'static str {
            fn from(value: $name) -> Self {
                value.as_str()
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// The processor architecture. Only these two pass both the SCS conformance test and Nova.
    Architecture = "architecture" {
        /// 64-bit ARM.
        Aarch64 = "aarch64",
        /// 64-bit x86.
        X86_64 = "x86_64",
    }
}

vocabulary! {
    /// The bus of the first disk.
    DiskBus = "hw_disk_bus" {
        /// SCSI; such images also have `hw_scsi_model=virtio-scsi`.
        Scsi = "scsi",
        /// virtio-blk.
        Virtio = "virtio",
    }
}

vocabulary! {
    /// The hypervisor that the image is for.
    HypervisorType = "hypervisor_type" {
        /// QEMU, with and without KVM.
        Qemu = "qemu",
        /// Xen.
        Xen = "xen",
    }
}

vocabulary! {
    /// The family of operating systems.
    OsType = "os_type" {
        /// Linux.
        Linux = "linux",
        /// Windows.
        Windows = "windows",
    }
}

vocabulary! {
    /// The purpose of the image (SCS-0102, section "`os_purpose`").
    OsPurpose = "os_purpose" {
        /// Another purpose, or an unclear one.
        Custom = "custom",
        /// A mostly unchanged, general image. At most one for a distribution, version and
        /// architecture may be visible.
        Generic = "generic",
        /// With drivers for graphics processors.
        Gpu = "gpu",
        /// A node of a Kubernetes cluster.
        Kubernetes = "k8snode",
        /// A small image.
        Minimal = "minimal",
        /// A router or other network appliance.
        Network = "network",
        /// Formerly generic, and replaced by a newer build (version 2 of the standard).
        OldGeneric = "oldgeneric",
    }
}

vocabulary! {
    /// How often the image is replaced at least (SCS-0102, section "`replace_frequency`").
    ReplaceFrequency = "replace_frequency" {
        /// Only for critical bugs.
        CriticalBug = "critical_bug",
        /// Every day.
        Daily = "daily",
        /// Every month.
        Monthly = "monthly",
        /// Never.
        Never = "never",
        /// Every three months.
        Quarterly = "quarterly",
        /// Every week.
        Weekly = "weekly",
        /// Every year.
        Yearly = "yearly",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for value in OsPurpose::ALL {
            assert_eq!(value.as_str().parse(), Ok(*value));
        }
        for value in ReplaceFrequency::ALL {
            assert_eq!(value.as_str().parse(), Ok(*value));
        }
    }

    #[test]
    fn other_spellings_are_refused_with_what_is_allowed() {
        for (error, wrong) in [
            ("Generic".parse::<OsPurpose>().unwrap_err(), "Generic"),
            ("amd64".parse::<Architecture>().unwrap_err(), "amd64"),
            (
                "biweekly".parse::<ReplaceFrequency>().unwrap_err(),
                "biweekly",
            ),
            ("kvm".parse::<HypervisorType>().unwrap_err(), "kvm"),
            ("".parse::<DiskBus>().unwrap_err(), ""),
        ] {
            assert_eq!(error.value, wrong);
            assert!(error.expected.starts_with("one of `"), "{error}");
        }
    }
}
