//! `GET /v2/images`: who sees what, filters, order and pages.

use std::cmp::Ordering;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::filter::Filter;
use super::image::{Image, Visibility};
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::paging::{encode, pairs};
use crate::cloud::shared::Shared;

/// Glance's `limit_param_default` and `api_limit_max`.
const DEFAULT_LIMIT: usize = 25;
const MAXIMUM_LIMIT: usize = 1000;

const SORT_KEYS: [&str; 8] = [
    "name",
    "status",
    "container_format",
    "disk_format",
    "size",
    "id",
    "created_at",
    "updated_at",
];

/// Names and values of the query, decoded.
type Parameters = Vec<(String, String)>;

/// One page of the images that the person sees.
pub(crate) fn list(shared: &Shared, person: &Person, query: &str) -> Result<Answer, Failure> {
    let pairs = pairs(query);
    let tags = pairs.iter().filter(|(name, _)| name == "tag");
    let tags = tags.map(|(_, tag)| tag.trim().to_owned()).collect();
    // Tags are the only filter that may be there twice; but the links know one of them only.
    let parameters = unique(pairs);
    let limit = limit(&parameters)?;
    let order = order(&parameters)?;
    let filter = Filter::parse(&parameters, tags)?;
    let marker = match last(&parameters, "marker") {
        Some(id) => Some(marker(shared, person, id)?),
        None => None,
    };
    let mut images = shared.registry.images();
    images.retain(|image| is_listed(image, person, &filter) && filter.matches(image));
    images.sort_by(|one, other| compare(one, other, &order));
    if let Some(marker) = &marker {
        images.retain(|image| compare(image, marker, &order) == Ordering::Greater);
    }
    images.truncate(limit);

    let views: Vec<Value> = images.iter().map(Image::view).collect();
    let mut page = json!({
        "images": views,
        "first": link(&parameters, None),
        "schema": "/v2/schemas/images",
    });
    if let Some(image) = images.last().filter(|_| images.len() == limit) {
        page["next"] = json!(link(&parameters, Some(&image.id)));
    }
    Ok(http::json(StatusCode::OK, &page))
}

/// The image behind which a page begins.
fn marker(shared: &Shared, person: &Person, id: &str) -> Result<Image, Failure> {
    let Some(image) = shared.registry.image(id) else {
        return Err(Failure::bad_request(format!("No image found with ID {id}")));
    };
    if !image.is_visible_to(person) {
        return Err(Failure::not_visible(id));
    }
    Ok(image)
}

/// Whether an image is in the person's list at all, before the filters look at it.
fn is_listed(image: &Image, person: &Person, filter: &Filter) -> bool {
    if image.is_owned_by(person) {
        return true;
    }
    let project = person.project_id();
    match image.visibility {
        Visibility::Public => true,
        Visibility::Community => filter.wants_community(),
        Visibility::Shared | Visibility::Private if person.is_admin() => true,
        Visibility::Shared => image
            .member(&project)
            .is_some_and(|member| filter.wants_member_status(&member.status)),
        Visibility::Private => false,
    }
}

/// Every name once: where it came first, with the value that came last.
fn unique(pairs: Parameters) -> Parameters {
    let mut parameters = Parameters::new();
    for (name, value) in pairs {
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => parameters.push((name, value)),
        }
    }
    parameters
}

fn last<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let found = parameters.iter().rfind(|(known, _)| known == name)?;
    Some(found.1.as_str())
}

fn limit(parameters: &Parameters) -> Result<usize, Failure> {
    let Some(text) = last(parameters, "limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    let Ok(limit) = text.trim().parse::<i64>() else {
        return Err(Failure::bad_request("limit param must be an integer"));
    };
    let Ok(limit) = usize::try_from(limit) else {
        return Err(Failure::bad_request("limit param must be positive"));
    };
    Ok(limit.min(MAXIMUM_LIMIT))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "asc" => Ok(Self::Ascending),
            "desc" => Ok(Self::Descending),
            _ => Err(Failure::bad_request(format!(
                "Invalid sort direction: {name}"
            ))),
        }
    }
}

/// The keys to sort by, with `created_at` and `id` behind them so that the order is total.
fn order(parameters: &Parameters) -> Result<Vec<(String, Direction)>, Failure> {
    let sort = last(parameters, "sort");
    let (key, direction) = (last(parameters, "sort_key"), last(parameters, "sort_dir"));
    if sort.is_some() && (key.is_some() || direction.is_some()) {
        return Err(Failure::bad_request(
            "Old and new sorting syntax cannot be combined",
        ));
    }
    let mut order = Vec::new();
    match sort {
        Some(sort) => {
            for part in sort.split(',') {
                let (key, direction) = part.split_once(':').unwrap_or((part, "desc"));
                let key = sort_key(key.trim())?;
                order.push((key, Direction::parse(direction.trim())?));
            }
        }
        None => {
            let key = sort_key(key.unwrap_or("created_at"))?;
            order.push((key, Direction::parse(direction.unwrap_or("desc"))?));
        }
    }
    let behind = match order.as_slice() {
        [(_, direction)] => *direction,
        _ => Direction::Descending,
    };
    for key in ["created_at", "id"] {
        if order.iter().all(|(known, _)| known != key) {
            order.push((key.to_owned(), behind));
        }
    }
    Ok(order)
}

fn sort_key(key: &str) -> Result<String, Failure> {
    if SORT_KEYS.contains(&key) {
        return Ok(key.to_owned());
    }
    Err(Failure::bad_request(format!(
        "Invalid sort key: {key}. It must be one of the following: {}.",
        SORT_KEYS.join(", ")
    )))
}

fn compare(one: &Image, other: &Image, order: &[(String, Direction)]) -> Ordering {
    order
        .iter()
        .map(|(key, direction)| {
            let ordering = compare_by(one, other, key);
            match direction {
                Direction::Ascending => ordering,
                Direction::Descending => ordering.reverse(),
            }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// An absent value sorts before every other, as NULL does in the database.
fn compare_by(one: &Image, other: &Image, key: &str) -> Ordering {
    match key {
        "name" => one.name.cmp(&other.name),
        "status" => one.status.name().cmp(other.status.name()),
        "container_format" => one.container_format.cmp(&other.container_format),
        "disk_format" => one.disk_format.cmp(&other.disk_format),
        "size" => one.size.cmp(&other.size),
        "created_at" => one.created_at.cmp(&other.created_at),
        "updated_at" => one.updated_at.cmp(&other.updated_at),
        _ => one.id.cmp(&other.id),
    }
}

/// The path of this page or the next one: relative, with the query of the request.
fn link(parameters: &Parameters, marker: Option<&str>) -> String {
    let mut link = String::from("/v2/images");
    let mut separator = '?';
    let kept = parameters.iter().filter(|(name, _)| name != "marker");
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in kept.chain(marker.map(|id| ("marker", id))) {
        link.push(separator);
        separator = '&';
        encode(&mut link, name);
        link.push('=');
        encode(&mut link, value);
    }
    link
}
