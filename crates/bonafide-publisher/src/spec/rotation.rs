//! The patches that make an image the newest of its channel, or an older one.

use bonafide_glance::{Image, ImagePatch, Visibility};
use bonafide_properties::OsPurpose;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::channel::{Channel, Profile};
use crate::ledger::{keys, marker};
use crate::spec::names;

/// The patch from the newest build to an older one, with this name if it changes. Its visibility
/// stays; with SCS names, it is hidden.
pub(crate) fn supersede(
    channel: &Channel,
    image: &Image,
    name: Option<&str>,
    now: Timestamp,
) -> ImagePatch {
    let mut patch = ImagePatch::new();
    // It may lack only a name of its own.
    if !marker::is_superseded(image) {
        patch = patch.set(keys::SUPERSEDED, now.to_string());
    }
    if has_purpose(image, OsPurpose::Generic) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::OldGeneric.to_string());
    }
    if let Some(name) = name {
        patch = patch.name(name);
    }
    if channel.profile == Profile::Scs && image.visibility == Visibility::Public {
        patch = patch.hidden(true);
    }
    patch
}

/// The patch that makes an image of an older build the newest one again, if it ever was superseded.
pub(crate) fn reinstate(channel: &Channel, image: &Image, added: Date) -> Option<ImagePatch> {
    if !marker::is_superseded(image) {
        return None;
    }
    let mut patch = ImagePatch::new().remove(keys::SUPERSEDED).hidden(false);
    if has_purpose(image, OsPurpose::OldGeneric) {
        patch = patch.set(OsPurpose::PROPERTY, OsPurpose::Generic.to_string());
    }
    if let Some(name) = names::newest(channel, image, added) {
        patch = patch.name(name);
    }
    Some(patch)
}

/// The patch that reverts [`supersede`].
pub(crate) fn undo(before: &Image) -> ImagePatch {
    let mut patch = ImagePatch::new()
        .remove(keys::SUPERSEDED)
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
