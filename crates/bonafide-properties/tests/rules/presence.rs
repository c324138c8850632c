//! Which images a cloud must offer, by edition.

use bonafide_properties::{Edition, ImageRecord, Severity, check_presence};
use jiff::Timestamp;

use crate::{now, with};

/// The latest release of each distribution that version 2 asks for, and of those before.
const V2: [(&str, &str); 4] = [
    ("ubuntu", "26.04"),
    ("ubuntu", "24.04"),
    ("debian", "13"),
    ("debian", "12"),
];

fn called(name: &str) -> ImageRecord {
    let mut image = with(&[("os_purpose", "custom")]);
    image.name = Some(name.to_owned());
    image
}

fn generic(distribution: &str, version: &str) -> ImageRecord {
    let mut image = with(&[("os_distro", distribution), ("os_version", version)]);
    image.name = Some(format!("{distribution} as it is"));
    image
}

/// What is missing in an edition, with its severity.
fn missing_at(images: &[ImageRecord], edition: Edition, now: Timestamp) -> Vec<(Severity, String)> {
    let violations = check_presence(images, now);
    let known = violations
        .iter()
        .filter_map(|violation| violation.diagnostics(edition));
    known
        .map(|one| (one.severity, one.why.to_owned()))
        .collect()
}

/// What is missing in an edition: `!` before each error, and the image's name or version.
fn missing(images: &[ImageRecord], edition: Edition) -> Vec<String> {
    let known = [
        "`Ubuntu 22.04`",
        "`Ubuntu 24.04`",
        "`Debian 12`",
        "ubuntu 26.04",
        "ubuntu 24.04",
        "debian 13",
        "debian 12",
        "image vX.Y",
        "image-vX.Y",
    ];
    let found = missing_at(images, edition, now());
    let found = found.into_iter().map(|(severity, why)| {
        let what = known.iter().find(|what| why.contains(**what)).unwrap();
        match severity {
            Severity::Error => format!("!{what}"),
            _ => (*what).to_owned(),
        }
    });
    found.collect()
}

#[test]
fn each_edition_asks_for_its_own_images() {
    assert_eq!(
        missing(&[], Edition::V1_0),
        ["!`Ubuntu 22.04`", "image vX.Y"]
    );
    assert_eq!(
        missing(&[], Edition::V1_1),
        ["`Debian 12`", "!`Ubuntu 24.04`", "image-vX.Y"]
    );
    assert_eq!(
        missing(&[], Edition::V2),
        [
            "image-vX.Y",
            "!ubuntu 26.04",
            "ubuntu 24.04",
            "debian 13",
            "debian 12"
        ]
    );
}

#[test]
fn what_is_offered_is_not_missing() {
    let images = ["Ubuntu 22.04", "ubuntu-capi-image v1.30"].map(called);
    assert_eq!(missing(&images, Edition::V1_0), [""; 0]);
    let mut images = ["Ubuntu 24.04", "Debian 12", "ubuntu-capi-image-v1.30.4"]
        .map(called)
        .to_vec();
    assert_eq!(missing(&images, Edition::V1_1), [""; 0]);
    images.extend(V2.map(|(distribution, version)| generic(distribution, version)));
    assert_eq!(missing(&images, Edition::V2), [""; 0]);
    // Optional images may be missing, and each list writes Cluster API in its own way.
    assert_eq!(
        missing(&images, Edition::V1_0),
        ["!`Ubuntu 22.04`", "image vX.Y"]
    );
}

#[test]
fn an_image_that_customers_cannot_use_is_missing() {
    type Change = fn(&mut ImageRecord);
    let change: [(Change, &str); 4] = [
        (|image| image.os_hidden = true, "is hidden"),
        (
            |image| image.visibility = "private".to_owned(),
            "is private",
        ),
        (
            |image| image.status = "deactivated".to_owned(),
            "is deactivated",
        ),
        (
            |image| image.name = Some("Ubuntu Noble 24.04".to_owned()),
            "`Ubuntu Noble 24.04` is that system",
        ),
    ];
    for (change, reason) in change {
        let mut image = with(&[]);
        change(&mut image);
        let found = missing_at(&[image], Edition::V1_1, now());
        let (_, why) = found
            .iter()
            .find(|(severity, _)| *severity == Severity::Error)
            .unwrap();
        assert!(why.contains(reason), "{why}");
    }
    // Names are exact, and a community image is not in a customer's list.
    for name in ["ubuntu 24.04", "Ubuntu 24.04 ", "Ubuntu 24.04 20261110"] {
        assert!(missing(&[called(name)], Edition::V1_1).contains(&"!`Ubuntu 24.04`".to_owned()));
    }
    let mut community = called("Ubuntu 24.04");
    community.visibility = "community".to_owned();
    assert!(missing(&[community], Edition::V1_1).contains(&"!`Ubuntu 24.04`".to_owned()));
}

#[test]
fn version_2_goes_by_what_an_image_is() {
    let wanted = "!ubuntu 26.04".to_owned();
    let mut image = generic("ubuntu", "26.04");
    image.name = Some("Anything".to_owned());
    assert!(!missing(&[image.clone()], Edition::V2).contains(&wanted));
    let mut community = image.clone();
    community.visibility = "community".to_owned();
    assert!(!missing(&[community], Edition::V2).contains(&wanted));
    for (name, value) in [
        ("os_purpose", "custom"),
        ("os_purpose", "oldgeneric"),
        ("os_version", "26.10"),
        ("os_distro", "Ubuntu"),
    ] {
        let mut other = image.clone();
        other.properties.insert(name.to_owned(), value.to_owned());
        assert!(
            missing(&[other], Edition::V2).contains(&wanted),
            "{name}={value}"
        );
    }
    image.os_hidden = true;
    assert!(missing(&[image], Edition::V2).contains(&wanted));
}

#[test]
fn version_2_follows_the_releases() {
    let required = |day: &str, version: &str| {
        let now = format!("{day}T12:00:00Z").parse().unwrap();
        let found = missing_at(&[generic("ubuntu", version)], Edition::V2, now);
        found
            .iter()
            .all(|(severity, _)| *severity != Severity::Error)
    };
    for (day, version, enough) in [
        ("2026-11-23", "26.04", true),
        ("2026-11-23", "24.04", false),
        ("2026-04-29", "24.04", true),
        ("2026-04-29", "26.04", true),
        ("2026-04-30", "24.04", false),
        ("2025-06-01", "24.04", true),
        ("2028-05-01", "26.04", false),
        ("2028-05-01", "28.04", true),
    ] {
        assert_eq!(required(day, version), enough, "{version} on {day}");
    }
}
