//! Words that Nova reads: with another one no server can be made from the image.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::vocabulary;
use crate::InvalidValue;

vocabulary! {
    /// The bus of the disk that a server boots from while it is rescued with the image.
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
    /// As what a server sees the image that it is rescued with.
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
    /// The random number generator that a server is given.
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
        /// They do not.
        Disabled = "disabled",
        /// Where the host can.
        Optional = "optional",
        /// Always.
        Required = "required",
    }
}

vocabulary! {
    /// What a watchdog does to a server that hangs.
    WatchdogAction = "hw_watchdog_action" {
        /// There is none.
        Disabled = "disabled",
        /// Nothing.
        None = "none",
        /// It is paused.
        Pause = "pause",
        /// It is switched off.
        Poweroff = "poweroff",
        /// It is restarted.
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
        /// The firmware's.
        Gop = "gop",
        /// None.
        None = "none",
        /// QXL.
        Qxl = "qxl",
        /// VGA.
        Vga = "vga",
        /// virtio-gpu.
        Virtio = "virtio",
        /// VMware's.
        Vmvga = "vmvga",
        /// Xen's.
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
        /// If it was asked for.
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
    /// The key of an image signature. Nova's binary curves are gone from what it builds on.
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
