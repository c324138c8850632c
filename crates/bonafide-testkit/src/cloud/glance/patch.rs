//! `PATCH /v2/images/{id}`: Glance's own dialect of JSON Patch.

use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde_json::Value;

use super::image::Image;
use super::images::{assign, is_there, json_body};
use super::schema;
use crate::cloud::errors::Failure;
use crate::cloud::http::header;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

const MEDIA_TYPE: &str = "application/openstack-images-v2.1-json-patch";
const OLD_MEDIA_TYPE: &str = "application/openstack-images-v2.0-json-patch";

/// What belongs to every image and can't be removed.
const BASE: [&str; 10] = [
    "container_format",
    "disk_format",
    "min_disk",
    "min_ram",
    "name",
    "os_hidden",
    "owner",
    "protected",
    "tags",
    "visibility",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Remove,
    Replace,
}

#[derive(Debug)]
struct Change<'a> {
    operation: Operation,
    property: String,
    value: &'a Value,
}

/// Applies all changes or none.
pub(crate) fn patch(
    shared: &Shared,
    person: &Person,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answer, Failure> {
    check_media_type(headers)?;
    let body = json_body(body)?;
    let Some(operations) = body.as_array() else {
        return Err(Failure::bad_request(
            "Request body must be a JSON array of operation objects.",
        ));
    };
    let changes = operations
        .iter()
        .map(parse)
        .collect::<Result<Vec<_>, _>>()?;
    if changes.is_empty() {
        return super::images::show(shared, person, id);
    }
    let patched = shared.registry.change(id, |image| {
        if !is_there(image, person) {
            return Err(Failure::no_image(id));
        }
        for change in &changes {
            apply(image, person, change)?;
        }
        schema::refuse_over_quota("tags", image.tags.len())?;
        schema::refuse_over_quota("properties", image.properties.len())?;
        Ok(image.clone())
    });
    let image = patched.unwrap_or_else(|| Err(Failure::no_image(id)))?;
    // An owner may give an image away by `add`, and is told so in this odd way.
    if !image.is_visible_to(person) {
        return Err(Failure::not_visible(id));
    }
    Ok(http::json(StatusCode::OK, &image.view()))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Failure> {
    let media_type = header(headers, "content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if media_type == MEDIA_TYPE {
        return Ok(());
    }
    let accepted = format!("{OLD_MEDIA_TYPE}, {MEDIA_TYPE}");
    let detail = format!("Image PATCH expects Content-Type one of: {accepted}");
    Err(Failure::media_type(headers, detail).with_header("accept-patch", accepted))
}

/// Reads one operation. What no image could accept is refused here, before the image is looked
/// at: read-only and reserved names for everybody, values that don't fit the schema.
fn parse(change: &Value) -> Result<Change<'_>, Failure> {
    const OPERATIONS: &str = "It must be one of the following: add, remove, replace.";
    if !change.is_object() {
        return Err(Failure::bad_request("Operations must be JSON objects."));
    }
    let Some(operation) = change.get("op") else {
        return Err(Failure::bad_request(format!(
            "Unable to find `op` in JSON Schema change. {OPERATIONS}"
        )));
    };
    let operation = match operation.as_str() {
        Some("add") => Operation::Add,
        Some("remove") => Operation::Remove,
        Some("replace") => Operation::Replace,
        _ => {
            let name = operation
                .as_str()
                .map_or(operation.to_string(), str::to_owned);
            return Err(Failure::bad_request(format!(
                "Invalid operation: `{name}`. {OPERATIONS}"
            )));
        }
    };
    let Some(pointer) = change.get("path").and_then(Value::as_str) else {
        return Err(Failure::bad_request(
            "Unable to find 'path' in JSON Schema change",
        ));
    };
    let property = property(pointer)?;
    let value = match (operation, change.get("value")) {
        (Operation::Remove, _) => &Value::Null,
        (_, Some(value)) => value,
        (operation, None) => {
            let name = match operation {
                Operation::Replace => "replace",
                _ => "add",
            };
            return Err(Failure::bad_request(format!(
                "Operation \"{name}\" requires a member named \"value\"."
            )));
        }
    };
    if schema::READ_ONLY.contains(&property.as_str()) {
        return Err(Failure::forbidden(format!(
            "Attribute '{property}' is read-only."
        )));
    }
    if schema::is_reserved(&property) {
        return Err(Failure::forbidden(format!(
            "Attribute '{property}' is reserved."
        )));
    }
    if operation != Operation::Remove {
        schema::validate(&property, value)?;
    }
    Ok(Change {
        operation,
        property,
        value,
    })
}

/// The property that a JSON pointer names. Glance knows pointers of one step only.
fn property(pointer: &str) -> Result<String, Failure> {
    let refuse = |what: &str| Err(Failure::bad_request(format!("Pointer `{pointer}` {what}")));
    let Some(rest) = pointer.strip_prefix('/') else {
        return refuse("does not start with \"/\".");
    };
    let steps: Vec<&str> = rest.split('/').collect();
    let has_gap = |steps: &[&str]| steps.iter().any(|step| step.trim().is_empty());
    if steps.len() > 2 && has_gap(&steps[1..steps.len() - 1]) {
        return refuse("contains adjacent \"/\".");
    }
    if !rest.is_empty() && rest.ends_with('/') {
        return refuse("end with \"/\".");
    }
    let mut tildes = rest.split('~').skip(1);
    if !tildes.all(|after| after.starts_with(['0', '1'])) {
        return refuse("contains \"~\" not part of a recognized escape sequence.");
    }
    let decoded = |step: &str| step.replace("~1", "/").replace("~0", "~").trim().to_owned();
    let steps = pointer.trim_start_matches('/').split('/');
    let steps: Vec<String> = steps.map(decoded).collect();
    match steps.as_slice() {
        [property] if property != "locations" => Ok(property.clone()),
        steps => Err(Failure::bad_request(format!(
            "Invalid JSON pointer for this resource: '/{}'",
            steps.join("/")
        ))),
    }
}

fn apply(image: &mut Image, person: &Person, change: &Change<'_>) -> Result<(), Failure> {
    let (name, value) = (change.property.as_str(), change.value);
    if change.operation == Operation::Replace && name == "owner" && !person.is_admin() {
        return Err(Failure::access_denied(
            "Owner can't be updated by non admin.",
        ));
    }
    let publishes = name == "visibility" && value.as_str() == Some("public");
    if publishes && !person.is_admin() {
        return Err(Failure::policy("publicize_image"));
    }
    if !image.is_mutable_by(person) {
        return Err(Failure::policy("modify_image"));
    }
    let is_base = BASE.contains(&name);
    let is_there = is_base || image.properties.contains_key(name);
    match change.operation {
        Operation::Remove if is_base => Err(Failure::access_denied(format!(
            "Property {name} may not be removed."
        ))),
        Operation::Remove | Operation::Replace if !is_there => Err(Failure::conflict(
            "There was a conflict when trying to complete your request.",
        )
        .with_detail(format!("Property {name} does not exist."))),
        Operation::Remove => {
            image.properties.remove(name);
            Ok(())
        }
        Operation::Add | Operation::Replace => assign(image, name, value),
    }
}
