//! What makes an image the newest of its channel, and what makes it an older one.

use bonafide_glance::{Image, ImagePatch};
use bonafide_properties::OsPurpose;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Channel, Profile, marker};

/// Characters of a name that Glance takes.
const LONGEST: usize = 255;
const BUILD_DATE: &str = "image_build_date";

/// What makes an image of the newest build into one of an older build. It stays as public as it is;
/// where the SCS names are used, it is renamed and hidden.
pub(crate) fn supersede(channel: &Channel, image: &Image, now: Timestamp) -> ImagePatch {
    let mut patch = ImagePatch::new().set(marker::SUPERSEDED, now.to_string());
    if has_purpose(image, OsPurpose::Generic) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::OldGeneric.to_string());
    }
    if channel.profile == Profile::Scs {
        patch = patch.name(dated(image)).hidden(true);
    }
    patch
}

/// What makes an image of an older build the newest one again, if it ever was superseded.
pub(crate) fn reinstate(channel: &Channel, image: &Image, added: Date) -> Option<ImagePatch> {
    if !marker::is_superseded(image) {
        return None;
    }
    let mut patch = ImagePatch::new().remove(marker::SUPERSEDED).hidden(false);
    if has_purpose(image, OsPurpose::OldGeneric) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::Generic.to_string());
    }
    if channel.profile == Profile::Scs {
        patch = patch.name(channel.image_name(added));
    }
    Some(patch)
}

/// What reverts [`supersede`].
pub(crate) fn undo(before: &Image) -> ImagePatch {
    let mut patch = ImagePatch::new()
        .remove(marker::SUPERSEDED)
        .hidden(before.os_hidden);
    if let Some(name) = &before.name {
        patch = patch.name(name.clone());
    }
    if let Some(purpose) = before.properties.get(OsPurpose::PROPERTY) {
        patch = patch.set(OsPurpose::PROPERTY, purpose.clone());
    }
    patch
}

fn has_purpose(image: &Image, purpose: OsPurpose) -> bool {
    let own = image.properties.get(OsPurpose::PROPERTY);
    own.is_some_and(|own| *own == purpose.to_string())
}

/// `Ubuntu 24.04 20260901`, as SCS-0102 wants replaced images to be called.
fn dated(image: &Image) -> String {
    let name = image.name.clone().unwrap_or_default();
    let built = image.properties.get(BUILD_DATE);
    let built = built.and_then(|built| built.get(..10)?.parse::<Date>().ok());
    match built.map(|built| built.strftime("%Y%m%d").to_string()) {
        Some(day) if !name.ends_with(&format!(" {day}")) => {
            // Glance takes 255 characters.
            let name: String = name.chars().take(LONGEST - 9).collect();
            format!("{name} {day}")
        }
        _ => name,
    }
}
