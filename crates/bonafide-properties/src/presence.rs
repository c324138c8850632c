//! Which images a cloud must offer (SCS-0104): rule 47.

use bonafide_core::text::excerpt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::edition::Levels;
use crate::rules::{CLUSTER_API_NAME, NAMED, Status, is_cluster_api};
use crate::{ImageRecord, OsPurpose, Rule, Severity, Violation};

/// Releases of Debian with their days. Later releases need a release of this crate.
const DEBIAN: [(&str, Date); 4] = [
    ("10", Date::constant(2019, 7, 6)),
    ("11", Date::constant(2021, 8, 14)),
    ("12", Date::constant(2023, 6, 10)),
    ("13", Date::constant(2025, 8, 9)),
];

/// The images that SCS-0104 requires or recommends and that are missing among these images, which
/// must be all images that a cloud shows. `now` is the time of the check, UTC.
///
/// Version 1 identifies images by name, with a list for each edition. Version 2 identifies them by
/// distribution, version and `os_purpose=generic`, and follows the vendors' releases. A violation
/// here has no value.
#[must_use]
pub fn check_presence(images: &[ImageRecord], now: Timestamp) -> Vec<Violation> {
    let mut missing = named(images);
    missing.extend(cluster_api(images));
    missing.extend(systems(images, TimeZone::UTC.to_datetime(now).date()));
    missing
}

/// The images that version 1 lists by name.
fn named(images: &[ImageRecord]) -> Vec<Violation> {
    let severity = |status: Option<Status>| match status? {
        Status::Mandatory => Some(Severity::Error),
        Status::Optional => None,
        Status::Recommended => Some(Severity::Warning),
    };
    let missing = NAMED.iter().filter_map(|(name, in_4, in_5)| {
        let levels = Levels::new(severity(*in_4), severity(*in_5), None);
        let called = |image: &ImageRecord| image.name.as_deref() == Some(*name);
        let offered = |image: &ImageRecord| image.visibility == "public" && is_usable(image);
        let there = images.iter().any(|image| called(image) && offered(image));
        if there || levels == Levels::NONE {
            return None;
        }
        let mandatory = [in_4, in_5].contains(&&Some(Status::Mandatory));
        let word = if mandatory {
            "mandatory"
        } else {
            "recommended"
        };
        let beside = match images.iter().find(|image| called(image)) {
            Some(image) => format!("; image {} of that name {}", image.id, instead(image)),
            None => other_name(images, name),
        };
        let why = format!("no public image is called `{name}`, which is {word}{beside}");
        Some(violation("name", levels, why))
    });
    missing.collect()
}

/// An image of that system with another name.
fn other_name(images: &[ImageRecord], wanted: &str) -> String {
    let (distribution, version) = wanted.split_once(' ').unwrap_or_default();
    let distribution = distribution.to_lowercase();
    let same = |image: &&ImageRecord| {
        is_system(image, &distribution, version) && image.is_listed() && is_usable(image)
    };
    match images
        .iter()
        .find(same)
        .and_then(|image| image.name.as_ref())
    {
        Some(name) => {
            format!("; `{name}` is that system, but this version identifies images by name")
        }
        None => String::new(),
    }
}

/// What both versions recommend by a prefix of the name, which has two spellings.
fn cluster_api(images: &[ImageRecord]) -> Vec<Violation> {
    let warning = Some(Severity::Warning);
    let ways = [
        (' ', Levels::new(warning, None, None)),
        ('-', Levels::new(None, warning, warning)),
    ];
    let missing = ways.into_iter().filter(|(separator, _)| {
        !images.iter().any(|image| {
            let name = image.name.as_deref().unwrap_or_default();
            is_cluster_api(name, &[*separator]) && image.is_listed() && is_usable(image)
        })
    });
    let missing = missing.map(|(separator, levels)| {
        let why = format!(
            "no public image is called `{CLUSTER_API_NAME}{separator}vX.Y`, which is recommended"
        );
        violation("name", levels, why)
    });
    missing.collect()
}

