//! Volumes of all projects, as Cinder lists them.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::cinder::{self, Listed, Metadata};
use super::findings::{Findings, number};
use super::gap::UsageSource;
use super::lists::{endpoint, read};
use super::snapshots;
use crate::Session;
use crate::endpoint::Service;
use crate::keystone::pages::{Link, Page};

const SOURCE: UsageSource = UsageSource::Volumes;
/// Longer than any copy of an image takes.
const MAKING: SignedDuration = SignedDuration::from_hours(24);

/// Looks up volumes and their snapshots.
pub(crate) async fn look_up<'a>(session: &Session, wanted: &'a BTreeSet<Uuid>) -> Findings<'a> {
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

async fn list(session: &Session, storage: &Url, found: &mut Findings<'_>) -> Listed {
    let mut listed = Listed::default();
    let mut unfinished = 0;
    let mut without_project = 0;
    let now = session.now();
    let pages = cinder::pages(session, storage, "volumes");
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
