//! What Glance keeps of one image, and how it shows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cloud::keystone::users::Person;

/// Where an image is in its life. A deleted one is kept: its id can't be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Queued,
    Saving,
    Active,
    Deactivated,
    Deleted,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Saving => "saving",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
        }
    }
}

/// Who sees an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    Community,
    Private,
    Public,
    Shared,
}

impl Visibility {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "community" => Some(Self::Community),
            "private" => Some(Self::Private),
            "public" => Some(Self::Public),
            "shared" => Some(Self::Shared),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Private => "private",
            Self::Public => "public",
            Self::Shared => "shared",
        }
    }
}

/// A project that a shared image was offered to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) project: String,
    /// `pending`, `accepted` or `rejected`.
    pub(crate) status: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// The stores, the default one first.
pub(crate) const STORES: [&str; 2] = ["fast", "slow"];

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    /// As the client wrote it: Glance compares ids by case.
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) status: Status,
    pub(crate) visibility: Visibility,
    pub(crate) owner: Option<String>,
    pub(crate) disk_format: Option<String>,
    pub(crate) container_format: Option<String>,
    pub(crate) min_disk: i64,
    pub(crate) min_ram: i64,
    pub(crate) protected: bool,
    pub(crate) os_hidden: bool,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) members: Vec<Member>,
    pub(crate) size: Option<u64>,
    pub(crate) virtual_size: Option<u64>,
    pub(crate) checksum: Option<String>,
    pub(crate) os_hash_algo: Option<String>,
    pub(crate) os_hash_value: Option<String>,
    /// The store that holds the bytes, one of [`STORES`].
    pub(crate) store: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Image {
    /// An image that was just created, with the defaults of Glance.
    pub(crate) fn queued(id: String, owner: Option<String>, now: Timestamp) -> Self {
        Self {
            id,
            name: None,
            status: Status::Queued,
            visibility: Visibility::Shared,
            owner,
            disk_format: None,
            container_format: None,
            min_disk: 0,
            min_ram: 0,
            protected: false,
            os_hidden: false,
            tags: BTreeSet::new(),
            properties: BTreeMap::new(),
            members: Vec::new(),
            size: None,
            virtual_size: None,
            checksum: None,
            os_hash_algo: None,
            os_hash_value: None,
            store: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the image belongs to the person's project.
    pub(crate) fn is_owned_by(&self, person: &Person) -> bool {
        self.owner.as_deref() == Some(person.project_id().as_str())
    }

    /// Whether the person may change it.
    pub(crate) fn is_mutable_by(&self, person: &Person) -> bool {
        person.is_admin() || self.is_owned_by(person)
    }

    /// Whether the person finds it by its id.
    pub(crate) fn is_visible_to(&self, person: &Person) -> bool {
        person.is_admin() || self.is_visible_in(&person.project_id())
    }

    /// Whether a plain member of the project finds it by its id.
    pub(crate) fn is_visible_in(&self, project: &str) -> bool {
        self.owner.as_deref() == Some(project)
            || match self.visibility {
                Visibility::Public | Visibility::Community => true,
                Visibility::Shared => self.member(project).is_some(),
                Visibility::Private => false,
            }
    }

    /// Whether a plain member of the project has it in a list without any filter.
    pub(crate) fn is_listed_in(&self, project: &str) -> bool {
        if self.os_hidden {
            return false;
        }
        self.owner.as_deref() == Some(project)
            || match self.visibility {
                Visibility::Public => true,
                Visibility::Shared => self
                    .member(project)
                    .is_some_and(|member| member.status == "accepted"),
                Visibility::Community | Visibility::Private => false,
            }
    }

    pub(crate) fn member(&self, project: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.project == project)
    }

    /// The image as the Image API shows it.
    pub(crate) fn view(&self) -> Value {
        let mut view: Map<String, Value> = self
            .properties
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let id = &self.id;
        let base = json!({
            "name": self.name,
            "disk_format": self.disk_format,
            "container_format": self.container_format,
            "visibility": self.visibility.name(),
            "size": self.size,
            "virtual_size": self.virtual_size,
            "status": self.status.name(),
            "checksum": self.checksum,
            "protected": self.protected,
            "min_ram": self.min_ram,
            "min_disk": self.min_disk,
            "owner": self.owner,
            "os_hidden": self.os_hidden,
            "os_hash_algo": self.os_hash_algo,
            "os_hash_value": self.os_hash_value,
            "id": id,
            "created_at": time(self.created_at),
            "updated_at": time(self.updated_at),
            "tags": self.tags,
            "self": format!("/v2/images/{id}"),
            "file": format!("/v2/images/{id}/file"),
            "schema": "/v2/schemas/image",
        });
        if let Value::Object(base) = base {
            view.extend(base);
        }
        // Glance hides the bytes' place while nobody may have them.
        let store = self.store.as_ref();
        if let Some(store) = store.filter(|_| self.status != Status::Deactivated) {
            view.insert("stores".to_owned(), Value::from(store.as_str()));
        }
        Value::Object(view)
    }

    /// A member of the image as the Image API shows it.
    pub(crate) fn member_view(&self, member: &Member) -> Value {
        json!({
            "member_id": member.project,
            "image_id": self.id,
            "status": member.status,
            "created_at": time(member.created_at),
            "updated_at": time(member.updated_at),
            "schema": "/v2/schemas/member",
        })
    }
}

/// Glance's times are UTC, in whole seconds.
pub(crate) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