/// The requirements of version 2 on this day.
fn systems(images: &[ImageRecord], today: Date) -> Vec<Violation> {
    let (lts, debian) = (ubuntu(today), debian(today));
    let mut asked = vec![("ubuntu", &lts.latest, Levels::V2_ERROR, "required")];
    let recommended = [
        ("ubuntu", &lts.before),
        ("debian", &debian.latest),
        ("debian", &debian.before),
    ];
    for (distribution, version) in recommended {
        asked.push((distribution, version, Levels::V2_WARNING, "recommended"));
    }
    let missing = asked
        .into_iter()
        .filter_map(|(distribution, versions, levels, word)| {
            let generic = |image: &ImageRecord| {
                image.get(OsPurpose::PROPERTY) == Some(OsPurpose::Generic.as_str())
            };
            let any = |image: &&ImageRecord| {
                versions
                    .iter()
                    .any(|version| is_system(image, distribution, version))
            };
            let mut systems = images.iter().filter(any);
            let there =
                |image: &ImageRecord| generic(image) && image.is_listed() && is_usable(image);
            let version = versions.first()?;
            if systems.clone().any(there) {
                return None;
            }
            let beside = systems.next().map_or_else(String::new, |image| {
                let what = match image.get(OsPurpose::PROPERTY) {
                    Some(purpose) if !generic(image) => format!("is `{}`", excerpt(purpose)),
                    None => "has no `os_purpose`".to_owned(),
                    Some(_) => instead(image),
                };
                format!("; image {} of that version {what}", excerpt(&image.id))
            });
            let why = format!(
                "no generic image of {distribution} {version} is public, which is {word}{beside}"
            );
            Some(violation("os_version", levels, why))
        });
    missing.collect()
}

/// Versions of a distribution that are accepted as the latest and as the previous one, the due one
/// first.
struct Releases {
    latest: Vec<String>,
    before: Vec<String>,
}

/// Long-term support releases come each second April; the new release is due when the old one ends.
fn ubuntu(today: Date) -> Releases {
    let year = today.year() - today.year().rem_euclid(2);
    let version = |year: i16| format!("{:02}.04", year.rem_euclid(100));
    let early = today < Date::new(year, 4, 30).unwrap_or(today);
    match early {
        true => Releases {
            latest: vec![version(year - 2), version(year)],
            before: vec![version(year - 4), version(year - 2)],
        },
        false => Releases {
            latest: vec![version(year)],
            before: vec![version(year - 2)],
        },
    }
}

/// A release is due a month after its day, and accepted from that day on.
fn debian(today: Date) -> Releases {
    let due = |day: Date| day.saturating_add(Span::new().months(1)) <= today;
    let position = |test: &dyn Fn(Date) -> bool| {
        let found = DEBIAN.iter().rposition(|(_, day)| test(*day));
        found.unwrap_or_default().max(1)
    };
    let (latest, out) = (position(&due), position(&|day| day <= today));
    let versions = |range: std::ops::RangeInclusive<usize>| {
        let versions = DEBIAN.get(range).unwrap_or_default().iter();
        versions.map(|(version, _)| (*version).to_owned()).collect()
    };
    Releases {
        latest: versions(latest..=out),
        before: versions(latest - 1..=out - 1),
    }
}

fn is_system(image: &ImageRecord, distribution: &str, version: &str) -> bool {
    image.get("os_distro") == Some(distribution) && image.get("os_version") == Some(version)
}

/// Whether the projects that see it can use it. Some saved forms lack the status.
fn is_usable(image: &ImageRecord) -> bool {
    !image.os_hidden && matches!(image.status.as_str(), "" | "active")
}

/// Why an image that is otherwise the wanted one is not accepted.
fn instead(image: &ImageRecord) -> String {
    match image {
        image if image.os_hidden => "is hidden".to_owned(),
        image if !is_usable(image) => format!("is {}", excerpt(&image.status)),
        image => format!("is {}", excerpt(&image.visibility)),
    }
}

fn violation(property: &str, levels: Levels, why: String) -> Violation {
    Violation {
        rule: Rule::Presence,
        property: property.to_owned(),
        value: None,
        why,
        levels,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_new_release_serves_at_once_and_is_due_at_the_end_of_april() {
        for (day, latest, before) in [
            (date(2026, 11, 29), &["26.04"][..], &["24.04"][..]),
            (date(2026, 4, 30), &["26.04"], &["24.04"]),
            (date(2026, 4, 29), &["24.04", "26.04"], &["22.04", "24.04"]),
            (date(2025, 12, 31), &["24.04"], &["22.04"]),
            (date(2027, 1, 1), &["26.04"], &["24.04"]),
        ] {
            let releases = ubuntu(day);
            assert_eq!(
                (&*releases.latest, &*releases.before),
                (&*strings(latest), &*strings(before)),
                "{day}"
            );
        }
    }

    #[test]
    fn a_release_of_debian_is_due_after_a_month() {
        for (day, latest, before) in [
            (date(2026, 11, 29), &["13"][..], &["12"][..]),
            (date(2025, 9, 9), &["13"], &["12"]),
            (date(2025, 9, 8), &["12", "13"], &["11", "12"]),
            (date(2025, 8, 8), &["12"], &["11"]),
            (date(1970, 1, 1), &["11"], &["10"]),
        ] {
            let releases = debian(day);
            assert_eq!(
                (&*releases.latest, &*releases.before),
                (&*strings(latest), &*strings(before)),
                "{day}"
            );
        }
    }

    fn strings(versions: &[&str]) -> Vec<String> {
        versions
            .iter()
            .map(|version| (*version).to_owned())
            .collect()
    }
}
