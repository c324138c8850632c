//! What the lists of volumes and of snapshots have in common.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::lists::PAGES;
use crate::Session;
use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::keystone::pages::Pages;

/// The volumes, and which of them are of the requested images. Snapshots are found by their
/// volumes.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(super) ids: HashSet<Uuid>,
    pub(super) images: HashMap<Uuid, Uuid>,
}

impl Listed {
    /// `None` if the volume is not listed; else its image, if that is a requested one.
    pub(crate) fn image(&self, volume: Uuid) -> Option<Option<Uuid>> {
        let listed = self.ids.contains(&volume);
        listed.then(|| self.images.get(&volume).copied())
    }
}

/// A list of everything of all projects. Cinder ignores filters that it does not know, or not in
/// this version, or finds nothing by them, so none are used.
pub(crate) fn pages<'a>(session: &'a Session, storage: &Url, what: &str) -> Pages<'a> {
    let mut url = below(storage, &[what, "detail"]);
    url.set_query(Some("all_tenants=1"));
    Pages::new(session, ApiRequest::new(Verb::Get, url), PAGES)
}

/// The metadata that Cinder copied from the image of a volume.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    image_id: Option<String>,
}

impl Metadata {
    /// Owners may write anything here, and a text that is not an id is not a requested image.
    pub(crate) fn image(self) -> Option<Uuid> {
        self.image_id.and_then(|id| Uuid::parse_str(&id).ok())
    }
}
