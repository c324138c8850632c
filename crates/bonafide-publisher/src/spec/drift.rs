//! The difference between the newest build's public image and what its channel says.

use std::collections::BTreeMap;

use bonafide_glance::{Image, ImagePatch};
use bonafide_properties::{Gibibytes, UuidValidity};
use bonafide_resolve::Candidate;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::{evidence, keys, marker};
use crate::spec::properties::properties;
use crate::spec::{names, rotation};

const UUID_VALIDITY: &str = "uuid_validity";

/// The repair of a published image.
pub(crate) struct Repair {
    pub(crate) patch: ImagePatch,
    /// The names and values to restore.
    pub(crate) changes: BTreeMap<String, String>,
    /// The image's name after it.
    pub(crate) name: String,
}

impl Repair {
    /// Whether the cloud has refused this very repair.
    pub(crate) fn is_refused(&self, image: &Image) -> bool {
        marker::remembered(image, keys::REPAIR_REFUSED) == Some(&*self.short())
    }

    /// The names in one line that fits in a tag.
    pub(crate) fn short(&self) -> String {
        self.names().join(" ").chars().take(200).collect()
    }

    /// The names alone, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.changes.keys().cloned().collect()
    }
}

/// `None`: nothing was changed. The name is not compared if there is one, nor are properties that
/// the channel does not have. If no newer build exists, a superseded image is reinstated.
pub(crate) fn repair(
    channel: &Channel,
    candidate: &Candidate,
    image: &Image,
) -> Result<Option<Repair>, Error> {
    let Some(added) = added(image) else {
        return Ok(None);
    };
    let min_disk = match image.virtual_size {
        Some(bytes) => Gibibytes::holding(bytes),
        None => Gibibytes(u32::try_from(image.min_disk).unwrap_or(u32::MAX)),
    };
    let wanted = properties(channel, candidate, added, min_disk)?;
    let mut properties = wanted
        .to_map()
        .map_err(|error| Error::properties(channel.name(), &error.violations))?;
    properties.extend(evidence(channel, candidate, image));

    keep_promise(&mut properties, image);

    let mut changes = BTreeMap::new();
    let mut change = |name: &str, value: &str| changes.insert(name.to_owned(), value.to_owned());
    let mut patch = ImagePatch::new();
    let mut name = image.name.clone().unwrap_or_default();
    let superseded = marker::is_superseded(image);
    if let Some(named) = names::newest(channel, image, added)
        && (superseded || name.trim().is_empty())
    {
        change("name", &named);
        named.clone_into(&mut name);
        patch = patch.name(named);
    }
    if let Some(reinstated) = rotation::reinstate(channel, image, added) {
        change(keys::SUPERSEDED, "");
        patch = reinstated;
    } else if image.os_hidden {
        change("os_hidden", "false");
        patch = patch.hidden(false);
    }
    for (name, value) in properties {
        if image.properties.get(&name) != Some(&value) {
            change(&name, &value);
            patch = patch.set(name, value);
        }
    }
    if image.min_disk != u64::from(wanted.min_disk.0) {
        change("min_disk", &wanted.min_disk.0.to_string());
        patch = patch.min_disk(wanted.min_disk.0);
    }
    if image.min_ram != u64::from(wanted.min_ram.0) {
        change("min_ram", &wanted.min_ram.0.to_string());
        patch = patch.min_ram(wanted.min_ram.0);
    }
    let mut tags = image.tags.clone();
    for tag in marker::tags(&wanted) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > image.tags.len() {
        change("tags", &tags.join(" "));
        patch = patch.tags(tags);
    }
    Ok((!changes.is_empty()).then_some(Repair {
        patch,
        changes,
        name,
    }))
}

/// A promise to the image's users stays, even if the channel promises less now.
fn keep_promise(properties: &mut BTreeMap<String, String>, image: &Image) {
    let said = image.properties.get(UUID_VALIDITY);
    let (Some(said), Some(wanted)) = (said, properties.get_mut(UUID_VALIDITY)) else {
        return;
    };
    let promised = said.parse::<UuidValidity>().map(strength);
    let promises = wanted.parse::<UuidValidity>().map(strength);
    if let (Ok(promised), Ok(promises)) = (promised, promises)
        && promised >= promises
    {
        said.clone_into(wanted);
    }
}

/// How strongly a promise holds an image. A date and a number of builds can't be compared; a date
/// is stronger, since builds may come fast.
fn strength(validity: UuidValidity) -> (u8, i64) {
    match validity {
        UuidValidity::None => (0, 0),
        UuidValidity::Last(count) => (1, i64::from(count.get())),
        UuidValidity::Date(date) => (
            2,
            i64::from(date.year()) * 400 + i64::from(date.day_of_year()),
        ),
        UuidValidity::Notice => (3, 0),
        UuidValidity::Forever => (4, 0),
    }
}

/// The day on which the image was added. It is stored on the image, which every user of the project
/// may have changed; Glance's own time shows whether it can be right, within a day.
pub(crate) fn added(image: &Image) -> Option<Date> {
    let created = image.created_at?;
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    let (before, after) = (
        created.checked_sub(SignedDuration::from_hours(24)).ok()?,
        created.checked_add(SignedDuration::from_hours(24)).ok()?,
    );
    let said = image.properties.get("image_build_date");
    let said = said.and_then(|said| said.parse::<Date>().ok());
    let said = said.filter(|said| (day(before)..=day(after)).contains(said));
    Some(said.unwrap_or_else(|| day(created)))
}

/// The marks and the evidence; if the image has evidence of a later signature, only what is
/// missing.
fn evidence(channel: &Channel, candidate: &Candidate, image: &Image) -> BTreeMap<String, String> {
    let mut evidence = evidence::lasting(channel.name(), candidate);
    // A newer version of the program has verified nothing new.
    evidence.remove(keys::VERIFIER);
    let accepted = image.properties.get(keys::SIGNED_AT);
    let accepted = accepted.and_then(|accepted| accepted.parse::<Timestamp>().ok());
    if accepted.is_some_and(|accepted| accepted > candidate.evidence().signed_at) {
        evidence.retain(|name, _| !image.properties.contains_key(name));
    }
    evidence
}
