//! Licences, support and how booleans are written: rules 26, 27 and 29.

use url::Url;

use super::checker::{Checker, text};
use crate::Rule;
use crate::edition::Levels;
use crate::metadata::nova_boolean;

/// Booleans of SCS-0102.
const TERMS: [&str; 4] = [
    "license_included",
    "license_required",
    "subscription_included",
    "subscription_required",
];
/// Booleans that Nova parses, by its list of values.
const SWITCHES: [&str; 13] = [
    "hw_boot_menu",
    "hw_firmware_stateless",
    "hw_ipxe_boot",
    "hw_locked_memory",
    "hw_mem_encryption",
    "hw_pmu",
    "hw_qemu_guest_agent",
    "hw_time_hpet",
    "hw_vif_multiqueue_enabled",
    "hw_virtio_packed_ring",
    "img_hide_hypervisor_id",
    "img_bdm_v2",
    "os_require_quiesce",
];

pub(super) fn judge(judge: &mut Checker<'_>) {
    let on = |name| judge.record.get(name).and_then(nova_boolean) == Some(true);
    if on("license_included") && on("license_required") {
        let why = "a licence is either included or must be brought: one of them must be false";
        judge.report(Levels::ERROR, Rule::Licences, "license_required", why);
    }
    for name in TERMS.into_iter().chain(SWITCHES) {
        boolean(judge, name);
    }
    if let Some(contact) = judge.record.get("l1_support_contact") {
        let uri = Url::parse(contact).is_ok();
        if !uri || text(&judge.metadata.support_contact).is_none() {
            let why = "a URI is needed, as `mailto:help@example.org`";
            judge.report(
                Levels::ERROR,
                Rule::SupportContact,
                "l1_support_contact",
                why,
            );
        }
    }
}

fn boolean(judge: &mut Checker<'_>, name: &str) {
    let why = "`true` or `false` is needed, as text; Nova reads any other value as false";
    let levels = match judge.record.get(name) {
        Some("true" | "false") => return,
        // Glance documents these values for the properties that Nova parses.
        Some("yes" | "no") if SWITCHES.contains(&name) => return,
        Some(text) if nova_boolean(text).is_some() => Levels::WARNING,
        Some(_) => Levels::ERROR,
        None if judge.record.not_texts.contains_key(name) => Levels::ERROR,
        None => return,
    };
    judge.report(levels, Rule::Booleans, name, why);
}
