//! Create, show, delete, deactivate, reactivate, tag.

use std::collections::BTreeSet;

use hyper::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::image::{Image, STORES, Status, Visibility};
use super::registry::remove_if_there;
use super::schema;
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

/// Answered with 403 when a create sends them; the digests are dropped without a word.
const DISALLOWED: [&str; 5] = ["direct_url", "self", "file", "schema", "stores"];
const READ_ONLY_AT_CREATE: [&str; 6] = [
    "checksum",
    "created_at",
    "size",
    "status",
    "updated_at",
    "virtual_size",
];

/// `POST /v2/images`.
pub(crate) fn create(shared: &Shared, person: &Person, body: &[u8]) -> Result<Answer, Failure> {
    let properties = create_body(body)?;
    let id = match properties.get("id").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => Uuid::new_v4().to_string(),
    };
    let owner = match properties.get("owner") {
        Some(owner) => owner.as_str().map(str::to_owned),
        None => Some(person.project_id()),
    };
    let mut image = Image::queued(id, owner, shared.clock.now());
    if !image.is_mutable_by(person) {
        let owner = image.owner.as_deref().unwrap_or("None");
        let detail = format!("You are not permitted to create images owned by '{owner}'");
        return Err(Failure::access_denied(detail));
    }
    let visibility = properties.get("visibility").and_then(Value::as_str);
    if visibility == Some("public") && !person.is_admin() {
        return Err(Failure::policy("publicize_image"));
    }
    for name in READ_ONLY_AT_CREATE {
        if properties.contains_key(name) {
            return Err(Failure::forbidden(format!(
                "Attribute '{name}' is read-only."
            )));
        }
    }
    if properties.contains_key("locations") {
        return Err(Failure::forbidden("Attribute 'locations' is reserved."));
    }
    for (name, value) in &properties {
        if !matches!(
            name.as_str(),
            "id" | "owner" | "os_hash_algo" | "os_hash_value"
        ) {
            assign(&mut image, name, value)?;
        }
    }
    schema::refuse_over_quota("tags", image.tags.len())?;
    schema::refuse_over_quota("properties", image.properties.len())?;
    shared.registry.add(&image)?;
    let mut answer = http::json(StatusCode::CREATED, &image.view());
    let location = format!("{}/v2/images/{}", shared.image_url, image.id);
    http::set(&mut answer, "location", &location);
    http::set(&mut answer, "openstack-image-store-ids", &STORES.join(","));
    Ok(answer)
}

/// The checks that come before anybody asks who the caller is.
fn create_body(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    let Value::Object(properties) = json_body(body)? else {
        // Glance 33 stumbles over a list here.
        return Err(Failure::internal());
    };
    for name in DISALLOWED {
        if properties.contains_key(name) {
            return Err(Failure::forbidden(format!(
                "Attribute '{name}' is read-only."
            )));
        }
    }
    for (name, value) in &properties {
        schema::validate(name, value)?;
    }
    for name in properties.keys() {
        if name.chars().count() > 255 {
            return Err(Failure::bad_request(
                "Custom property should not be greater than 255 characters.",
            ));
        }
        if schema::is_reserved(name) {
            let detail = format!("Attribute '{name}' is reserved.");
            return Err(Failure::access_denied(detail));
        }
    }
    Ok(properties)
}

