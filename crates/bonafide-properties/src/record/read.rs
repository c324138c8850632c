//! One image from its JSON, as the Image API or a client writes it.

use bonafide_core::is_image_attribute;
use serde_json::{Map, Value};

use crate::saved::client;
use crate::{ImageRecord, RecordError};

/// Attributes of the Image API v2 that the rules do not use.
const PASSED_OVER: [&str; 12] = [
    "checksum",
    "container_format",
    "direct_url",
    "disk_format",
    "file",
    "locations",
    "protected",
    "schema",
    "self",
    "store",
    "stores",
    "updated_at",
];

impl ImageRecord {
    pub(crate) fn read(image: Map<String, Value>) -> Result<Self, RecordError> {
        let mut record = Self::default();
        record.take(image)?;
        Ok(record)
    }

    fn take(&mut self, image: Map<String, Value>) -> Result<(), RecordError> {
        for (name, value) in image {
            match (name.as_str(), value) {
                ("properties", Value::Object(properties)) => self.take(as_texts(properties))?,
                // `openstack` before version 4.
                ("properties", Value::String(properties)) => {
                    self.take(client::properties(&properties)?)?;
                }
                ("id", value) => self.id = text(value).unwrap_or_default(),
                ("name", value) => self.name = text(value),
                ("status", value) => self.status = text(value).unwrap_or_default(),
                ("visibility", value) => self.visibility = text(value).unwrap_or_default(),
                // The Image API v1 had no other visibilities.
                ("is_public", Value::Bool(public)) => {
                    let visibility = if public { "public" } else { "private" };
                    self.visibility = visibility.to_owned();
                }
                ("deleted", Value::Bool(_)) => {}
                ("os_hidden", value) => self.os_hidden = is_true(&value),
                ("owner", value) => self.owner = text(value),
                ("size", value) => self.size = size("size", value)?,
                ("virtual_size", value) => self.virtual_size = size("virtual_size", value)?,
                ("min_disk", value) => self.min_disk = number(&value).unwrap_or_default(),
                ("min_ram", value) => self.min_ram = number(&value).unwrap_or_default(),
                ("os_hash_algo", value) => self.os_hash_algo = text(value),
                ("os_hash_value", value) => self.os_hash_value = text(value),
                ("created_at", value) => {
                    self.created_at = text(value).and_then(|text| text.parse().ok());
                }
                ("tags", Value::Array(tags)) => {
                    self.tags = tags.into_iter().filter_map(text).collect();
                }
                ("tags", Value::String(tags)) => self.tags = client::tags(&tags),
                ("tags", _) => {}
                (name, _) if PASSED_OVER.contains(&name) => {}
                (_, value) => self.take_property(name, value),
            }
        }
        Ok(())
    }

    fn take_property(&mut self, name: String, value: Value) {
        match value {
            // Glance shows a property of its schema that no user has set.
            Value::Null => {}
            Value::String(text) => {
                self.properties.insert(name, text);
            }
            other => {
                self.not_texts.insert(name, other.to_string());
            }
        }
    }
}

/// `openstack` prints some attributes among the properties, and prints some properties as numbers
/// and booleans, which are texts in Glance.
fn as_texts(properties: Map<String, Value>) -> Map<String, Value> {
    let texts = properties.into_iter().map(|(name, value)| {
        let value = match value {
            Value::Number(_) | Value::Bool(_) if !is_image_attribute(&name) => {
                Value::String(value.to_string())
            }
            value => value,
        };
        (name, value)
    });
    texts.collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A number, or its digits.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        value => value.as_u64(),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        value => *value == Value::Bool(true),
    }
}

/// A size in bytes. A size that is rounded for display would make rules about it wrong.
fn size(attribute: &'static str, value: Value) -> Result<Option<u64>, RecordError> {
    match value {
        Value::String(text) if !matches!(text.as_str(), "" | "None") => {
            let bytes = text.parse();
            bytes.map(Some).map_err(|_| RecordError::Rounded {
                attribute,
                value: text.chars().take(80).collect(),
            })
        }
        value => Ok(value.as_u64()),
    }
}
