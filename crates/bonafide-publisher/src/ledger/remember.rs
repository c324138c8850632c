//! Stores on the image what a cloud has refused by its policy, so that it is asked only once.

use bonafide_glance::{Error, Glance, ImagePatch};
use uuid::Uuid;

use crate::ledger::marker;

/// Stores on an image what the cloud has refused, in a property, or in a tag if its policy protects
/// the property. If that fails too, the next run is refused again.
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
        // What was stored before under this name is outdated.
        let old = marker::tag_of(name, "");
        let tags = image.tags.into_iter().filter(|tag| !tag.starts_with(&old));
        let tags = tags.chain([tag]);
        let _ = glance.update(id, &ImagePatch::new().tags(tags)).await;
    }
}
