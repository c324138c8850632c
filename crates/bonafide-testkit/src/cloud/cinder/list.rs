//! `GET /v3/{project}/volumes`, `…/snapshots`, and their details.

use hyper::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::Filter;
use super::inquiry::Inquiry;
use super::view::{self, Detail};
use crate::cloud::control::timeline::{Place, Timeline};
use crate::cloud::http::{self, Answer};
use crate::cloud::nova_error::NovaError;

pub(crate) fn volumes(inquiry: &Inquiry<'_>, detail: Detail) -> Result<Answer, NovaError> {
    let filter = Filter::parse(inquiry);
    let volumes = inquiry.shared.block_storage.volumes();
    let marker = marker(inquiry, &volumes.volumes, "Volume")?;
    let volumes = volumes.volumes.behind(marker);
    let volumes = volumes.filter(|(_, volume)| {
        filter.wants(&volume.project, view::status(volume))
            && filter.wants_image(volume.image.as_ref())
    });
    page(inquiry, detail, "volumes", volumes, view::volume)
}

pub(crate) fn snapshots(inquiry: &Inquiry<'_>, detail: Detail) -> Result<Answer, NovaError> {
    let filter = Filter::parse(inquiry);
    let volumes = inquiry.shared.block_storage.volumes();
    let marker = marker(inquiry, &volumes.snapshots, "Snapshot")?;
    let snapshots = volumes.snapshots.behind(marker);
    let snapshots = snapshots.filter(|(_, snapshot)| {
        filter.wants(&snapshot.project, view::AVAILABLE)
            && filter.wants_volume(&snapshot.volume.to_string())
    });
    page(inquiry, detail, "snapshots", snapshots, view::snapshot)
}

fn page<'a, T: 'a>(
    inquiry: &Inquiry<'_>,
    detail: Detail,
    kind: &str,
    things: impl Iterator<Item = (Place, &'a T)>,
    view: impl Fn(&Inquiry<'_>, Detail, Place, &T) -> Value,
) -> Result<Answer, NovaError> {
    let most = inquiry.shared.settings.block_storage_page_limit;
    let limit = inquiry.parameters.limit(most)?;
    let things: Vec<(Place, &T)> = things.take(limit).collect();
    let views = things.iter();
    let views: Vec<Value> = views
        .map(|(place, thing)| view(inquiry, detail, *place, thing))
        .collect();
    let mut page = json!({ kind: views });
    if let Some((place, _)) = things.last().filter(|_| things.len() == limit) {
        let url = format!("{}/{kind}{}", inquiry.url, detail.path());
        let links = inquiry.parameters.next(&url, place.id);
        page[format!("{kind}_links")] = json!(links);
    }
    Ok(http::json(StatusCode::OK, &page))
}

/// The thing behind which the page begins; Cinder finds none that is deleted.
fn marker<T>(
    inquiry: &Inquiry<'_>,
    things: &Timeline<T>,
    kind: &str,
) -> Result<Option<Place>, NovaError> {
    let Some(text) = inquiry.parameters.value("marker") else {
        return Ok(None);
    };
    let id = text.parse::<Uuid>().ok();
    let place = id.filter(|id| things.find(*id).is_some());
    let place = place.and_then(|id| things.place(id));
    match place {
        Some(place) => Ok(Some(place)),
        None => Err(NovaError::not_found(format!(
            "{kind} {text} could not be found."
        ))),
    }
}
