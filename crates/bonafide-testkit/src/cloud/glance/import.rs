//! Images that were there before anybody looked: described, not uploaded.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::image::{Image, Member, STORES, Status};
use super::images::assign;
use super::schema;

/// What an image has of itself, or of its place; nobody can say it.
const OWN: [&str; 5] = ["file", "schema", "self", "stores", "direct_url"];

/// Reads an image as the Image API shows it; the error says what is wrong with it.
pub(crate) fn parse(value: &Value, now: Timestamp, algorithm: &str) -> Result<Image, String> {
    let Value::Object(attributes) = value else {
        return Err("an image is a JSON object".to_owned());
    };
    let id = text(attributes, "id").map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let created_at = time(attributes, "created_at")?.unwrap_or(now);
    let mut image = Image::queued(id, None, created_at);
    image.updated_at = time(attributes, "updated_at")?.unwrap_or(created_at);
    image.disk_format = Some("qcow2".to_owned());
    image.container_format = Some("bare".to_owned());
    for (name, value) in attributes {
        let is_own = OWN.contains(&name.as_str());
        if is_own || matches!(name.as_str(), "members" | "created_at" | "updated_at") {
            continue;
        }
        schema::validate(name, value).map_err(|_| wrong(name, value))?;
        match name.as_str() {
            "id" | "status" | "os_hash_algo" => {}
            "size" => image.size = value.as_u64(),
            "virtual_size" => image.virtual_size = value.as_u64(),
            "checksum" => image.checksum = text(attributes, name).map(str::to_owned),
            "os_hash_value" => image.os_hash_value = text(attributes, name).map(str::to_owned),
            _ => assign(&mut image, name, value).map_err(|_| wrong(name, value))?,
        }
    }
    image.os_hash_algo = image.os_hash_value.as_ref().map(|_| {
        let named = text(attributes, "os_hash_algo");
        named.unwrap_or(algorithm).to_owned()
    });
    image.status = match text(attributes, "status") {
        None | Some("active") => Status::Active,
        Some("deactivated") => Status::Deactivated,
        Some("queued") => Status::Queued,
        Some(other) => return Err(format!("`status` `{other}`: nothing is adopted like that")),
    };
    if image.status != Status::Queued {
        image.store = Some(STORES[0].to_owned());
        image.size = image.size.or(Some(0));
    }
    let members = attributes.get("members").and_then(Value::as_array);
    let members = members.into_iter().flatten();
    image.members = members
        .map(|value| member(value, created_at))
        .collect::<Result<_, _>>()?;
    Ok(image)
}

fn member(value: &Value, now: Timestamp) -> Result<Member, String> {
    let status = value.get("status").map_or(Some("accepted"), Value::as_str);
    let status = status.filter(|status| matches!(*status, "pending" | "accepted" | "rejected"));
    let project = value.get("member_id").and_then(Value::as_str);
    let (Some(project), Some(status)) = (project, status) else {
        return Err(wrong("members", value));
    };
    Ok(Member {
        project: project.to_owned(),
        status: status.to_owned(),
        created_at: now,
        updated_at: now,
    })
}

fn time(attributes: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(value) = attributes.get(name) else {
        return Ok(None);
    };
    let time = value.as_str().and_then(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| wrong(name, value))
}

fn text<'a>(attributes: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Value::as_str)
}

fn wrong(name: &str, value: &Value) -> String {
    format!("`{name}`: Glance keeps no `{value}` there")
}
