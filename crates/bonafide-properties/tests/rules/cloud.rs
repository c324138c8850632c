//! The rules for all images of a cloud together.

use bonafide_properties::{
    Edition, ImageRecord, ProvidedUntil, Rule, Severity, UuidValidity, check_cloud, next_due,
};
use jiff::civil::date;

use crate::{good, now, severities, with};

/// An image of this id and name, changed in these properties.
fn named(id: &str, name: &str, changes: &[(&str, &str)]) -> ImageRecord {
    let mut image = with(changes);
    image.id = id.to_owned();
    image.name = Some(name.to_owned());
    image
}

/// What the rule weighs for each image, in version 1.1 and 2.
fn diagnostics(images: &[ImageRecord], rule: Rule) -> Vec<[Option<Severity>; 2]> {
    let checked = check_cloud(images, now());
    let all = checked.iter().map(|one| {
        let [_, v1_1, v2] = severities(&one.violations, rule);
        [v1_1, v2]
    });
    all.collect()
}

const OK: [Option<Severity>; 2] = [None; 2];
const H: [Option<Severity>; 2] = [Some(Severity::Hint); 2];
const W: [Option<Severity>; 2] = [Some(Severity::Warning); 2];
const E: [Option<Severity>; 2] = [Some(Severity::Error); 2];
const V2: [Option<Severity>; 2] = [None, Some(Severity::Error)];

#[test]
fn one_image_of_a_kind_is_generic() {
    let arm = named("2", "Ubuntu 24.04 arm", &[("architecture", "aarch64")]);
    let custom = named("2", "Ubuntu 24.04 foo", &[("os_purpose", "custom")]);
    let mut hidden = named("2", "Ubuntu 24.04 foo", &[]);
    hidden.os_hidden = true;
    let mut private = named("2", "Ubuntu 24.04 foo", &[]);
    private.visibility = "private".to_owned();
    for other in [arm, custom, hidden, private] {
        assert_eq!(diagnostics(&[good(), other], Rule::OneGeneric), [OK, OK]);
    }
    let second = named("2", "Ubuntu 24.04 foo", &[]);
    assert_eq!(
        diagnostics(&[good(), second.clone()], Rule::OneGeneric),
        [E, E]
    );
    let mut community = second;
    community.visibility = "community".to_owned();
    assert_eq!(
        diagnostics(&[good(), community], Rule::OneGeneric),
        [V2, V2]
    );
}

#[test]
fn an_old_generic_image_has_a_successor() {
    let old = named(
        "2",
        "Ubuntu 24.04 20261001",
        &[
            ("os_purpose", "oldgeneric"),
            ("image_build_date", "2026-10-01"),
        ],
    );
    assert_eq!(diagnostics(&[good(), old.clone()], Rule::Purpose), [OK, OK]);
    let alone = diagnostics(&[old], Rule::Purpose);
    assert_eq!(alone, [[Some(Severity::Warning), Some(Severity::Error)]]);
}

#[test]
fn a_replaced_image_is_renamed_or_hidden() {
    for (name, wanted) in [
        ("Ubuntu 24.04 20261001", OK),
        ("Ubuntu 24.04 20260901", W),
        ("Ubuntu 24.04 (20261001)", W),
        ("Ubuntu 24.04 old", H),
        ("Ubuntu 24.04", E),
        ("Ubuntu 24.04-20261001", E),
        ("Ubuntu 24.04 build 7", E),
        ("Noble", W),
    ] {
        let old = |purpose| {
            named(
                "2",
                name,
                &[("os_purpose", purpose), ("image_build_date", "2026-10-01")],
            )
        };
        let found = diagnostics(&[good(), old("oldgeneric")], Rule::ReplacedName);
        assert_eq!(found, [OK, wanted], "{name}");
        let mut hidden = old("oldgeneric");
        hidden.os_hidden = true;
        assert_eq!(diagnostics(&[good(), hidden], Rule::ReplacedName), [OK, OK]);
        let found = diagnostics(&[good(), old("generic")], Rule::ReplacedName);
        assert_eq!(
            found[1][1],
            Some(Severity::Error),
            "{name} is still generic"
        );
    }
    // A catalog whose names all end with their day.
    let new = named("1", "Ubuntu Noble 24.04 (2026-11-10)", &[]);
    let old = named(
        "2",
        "Ubuntu Noble 24.04 (2026-10-01)",
        &[
            ("os_purpose", "oldgeneric"),
            ("image_build_date", "2026-10-01"),
        ],
    );
    assert_eq!(diagnostics(&[new, old], Rule::ReplacedName), [OK, H]);
}

