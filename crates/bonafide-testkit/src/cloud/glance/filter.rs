//! The filters of an image list.

use jiff::Timestamp;

use super::image::{Image, Visibility};
use crate::cloud::errors::Failure;

/// Parameters of the query that are no filters.
const NO_FILTERS: [&str; 5] = ["limit", "marker", "sort", "sort_dir", "sort_key"];

/// What a query asks for. Every name that Glance doesn't know is taken for that of a property: a
/// misspelt filter gives an empty list.
#[derive(Debug)]
pub(crate) struct Filter {
    visibility: VisibilityFilter,
    member_status: String,
    os_hidden: bool,
    protected: Option<bool>,
    tags: Vec<String>,
    others: Vec<(String, String)>,
    times: Vec<TimeFilter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VisibilityFilter {
    /// `visibility=all`.
    All,
    /// No `visibility` in the query.
    Default,
    /// `visibility=`: no image has none.
    None,
    Only(Visibility),
}

#[derive(Debug)]
struct TimeFilter {
    field: TimeField,
    operator: String,
    time: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum TimeField {
    Created,
    Updated,
}

impl Filter {
    pub(crate) fn parse(
        parameters: &[(String, String)],
        tags: Vec<String>,
    ) -> Result<Self, Failure> {
        let mut filter = Self {
            visibility: VisibilityFilter::Default,
            member_status: "accepted".to_owned(),
            os_hidden: false,
            protected: None,
            tags,
            others: Vec::new(),
            times: Vec::new(),
        };
        let filters = parameters
            .iter()
            .filter(|(name, _)| !NO_FILTERS.contains(&name.as_str()));
        for (name, value) in filters {
            filter.add(name, value)?;
        }
        Ok(filter)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        match name {
            "visibility" => self.visibility = visibility(value)?,
            "member_status" => {
                if !matches!(value, "pending" | "accepted" | "rejected" | "all") {
                    return Err(Failure::bad_request(format!("Invalid status: {value}")));
                }
                value.clone_into(&mut self.member_status);
            }
            "os_hidden" => self.os_hidden = boolean(name, &value.to_ascii_lowercase())?,
            "protected" => self.protected = Some(boolean(name, value)?),
            "size_min" | "size_max" => {
                if value.parse::<i64>().is_err() {
                    return Err(Failure::bad_request(
                        "Unable to filter on a range with a non-numeric value.",
                    ));
                }
                self.others.push((name.to_owned(), value.to_owned()));
            }
            "created_at" => self.times.push(time(name, value, TimeField::Created)?),
            "updated_at" => self.times.push(time(name, value, TimeField::Updated)?),
            "changes-since" => {
                return Err(Failure::bad_request(
                    "The \"changes-since\" filter is no longer available on v2.",
                ));
            }
            // Deleted images are never shown, whatever is asked for.
            "deleted" | "tag" => {}
            "container_format" | "disk_format" | "id" | "name" | "status" => {
                if let (operator, Some(_)) = operation(value)
                    && !matches!(operator, "eq" | "in")
                {
                    return Err(Failure::bad_request(format!(
                        "Unable to filter by unknown operator '{operator}'."
                    )));
                }
                self.others.push((name.to_owned(), value.to_owned()));
            }
            _ => self.others.push((name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// Whether community images of others were asked for.
    pub(crate) fn wants_community(&self) -> bool {
        matches!(
            self.visibility,
            VisibilityFilter::All | VisibilityFilter::Only(Visibility::Community)
        )
    }

    /// Whether images that were shared, and answered like this, were asked for.
    pub(crate) fn wants_member_status(&self, status: &str) -> bool {
        self.member_status == "all" || self.member_status == status
    }

    pub(crate) fn matches(&self, image: &Image) -> bool {
        let is_wanted = match self.visibility {
            VisibilityFilter::Only(visibility) => image.visibility == visibility,
            VisibilityFilter::None => false,
            VisibilityFilter::All | VisibilityFilter::Default => true,
        };
        is_wanted
            && image.os_hidden == self.os_hidden
            && self.protected.is_none_or(|value| image.protected == value)
            && self.tags.iter().all(|tag| image.tags.contains(tag))
            && self.times.iter().all(|filter| filter.matches(image))
            && self
                .others
                .iter()
                .all(|(name, value)| has(image, name, value))
    }
}

/// Whether a base attribute, or else a property, has the value.
fn has(image: &Image, name: &str, value: &str) -> bool {
    let one_of = |attribute: Option<&str>| match operation(value) {
        ("in", Some(values)) => {
            attribute.is_some_and(|own| values.split(',').any(|value| value == own))
        }
        (_, Some(value)) | (value, None) => attribute == Some(value),
    };
    let number = |attribute: Option<i64>| attribute.is_some() && value.parse().ok() == attribute;
    let signed = |size: Option<u64>| size.and_then(|size| i64::try_from(size).ok());
    let size = signed(image.size);
    match name {
        "id" => one_of(Some(&image.id)),
        "name" => one_of(image.name.as_deref()),
        "status" => one_of(Some(image.status.name())),
        "container_format" => one_of(image.container_format.as_deref()),
        "disk_format" => one_of(image.disk_format.as_deref()),
        "owner" => image.owner.as_deref() == Some(value),
        "checksum" => image.checksum.as_deref() == Some(value),
        "os_hash_algo" => image.os_hash_algo.as_deref() == Some(value),
        "os_hash_value" => image.os_hash_value.as_deref() == Some(value),
        "min_disk" => number(Some(image.min_disk)),
        "min_ram" => number(Some(image.min_ram)),
        "size" => number(size),
        "virtual_size" => number(signed(image.virtual_size)),
        "size_min" => size >= value.parse().ok(),
        "size_max" => size.is_some() && size <= value.parse().ok(),
        _ => image.properties.get(name).is_some_and(|own| own == value),
    }
}

/// The operator, and what is compared; a value without a colon is compared as it is.
fn operation(value: &str) -> (&str, Option<&str>) {
    match value.split_once(':') {
        Some((operator, value)) => (operator, Some(value)),
        None => (value, None),
    }
}

fn visibility(value: &str) -> Result<VisibilityFilter, Failure> {
    match value {
        "" => return Ok(VisibilityFilter::None),
        "all" => return Ok(VisibilityFilter::All),
        _ => {}
    }
    match Visibility::parse(value) {
        Some(visibility) => Ok(VisibilityFilter::Only(visibility)),
        None => Err(Failure::bad_request(format!(
            "Invalid visibility value: {value}"
        ))),
    }
}

fn boolean(name: &str, value: &str) -> Result<bool, Failure> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Failure::bad_request(format!(
            "Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'."
        ))),
    }
}

/// `created_at=gt:2026-11-23T22:57:11Z`; without an operator the times must be equal.
fn time(name: &str, value: &str, field: TimeField) -> Result<TimeFilter, Failure> {
    let (operator, text) = match value.split_once(':') {
        Some((operator, text)) if operator.chars().all(|letter| letter.is_ascii_lowercase()) => {
            (operator, text)
        }
        _ => ("eq", value),
    };
    // A date alone is its midnight, in UTC.
    let midnight = format!("{text}T00:00:00Z");
    let Ok(time) = text.parse().or_else(|_| midnight.parse()) else {
        return Err(Failure::bad_request(format!(
            "Bad \"{name}\" query filter format. Use ISO 8601 DateTime notation."
        )));
    };
    if !matches!(operator, "eq" | "neq" | "gt" | "gte" | "lt" | "lte") {
        return Err(Failure::bad_request(
            "Unable to filter on a unknown operator.",
        ));
    }
    Ok(TimeFilter {
        field,
        operator: operator.to_owned(),
        time,
    })
}

impl TimeFilter {
    fn matches(&self, image: &Image) -> bool {
        let own = match self.field {
            TimeField::Created => image.created_at,
            TimeField::Updated => image.updated_at,
        };
        match self.operator.as_str() {
            "neq" => own != self.time,
            "gt" => own > self.time,
            "gte" => own >= self.time,
            "lt" => own < self.time,
            "lte" => own <= self.time,
            _ => own == self.time,
        }
    }
}