/// Sets one property of an image to a value that the schema has accepted.
pub(crate) fn assign(image: &mut Image, name: &str, value: &Value) -> Result<(), Failure> {
    let text = || value.as_str().map(str::to_owned);
    let number = || {
        value
            .as_i64()
            .or(value.as_f64().map(|number| number as i64))
    };
    match name {
        "name" => {
            schema::refuse_four_byte_value(name, value.as_str().unwrap_or_default())?;
            image.name = text();
        }
        "owner" => image.owner = text(),
        "disk_format" | "container_format" if image.status != Status::Queued => {
            return Err(Failure::forbidden(format!(
                "Attribute {name} can be only replaced for a queued image."
            )));
        }
        "disk_format" => image.disk_format = text(),
        "container_format" => image.container_format = text(),
        "visibility" => {
            if let Some(visibility) = value.as_str().and_then(Visibility::parse) {
                image.visibility = visibility;
            }
        }
        "protected" => image.protected = value.as_bool().unwrap_or_default(),
        "os_hidden" => image.os_hidden = value.as_bool().unwrap_or_default(),
        "min_disk" => {
            image.min_disk = number().unwrap_or_default();
            schema::refuse_negative(name, image.min_disk)?;
        }
        "min_ram" => {
            image.min_ram = number().unwrap_or_default();
            schema::refuse_negative(name, image.min_ram)?;
        }
        "tags" => {
            let tags = value.as_array().into_iter().flatten();
            image.tags = tags.filter_map(Value::as_str).map(str::to_owned).collect();
            image
                .tags
                .iter()
                .try_for_each(|tag| schema::refuse_four_byte_tag(tag))?;
        }
        _ => {
            let value = value.as_str().unwrap_or_default();
            schema::refuse_four_byte_name(name)?;
            schema::refuse_four_byte_value(name, value)?;
            image.properties.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(())
}

/// `GET /v2/images/{id}`.
pub(crate) fn show(shared: &Shared, person: &Person, id: &str) -> Result<Answer, Failure> {
    let image = shared.registry.visible(id, person);
    let image = image.ok_or_else(|| Failure::no_image(id))?;
    Ok(http::json(StatusCode::OK, &image.view()))
}

/// `DELETE /v2/images/{id}`.
pub(crate) fn delete(shared: &Shared, person: &Person, id: &str) -> Result<Answer, Failure> {
    let missing = || Failure::not_found(format!("Failed to find image {id} to delete"));
    let deleted = shared.registry.change(id, |image| {
        if !is_there(image, person) {
            return Err(missing());
        }
        if !image.is_mutable_by(person) {
            return Err(Failure::policy("delete_image"));
        }
        if image.protected {
            return Err(Failure::forbidden(format!(
                "Image {id} is protected and cannot be deleted."
            )));
        }
        image.status = Status::Deleted;
        Ok(image.clone())
    });
    let image = deleted.unwrap_or_else(|| Err(missing()))?;
    // Only bytes that the record knows of go: what a dead worker left behind stays.
    if let Some(store) = &image.store {
        let file = shared.registry.store(store).join(id);
        remove_if_there(&file).map_err(|_| Failure::internal())?;
    }
    Ok(http::done())
}

/// `POST /v2/images/{id}/actions/deactivate` and `…/reactivate`.
pub(crate) fn act(
    shared: &Shared,
    person: &Person,
    id: &str,
    action: &str,
) -> Result<Answer, Failure> {
    let target = match action {
        "deactivate" => Status::Deactivated,
        "reactivate" => Status::Active,
        _ => return Err(Failure::no_resource()),
    };
    let done = shared.registry.change(id, |image| {
        check_mutable(image, person, action)?;
        if !matches!(image.status, Status::Active | Status::Deactivated) {
            let status = image.status.name();
            return Err(Failure::forbidden(format!(
                "Not allowed to {action} image in status '{status}'"
            )));
        }
        image.status = target;
        Ok(())
    });
    done.unwrap_or_else(|| Err(Failure::no_image(id)))?;
    Ok(http::done())
}

/// `PUT /v2/images/{id}/tags/{tag}`.
pub(crate) fn add_tag(
    shared: &Shared,
    person: &Person,
    id: &str,
    tag: &str,
) -> Result<Answer, Failure> {
    change_tags(shared, person, id, |tags| {
        schema::validate("tags", &Value::from(vec![tag]))?;
        schema::refuse_four_byte_tag(tag)?;
        tags.insert(tag.to_owned());
        schema::refuse_over_quota("tags", tags.len())
    })
}

/// `DELETE /v2/images/{id}/tags/{tag}`.
pub(crate) fn remove_tag(
    shared: &Shared,
    person: &Person,
    id: &str,
    tag: &str,
) -> Result<Answer, Failure> {
    change_tags(shared, person, id, |tags| {
        let was_there = tags.remove(tag);
        was_there.then_some(()).ok_or_else(Failure::no_resource)
    })
}

fn change_tags(
    shared: &Shared,
    person: &Person,
    id: &str,
    change: impl FnOnce(&mut BTreeSet<String>) -> Result<(), Failure>,
) -> Result<Answer, Failure> {
    let missing = || Failure::not_found(format!("Image {id} not found."));
    let changed = shared.registry.change(id, |image| {
        if !is_there(image, person) {
            return Err(missing());
        }
        check_mutable(image, person, "modify_image")?;
        change(&mut image.tags)
    });
    changed.unwrap_or_else(|| Err(missing()))?;
    Ok(http::done())
}

/// 404 for an image that the person can't see, 403 for one that is not theirs.
pub(crate) fn check_mutable(image: &Image, person: &Person, action: &str) -> Result<(), Failure> {
    if !is_there(image, person) {
        return Err(Failure::no_image(&image.id));
    }
    if !image.is_mutable_by(person) {
        return Err(Failure::policy(action));
    }
    Ok(())
}

/// Whether there is such an image for this person.
pub(crate) fn is_there(image: &Image, person: &Person) -> bool {
    image.status != Status::Deleted && image.is_visible_to(person)
}

/// A JSON body; Glance takes objects and lists.
pub(crate) fn json_body(body: &[u8]) -> Result<Value, Failure> {
    if body.is_empty() {
        return Err(Failure::bad_request("Body expected in request."));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| Failure::bad_request("Malformed JSON in request body."))?;
    if !value.is_object() && !value.is_array() {
        return Err(Failure::bad_request(
            "Unexpected body type. Expected list/dict.",
        ));
    }
    Ok(value)
}
