//! A server as Nova shows it, about as large as a real one.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fleet::{Origin, Phase, Server};
use super::inquiry::Inquiry;
use crate::cloud::control::timeline::Place;
use crate::cloud::glance::image::time;
use crate::cloud::microversion::Microversion;
use crate::cloud::paging::Link;

/// From here on a flavor is shown whole instead of linked.
const EMBEDS_FLAVORS: Microversion = Microversion(2, 47);

/// From here on an image is shown with its properties.
const SHOWS_IMAGE_PROPERTIES: Microversion = Microversion(2, 98);

/// How much of a server is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Full,
    Index,
}

impl Detail {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Full => "/servers/detail",
            Self::Index => "/servers",
        }
    }

    pub(crate) fn all_tenants_policy(self) -> &'static str {
        match self {
            Self::Full => "os_compute_api:servers:detail:get_all_tenants",
            Self::Index => "os_compute_api:servers:index:get_all_tenants",
        }
    }
}

impl Phase {
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Failed => "ERROR",
            Self::Shelved => "SHELVED_OFFLOADED",
            Self::SoftDeleted => "SOFT_DELETED",
        }
    }

    fn vm_state(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failed => "error",
            Self::Shelved => "shelved_offloaded",
            Self::SoftDeleted => "soft-delete",
        }
    }
}

/// One server of a list.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Entry<'a> {
    Full(Box<FullView<'a>>),
    Index {
        id: Uuid,
        name: String,
        links: [Link; 2],
    },
    Unknown {
        id: Uuid,
        status: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tenant_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        created: Option<String>,
        links: [Link; 2],
    },
}

/// A server in `…/detail`.
#[derive(Serialize)]
pub(crate) struct FullView<'a> {
    id: Uuid,
    name: String,
    status: &'static str,
    tenant_id: &'a str,
    user_id: &'static str,
    created: String,
    updated: String,
    image: ImageView,
    #[serde(rename = "OS-EXT-STS:vm_state")]
    vm_state: &'static str,
    #[serde(rename = "OS-EXT-STS:power_state")]
    power_state: u8,
    #[serde(rename = "os-extended-volumes:volumes_attached")]
    volumes: Vec<AttachedView>,
    #[serde(
        rename = "OS-EXT-SRV-ATTR:host",
        skip_serializing_if = "Option::is_none"
    )]
    host: Option<&'a str>,
    links: [Link; 2],
    /// What is the same for all of them.
    #[serde(flatten)]
    rest: &'a Value,
}

/// Nova writes an empty string for the image of a server that runs from a volume.
#[derive(Serialize)]
#[serde(untagged)]
enum ImageView {
    Image {
        id: Uuid,
        links: [Link; 1],
        #[serde(skip_serializing_if = "Option::is_none")]
        properties: Option<Value>,
    },
    None(&'static str),
}

#[derive(Serialize)]
struct AttachedView {
    id: Uuid,
    delete_on_termination: bool,
}

/// Makes the entries of one page.
pub(crate) struct Views<'a> {
    detail: Detail,
    url: &'a str,
    is_admin: bool,
    shows_image_properties: bool,
    rest: Value,
}

impl<'a> Views<'a> {
    pub(crate) fn new(inquiry: &Inquiry<'a>, detail: Detail) -> Self {
        Self {
            detail,
            url: inquiry.url,
            is_admin: inquiry.person.is_admin(),
            shows_image_properties: inquiry.version >= SHOWS_IMAGE_PROPERTIES,
            rest: rest(inquiry),
        }
    }

    /// A server in a cell that is up.
    pub(crate) fn known<'b>(&'b self, place: Place, server: &'b Server) -> Entry<'b> {
        let id = place.id;
        let name = format!("server-{}", server.number);
        let links = self.links("servers", id);
        if self.detail == Detail::Index {
            return Entry::Index { id, name, links };
        }
        let (image, volumes) = match server.origin {
            Origin::Image(image) => (self.image(image), Vec::new()),
            Origin::Volume(id) => {
                let attached = AttachedView {
                    id,
                    delete_on_termination: false,
                };
                (ImageView::None(""), vec![attached])
            }
        };
        Entry::Full(Box::new(FullView {
            id,
            name,
            status: server.phase.status(),
            tenant_id: &server.project,
            user_id: "5d8a3ae2f7f54a1aa27d1e0ad0e8ab2d",
            created: time(place.created_at),
            updated: time(server.updated_at),
            image,
            vm_state: server.phase.vm_state(),
            power_state: match server.phase {
                Phase::Active => 1,
                Phase::Failed => 0,
                Phase::Shelved | Phase::SoftDeleted => 4,
            },
            volumes,
            host: self.is_admin.then_some(server.cell.as_ref()),
            links,
            rest: &self.rest,
        }))
    }

    /// A server in a cell that is down: Nova knows little of it.
    pub(crate) fn unknown<'b>(&self, place: Place, server: &'b Server) -> Entry<'b> {
        let is_full = self.detail == Detail::Full;
        Entry::Unknown {
            id: place.id,
            status: "UNKNOWN",
            tenant_id: is_full.then_some(&*server.project),
            created: is_full.then(|| time(place.created_at)),
            links: self.links("servers", place.id),
        }
    }

    fn image(&self, id: Uuid) -> ImageView {
        let [_, bookmark] = self.links("images", id);
        ImageView::Image {
            id,
            links: [bookmark],
            properties: self.shows_image_properties.then(|| json!({})),
        }
    }

    fn links(&self, kind: &str, id: Uuid) -> [Link; 2] {
        let root = self.url.replacen("/v2.1", "", 1);
        [("self", self.url), ("bookmark", root.as_str())].map(|(rel, base)| Link {
            rel,
            href: format!("{base}/{kind}/{id}"),
        })
    }
}

fn rest(inquiry: &Inquiry<'_>) -> Value {
    let flavor = if inquiry.version >= EMBEDS_FLAVORS {
        json!({
            "original_name": "SCS-2V-8-20", "vcpus": 2, "ram": 8192, "disk": 20, "ephemeral": 0,
            "swap": 0,
            "extra_specs": { "scs:name-v1": "SCS-2V:8:20", "scs:name-v2": "SCS-2V-8-20" },
        })
    } else {
        json!({ "id": "e3b0c442-98fc-4c14-9afb-f4c8996fb924", "links": [] })
    };
    json!({
        "metadata": { "purpose": "a server of the embedded cloud" },
        "hostId": "8c1a5ab1c1b7c2b9b5a0d0a7a1f5f1b3e5d7c9f1a3b5d7e9f1c3a5b7",
        "flavor": flavor,
        "addresses": {
            "private": [
                {
                    "version": 4, "addr": "10.0.0.17", "OS-EXT-IPS:type": "fixed",
                    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:5a:1b:c3",
                },
                {
                    "version": 4, "addr": "203.0.113.17", "OS-EXT-IPS:type": "floating",
                    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:5a:1b:c3",
                },
            ],
        },
        "accessIPv4": "",
        "accessIPv6": "",
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-STS:task_state": null,
        "OS-SRV-USG:launched_at": null,
        "OS-SRV-USG:terminated_at": null,
        "config_drive": "",
        "description": null,
        "host_status": "UP",
        "key_name": "operator",
        "locked": false,
        "progress": 0,
        "security_groups": [{ "name": "default" }, { "name": "ssh-from-anywhere" }],
        "server_groups": [],
        "tags": [],
        "trusted_image_certificates": null,
    })
}