#[test]
fn names_are_taken_once() {
    let same = named("2", "Ubuntu 24.04", &[("os_purpose", "custom")]);
    assert_eq!(diagnostics(&[good(), same.clone()], Rule::Name), [E, E]);
    let arm = named("2", "Ubuntu 24.04", &[("architecture", "aarch64")]);
    assert_eq!(diagnostics(&[good(), arm], Rule::Name), [W, W]);
    let mut foreign = same.clone();
    foreign.owner = Some("another".to_owned());
    assert_eq!(diagnostics(&[good(), foreign], Rule::Name), [W, W]);
    let mut hidden = same;
    hidden.os_hidden = true;
    assert_eq!(diagnostics(&[good(), hidden], Rule::Name), [OK, OK]);

    let old = |id| {
        named(
            id,
            "Ubuntu 24.04 20261001",
            &[
                ("os_purpose", "oldgeneric"),
                ("image_build_date", "2026-10-01"),
            ],
        )
    };
    let (one, two) = (old("2"), old("3"));
    let found = diagnostics(&[good(), one.clone(), two.clone()], Rule::ReplacedTwice);
    assert_eq!(found, [OK, W, W]);
    let (mut one, mut two) = (one, two);
    (one.os_hidden, two.os_hidden) = (true, true);
    assert_eq!(
        diagnostics(&[good(), one, two], Rule::ReplacedTwice),
        [OK, H, H]
    );
}

#[test]
fn the_next_image_is_due_by_the_stricter_count() {
    // By the test 34.1 days after the build; by the text a month and three days after registration.
    let due = |built, created: &str| {
        let mut image = with(&[("image_build_date", built)]);
        image.created_at = Some(created.parse().unwrap());
        next_due(&image).map(|due| due.to_string())
    };
    assert_eq!(
        due("2026-11-10", "2026-11-20T08:00:00Z").unwrap(),
        "2026-12-14T02:24:00Z"
    );
    assert_eq!(
        due("2026-11-20", "2026-11-10T08:00:00Z").unwrap(),
        "2026-12-13T08:00:00Z"
    );
    assert_eq!(next_due(&with(&[("replace_frequency", "never")])), None);
    assert_eq!(next_due(&with(&[("replace_frequency", "often")])), None);
}

#[test]
fn an_old_image_goes_only_when_its_promise_allows_it() {
    let (today, notice) = (date(2026, 11, 23), ProvidedUntil::Notice);
    let last: UuidValidity = "last-3".parse().unwrap();
    // The newest, three old ones, and then the fourth.
    for (newer, allowed) in [(0, false), (1, false), (3, false), (4, true)] {
        assert_eq!(
            last.allows_removal(newer, notice, today),
            allowed,
            "{newer}"
        );
    }
    let ended = ProvidedUntil::Date(date(2026, 11, 22));
    assert!(
        last.allows_removal(1, ended, today),
        "cut short by provided_until"
    );
    assert!(!last.allows_removal(1, ProvidedUntil::Date(today), today));
    for (validity, allowed) in [
        ("forever", false),
        ("notice", false),
        ("none", true),
        ("2026-11-22", true),
        ("2026-11-23", false),
    ] {
        let validity: UuidValidity = validity.parse().unwrap();
        assert_eq!(
            validity.allows_removal(9, notice, today),
            allowed,
            "{validity}"
        );
        assert!(
            !validity.allows_removal(0, notice, today),
            "the newest stays"
        );
    }
}

#[test]
fn violations_are_weighed_by_edition_the_worst_first() {
    let image = with(&[
        ("os_purpose", "-"),
        ("hypervisor_type", "-"),
        ("os_version", ""),
    ]);
    let images = [image];
    let checked = check_cloud(&images, now());
    let diagnostics = |edition| {
        let diagnostics = checked[0].diagnostics(edition);
        let found = diagnostics
            .iter()
            .map(|one| (one.severity, one.rule.number()));
        found.collect::<Vec<_>>()
    };
    let (e, w, h) = (Severity::Error, Severity::Warning, Severity::Hint);
    assert_eq!(diagnostics(Edition::V1_0), [(e, 5), (e, 10), (h, 31)]);
    assert_eq!(
        diagnostics(Edition::V1_1),
        [(e, 5), (w, 6), (h, 10), (h, 31)]
    );
    assert_eq!(diagnostics(Edition::V2), [(e, 5), (e, 6), (h, 10)]);
}
