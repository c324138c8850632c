//! The rules for one image, by number.

use bonafide_properties::{Rule, Severity, check_image};

use crate::cases::{CASES, DEBIAN_ALIAS, E, H, NOBLE, OK, TRIXIE, V1_H, V1_W, V2, W};
use crate::{good, now, severities, with};

#[test]
fn each_rule_takes_what_is_valid_and_weighs_what_is_not() {
    for (number, changes, wanted) in CASES {
        let rule = Rule::ALL[usize::from(*number) - 1];
        let found = check_image(&with(changes), now());
        assert_eq!(
            severities(&found, rule),
            *wanted,
            "{number} {changes:?}: {found:?}"
        );
    }
}

/// Those for attributes, for names, and for all images together have tests of their own.
#[test]
fn every_rule_for_properties_is_in_the_table() {
    let elsewhere = [2, 3, 7, 15, 20, 30, 31, 32, 33, 43, 44, 47];
    for rule in Rule::ALL {
        let number = rule.number();
        let mut own = CASES.iter().filter(|case| case.0 == number);
        let both =
            own.clone().any(|case| case.2 == OK || case.2 == H) && own.any(|case| case.2 != OK);
        assert_ne!(
            both,
            elsewhere.contains(&number),
            "rule {number}: {}",
            rule.text()
        );
    }
}

#[test]
fn a_debian_image_is_judged_by_version_2_whatever_its_name() {
    let debian = |source| {
        let mut image = with(&[
            ("os_distro", "debian"),
            ("os_version", "13"),
            ("image_source", source),
        ]);
        image.name = Some("Debian Trixie (13)".to_owned());
        severities(&check_image(&image, now()), Rule::StandardSource)
    };
    assert_eq!(debian(TRIXIE), OK);
    assert_eq!(debian(DEBIAN_ALIAS), V2);
}

#[test]
fn sizes_are_enough_for_the_disk_and_to_boot() {
    for (min_disk, size, virtual_size, wanted) in [
        (4, Some(1), Some(7 << 29), OK),
        (3, Some(1), Some(7 << 29), E),
        (0, Some(1), Some(1), E),
        (1, Some(2 << 30), None, E),
        (1, None, None, OK),
    ] {
        let mut image = good();
        (image.min_disk, image.size, image.virtual_size) = (min_disk, size, virtual_size);
        let found = severities(&check_image(&image, now()), Rule::MinDisk);
        assert_eq!(found, wanted, "{min_disk} {size:?} {virtual_size:?}");
    }
    for (min_ram, wanted) in [(512, OK), (64, OK), (32, W), (0, E)] {
        let mut image = good();
        image.min_ram = min_ram;
        assert_eq!(
            severities(&check_image(&image, now()), Rule::MinRam),
            wanted
        );
    }
}

#[test]
fn names_fit_glance_and_begin_with_the_distribution() {
    let long = "Ubuntu 24.04".repeat(22);
    for (name, rule, wanted) in [
        ("Ubuntu 24.04", Rule::Name, OK),
        ("Ubuntu 24.04 ", Rule::Name, E),
        ("Ubuntu 24.04 \u{1F980}", Rule::Name, E),
        (&long, Rule::Name, E),
        ("", Rule::Name, E),
        (
            "Ubuntu Noble 24.04 (2026-11-23)",
            Rule::NameOfDistribution,
            OK,
        ),
        ("Ubuntu Noble", Rule::NameOfDistribution, V1_H),
        ("deb13", Rule::NameOfDistribution, V1_W),
    ] {
        let mut image = good();
        image.name = Some(name.to_owned());
        let found = check_image(&image, now());
        assert_eq!(severities(&found, rule), wanted, "{name}: {found:?}");
    }
}

