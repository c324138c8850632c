//! The properties of any image, read leniently.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::{
    Architecture, BuildDate, ConfigDrive, DiskBus, FirmwareType, HypervisorType, ImageSource,
    MemoryEncryptionModel, OsPurpose, OsType, ProvidedUntil, ReplaceFrequency, RescueBus,
    RescueDevice, RngModel, ScsiModel, SecureBoot, SignatureHashMethod, SignatureKeyType, TpmModel,
    TpmVersion, UuidValidity, VideoModel, WatchdogAction,
};

/// A value as it was read.
///
/// ```
/// use bonafide_properties::{OsPurpose, Value};
///
/// assert_eq!(Value::read("generic"), Value::Known(OsPurpose::Generic));
/// assert_eq!(Value::<OsPurpose>::read("Generic").known(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value<T> {
    /// A value of its vocabulary or grammar, in the correct spelling.
    Known(T),
    /// Any other text.
    Other(String),
}

impl<T: FromStr + fmt::Display> Value<T> {
    /// Reads a text. A value that would be written in another way than it was read is unknown.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.parse::<T>() {
            Ok(value) if value.to_string() == text => Self::Known(value),
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl<T> Value<T> {
    /// The value, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Other(text) => text.fmt(f),
        }
    }
}

/// The texts that Nova reads as true or false; it reads every other text as false.
pub(crate) fn nova_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

macro_rules! metadata {
    ($($(#[$meta:meta])* $field:ident: $kind:ty = $name:literal,)+) => {
        /// The properties of an image, whoever wrote them, as far as the standards define them.
        ///
        /// Nothing is lost: [`Metadata::to_map`] returns exactly what [`Metadata::from_map`] read.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Metadata {
            $($(#[$meta])* #[doc = concat!("`", $name, "`.")] pub $field: Option<Value<$kind>>,)+
            /// All other properties.
            pub others: BTreeMap<String, String>,
        }

        impl Metadata {
            /// The names of the properties that have a field.
            ///
            /// All other names are in [`Metadata::others`], as they were read.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Reads an image's properties.
            ///
            /// It never fails: unknown names and values are kept as they are.
            #[must_use]
            pub fn from_map(properties: &BTreeMap<String, String>) -> Self {
                let mut others = properties.clone();
                Self {
                    $($field: others.remove($name).map(|text| Value::read(&text)),)+
                    others,
                }
            }

            /// The properties as Glance accepts them.
            #[must_use]
            pub fn to_map(&self) -> BTreeMap<String, String> {
                let mut map = self.others.clone();
                $(if let Some(value) = &self.$field {
                    map.insert($name.to_owned(), value.to_string());
                })+
                map
            }
        }
    };
}

metadata! {
    architecture: Architecture = "architecture",
    config_drive: ConfigDrive = "img_config_drive",
    cpu_arch: Architecture = "cpu_arch",
    default_ssh_username: String = "default_ssh_username",
    description: String = "image_description",
    disk_bus: DiskBus = "hw_disk_bus",
    distribution: String = "os_distro",
    firmware_type: FirmwareType = "hw_firmware_type",
    firmware_stateless: bool = "hw_firmware_stateless",
    build_date: BuildDate = "image_build_date",
    hotfix_hours: u32 = "hotfix_hours",
    hypervisor_type: HypervisorType = "hypervisor_type",
    license_included: bool = "license_included",
    license_required: bool = "license_required",
    machine_type: String = "hw_machine_type",
    maintained_until: Date = "maintained_until",
    memory_encryption: bool = "hw_mem_encryption",
    memory_encryption_model: MemoryEncryptionModel = "hw_mem_encryption_model",
    original_user: String = "image_original_user",
    os_type: OsType = "os_type",
    patch_level: String = "patchlevel",
    provided_until: ProvidedUntil = "provided_until",
    purpose: OsPurpose = "os_purpose",
    qemu_guest_agent: bool = "hw_qemu_guest_agent",
    replace_frequency: ReplaceFrequency = "replace_frequency",
    require_quiesce: bool = "os_require_quiesce",
    rescue_bus: RescueBus = "hw_rescue_bus",
    rescue_device: RescueDevice = "hw_rescue_device",
    rng_model: RngModel = "hw_rng_model",
    scsi_model: ScsiModel = "hw_scsi_model",
    secure_boot: SecureBoot = "os_secure_boot",
    signature: String = "img_signature",
    signature_certificate: String = "img_signature_certificate_uuid",
    signature_hash_method: SignatureHashMethod = "img_signature_hash_method",
    signature_key_type: SignatureKeyType = "img_signature_key_type",
    source: ImageSource = "image_source",
    source_url: ImageSource = "source_url",
    subscription_included: bool = "subscription_included",
    subscription_required: bool = "subscription_required",
    support_contact: String = "l1_support_contact",
    tpm_model: TpmModel = "hw_tpm_model",
    tpm_version: TpmVersion = "hw_tpm_version",
    uuid_validity: UuidValidity = "uuid_validity",
    version: String = "os_version",
    video_model: VideoModel = "hw_video_model",
    watchdog_action: WatchdogAction = "hw_watchdog_action",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORDS: &[&str] = &[
        "x86_64",
        "true",
        "yes",
        "TRUE",
        "last-3",
        "last-03",
        "none",
        "private",
        "generic",
        "48",
        "048",
        "2026-11-10",
        "2026-11-10 13:45",
        "20261110",
        "https://a.test",
        "uefi",
        "UEFI",
    ];

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(Metadata::NAMES).prop_map(str::to_owned),
            "[a-z_:]{1,12}",
        ]
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(WORDS).prop_map(str::to_owned),
            ".{0,20}"
        ]
    }

    proptest! {
        #[test]
        fn what_was_read_is_written_back(
            map in prop::collection::btree_map(name(), value(), 0..30),
        ) {
            prop_assert_eq!(Metadata::from_map(&map).to_map(), map);
        }
    }

    #[test]
    fn what_is_known_has_its_type_and_everything_else_survives() {
        let map = [
            ("os_purpose", "Generic"),
            ("uuid_validity", "last-3"),
            ("mine", "x"),
        ];
        let map = map.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let metadata = Metadata::from_map(&map.into());
        assert_eq!(metadata.purpose, Some(Value::Other("Generic".to_owned())));
        let validity = metadata.uuid_validity.unwrap();
        assert!(matches!(validity.known(), Some(UuidValidity::Last(count)) if count.get() == 3));
        assert_eq!(metadata.others["mine"], "x");
        assert_eq!(metadata.build_date, None);
    }
}
