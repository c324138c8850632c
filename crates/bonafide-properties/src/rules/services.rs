//! Properties that OpenStack's own services write on images; users can't change them.

use super::checker::Checker;
use crate::edition::Levels;
use crate::{ImageRecord, Violation};

/// Glance refuses names with this prefix to everyone but itself: `os_glance_import_task`,
/// `os_glance_importing_to_stores`, `os_glance_failed_import` and others.
const GLANCE: &str = "os_glance";
/// Properties that Nova writes on snapshots, and Cinder on images of volumes.
const WRITTEN: [&str; 19] = [
    "base_image_ref",
    "bdm_v2",
    "block_device_mapping",
    "boot_roles",
    "cinder_encryption_key_deletion_policy",
    "cinder_encryption_key_id",
    "image_location",
    "image_state",
    "image_type",
    "instance_uuid",
    "kernel_id",
    "mappings",
    "owner_id",
    "owner_project_name",
    "owner_user_name",
    "ramdisk_id",
    "root_device_name",
    "signature_verified",
    "user_id",
];

pub(super) fn is_glances_own(name: &str) -> bool {
    name.starts_with(GLANCE)
}

pub(super) fn write(name: &str) -> bool {
    is_glances_own(name) || WRITTEN.contains(&name)
}

/// Whether Nova created the image from a server, or Cinder from a volume that was created from an
/// image.
fn made(record: &ImageRecord) -> bool {
    let kind = record.get("image_type").unwrap_or_default();
    matches!(kind, "backup" | "snapshot")
        || ["base_image_ref", "bdm_v2", "signature_verified"]
            .iter()
            .any(|name| record.properties.contains_key(*name))
}

/// Whether the image only references volumes and their snapshots, and has no data itself.
pub(super) fn names_volumes_only(judge: &Checker<'_>) -> bool {
    let mapping = judge.record.get("block_device_mapping");
    mapping.is_some_and(|mapping| !mapping.is_empty()) && judge.record.size.unwrap_or_default() == 0
}

/// The standards apply to the images that a cloud offers. For an image that a service created and
/// that only one project sees, violations become hints.
pub(super) fn excuse(record: &ImageRecord, violations: &mut [Violation]) {
    if record.is_listed() || !made(record) {
        return;
    }
    // SCS-0102 once required what is a rule of Nova by its values.
    let standards = violations.iter_mut().filter(|violation| {
        violation.rule.standard().contains("SCS") || violation.levels == Levels::ONCE_DEMANDED
    });
    for violation in standards {
        violation.levels = violation.levels.at_most_hint();
    }
}
