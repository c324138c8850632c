//! The image schema: what a property may hold, and what Glance says when it doesn't.

use serde_json::{Map, Value, json};

use crate::cloud::errors::Failure;

/// Changed by Glance only.
pub(crate) const READ_ONLY: [&str; 13] = [
    "created_at",
    "updated_at",
    "status",
    "checksum",
    "size",
    "virtual_size",
    "direct_url",
    "self",
    "file",
    "schema",
    "id",
    "os_hash_algo",
    "os_hash_value",
];

/// Names that no client may use.
const RESERVED: [&str; 3] = ["location", "deleted", "deleted_at"];
const RESERVED_PREFIX: &str = "os_glance_";

/// What a site may put on one image: `image_property_quota` and `image_tag_quota`.
const QUOTA: usize = 128;

const STATUSES: [&str; 9] = [
    "queued",
    "saving",
    "active",
    "killed",
    "deleted",
    "uploading",
    "importing",
    "pending_delete",
    "deactivated",
];
const VISIBILITIES: [&str; 4] = ["community", "public", "private", "shared"];
const CONTAINER_FORMATS: [&str; 8] = [
    "ami",
    "ari",
    "aki",
    "bare",
    "ovf",
    "ova",
    "docker",
    "compressed",
];
const DISK_FORMATS: [&str; 11] = [
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop",
];

/// Whether the name is reserved for Glance itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with(RESERVED_PREFIX)
}

/// Checks one property against the schema: its type, its length, its vocabulary.
pub(crate) fn validate(name: &str, value: &Value) -> Result<(), Failure> {
    let complaint = match name {
        "name" | "owner" | "checksum" | "os_hash_algo" | "os_hash_value" => {
            let limit = match name {
                "checksum" => 32,
                "os_hash_algo" => 64,
                "os_hash_value" => 128,
                _ => 255,
            };
            text(value, limit, true)
        }
        "disk_format" => one_of(value, &DISK_FORMATS, true),
        "container_format" => one_of(value, &CONTAINER_FORMATS, true),
        "status" => one_of(value, &STATUSES, false),
        "visibility" => one_of(value, &VISIBILITIES, false),
        "protected" | "os_hidden" => typed(value, value.is_boolean(), "'boolean'"),
        "min_disk" | "min_ram" => typed(value, is_integer(value), "'integer'"),
        "size" | "virtual_size" => typed(
            value,
            value.is_null() || is_integer(value),
            "'null', 'integer'",
        ),
        "tags" => tags(value),
        "id" => identifier(value),
        "locations" => typed(value, value.is_array(), "'array'"),
        _ => typed(value, value.is_string(), "'string'"),
    };
    match complaint {
        Some(complaint) => Err(Failure::bad_request(format!(
            "Provided object does not match schema 'image': {complaint}"
        ))),
        None => Ok(()),
    }
}

/// `min_disk` and `min_ram` are integers for the schema; only later Glance finds them negative.
pub(crate) fn refuse_negative(name: &str, value: i64) -> Result<(), Failure> {
    if value >= 0 {
        return Ok(());
    }
    Err(Failure::bad_request(format!(
        "Invalid value '{value}' for parameter '{name}': Cannot be a negative value"
    )))
}

/// Glance's database of old kept no character outside the basic plane.
pub(crate) fn refuse_four_byte_name(name: &str) -> Result<(), Failure> {
    refuse_four_bytes(name, || {
        "Property names can't contain 4 byte unicode.".to_owned()
    })
}

/// The same for a value; the message names the property, with a capital.
pub(crate) fn refuse_four_byte_value(name: &str, value: &str) -> Result<(), Failure> {
    refuse_four_bytes(value, || {
        let mut letters = name.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        let rest = letters.as_str().to_lowercase();
        format!("{first}{rest} can't contain 4 byte unicode characters.")
    })
}

/// The same for a tag.
pub(crate) fn refuse_four_byte_tag(tag: &str) -> Result<(), Failure> {
    refuse_four_bytes(tag, || {
        "Param values can't contain 4 byte unicode.".to_owned()
    })
}

fn refuse_four_bytes(text: &str, message: impl FnOnce() -> String) -> Result<(), Failure> {
    if text.chars().all(|character| character.len_utf8() < 4) {
        return Ok(());
    }
    Err(Failure::bad_request(message()))
}

/// Refuses more properties or tags than a site allows.
pub(crate) fn refuse_over_quota(what: &str, count: usize) -> Result<(), Failure> {
    if count <= QUOTA {
        return Ok(());
    }
    Err(Failure::too_large(format!(
        "The limit has been exceeded on the number of allowed image {what}. Attempted: {count}, \
         Maximum: {QUOTA}"
    )))
}

