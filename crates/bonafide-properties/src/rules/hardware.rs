//! The virtual machine around the image: rules 8 to 10 and 34 to 39.

use super::checker::{Checker, known, other, text};
use crate::edition::Levels;
use crate::metadata::nova_boolean;
use crate::{
    Architecture, DiskBus, FirmwareType, HypervisorType, RngModel, Rule, ScsiModel, SecureBoot,
    TpmModel, TpmVersion, Value,
};

pub(super) fn judge(judge: &mut Checker<'_>) {
    disk(judge);
    hypervisor(judge);
    firmware(judge);
    arm(judge);
    guest(judge);
}

fn disk(judge: &mut Checker<'_>) {
    let why = "`scsi` (with `hw_scsi_model=virtio-scsi`) or `virtio` is needed: the conformance test \
               and Nova take no other";
    let (rule, name) = (Rule::DiskBus, DiskBus::PROPERTY);
    if judge.demand(Levels::ERROR, rule, name, why) && other(&judge.metadata.disk_bus).is_some() {
        judge.report(Levels::ERROR, rule, name, why);
    }
    let scsi = known(&judge.metadata.disk_bus) == Some(DiskBus::Scsi);
    let model = ScsiModel::PROPERTY;
    let why = match (scsi, &judge.metadata.scsi_model) {
        (true, None) => "`virtio-scsi` is recommended with `hw_disk_bus=scsi`",
        (true, Some(Value::Other(_))) => "`virtio-scsi` is recommended",
        (false, Some(_)) => "it has no effect without `hw_disk_bus=scsi`",
        _ => return,
    };
    judge.report(Levels::WARNING, Rule::ScsiModel, model, why);
}

fn hypervisor(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Hypervisor, HypervisorType::PROPERTY);
    let why = "`qemu` (also for KVM) or `xen` is needed";
    if judge.demand(Levels::ONCE_DEMANDED, rule, name, why)
        && other(&judge.metadata.hypervisor_type).is_some()
    {
        judge.report(Levels::ERROR, rule, name, why);
    }
    let rng = RngModel::PROPERTY;
    judge.demand(
        Levels::ONCE_DEMANDED,
        Rule::Vocabulary,
        rng,
        "`virtio` is recommended",
    );
}

fn firmware(judge: &mut Checker<'_>) {
    let uefi = known(&judge.metadata.firmware_type) == Some(FirmwareType::Uefi);
    let machine = text(&judge.metadata.machine_type).map(str::to_owned);
    let q35 = machine
        .as_deref()
        .is_some_and(|machine| machine.contains("q35"));
    let x86 = known(&judge.metadata.architecture) == Some(Architecture::X86_64);
    if known(&judge.metadata.secure_boot) == Some(SecureBoot::Required) && !(uefi && (q35 || !x86))
    {
        let why =
            "`hw_firmware_type=uefi` and, on x86_64, `hw_machine_type=q35` are needed with it";
        judge.report(Levels::ERROR, Rule::SecureBoot, SecureBoot::PROPERTY, why);
    }
    let encrypted = is_on(judge, "hw_mem_encryption");
    let rule = Rule::MemoryEncryption;
    if encrypted && !(uefi && (q35 || machine.is_none())) {
        let why = "`hw_firmware_type=uefi` and no other machine type than q35 are needed with it";
        judge.report(Levels::ERROR, rule, "hw_mem_encryption", why);
    }
    if !encrypted && judge.metadata.memory_encryption_model.is_some() {
        let why = "it has no effect without `hw_mem_encryption=true`";
        judge.report(Levels::ERROR, rule, "hw_mem_encryption_model", why);
    }
    if !uefi && is_on(judge, "hw_firmware_stateless") {
        let why = "it is ignored without `hw_firmware_type=uefi`";
        judge.report(
            Levels::WARNING,
            Rule::StatelessFirmware,
            "hw_firmware_stateless",
            why,
        );
    }
}

fn arm(judge: &mut Checker<'_>) {
    if known(&judge.metadata.architecture) != Some(Architecture::Aarch64) {
        return;
    }
    if known(&judge.metadata.firmware_type) == Some(FirmwareType::Bios) {
        let why = "aarch64 boots by `uefi`";
        judge.report(Levels::WARNING, Rule::Arm, FirmwareType::PROPERTY, why);
    }
    let machine = text(&judge.metadata.machine_type);
    if machine.is_some_and(|machine| !machine.starts_with("virt")) {
        let why = "aarch64 has the machine type `virt`";
        judge.report(Levels::WARNING, Rule::Arm, "hw_machine_type", why);
    }
}

fn guest(judge: &mut Checker<'_>) {
    if is_on(judge, "os_require_quiesce") && !is_on(judge, "hw_qemu_guest_agent") {
        let why = "`hw_qemu_guest_agent=yes` is needed with it";
        judge.report(Levels::WARNING, Rule::Quiesce, "os_require_quiesce", why);
    }
    let crb = known(&judge.metadata.tpm_model) == Some(TpmModel::Crb);
    if crb && known(&judge.metadata.tpm_version) != Some(TpmVersion::V2_0) {
        let why = "`hw_tpm_version=2.0` is needed with it";
        judge.report(
            Levels::ERROR,
            Rule::TrustedPlatform,
            TpmModel::PROPERTY,
            why,
        );
    }
}

/// As Nova parses it.
fn is_on(judge: &Checker<'_>, property: &str) -> bool {
    judge.record.get(property).and_then(nova_boolean) == Some(true)
}
