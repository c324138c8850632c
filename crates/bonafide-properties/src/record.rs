//! An image as Glance describes it, of a cloud or of a saved list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

mod read;

/// An image with its attributes and properties, whoever created it.
///
/// Every value may be missing or wrong: the rules check them.
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
    /// Whether lists omit it.
    pub os_hidden: bool,
    /// The id of the project that owns it.
    pub owner: Option<String>,
    /// The size of the data in bytes.
    pub size: Option<u64>,
    /// The size of the virtual disk in bytes.
    pub virtual_size: Option<u64>,
    /// The required disk, in GiB.
    pub min_disk: u64,
    /// The required memory, in MiB.
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
    /// Values of a saved list that should be texts and are not, as JSON.
    pub not_texts: BTreeMap<String, String>,
}

impl ImageRecord {
    /// An active, public image with this name and these properties, and no other values.
    ///
    /// The other attributes are empty or zero; set them as fields. For tests and searches.
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

    /// Whether the image is offered to all projects: public or community, and not hidden.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        !self.os_hidden && matches!(self.visibility.as_str(), "public" | "community")
    }

    /// A property.
    ///
    /// `None` if it is absent. Attributes such as `name` are not properties.
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
