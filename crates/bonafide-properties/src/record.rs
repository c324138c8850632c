//! An image as Glance describes it, of this cloud or out of a saved list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::extra::ATTRIBUTES;

/// Attributes of the Image API v2 that say nothing of the image itself.
const PASSED_OVER: [&str; 9] = [
    "checksum",
    "direct_url",
    "file",
    "locations",
    "schema",
    "self",
    "store",
    "stores",
    "updated_at",
];

/// An image with its attributes and properties, whoever made it.
///
/// Everything may be missing or wrong: it is what the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageRecord {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `active` if it can be used.
    pub status: String,
    /// `public`, `community`, `shared` or `private`.
    pub visibility: String,
    /// Whether lists leave it out.
    pub os_hidden: bool,
    /// The id of the project that owns it.
    pub owner: Option<String>,
    /// Bytes of the data.
    pub size: Option<u64>,
    /// Bytes of the disk that the data describe.
    pub virtual_size: Option<u64>,
    /// GiB of disk that it needs.
    pub min_disk: u64,
    /// MiB of memory that it needs.
    pub min_ram: u64,
    /// The algorithm of `os_hash_value`.
    pub os_hash_algo: Option<String>,
    /// The digest of the data.
    pub os_hash_value: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was registered, UTC.
    pub created_at: Option<Timestamp>,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// What stands in a saved list where a text should be, as JSON.
    pub not_texts: BTreeMap<String, String>,
}

impl ImageRecord {
    /// An image with these properties that is active and public, and nothing else.
    #[must_use]
    pub fn public(name: impl Into<String>, properties: BTreeMap<String, String>) -> Self {
        Self {
            name: Some(name.into()),
            status: "active".to_owned(),
            visibility: "public".to_owned(),
            properties,
            ..Self::default()
        }
    }

    /// Reads a saved image list: the answer of `GET /v2/images` or of `GET /v2/images/{id}`, an array
    /// of images, or what `openstack image show -f json` prints.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is none of these.
    pub fn from_json(text: &[u8]) -> Result<Vec<Self>, RecordError> {
        let value: Value = serde_json::from_slice(text)?;
        let images = match value {
            Value::Array(images) => images,
            Value::Object(object) if object.get("next").is_some_and(Value::is_string) => {
                return Err(RecordError::OnePage);
            }
            Value::Object(mut object) => match object.remove("images") {
                Some(Value::Array(images)) => images,
                Some(_) => return Err(RecordError::NoImage { index: 0 }),
                None => vec![Value::Object(object)],
            },
            _ => return Err(RecordError::NoImage { index: 0 }),
        };
        let images = images.into_iter().enumerate();
        images
            .map(|(index, image)| match image {
                Value::Object(image) if image.contains_key("ID") => Err(RecordError::Shortened),
                Value::Object(image) if image.contains_key("id") => Ok(Self::read(image)),
                _ => Err(RecordError::NoImage { index }),
            })
            .collect()
    }

    fn read(image: Map<String, Value>) -> Self {
        let mut record = Self::default();
        record.take(image);
        record
    }

    fn take(&mut self, image: Map<String, Value>) {
        let record = self;
        for (name, value) in image {
            match (name.as_str(), value) {
                // The command line client puts some attributes there too, and reads some properties as
                // numbers and booleans, which are texts in Glance.
                ("properties", Value::Object(properties)) => {
                    let as_text = |value: Value| match value {
                        Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
                        value => value,
                    };
                    let attribute = |name: &str| ATTRIBUTES.contains(&name);
                    let texts = properties.into_iter().map(|(name, value)| {
                        let value = if attribute(&name) {
                            value
                        } else {
                            as_text(value)
                        };
                        (name, value)
                    });
                    record.take(texts.collect());
                }
                ("id", value) => record.id = text(value).unwrap_or_default(),
                ("name", value) => record.name = text(value),
                ("status", value) => record.status = text(value).unwrap_or_default(),
                ("visibility", value) => record.visibility = text(value).unwrap_or_default(),
                ("os_hidden", value) => record.os_hidden = value == Value::Bool(true),
                ("owner", value) => record.owner = text(value),
                ("size", value) => record.size = value.as_u64(),
                ("virtual_size", value) => record.virtual_size = value.as_u64(),
                ("min_disk", value) => record.min_disk = value.as_u64().unwrap_or_default(),
                ("min_ram", value) => record.min_ram = value.as_u64().unwrap_or_default(),
                ("os_hash_algo", value) => record.os_hash_algo = text(value),
                ("os_hash_value", value) => record.os_hash_value = text(value),
                ("created_at", value) => {
                    record.created_at = text(value).and_then(|text| text.parse().ok());
                }
                ("tags", Value::Array(tags)) => {
                    record.tags = tags.into_iter().filter_map(text).collect();
                }
                ("container_format" | "disk_format" | "protected" | "tags", _) => {}
                (name, _) if PASSED_OVER.contains(&name) => {}
                (_, value) => record.property(name, value),
            }
        }
    }

    fn property(&mut self, name: String, value: Value) {
        match value {
            // Glance shows a property that its schema knows and nobody set.
            Value::Null => {}
            Value::String(text) => {
                self.properties.insert(name, text);
            }
            other => {
                self.not_texts.insert(name, other.to_string());
            }
        }
    }

    /// Whether the catalogue of the cloud shows it: public or community, and not hidden.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        !self.os_hidden && matches!(self.visibility.as_str(), "public" | "community")
    }

    /// A property.
    #[must_use]
    pub fn get(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(String::as_str)
    }

    /// An attribute or property as text.
    pub(crate) fn shown(&self, name: &str) -> Option<String> {
        match name {
            "name" => self.name.clone(),
            "status" => Some(self.status.clone()),
            "min_disk" => Some(self.min_disk.to_string()),
            "min_ram" => Some(self.min_ram.to_string()),
            "os_hash_algo" => self.os_hash_algo.clone(),
            "os_hash_value" => self.os_hash_value.clone(),
            "tags" => Some(self.tags.join(", ")),
            _ => {
                let property = self.properties.get(name);
                property.or_else(|| self.not_texts.get(name)).cloned()
            }
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Why a saved image list could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not JSON.
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Something else than an image.
    #[error(
        "entry {index} is no image: save the answer of `GET /v2/images`, or what `openstack image \
         show -f json` prints"
    )]
    NoImage {
        /// Its place in the list, counted from 0.
        index: usize,
    },
    /// A list that goes on elsewhere.
    #[error(
        "this is one page of a longer list, and rules hold for all images together: ask for all with \
         `GET /v2/images?limit=1000`, or put the pages into one array"
    )]
    OnePage,
    /// A list that leaves the properties out.
    #[error(
        "this is what `openstack image list` prints, which leaves the properties out: save the answer \
         of `GET /v2/images`"
    )]
    Shortened,
}
