//! Rules and their violations.

use std::fmt;

use bonafide_core::text::printable;
use serde::Serialize;

use crate::edition::Levels;
use crate::{Edition, Severity};

/// A violation with its severity in one edition, for tables and JSON.
///
/// It borrows from its [`ImageReport`](crate::ImageReport). Serialized, it has the fields by their names, the rule as
/// its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic<'a> {
    /// Its severity.
    pub severity: Severity,
    /// The rule's number.
    pub rule: Rule,
    /// Who makes the rule: a standard or a service.
    pub standard: &'static str,
    /// The property or attribute.
    pub property: &'a str,
    /// Its value; `None` if it is absent.
    pub value: Option<&'a str>,
    /// What is wrong, and what to do.
    pub why: &'a str,
}

/// A violation of a rule by an image.
///
/// `Display` prints it in one line, with the rule's number and without control characters:
///
/// ```
/// use bonafide_properties::{ImageRecord, Rule, check_cloud};
///
/// let image = ImageRecord::public("Ubuntu 24.04", [("architecture".to_owned(), "amd64".to_owned())].into());
/// let images = [image];
/// let report = &check_cloud(&images, "2026-11-23T12:00:00Z".parse().unwrap())[0];
/// let first = &report.violations[0];
/// assert_eq!((first.rule, &*first.property), (Rule::Architecture, "architecture"));
/// assert!(first.to_string().starts_with("`architecture` is `amd64`: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The property's or attribute's name in Glance.
    pub property: String,
    /// Its value; `None` if it is absent.
    pub value: Option<String>,
    /// What is wrong, and what to do.
    pub why: String,
    pub(crate) levels: Levels,
}

impl Violation {
    /// Its severity in this edition; `None` if that does not have the rule.
    #[must_use]
    pub const fn severity(&self, edition: Edition) -> Option<Severity> {
        self.levels.of(edition)
    }

    /// Its highest severity in any edition.
    ///
    /// `None` if no edition has the rule.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        let all = Edition::ALL.into_iter();
        all.filter_map(|edition| self.severity(edition)).max()
    }
}

impl Violation {
    /// Its severity in an edition; `None` if that does not have the rule.
    #[must_use]
    pub fn diagnostics(&self, edition: Edition) -> Option<Diagnostic<'_>> {
        Some(Diagnostic {
            severity: self.severity(edition)?,
            rule: self.rule,
            standard: self.rule.standard(),
            property: &self.property,
            value: self.value.as_deref(),
            why: &self.why,
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            property,
            value,
            why,
            rule,
            ..
        } = self;
        match value {
            Some(value) => {
                let shown: String = value.chars().take(80).collect();
                write!(f, "`{}` is `{}`: ", printable(property), printable(&shown))?;
            }
            None => write!(f, "`{}` is missing: ", printable(property))?,
        }
        let why = printable(why);
        write!(f, "{why} (rule {}, {})", rule.number(), rule.standard())
    }
}

macro_rules! rules {
    ($($number:literal $name:ident $standard:literal $text:literal,)+) => {
        /// A rule for images, by a standard or a service.
        ///
        /// The numbers are stable: a later release adds rules at the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(into = "u8")]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $text] $name,)+
        }

        impl Rule {
            /// All, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its number.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$name => $number,)+ }
            }

            /// The standard or service that makes it.
            ///
            /// For example `SCS-0102` or `Nova`; several are separated by commas.
            #[must_use]
            pub const fn standard(self) -> &'static str {
                match self { $(Self::$name => $standard,)+ }
            }

            /// Its text.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

