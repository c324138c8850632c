//! What Nova checks when a server is created: rule 45. It refuses every server with another value.

use super::checker::Checker;
use crate::edition::Levels;
use crate::{
    ConfigDrive, FirmwareType, MemoryEncryptionModel, OsType, Rule, SecureBoot,
    SignatureHashMethod, SignatureKeyType, TpmModel, TpmVersion, VideoModel, WatchdogAction,
};

/// The allowed values of a property.
enum Kind {
    /// One of these values.
    Words(&'static [&'static str]),
    /// One of these values, in upper or lower case.
    AnyCase(&'static [&'static str]),
    /// A value of a vocabulary.
    Typed(fn(&str) -> bool),
    /// A whole number that is not negative.
    Number,
    /// A UUID.
    Uuid,
    /// A UUID, or an empty text, which services write if there is none.
    UuidOrEmpty,
}

const BUSES: &[&str] = &[
    "fdc", "ide", "lxc", "sata", "scsi", "uml", "usb", "virtio", "xen",
];

const CHECKED: &[(&str, Kind)] = &[
    ("hw_cdrom_bus", Kind::Words(BUSES)),
    ("hw_cpu_cores", Kind::Number),
    ("hw_cpu_max_cores", Kind::Number),
    ("hw_cpu_max_sockets", Kind::Number),
    ("hw_cpu_max_threads", Kind::Number),
    (
        "hw_cpu_policy",
        Kind::Words(&["dedicated", "mixed", "shared"]),
    ),
    ("hw_cpu_sockets", Kind::Number),
    (
        "hw_cpu_thread_policy",
        Kind::Words(&["isolate", "prefer", "require"]),
    ),
    ("hw_cpu_threads", Kind::Number),
    (
        "hw_firmware_type",
        Kind::Typed(|text| text.parse::<FirmwareType>().is_ok()),
    ),
    ("hw_input_bus", Kind::Words(&["usb", "virtio"])),
    ("hw_maxphysaddr_bits", Kind::Number),
    (
        "hw_maxphysaddr_mode",
        Kind::Words(&["emulate", "passthrough"]),
    ),
    (
        "hw_mem_encryption_model",
        Kind::Typed(|text| text.parse::<MemoryEncryptionModel>().is_ok()),
    ),
    ("hw_numa_nodes", Kind::Number),
    (
        "hw_pci_numa_affinity_policy",
        Kind::Words(&["legacy", "preferred", "required", "socket"]),
    ),
    ("hw_pointer_model", Kind::Words(&["usbtablet"])),
    ("hw_rescue_bus", Kind::Words(BUSES)),
    (
        "hw_rescue_device",
        Kind::Words(&["cdrom", "disk", "floppy", "fs", "lun"]),
    ),
    ("hw_rng_model", Kind::Words(&["virtio"])),
    (
        "hw_scsi_model",
        Kind::AnyCase(&[
            "buslogic",
            "ibmvscsi",
            "lsilogic",
            "lsilogicsas",
            "lsisas1068",
            "lsisas1078",
            "paravirtual",
            "virtio-scsi",
            "vmpvscsi",
        ]),
    ),
    ("hw_serial_port_count", Kind::Number),
    (
        "hw_sound_model",
        Kind::Words(&[
            "ac97", "es1370", "ich6", "ich9", "pcspk", "sb16", "usb", "virtio",
        ]),
    ),
    (
        "hw_tpm_model",
        Kind::Typed(|text| text.parse::<TpmModel>().is_ok()),
    ),
    (
        "hw_tpm_version",
        Kind::Typed(|text| text.parse::<TpmVersion>().is_ok()),
    ),
    (
        "hw_usb_model",
        Kind::Words(&["nec-xhci", "none", "qemu-xhci"]),
    ),
    (
        "hw_video_model",
        Kind::Typed(|text| text.parse::<VideoModel>().is_ok()),
    ),
    ("hw_video_ram", Kind::Number),
    (
        "hw_vif_model",
        Kind::AnyCase(&[
            "e1000",
            "e1000e",
            "igb",
            "lan9118",
            "ne2k_pci",
            "netfront",
            "pcnet",
            "rtl8139",
            "spapr-vlan",
            "sriov",
            "virtio",
            "virtuale1000",
            "virtuale1000e",
            "virtualpcnet32",
            "virtualsriovethernetcard",
            "virtualvmxnet",
            "virtualvmxnet3",
            "vmxnet",
            "vmxnet3",
        ]),
    ),
    (
        "hw_viommu_model",
        Kind::Words(&["auto", "intel", "smmuv3", "virtio"]),
    ),
    (
        "hw_watchdog_action",
        Kind::Typed(|text| text.parse::<WatchdogAction>().is_ok()),
    ),
    (
        "img_config_drive",
        Kind::Typed(|text| text.parse::<ConfigDrive>().is_ok()),
    ),
    ("img_signature_certificate_uuid", Kind::Uuid),
    (
        "img_signature_hash_method",
        Kind::Typed(|text| text.parse::<SignatureHashMethod>().is_ok()),
    ),
    (
        "img_signature_key_type",
        Kind::Typed(|text| text.parse::<SignatureKeyType>().is_ok()),
    ),
    ("instance_uuid", Kind::Uuid),
    ("kernel_id", Kind::UuidOrEmpty),
    (
        "os_secure_boot",
        Kind::Typed(|text| text.parse::<SecureBoot>().is_ok()),
    ),
    ("os_shutdown_timeout", Kind::Number),
    (
        "os_type",
        Kind::Typed(|text| text.to_lowercase().parse::<OsType>().is_ok()),
    ),
    ("ramdisk_id", Kind::UuidOrEmpty),
    ("rootfs_uuid", Kind::Uuid),
    (
        "vm_mode",
        Kind::AnyCase(&["baremetal", "exe", "hv", "hvm", "pv", "uml", "xen"]),
    ),
];

pub(super) fn judge(judge: &mut Checker<'_>) {
    for (name, kind) in CHECKED {
        let Some(value) = judge.record.get(name) else {
            continue;
        };
        let lower = value.to_ascii_lowercase();
        let (good, wanted) = match kind {
            Kind::Words(words) => (words.contains(&value), among(words)),
            Kind::AnyCase(words) => (words.contains(&lower.as_str()), among(words)),
            Kind::Typed(reads) => (reads(value), "it is not one of Nova's values".to_owned()),
            Kind::Number => (
                value
                    .parse::<u32>()
                    .is_ok_and(|number| number.to_string() == value),
                "a whole number is needed".to_owned(),
            ),
            Kind::Uuid => (is_uuid(value), "a UUID is needed".to_owned()),
            Kind::UuidOrEmpty => (
                value.is_empty() || is_uuid(value),
                "a UUID is needed".to_owned(),
            ),
        };
        if !good {
            let rule = match name.starts_with("img_signature") {
                true => Rule::Signature,
                false => Rule::Vocabulary,
            };
            let why = format!("{wanted}; with another value no server can be created");
            judge.report(Levels::ERROR, rule, name, why);
        }
    }
}

fn among(words: &[&str]) -> String {
    format!("one of `{}` is needed", words.join("`, `"))
}

/// With and without hyphens, like Nova's own check.
fn is_uuid(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
