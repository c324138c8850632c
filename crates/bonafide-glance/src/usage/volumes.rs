//! Volumes of all projects, as Cinder lists them.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::findings::Findings;
use super::{PAGES, UsageSource, endpoint, number, read, snapshots};
use crate::Session;
use crate::address::below;
use crate::catalog::Service;
use crate::http::{ApiRequest, Verb};
use crate::pages::{Link, Page, Pages};

const SOURCE: UsageSource = UsageSource::Volumes;
/// Longer than any copy of an image takes.
const MAKING: SignedDuration = SignedDuration::from_hours(24);

/// The volumes, and which of them are of the requested images. Snapshots are found by their
/// volumes.
#[derive(Debug, Default)]
pub(super) struct Listed {
    ids: HashSet<Uuid>,
    images: HashMap<Uuid, Uuid>,
}

impl Listed {
    /// `None` if the volume is not listed; else its image, if that is a requested one.
    pub(super) fn image(&self, volume: Uuid) -> Option<Option<Uuid>> {
        let listed = self.ids.contains(&volume);
        listed.then(|| self.images.get(&volume).copied())
    }
}

/// Looks up volumes and their snapshots.
pub(super) async fn look_up<'a>(session: &Session, wanted: &'a BTreeSet<Uuid>) -> Findings<'a> {
    let mut found = Findings::new(wanted);
    let storage = match endpoint(session, Service::BlockStorage).await {
        Ok(url) => url,
        Err(why) => {
            found.gap(SOURCE, why.clone());
            found.gap(UsageSource::VolumeSnapshots, why);
            return found;
        }
    };
    // First the volumes: a snapshot of a volume that is created meanwhile is then known to be
    // unknown.
    let listed = list(session, &storage, &mut found).await;
    snapshots::list(session, &storage, &listed, &mut found).await;
    found
}

/// A list of everything of all projects. Cinder ignores filters that it does not know, or not in
/// this version, or finds nothing by them, so none are used.
pub(super) fn pages<'a>(session: &'a Session, storage: &Url, what: &str) -> Pages<'a> {
    let mut url = below(storage, &[what, "detail"]);
    url.set_query(Some("all_tenants=1"));
    Pages::new(session, ApiRequest::new(Verb::Get, url), PAGES)
}

async fn list(session: &Session, storage: &Url, found: &mut Findings<'_>) -> Listed {
    let mut listed = Listed::default();
    let mut unfinished = 0;
    let mut without_project = 0;
    let now = session.now();
    let pages = pages(session, storage, "volumes");
    read(pages, SOURCE, found, |found, page: Volumes| {
        for volume in page.volumes {
            listed.ids.insert(volume.id);
            if volume.may_be_of_any_image(now) {
                unfinished += 1;
            }
            let image = volume.metadata.and_then(|metadata| metadata.image());
            if let Some(image) = image.filter(|image| found.wants(*image)) {
                listed.images.insert(volume.id, image);
            }
            match (volume.project.as_deref(), image) {
                (None | Some(""), _) => without_project += 1,
                (Some(project), Some(image)) => found.add(image, project, SOURCE),
                (Some(_), None) => {}
            }
        }
    })
    .await;
    if unfinished > 0 {
        let volumes = number(unfinished, "volume", "volumes");
        found.gap(
            SOURCE,
            format!("{volumes} being created, whose image may not be known yet"),
        );
    }
    if without_project > 0 {
        let volumes = number(without_project, "volume", "volumes");
        found.gap(
            SOURCE,
            format!(
                "{volumes} without `os-vol-tenant-attr:tenant_id`: this is not an answer for \
                 administrators, so those of other projects may be missing"
            ),
        );
    }
    listed
}

#[derive(Deserialize)]
struct Volumes {
    volumes: Vec<Volume>,
    #[serde(default)]
    volumes_links: Vec<Link>,
}

impl Page for Volumes {
    const ENDING: &str = "/volumes/detail";
    const SAME_HOST: bool = false;

    fn next(&self) -> Option<&str> {
        Link::next(&self.volumes_links)
    }
}

#[derive(Deserialize)]
struct Volume {
    id: Uuid,
    #[serde(default, rename = "os-vol-tenant-attr:tenant_id")]
    project: Option<String>,
    #[serde(default, rename = "volume_image_metadata")]
    metadata: Option<Metadata>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl Volume {
    /// Cinder records the image of a volume after it has copied it. A volume that is still being
    /// created after days will never be.
    fn may_be_of_any_image(&self, now: Timestamp) -> bool {
        let made = matches!(self.status.as_deref(), Some("creating" | "downloading"));
        let made_at = self.created_at.as_deref().and_then(time);
        let lately = made_at.is_none_or(|at| now.duration_since(at).abs() < MAKING);
        made && self.metadata.is_none() && lately
    }
}

/// Cinder's times are UTC and usually do not say so.
fn time(text: &str) -> Option<Timestamp> {
    let civil = || {
        TimeZone::UTC
            .to_timestamp(text.parse::<DateTime>().ok()?)
            .ok()
    };
    text.parse().ok().or_else(civil)
}

/// The metadata that Cinder copied from the image of a volume.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    image_id: Option<String>,
}

impl Metadata {
    /// Owners may write anything here, and a text that is not an id is not a requested image.
    pub(super) fn image(self) -> Option<Uuid> {
        self.image_id.and_then(|id| Uuid::parse_str(&id).ok())
    }
}
