//! Volumes and snapshots as Cinder shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::inquiry::Inquiry;
use super::state::{Snapshot, Volume};
use crate::cloud::control::timeline::Place;

/// The status of what nobody uses.
pub(crate) const AVAILABLE: &str = "available";

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Full,
    Index,
}

impl Detail {
    /// What stands behind the kind in the path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Full => "/detail",
            Self::Index => "",
        }
    }
}

/// The status of a volume.
pub(crate) fn status(volume: &Volume) -> &'static str {
    match volume.server {
        Some(_) => "in-use",
        None => AVAILABLE,
    }
}

pub(crate) fn volume(
    inquiry: &Inquiry<'_>,
    detail: Detail,
    place: Place,
    volume: &Volume,
) -> Value {
    let id = place.id;
    let url = &inquiry.url;
    let links = json!([{ "rel": "self", "href": format!("{url}/volumes/{id}") }]);
    if detail == Detail::Index {
        return json!({ "id": id, "name": "", "links": links });
    }
    let created = time(place.created_at);
    let attachments: Vec<Value> = volume
        .server
        .iter()
        .map(|server| {
            json!({
                "id": id, "volume_id": id, "attachment_id": id, "server_id": server,
                "device": "/dev/vda", "host_name": null, "attached_at": created,
            })
        })
        .collect();
    let mut view = json!({
        "id": id,
        "name": "",
        "description": null,
        "status": status(volume),
        "size": 20,
        "bootable": volume.image.is_some().to_string(),
        "encrypted": false,
        "multiattach": false,
        "attachments": attachments,
        "availability_zone": "nova",
        "consistencygroup_id": null,
        "created_at": created,
        "updated_at": created,
        "metadata": {},
        "replication_status": null,
        "snapshot_id": null,
        "source_volid": null,
        "user_id": "5d8a3ae2f7f54a1aa27d1e0ad0e8ab2d",
        "volume_type": "ceph",
        "links": links,
    });
    if let Some(image) = &volume.image {
        view["volume_image_metadata"] = json!(image);
    }
    view["os-vol-tenant-attr:tenant_id"] = json!(*volume.project);
    if inquiry.person.is_admin() {
        view["os-vol-host-attr:host"] = json!("ceph@rbd#ceph");
        view["os-vol-mig-status-attr:migstat"] = Value::Null;
        view["os-vol-mig-status-attr:name_id"] = Value::Null;
    }
    view
}

pub(crate) fn snapshot(
    _inquiry: &Inquiry<'_>,
    detail: Detail,
    place: Place,
    snapshot: &Snapshot,
) -> Value {
    let created = time(place.created_at);
    let mut view = json!({
        "id": place.id,
        "name": "",
        "description": null,
        "volume_id": snapshot.volume,
        "status": AVAILABLE,
        "size": 20,
        "created_at": created,
        "updated_at": created,
        "metadata": {},
    });
    if detail == Detail::Full {
        view["os-extended-snapshot-attributes:project_id"] = json!(*snapshot.project);
        view["os-extended-snapshot-attributes:progress"] = json!("100%");
    }
    view
}

/// Cinder's times are UTC, with microseconds and without a zone.
fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}