#[test]
fn cluster_api_images_have_their_source_purpose_and_description() {
    let source = "https://nbg1.your-objectstorage.com/osism/openstack-k8s-capi-images/x.qcow2";
    let page = "https://github.com/osism/k8s-capi-images";
    let good = [
        ("image_source", source),
        ("os_purpose", "k8snode"),
        ("image_description", page),
    ];
    let before = "https://swift.services.a.regiocloud.tech/swift/v1/\
        AUTH_b182637428444b9aa302bb8d5a5a418c/openstack-k8s-capi-images/";
    let (error, release) = (
        Some(Severity::Error),
        format!("{before}ubuntu-2404-kube/x.qcow2"),
    );
    let other = format!("{before}x.qcow2");
    // The two lists of version 1 write the name in two ways, and name what version 2 tolerates.
    for (change, blank, dash) in [
        (None, OK, OK),
        (
            Some(("image_source", NOBLE)),
            [error, None, error],
            [None, error, error],
        ),
        (Some(("image_source", &*release)), OK, OK),
        (
            Some(("image_source", &*other)),
            [error, None, None],
            [None, error, None],
        ),
        (Some(("os_purpose", "custom")), V2, V2),
        (Some(("image_description", "nodes")), V2, V2),
    ] {
        for (name, wanted) in [
            ("ubuntu-capi-image v1.30", blank),
            ("ubuntu-capi-image-v1.30.4", dash),
        ] {
            let mut changes = good.to_vec();
            changes.extend(change);
            let mut image = with(&changes);
            image.name = Some(name.to_owned());
            let found = severities(&check_image(&image, now()), Rule::ClusterApi);
            assert_eq!(found, wanted, "{name} {change:?}");
        }
    }
}

#[test]
fn tags_say_the_system_and_who_manages_it() {
    let tagged = |tags: &[&str]| {
        let mut image = good();
        image.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        severities(&check_image(&image, now()), Rule::Tags)
    };
    assert_eq!(tagged(&["os:ubuntu", "managed_by_acme"]), OK);
    assert_eq!(tagged(&["os:ubuntu"]), W);
    assert_eq!(tagged(&["managed_by_acme"]), W);
    assert_eq!(tagged(&["os:debian", "managed_by_acme"]), W);
    assert_eq!(tagged(&["os:ubuntu", "managed_by_"]), W);
    let long = format!("os:{}", "x".repeat(253));
    assert_eq!(tagged(&[&long, "managed_by_acme"]), E);
}

#[test]
fn data_are_there_with_a_digest_that_proves_something() {
    let stored = |change: fn(&mut bonafide_properties::ImageRecord)| {
        let mut image = good();
        change(&mut image);
        severities(&check_image(&image, now()), Rule::Stored)
    };
    assert_eq!(stored(|_| {}), OK);
    assert_eq!(stored(|image| image.os_hash_algo = None), E);
    assert_eq!(
        stored(|image| image.os_hash_algo = Some("md5".to_owned())),
        E
    );
    assert_eq!(
        stored(|image| image.os_hash_value = Some("ab".repeat(32))),
        E
    );
    assert_eq!(stored(|image| image.status = "queued".to_owned()), H);
}

#[test]
fn an_image_that_is_promised_can_be_used() {
    let judged = |status: &str, validity| {
        let mut image = with(&[("uuid_validity", validity)]);
        image.status = status.to_owned();
        severities(&check_image(&image, now()), Rule::KeptPromise)
    };
    assert_eq!(judged("active", "last-3"), OK);
    assert_eq!(judged("deactivated", "none"), OK);
    assert_eq!(judged("deactivated", "last-3"), E);
}

#[test]
fn long_values_and_non_strings_are_reported() {
    let mut image = with(&[("mine", &*"x".repeat(256))]);
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), H);
    image = with(&[("os_distro", &*"x".repeat(256))]);
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), W);
    image = with(&[("mine", &*"x".repeat(65_536))]);
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), W);
    image = good();
    for n in 0..128 {
        image.properties.insert(format!("p{n}"), String::new());
    }
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), E);
    image = good();
    image.properties.remove("hotfix_hours");
    image
        .not_texts
        .insert("hotfix_hours".to_owned(), "48".to_owned());
    let found = check_image(&image, now());
    assert_eq!(severities(&found, Rule::HotfixHours), E);
    assert_eq!(severities(&found, Rule::Keys), E);
}