/// What `GET /v2/schemas/image` shows, without the descriptions.
pub(crate) fn image_schema() -> Value {
    let text = |limit: usize| json!({ "type": ["null", "string"], "maxLength": limit });
    let vocabulary = |words: &[&str]| {
        let words: Vec<Value> = std::iter::once(Value::Null)
            .chain(words.iter().map(|&word| Value::from(word)))
            .collect();
        json!({ "type": ["null", "string"], "enum": words })
    };
    let mut properties = json!({
        "id": { "type": "string", "pattern": ID_PATTERN },
        "name": text(255),
        "status": { "type": "string", "enum": STATUSES },
        "visibility": { "type": "string", "enum": VISIBILITIES },
        "protected": { "type": "boolean" },
        "os_hidden": { "type": "boolean" },
        "checksum": text(32),
        "os_hash_algo": text(64),
        "os_hash_value": text(128),
        "owner": text(255),
        "size": { "type": ["null", "integer"] },
        "virtual_size": { "type": ["null", "integer"] },
        "container_format": vocabulary(&CONTAINER_FORMATS),
        "disk_format": vocabulary(&DISK_FORMATS),
        "created_at": { "type": "string" },
        "updated_at": { "type": "string" },
        "tags": { "type": "array", "items": { "type": "string", "maxLength": 255 } },
        "direct_url": { "type": "string" },
        "min_ram": { "type": "integer" },
        "min_disk": { "type": "integer" },
        "self": { "type": "string" },
        "file": { "type": "string" },
        "stores": { "type": "string", "readOnly": true },
        "schema": { "type": "string" },
        "locations": { "type": "array" },
    });
    if let Value::Object(properties) = &mut properties {
        mark_read_only(properties);
    }
    json!({
        "name": "image",
        "properties": properties,
        "additionalProperties": { "type": "string" },
        "links": [
            { "rel": "self", "href": "{self}" },
            { "rel": "enclosure", "href": "{file}" },
            { "rel": "describedby", "href": "{schema}" },
        ],
    })
}

fn mark_read_only(properties: &mut Map<String, Value>) {
    for name in READ_ONLY.iter().filter(|&&name| name != "id") {
        if let Some(property) = properties.get_mut(*name) {
            property["readOnly"] = json!(true);
        }
    }
}

const ID_PATTERN: &str =
    "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";

fn identifier(value: &Value) -> Option<String> {
    let Some(id) = value.as_str() else {
        return typed(value, false, "'string'");
    };
    let groups: Vec<&str> = id.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let matches = lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(is_hex);
    (!matches).then(|| format!("'{id}' does not match '{ID_PATTERN}'"))
}

fn tags(value: &Value) -> Option<String> {
    let Some(tags) = value.as_array() else {
        return typed(value, false, "'array'");
    };
    tags.iter().find_map(|tag| text(tag, 255, false))
}

fn text(value: &Value, limit: usize, nullable: bool) -> Option<String> {
    if value.is_null() && nullable {
        return None;
    }
    let Some(text) = value.as_str() else {
        let types = if nullable {
            "'null', 'string'"
        } else {
            "'string'"
        };
        return typed(value, false, types);
    };
    (text.chars().count() > limit).then(|| format!("'{text}' is too long"))
}

fn one_of(value: &Value, words: &[&str], nullable: bool) -> Option<String> {
    if value.is_null() && nullable {
        return None;
    }
    let Some(word) = value.as_str() else {
        return typed(value, false, string_types(nullable));
    };
    if words.contains(&word) {
        return None;
    }
    let none = nullable.then(|| "None".to_owned());
    let words = words.iter().map(|word| format!("'{word}'"));
    let words: Vec<String> = none.into_iter().chain(words).collect();
    Some(format!(
        "{} is not one of [{}]",
        repr(value),
        words.join(", ")
    ))
}

fn string_types(nullable: bool) -> &'static str {
    if nullable {
        "'null', 'string'"
    } else {
        "'string'"
    }
}

fn typed(value: &Value, holds: bool, types: &str) -> Option<String> {
    (!holds).then(|| format!("{} is not of type {types}", repr(value)))
}

/// As in JSON Schema: 5.0 is an integer, too.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A value as Python writes it.
fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) if text.contains('\'') => format!("\"{text}\""),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("'{name}': {}", repr(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Number(number) => number.to_string(),
    }
}
