//! An image as Glance describes it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bonafide_core::is_image_attribute;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// An image as Glance describes it (Image API v2).
///
/// Additional properties are in [`Image::properties`]; everything else is an attribute of the Image
/// API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// Its id, which is never used again.
    pub id: Uuid,
    /// Its name, which need not be unique.
    pub name: Option<String>,
    /// Whether it has data and can be used.
    pub status: Status,
    /// Its visibility.
    pub visibility: Visibility,
    /// The id of the project that owns it.
    pub owner: Option<String>,
    /// The format of its bytes, such as `qcow2`.
    pub disk_format: Option<String>,
    /// The container of its bytes; `bare` if there is none.
    pub container_format: Option<String>,
    /// The size of the data in bytes; `None` without data.
    pub size: Option<u64>,
    /// The size of the virtual disk in bytes, if Glance knows the format.
    pub virtual_size: Option<u64>,
    /// The required disk, in GiB.
    pub min_disk: u64,
    /// The required memory, in MiB.
    pub min_ram: u64,
    /// MD5 of the data, in hexadecimal digits.
    pub checksum: Option<String>,
    /// The algorithm of `os_hash_value`, which the cloud's operator chooses.
    pub os_hash_algo: Option<String>,
    /// The hash of the data, in hexadecimal digits.
    pub os_hash_value: Option<String>,
    /// Whether lists omit it unless they request hidden images.
    pub os_hidden: bool,
    /// Whether it is protected from deletion.
    pub protected: bool,
    /// The ids of the stores that have its data; empty without data, or if the cloud has no choice
    /// of stores.
    pub stores: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was created, UTC.
    pub created_at: Option<Timestamp>,
    /// When it was last changed, UTC.
    pub updated_at: Option<Timestamp>,
    /// Its additional properties. Those with the value null are left out.
    pub properties: BTreeMap<String, String>,
}

/// Whether an image has data and can be used.
///
/// Only an active image can be used by servers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It can be used.
    Active,
    /// An administrator has deactivated it.
    Deactivated,
    /// It is deleted.
    Deleted,
    /// An import is in progress, or was abandoned.
    Importing,
    /// An upload failed and left it unusable.
    Killed,
    /// It will be deleted later.
    PendingDelete,
    /// It waits for its data.
    Queued,
    /// An upload is in progress, or was abandoned.
    Saving,
    /// Data is being staged for an import.
    Uploading,
    /// A status that is unknown here.
    Other(String),
}

impl Status {
    /// The value in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
            Self::Importing => "importing",
            Self::Killed => "killed",
            Self::PendingDelete => "pending_delete",
            Self::Queued => "queued",
            Self::Saving => "saving",
            Self::Uploading => "uploading",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "deactivated" => Self::Deactivated,
            "deleted" => Self::Deleted,
            "importing" => Self::Importing,
            "killed" => Self::Killed,
            "pending_delete" => Self::PendingDelete,
            "queued" => Self::Queued,
            "saving" => Self::Saving,
            "uploading" => Self::Uploading,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// The visibility of an image. The Image API v2 defines exactly these.
///
/// ```
/// use bonafide_glance::Visibility;
///
/// assert_eq!(Visibility::Community.as_str(), "community");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// All projects that request it by its id or request community images.
    Community,
    /// The owner.
    Private,
    /// All projects.
    Public,
    /// The owner and the members.
    Shared,
}

impl Visibility {
    /// The value in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Private => "private",
            Self::Public => "public",
            Self::Shared => "shared",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Deserialize)]
struct Wire {
    id: Uuid,
    name: Option<String>,
    status: Status,
    visibility: Visibility,
    owner: Option<String>,
    disk_format: Option<String>,
    container_format: Option<String>,
    size: Option<u64>,
    virtual_size: Option<u64>,
    min_disk: Option<u64>,
    min_ram: Option<u64>,
    checksum: Option<String>,
    os_hash_algo: Option<String>,
    os_hash_value: Option<String>,
    os_hidden: Option<bool>,
    protected: Option<bool>,
    stores: Option<Value>,
    #[serde(default)]
    tags: Vec<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let time = |text: Option<String>| Timestamp::from_str(&text?).ok();
        let rest = wire.rest.into_iter();
        let properties = rest
            .filter(|(name, _)| !is_image_attribute(name))
            .filter_map(|(name, value)| Some((name, property(value)?)));
        Ok(Self {
            id: wire.id,
            name: wire.name,
            status: wire.status,
            visibility: wire.visibility,
            owner: wire.owner,
            disk_format: wire.disk_format,
            container_format: wire.container_format,
            size: wire.size,
            virtual_size: wire.virtual_size,
            min_disk: wire.min_disk.unwrap_or_default(),
            min_ram: wire.min_ram.unwrap_or_default(),
            checksum: wire.checksum,
            os_hash_algo: wire.os_hash_algo,
            os_hash_value: wire.os_hash_value,
            os_hidden: wire.os_hidden.unwrap_or_default(),
            protected: wire.protected.unwrap_or_default(),
            stores: stores(wire.stores),
            tags: wire.tags,
            created_at: time(wire.created_at),
            updated_at: time(wire.updated_at),
            properties: properties.collect(),
        })
    }
}

/// Glance separates them by commas.
fn stores(value: Option<Value>) -> Vec<String> {
    let text = value.and_then(property).unwrap_or_default();
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(str::to_owned).collect()
}

/// Glance only has texts and null; other values of a plug-in are kept if they are scalars.
fn property(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn image(change: Value) -> Image {
        let mut value = json!({
            "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "name": null, "status": "queued",
            "visibility": "private", "checksum": null, "size": null, "virtual_size": null,
            "min_disk": 0, "min_ram": 0, "os_hidden": false, "protected": false, "tags": ["a"],
            "created_at": "2026-11-23T22:57:11Z", "updated_at": "2026-11-23T22:57:12Z",
            "self": "/v2/images/x", "file": "/v2/images/x/file", "schema": "/v2/schemas/image",
            "stores": "fast", "locations": [], "os_distro": "ubuntu",
        });
        for (key, change) in change.as_object().unwrap() {
            value[key] = change.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_additional_properties_are_properties() {
        let image = image(json!({}));
        assert_eq!(
            image.properties.into_iter().collect::<Vec<_>>(),
            [("os_distro".to_owned(), "ubuntu".to_owned())]
        );
        assert_eq!(
            image.created_at.unwrap().to_string(),
            "2026-11-23T22:57:11Z"
        );
    }

    #[test]
    fn null_and_unknown_attributes_do_no_harm() {
        let image = image(json!({
            "min_disk": null, "gone": null, "list": [1], "flag": true, "created_at": "yesterday",
        }));
        assert_eq!(image.min_disk, 0);
        assert_eq!(image.created_at, None);
        assert_eq!(
            image.properties.get("flag").map(String::as_str),
            Some("true")
        );
        assert_eq!(image.properties.len(), 2);
    }

    #[test]
    fn stores_are_separated_by_commas() {
        assert_eq!(image(json!({})).stores, ["fast"]);
        let two = image(json!({"stores": "fast,slow"}));
        assert_eq!(two.stores, ["fast", "slow"]);
        for none in [json!(""), json!(null), json!(["fast"])] {
            assert!(image(json!({"stores": none})).stores.is_empty());
        }
    }

    #[test]
    fn an_unknown_status_is_kept() {
        let image = image(json!({"status": "frozen"}));
        assert_eq!(image.status, Status::Other("frozen".to_owned()));
        assert_eq!(image.status.to_string(), "frozen");
    }
}
