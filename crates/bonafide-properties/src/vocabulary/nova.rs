//! Values that Nova reads: with another one no server can be created from the image.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::vocabulary;
use crate::InvalidValue;

vocabulary! {
    /// The bus of the disk from which a server boots while it is rescued with the image.
    RescueBus = "hw_rescue_bus" {
        /// IDE.
        Ide = "ide",
        /// SCSI.
        Scsi = "scsi",
        /// USB.
        Usb = "usb",
        /// virtio-blk.
        Virtio = "virtio",
    }
}

vocabulary! {
    /// The device as which a server sees the image with which it is rescued.
    RescueDevice = "hw_rescue_device" {
        /// A CD-ROM drive.
        Cdrom = "cdrom",
        /// A disk.
        Disk = "disk",
        /// A floppy drive.
        Floppy = "floppy",
    }
}

vocabulary! {
    /// The random number generator of servers.
    RngModel = "hw_rng_model" {
        /// virtio-rng.
        Virtio = "virtio",
    }
}

vocabulary! {
    /// The firmware of servers.
    FirmwareType = "hw_firmware_type" {
        /// BIOS.
        Bios = "bios",
        /// UEFI.
        Uefi = "uefi",
    }
}

vocabulary! {
    /// The controller of SCSI disks.
    ScsiModel = "hw_scsi_model" {
        /// virtio-scsi; the only one that SCS-0102 recommends.
        VirtioScsi = "virtio-scsi",
    }
}

vocabulary! {
    /// Whether servers boot signed code only.
    SecureBoot = "os_secure_boot" {
        /// Never.
        Disabled = "disabled",
        /// If the host supports it.
        Optional = "optional",
        /// Always.
        Required = "required",
    }
}

vocabulary! {
    /// The action of a watchdog when a server hangs.
    WatchdogAction = "hw_watchdog_action" {
        /// There is no watchdog.
        Disabled = "disabled",
        /// No action.
        None = "none",
        /// The server is paused.
        Pause = "pause",
        /// The server is switched off.
        Poweroff = "poweroff",
        /// The server is restarted.
        Reset = "reset",
    }
}

vocabulary! {
    /// How a server's memory is encrypted.
    MemoryEncryptionModel = "hw_mem_encryption_model" {
        /// AMD SEV.
        AmdSev = "amd-sev",
        /// AMD SEV-ES.
        AmdSevEs = "amd-sev-es",
        /// AMD SEV-SNP, in the newest Nova only.
        AmdSevSnp = "amd-sev-snp",
    }
}

vocabulary! {
    /// The graphics adapter.
    VideoModel = "hw_video_model" {
        /// Bochs.
        Bochs = "bochs",
        /// Cirrus.
        Cirrus = "cirrus",
        /// The adapter of the firmware.
        Gop = "gop",
        /// None.
        None = "none",
        /// QXL.
        Qxl = "qxl",
        /// VGA.
        Vga = "vga",
        /// virtio-gpu.
        Virtio = "virtio",
        /// VMware's adapter.
        Vmvga = "vmvga",
        /// Xen's adapter.
        Xen = "xen",
    }
}

vocabulary! {
    /// The model of the Trusted Platform Module.
    TpmModel = "hw_tpm_model" {
        /// Command-response buffer; version 2.0 only.
        Crb = "tpm-crb",
        /// TPM interface specification.
        Tis = "tpm-tis",
    }
}

vocabulary! {
    /// The version of the Trusted Platform Module.
    TpmVersion = "hw_tpm_version" {
        /// 1.2.
        V1_2 = "1.2",
        /// 2.0.
        V2_0 = "2.0",
    }
}

vocabulary! {
    /// Whether a server gets a configuration drive.
    ConfigDrive = "img_config_drive" {
        /// Always.
        Mandatory = "mandatory",
        /// If the user requests it.
        Optional = "optional",
    }
}

vocabulary! {
    /// The digest of an image signature.
    SignatureHashMethod = "img_signature_hash_method" {
        /// SHA-224.
        Sha224 = "SHA-224",
        /// SHA-256.
        Sha256 = "SHA-256",
        /// SHA-384.
        Sha384 = "SHA-384",
        /// SHA-512.
        Sha512 = "SHA-512",
    }
}

vocabulary! {
    /// The key of an image signature. Nova's binary curves are gone from the library on which it
    /// builds.
    SignatureKeyType = "img_signature_key_type" {
        /// DSA.
        Dsa = "DSA",
        /// ECDSA with NIST P-384.
        Secp384r1 = "ECC_SECP384R1",
        /// ECDSA with NIST P-521.
        Secp521r1 = "ECC_SECP521R1",
        /// RSA-PSS.
        RsaPss = "RSA-PSS",
    }
}
