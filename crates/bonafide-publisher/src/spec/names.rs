//! The names of images after a newer build has taken their place: no two images of a channel have
//! the same name.

use std::collections::{BTreeMap, BTreeSet};

use bonafide_glance::Image;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::channel::{Channel, Profile};
use crate::ledger::marker;

/// The longest name in Glance, in characters.
const LONGEST: usize = 255;
/// The longest serial in a name, in characters; vendors' serials have a dozen.
const LONGEST_SERIAL: usize = 64;
const BUILD: &str = "build ";
const BUILD_DATE: &str = "image_build_date";

/// The names of a channel's images.
#[derive(Debug)]
pub(crate) struct Names(BTreeMap<Uuid, String>);

impl Names {
    /// The names of these images once `newest` is the newest of them and has this name.
    pub(crate) fn of<'a>(
        images: impl IntoIterator<Item = &'a Image>,
        newest: Uuid,
        name: &str,
    ) -> Self {
        let accepted = images
            .into_iter()
            .filter(|image| marker::was_accepted(image));
        let named = accepted.filter_map(|image| Some((image.id, own(image)?.to_owned())));
        let mut names: BTreeMap<_, _> = named.collect();
        names.insert(newest, name.to_owned());
        Self(names)
    }

    /// The new name of an image that is not the newest any more, if it changes.
    pub(crate) fn older(&mut self, channel: &Channel, image: &Image) -> Option<String> {
        let others = self.0.iter().filter(|(id, _)| **id != image.id);
        let taken = others.map(|(_, name)| &**name).collect();
        let name = older(channel, image, &taken)?;
        self.0.insert(image.id, name.clone());
        Some(name)
    }
}

/// The new name of an image that is the newest of its channel, if it changes: the name from before
/// a newer build took its place. With operator's names the day stays the same.
pub(crate) fn newest(channel: &Channel, image: &Image, added: Date) -> Option<String> {
    let own = own(image);
    let plain = match (channel.profile, own) {
        (Profile::Stack, Some(own)) => without_build(own).unwrap_or_else(|| own.to_owned()),
        _ => channel.image_name(added),
    };
    (own != Some(&*plain)).then_some(plain)
}

/// The new name of an image that is not the newest any more, if it changes. No other image of the
/// channel may have a name that is `taken`.
fn older(channel: &Channel, image: &Image, taken: &BTreeSet<&str>) -> Option<String> {
    let own = own(image);
    // With the operator's names, which contain their day, the name is not the place.
    let keeps = channel.profile == Profile::Stack || marker::is_superseded(image);
    let kept = own.filter(|_| keeps).map(str::to_owned);
    let titled = own.map_or_else(|| channel.title(), str::to_owned);
    let others = forms(channel.profile, &titled, image);
    let mut names = kept.into_iter().chain(others);
    let name = names.find(|name| !taken.contains(&**name))?;
    (own != Some(&*name)).then_some(name)
}

/// The possible names of an image, the best first; the last one is unique.
fn forms(profile: Profile, title: &str, image: &Image) -> Vec<String> {
    let id = image.id.to_string();
    let short = id.get(..8).unwrap_or(&id).to_owned();
    let serial = marker::serial(image).map(|serial| serial.to_string());
    let serial = serial.filter(|serial| serial.chars().count() <= LONGEST_SERIAL);
    let labels = serial.into_iter().chain([short, id]);
    match (profile, day(image)) {
        (Profile::Scs, Some(day)) => {
            let title = title.strip_suffix(&format!(" {day}")).unwrap_or(title);
            // `Ubuntu 24.04 20260901`, the name that SCS-0102 wants for replaced images.
            let more = labels.map(|label| match label.strip_prefix(&day) {
                Some(rest) if !rest.is_empty() => label,
                _ => format!("{day}-{label}"),
            });
            let words = [day.clone()].into_iter().chain(more);
            words
                .map(|word| ending(title, &format!(" {word}")))
                .collect()
        }
        (Profile::Scs, None) => labels
            .map(|word| ending(title, &format!(" {word}")))
            .collect(),
        (Profile::Stack, _) => labels.map(|label| with_build(title, &label)).collect(),
    }
}

/// `Ubuntu Noble 24.04 (2026-11-29, build 20261128.1)`.
fn with_build(name: &str, label: &str) -> String {
    let plain = without_build(name);
    let name = plain.as_deref().unwrap_or(name);
    let dated = name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once(" ("));
    match dated.filter(|(_, day)| day.parse::<Date>().is_ok()) {
        Some((title, day)) => ending(title, &format!(" ({day}, {BUILD}{label})")),
        None => ending(name, &format!(" ({BUILD}{label})")),
    }
}

/// The name from which [`with_build`] was made.
fn without_build(name: &str) -> Option<String> {
    let (title, said) = name.strip_suffix(')')?.rsplit_once(" (")?;
    if let Some((day, label)) = said.split_once(", ") {
        day.parse::<Date>().ok()?;
        label.strip_prefix(BUILD)?;
        return Some(format!("{title} ({day})"));
    }
    said.strip_prefix(BUILD)?;
    Some(title.to_owned())
}

/// A name with a suffix that is not cut off.
fn ending(name: &str, end: &str) -> String {
    let room = LONGEST.saturating_sub(end.chars().count());
    let name: String = name.chars().take(room).collect();
    format!("{}{end}", name.trim_end())
}

fn own(image: &Image) -> Option<&str> {
    image.name.as_deref().filter(|name| !name.trim().is_empty())
}

