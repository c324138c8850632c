//! What a cloud has refused by its policy is written on the image, so that it is met once.

use bonafide_glance::{Error, Glance, ImagePatch};
use uuid::Uuid;

use crate::ledger::marker;

/// Writes on an image what the cloud has refused. Where its policy keeps the property from being set,
/// a tag says it. If that fails too, the refusal is met again.
pub(crate) async fn remember(glance: &Glance, id: Uuid, name: &str, value: &str) {
    let patch = ImagePatch::new().set(name, value);
    let Err(Error::Forbidden(_)) = glance.update(id, &patch).await else {
        return;
    };
    let Ok(Some(image)) = glance.find(id).await else {
        return;
    };
    let tag = marker::tag_of(name, value);
    if !image.tags.contains(&tag) {
        let tags = image.tags.into_iter().chain([tag]);
        let _ = glance.update(id, &ImagePatch::new().tags(tags)).await;
    }
}
