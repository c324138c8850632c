//! Every rule with what it takes and what it does not.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod cases;
mod cloud;
mod presence;
mod services;
mod table;

use bonafide_properties::{Edition, ImageRecord, Rule, Severity, Violation, check_image};
use jiff::Timestamp;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// An image that breaks no rule.
fn good() -> ImageRecord {
    let properties = [
        ("architecture", "x86_64"),
        ("hotfix_hours", "0"),
        ("hw_disk_bus", "scsi"),
        ("hw_rng_model", "virtio"),
        ("hw_scsi_model", "virtio-scsi"),
        ("hypervisor_type", "qemu"),
        ("image_build_date", "2026-11-10"),
        (
            "image_description",
            "https://cloud-images.ubuntu.com/releases/noble/",
        ),
        ("image_original_user", "ubuntu"),
        (
            "image_source",
            "https://cloud-images.ubuntu.com/releases/noble/release-20261110/x.img",
        ),
        ("os_distro", "ubuntu"),
        ("os_purpose", "generic"),
        ("os_version", "24.04"),
        ("provided_until", "2029-05-31"),
        ("replace_frequency", "monthly"),
        ("uuid_validity", "last-3"),
    ];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut image = ImageRecord::public("Ubuntu 24.04", properties.into());
    image.id = "1".to_owned();
    image.owner = Some("operator".to_owned());
    image.size = Some(600 << 20);
    image.virtual_size = Some(7 << 29);
    image.min_disk = 4;
    image.min_ram = 512;
    image.os_hash_algo = Some("sha512".to_owned());
    image.os_hash_value = Some("ab".repeat(64));
    image.tags = vec!["os:ubuntu".to_owned(), "managed_by_acme".to_owned()];
    image.created_at = Some("2026-11-20T08:00:00Z".parse().unwrap());
    image
}

/// The good image with these properties; `-` takes one away.
fn with(changes: &[(&str, &str)]) -> ImageRecord {
    let mut image = good();
    for (name, value) in changes {
        match *value {
            "-" => image.properties.remove(*name),
            value => image
                .properties
                .insert((*name).to_owned(), value.to_owned()),
        };
    }
    image
}

/// The severity of a rule over all its violations, in each edition.
fn severities(violations: &[Violation], rule: Rule) -> [Option<Severity>; 3] {
    Edition::ALL.map(|edition| {
        let own = violations.iter().filter(|violation| violation.rule == rule);
        own.filter_map(|violation| violation.severity(edition))
            .max()
    })
}

#[test]
fn a_good_image_breaks_no_rule() {
    assert_eq!(check_image(&good(), now()), []);
}

#[test]
fn all_violations_of_an_image_are_reported_at_once_in_the_order_of_the_rules() {
    let image = with(&[
        ("os_distro", "Ubuntu"),
        ("architecture", "amd64"),
        ("uuid_validity", "last-0"),
        ("image_source", "s3://b/k"),
    ]);
    let violations = check_image(&image, now());
    let found: Vec<_> = violations
        .iter()
        .map(|violation| (violation.rule.number(), violation.property.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (1, "architecture"),
            (4, "os_distro"),
            (14, "uuid_validity"),
            (17, "image_source"),
            (18, "image_source"),
        ]
    );
    let text = violations[0].to_string();
    assert_eq!(
        text,
        "`architecture` is `amd64`: write `x86_64` (rule 1, SCS-0102, Nova)"
    );
}

proptest! {
    #[test]
    fn no_image_stops_the_check(
        properties in prop::collection::btree_map("[a-z_:]{0,12}|hw_[a-z_]{1,12}", ".{0,30}", 0..20),
        changed in prop::collection::btree_map(prop::sample::select(
            good().properties.keys().cloned().collect::<Vec<_>>()
        ), ".{0,20}|[0-9-]{0,12}", 0..6),
        name in ".{0,20}",
    ) {
        let mut image = good();
        image.name = Some(name);
        image.properties.extend(properties);
        image.properties.extend(changed);
        let violations = check_image(&image, now());
        for violation in violations {
            prop_assert!(violation.worst().is_some(), "{}", violation);
        }
    }
}