rules! {
    1 Architecture "SCS-0102, Nova" "`architecture` is `x86_64` or `aarch64`.",
    2 MinDisk "SCS-0102" "`min_disk` holds the image's disk, in GiB.",
    3 MinRam "SCS-0102" "`min_ram` is enough to boot, in MiB.",
    4 Distribution "SCS-0102, Glance" "`os_distro` is a name of Glance's list, in lower case.",
    5 Version "SCS-0102" "`os_version` is numeric where the distribution uses numbers.",
    6 Purpose "SCS-0102" "`os_purpose` is one of seven values.",
    7 OneGeneric "SCS-0102" "At most one visible image of a distribution, version and architecture is `generic`.",
    8 DiskBus "SCS-0102, Nova" "`hw_disk_bus` is `scsi` or `virtio`.",
    9 ScsiModel "SCS-0102" "`hw_scsi_model` is set with `hw_disk_bus=scsi`, and only then.",
    10 Hypervisor "SCS-0102, Nova" "`hypervisor_type` is absent, `qemu` or `xen`.",
    11 ReplaceFrequency "SCS-0102" "`replace_frequency` is one of seven values.",
    12 SlowReplacement "SCS-0102" "A generic image is replaced at least monthly.",
    13 ProvidedUntil "SCS-0102" "`provided_until` is a date, `none` or `notice`.",
    14 UuidValidity "SCS-0102" "`uuid_validity` is a date, `last-N`, `none`, `notice` or `forever`.",
    15 KeptPromise "SCS-0102" "An image can be used by its id as long as `uuid_validity` promises.",
    16 HotfixHours "SCS-0102" "`hotfix_hours` is a whole number of hours.",
    17 Source "SCS-0102" "`image_source` is a URL of http(s) or ftp(s), or `private`.",
    18 StandardSource "SCS-0104" "Standard images come from the directories that the standard names.",
    19 Codename "SCS-0104" "The directory of a generic Debian or Ubuntu image is that of its version.",
    20 ClusterApi "SCS-0104" "Cluster API images have the source, purpose and description that the standard names.",
    21 Description "SCS-0102" "`image_description` is a URL or a text.",
    22 BuildDate "SCS-0102" "`image_build_date` is a day, or a minute or second, in UTC and not in the future.",
    23 Recency "SCS-0102" "A provided image is replaced as often as `replace_frequency` promises.",
    24 OriginalUser "SCS-0102" "`image_original_user` is a login name or `none`.",
    25 PatchLevel "SCS-0102" "`patchlevel` is set if the image lacks patches from before the build date.",
    26 Licences "SCS-0102" "A licence is included or must be brought, not both.",
    27 Booleans "Nova" "Booleans are `true` or `false`.",
    28 MaintainedUntil "SCS-0102" "`maintained_until` is a date, and the image is not provided longer.",
    29 SupportContact "SCS-0102" "`l1_support_contact` is a URI.",
    30 Name "Glance, SCS-0102" "A visible image has a name of its own.",
    31 NameOfDistribution "SCS-0102" "The name begins with distribution and version.",
    32 ReplacedName "SCS-0102" "A replaced image is hidden, or its name ends with its build date; it is not `generic`.",
    33 ReplacedTwice "SCS-0102" "Replaced images have different names.",
    34 SecureBoot "Nova" "Secure boot needs UEFI and, on x86_64, the machine type q35.",
    35 MemoryEncryption "Nova" "Memory encryption needs UEFI and, if one is set, the machine type q35.",
    36 StatelessFirmware "Nova" "Stateless firmware needs UEFI.",
    37 Arm "Nova" "On aarch64 the firmware is UEFI and the machine type virt.",
    38 Quiesce "Nova" "Quiescing needs the guest agent.",
    39 TrustedPlatform "Nova" "The TPM model tpm-crb needs version 2.0.",
    40 Signature "Glance" "All four properties of a signature are there, or none.",
    41 Traits "Nova" "Traits are `required`.",
    42 Keys "Glance" "Properties are texts, with names that are not reserved.",
    43 Tags "Glance, SCS-0102" "Tags say the operating system and who manages the image.",
    44 Stored "Glance" "The image is active, with a digest of SHA-256 or SHA-512.",
    45 Vocabulary "Nova" "Properties that Nova reads have a value that it accepts.",
    46 Twins "operator" "Two names of one property have the same value.",
    47 Presence "SCS-0104" "A cloud offers the images that the standard requires.",
}

impl From<Rule> for u8 {
    fn from(rule: Rule) -> Self {
        rule.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_numbered_from_one_without_a_gap() {
        let numbers: Vec<_> = Rule::ALL.iter().map(|rule| rule.number()).collect();
        assert_eq!(numbers, (1..=47).collect::<Vec<u8>>());
    }
}
