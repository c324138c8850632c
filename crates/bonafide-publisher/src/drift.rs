//! An image of the newest build that somebody changed since it was published.

use std::collections::BTreeMap;

use bonafide_glance::{Image, ImagePatch};
use bonafide_properties::Gibibytes;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Candidate, Channel, Error, marker};

/// What makes a published image again what the channel says.
pub(crate) struct Repair {
    pub(crate) patch: ImagePatch,
    /// The names of what is put back, sorted.
    pub(crate) changed: Vec<String>,
}

/// `None`: nothing was changed. Whether the image is public, hidden and how it is called is not asked:
/// who hides an image has a reason. Nor are properties that the channel does not have.
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
    let wanted = channel
        .properties(candidate, added, min_disk)
        .map_err(|invalid| Error::properties(channel.name(), &[invalid]))?;
    let mut properties = wanted
        .to_map()
        .map_err(|error| Error::properties(channel.name(), &error.violations))?;
    properties.extend(evidence(channel, candidate, image));

    let mut changed = Vec::new();
    let mut patch = ImagePatch::new();
    for (name, value) in properties {
        if image.properties.get(&name) != Some(&value) {
            changed.push(name.clone());
            patch = patch.set(name, value);
        }
    }
    if image.min_disk != u64::from(wanted.min_disk.0) {
        changed.push("min_disk".to_owned());
        patch = patch.min_disk(wanted.min_disk.0);
    }
    if image.min_ram != u64::from(wanted.min_ram.0) {
        changed.push("min_ram".to_owned());
        patch = patch.min_ram(wanted.min_ram.0);
    }
    let mut tags = image.tags.clone();
    for tag in marker::tags(&wanted) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > image.tags.len() {
        changed.push("tags".to_owned());
        patch = patch.tags(tags);
    }
    changed.sort();
    Ok((!changed.is_empty()).then_some(Repair { patch, changed }))
}

/// The day on which the image was added. It stands on the image, which anybody of the project may have
/// changed; Glance's own time says whether that can be so, give or take a midnight.
fn added(image: &Image) -> Option<Date> {
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

/// The marks and the evidence; where the image has evidence of a later signature, only what is missing.
fn evidence(channel: &Channel, candidate: &Candidate, image: &Image) -> BTreeMap<String, String> {
    let mut evidence = marker::lasting(channel.name(), candidate);
    // A newer version of the program has proven nothing new.
    evidence.remove(marker::VERIFIER);
    let accepted = image.properties.get(marker::SIGNED_AT);
    let accepted = accepted.and_then(|accepted| accepted.parse::<Timestamp>().ok());
    if accepted.is_some_and(|accepted| accepted > candidate.evidence().signed_at) {
        evidence.retain(|name, _| !image.properties.contains_key(name));
    }
    evidence
}
