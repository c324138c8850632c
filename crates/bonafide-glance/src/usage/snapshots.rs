//! Snapshots of volumes of all projects, as Cinder lists them.

use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::cinder::{self, Listed, Metadata};
use super::findings::{Findings, number};
use super::gap::UsageSource;
use super::lists::read;
use crate::Session;
use crate::keystone::pages::{Link, Page};

const SOURCE: UsageSource = UsageSource::VolumeSnapshots;

pub(crate) async fn list(
    session: &Session,
    storage: &Url,
    volumes: &Listed,
    found: &mut Findings<'_>,
) {
    let mut odd = Odd::default();
    let pages = cinder::pages(session, storage, "snapshots");
    read(pages, SOURCE, found, |found, page: Snapshots| {
        for snapshot in page.snapshots {
            odd.take(snapshot, volumes, found);
        }
    })
    .await;
    odd.report(found);
}

#[derive(Deserialize)]
struct Snapshots {
    snapshots: Vec<Snapshot>,
    #[serde(default)]
    snapshots_links: Vec<Link>,
}

impl Page for Snapshots {
    const ENDING: &str = "/snapshots/detail";
    const SAME_HOST: bool = false;

    fn next(&self) -> Option<&str> {
        Link::next(&self.snapshots_links)
    }
}

#[derive(Deserialize)]
struct Snapshot {
    #[serde(default, rename = "os-extended-snapshot-attributes:project_id")]
    project: Option<String>,
    #[serde(default)]
    volume_id: Option<String>,
    #[serde(default, rename = "volume_image_metadata")]
    metadata: Option<Metadata>,
}

/// The numbers of snapshots with a problem.
#[derive(Debug, Default)]
struct Odd {
    unlisted: u64,
    without_project: u64,
}

impl Odd {
    fn take(&mut self, snapshot: Snapshot, volumes: &Listed, found: &mut Findings<'_>) {
        let volume = snapshot.volume_id.as_deref();
        let volume = volume.and_then(|id| Uuid::parse_str(id).ok());
        // Its own metadata is preferred to its volume's.
        let own = snapshot.metadata.and_then(Metadata::image);
        let image = match own {
            Some(image) => Some(image),
            None => match volume.and_then(|volume| volumes.image(volume)) {
                Some(image) => image,
                None => {
                    self.unlisted += 1;
                    None
                }
            },
        };
        match (snapshot.project.as_deref(), image) {
            (None | Some(""), _) => self.without_project += 1,
            (Some(project), Some(image)) => found.add(image, project, SOURCE),
            (Some(_), None) => {}
        }
    }

    fn report(&self, found: &mut Findings<'_>) {
        for (count, why) in [
            (
                self.unlisted,
                "of a volume that is not in the list of volumes",
            ),
            (
                self.without_project,
                "without `os-extended-snapshot-attributes:project_id`: this is not an answer for \
                 administrators, so those of other projects may be missing",
            ),
        ] {
            if count > 0 {
                let snapshots = number(count, "snapshot", "snapshots");
                found.gap(SOURCE, format!("{snapshots} {why}"));
            }
        }
    }
}