/// When it was built, or else created: `20260901`.
fn day(image: &Image) -> Option<String> {
    let built = image.properties.get(BUILD_DATE);
    let built = built.and_then(|built| built.get(..10)?.parse::<Date>().ok());
    let made = || {
        image
            .created_at
            .map(|made| TimeZone::UTC.to_datetime(made).date())
    };
    let day = built.or_else(made)?;
    Some(day.strftime("%Y%m%d").to_string())
}

#[cfg(test)]
mod tests {
    use bonafide_sources::{Ubuntu, UbuntuRelease};
    use bonafide_verify::Keyring;
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::ledger::keys;

    const PLAIN: &str = "Ubuntu Noble 24.04 (2026-11-29)";

    fn channel(profile: Profile) -> Channel {
        let noble = Ubuntu::released(UbuntuRelease::Noble);
        Channel::new(noble, Keyring::ubuntu()).profile(profile)
    }

    fn image(number: u128, name: &str, said: &Value) -> Image {
        let mut image = json!({
            "id": Uuid::from_u128(number), "name": name, "status": "active", "visibility": "public",
            "os_hidden": false, "protected": false, "min_disk": 0, "min_ram": 0, "tags": [],
        });
        for (key, value) in said.as_object().into_iter().flatten() {
            image[key] = value.clone();
        }
        serde_json::from_value(image).unwrap()
    }

    fn serial(serial: &str) -> Value {
        json!({"bonafide_serial": serial, "image_build_date": "2026-11-28"})
    }

    /// The name of each of them once the next one has come, on one day.
    fn rotated(profile: Profile, plain: &str, said: &[Value]) -> Vec<String> {
        let channel = channel(profile);
        let mut images: Vec<Image> = Vec::new();
        for (number, said) in (1..).zip(said) {
            let newest = image(number, plain, said);
            let mut names = Names::of(&images, newest.id, plain);
            for image in &mut images {
                if let Some(name) = names.older(&channel, image) {
                    image.name = Some(name);
                }
                let mark = "2026-11-29T09:00:00Z".to_owned();
                image.properties.insert(keys::SUPERSEDED.to_owned(), mark);
            }
            images.push(newest);
        }
        let names = images.into_iter().filter_map(|image| image.name);
        names.collect()
    }

    #[test]
    fn of_builds_of_one_day_the_newest_has_the_plain_name() {
        let said = ["20261128", "20261128.1", "20261129"].map(serial);
        assert_eq!(
            rotated(Profile::Stack, PLAIN, &said),
            [
                "Ubuntu Noble 24.04 (2026-11-29, build 20261128)",
                "Ubuntu Noble 24.04 (2026-11-29, build 20261128.1)",
                PLAIN,
            ]
        );
        assert_eq!(
            rotated(Profile::Scs, "Ubuntu 24.04", &said),
            [
                "Ubuntu 24.04 20261128",
                "Ubuntu 24.04 20261128.1",
                "Ubuntu 24.04"
            ]
        );
    }

    #[test]
    fn names_differ_if_serials_are_equal_missing_or_too_long() {
        let odd = json!({"bonafide_serial": "1.".repeat(40) + "1", "image_build_date": "x"});
        for said in [json!({}), serial("20261128"), odd] {
            for (profile, plain) in [(Profile::Stack, PLAIN), (Profile::Scs, "Ubuntu 24.04")] {
                let names = rotated(profile, plain, &[said.clone(), said.clone(), said.clone()]);
                let different: BTreeSet<_> = names.iter().collect();
                assert_eq!(different.len(), 3, "{names:?}");
                assert_eq!(names[2], plain);
            }
        }
    }

    #[test]
    fn a_name_that_no_other_image_has_is_kept_with_the_operators_names() {
        let older = image(1, "Ubuntu Noble 24.04 (2026-11-01)", &serial("20261030"));
        let mut names = Names::of([&older], Uuid::from_u128(2), PLAIN);
        assert_eq!(names.older(&channel(Profile::Stack), &older), None);
        let scs = names.older(&channel(Profile::Scs), &older).unwrap();
        assert!(scs.ends_with(" 20261128"), "{scs}");
    }

    #[test]
    fn a_name_is_cut_before_its_build_and_never_longer_than_glance_allows() {
        let title = "é".repeat(240);
        for profile in [Profile::Stack, Profile::Scs] {
            let plain = format!("{title} (2026-11-29)");
            for name in rotated(profile, &plain, &["1", "2", "3"].map(serial)) {
                assert!(name.chars().count() <= 255, "{name}");
            }
        }
    }

    #[test]
    fn an_image_that_is_the_newest_again_has_its_plain_name_again() {
        let stack = channel(Profile::Stack);
        let added = date(2026, 11, 30);
        for (name, plain) in [
            (
                "Ubuntu Noble 24.04 (2026-11-29, build 20261128.1)",
                Some(PLAIN),
            ),
            (PLAIN, None),
            ("Mine (build 7)", Some("Mine")),
            ("Mine (2026-11-29, built 7)", None),
            ("Mine", None),
            ("", Some("Ubuntu Noble 24.04 (2026-11-30)")),
        ] {
            let image = image(1, name, &json!({}));
            assert_eq!(newest(&stack, &image, added).as_deref(), plain, "{name}");
        }
        let old = image(1, "Ubuntu 24.04 20261128", &json!({}));
        let again = newest(&channel(Profile::Scs), &old, added);
        assert_eq!(again.as_deref(), Some("Ubuntu 24.04"));
    }
}
