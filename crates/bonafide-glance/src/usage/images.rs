//! Snapshots of servers of all projects: images whose `base_image_ref` is the image of the server.

use std::collections::BTreeSet;

use serde::Deserialize;
use uuid::Uuid;

use super::findings::{Findings, number};
use super::gap::UsageSource;
use super::lists::read;
use crate::image_service::list::ImagePage;
use crate::{Glance, ImageFilter};

const SOURCE: UsageSource = UsageSource::ServerSnapshots;
/// Glance's own limit, unless a cloud sets another.
const PAGE_SIZE: u32 = 1_000;

pub(crate) async fn look_up<'a>(glance: &Glance, wanted: &'a BTreeSet<Uuid>) -> Findings<'a> {
    let mut found = Findings::new(wanted);
    let mut ownerless = 0;
    // There is no list of both.
    for hidden in [false, true] {
        let filter = ImageFilter::new().all_projects().hidden(hidden);
        let pages = match glance.pages(&filter.page_size(PAGE_SIZE)).await {
            Ok(pages) => pages,
            Err(error) => {
                found.failed(SOURCE, &error);
                return found;
            }
        };
        read(
            pages,
            SOURCE,
            &mut found,
            |found, page: ImagePage<Image>| {
                for image in page.images {
                    let Some(base) = image.base().filter(|base| found.wants(*base)) else {
                        continue;
                    };
                    match image.owner.as_deref() {
                        None | Some("") => ownerless += 1,
                        Some(project) => found.add(base, project, SOURCE),
                    }
                }
            },
        )
        .await;
    }
    if ownerless > 0 {
        let images = number(ownerless, "snapshot", "snapshots");
        found.gap(SOURCE, format!("{images} of a server, of no project"));
    }
    found
}

#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    owner: Option<String>,
    /// Empty if the server was booted from a volume. Everyone can write anything here, and a text
    /// that is not an id can't be that of a requested image.
    #[serde(default)]
    base_image_ref: Option<String>,
}

impl Image {
    fn base(&self) -> Option<Uuid> {
        Uuid::parse_str(self.base_image_ref.as_deref()?).ok()
    }
}
