//! What becomes of servers whose cell is down.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::visitor::Visitor;

const VERSION: &str = "compute 2.96";

struct Place {
    cloud: EmbeddedCloud,
    admin: Visitor,
    up: Uuid,
    down: Uuid,
}

async fn cloud_with_a_cell_down(page: usize) -> Place {
    let cloud = EmbeddedCloud::builder().compute_page_limit(page);
    let cloud = cloud.start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let up = cloud.boot("p", Uuid::new_v4());
    let down = cloud.boot_in_cell("cell2", "p", Uuid::new_v4());
    cloud.set_cell_up("cell2", false);
    Place {
        cloud,
        admin,
        up,
        down,
    }
}

impl Place {
    async fn servers(&self, path: &str, version: &str) -> Vec<Value> {
        let url = format!("{}{path}", self.cloud.compute_url().unwrap());
        let reply = self.admin.ask(&url, version).await;
        assert_eq!(reply.status, 200);
        reply.json()["servers"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_bare_list_of_today_shows_that_something_is_unknown() {
    let place = cloud_with_a_cell_down(1000).await;
    for version in [VERSION, "compute 2.69"] {
        let servers = place
            .servers("/servers/detail?all_tenants=1", version)
            .await;
        assert_eq!(servers.len(), 2);
        assert_eq!(servers[1]["id"], json!(place.up));
        let unknown = servers[0].as_object().unwrap();
        let keys: Vec<&str> = unknown.keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
        assert_eq!(unknown["id"], json!(place.down));
        assert_eq!(unknown["status"], "UNKNOWN");
        assert_eq!(unknown["tenant_id"], "p");
        assert!(unknown["created"].is_string() && unknown["links"].is_array());
    }
    let brief = place.servers("/servers?all_tenants=1", VERSION).await;
    assert_eq!(brief[0]["status"], "UNKNOWN");

    place.cloud.set_cell_up("cell2", true);
    let servers = place
        .servers("/servers/detail?all_tenants=1", VERSION)
        .await;
    assert!(servers.iter().all(|server| server["status"] == "ACTIVE"));
}

#[tokio::test]
async fn in_every_other_list_its_servers_are_silently_missing() {
    let place = cloud_with_a_cell_down(1000).await;
    let only = json!([place.up]);
    for (query, version) in [
        ("", "compute 2.68"),
        ("", ""),
        ("&limit=10", VERSION),
        ("&sort_key=created_at", VERSION),
        ("&status=ACTIVE", VERSION),
        ("&project_id=p", VERSION),
        ("&deleted=false", VERSION),
        ("&soft_deleted=true", VERSION),
        ("&changes-since=2020-01-01T00:00:00Z", VERSION),
    ] {
        let path = format!("/servers/detail?all_tenants=1{query}");
        let servers = place.servers(&path, version).await;
        let ids: Vec<&Value> = servers.iter().map(|server| &server["id"]).collect();
        assert_eq!(json!(ids), only, "{query} {version}");
    }
    let image = format!("/servers/detail?all_tenants=1&image={}", Uuid::new_v4());
    assert!(place.servers(&image, VERSION).await.is_empty());
    let marker = format!("/servers/detail?all_tenants=1&marker={}", place.up);
    assert!(place.servers(&marker, VERSION).await.is_empty());
}

#[tokio::test]
async fn unknown_servers_come_first_and_are_as_many_as_the_others_leave_room_for() {
    let place = cloud_with_a_cell_down(3).await;
    let newer = place.cloud.boot_in_cell("cell2", "p", Uuid::new_v4());
    let servers = place
        .servers("/servers/detail?all_tenants=1", VERSION)
        .await;
    assert_eq!(servers[0]["id"], json!(place.down));
    assert_eq!(servers[1]["id"], json!(newer));
    let states = async || {
        let servers = place
            .servers("/servers/detail?all_tenants=1", VERSION)
            .await;
        let states = servers.iter().map(|server| server["status"].clone());
        json!(states.collect::<Vec<_>>())
    };
    assert_eq!(states().await, json!(["UNKNOWN", "UNKNOWN", "ACTIVE"]));
    place.cloud.boot("p", Uuid::new_v4());
    assert_eq!(states().await, json!(["UNKNOWN", "ACTIVE", "ACTIVE"]));
    place.cloud.boot("p", Uuid::new_v4());
    assert_eq!(states().await, json!(["ACTIVE", "ACTIVE", "ACTIVE"]));
}

#[tokio::test]
async fn out_of_reach_a_soft_deleted_server_is_like_any_other() {
    let place = cloud_with_a_cell_down(3).await;
    assert!(place.cloud.soft_delete(place.down));
    let servers = place
        .servers("/servers/detail?all_tenants=1", VERSION)
        .await;
    assert_eq!(servers[0]["id"], json!(place.down));
    assert_eq!(servers[0]["status"], "UNKNOWN");
}

#[tokio::test]
async fn a_page_of_unknown_servers_only_leads_nowhere() {
    let place = cloud_with_a_cell_down(1).await;
    place.cloud.delete_server(place.up);
    let url = format!("{}/servers/detail", place.cloud.compute_url().unwrap());
    let reply = place
        .admin
        .ask(&format!("{url}?all_tenants=1"), VERSION)
        .await;
    let next = reply.json()["servers_links"][0]["href"].clone();
    let next = next.as_str().unwrap();
    assert!(next.ends_with(&format!("marker={}", place.down)), "{next}");
    assert_eq!(place.admin.ask(next, VERSION).await.status, 500);
}

#[tokio::test]
async fn a_page_cannot_begin_behind_a_server_that_is_out_of_reach() {
    let place = cloud_with_a_cell_down(2).await;
    let url = format!("{}/servers/detail", place.cloud.compute_url().unwrap());
    let url = format!("{url}?all_tenants=1&marker={}", place.down);
    assert_eq!(place.admin.ask(&url, VERSION).await.status, 500);
}

#[tokio::test]
async fn the_services_show_administrators_which_cell_is_down() {
    let place = cloud_with_a_cell_down(1000).await;
    let url = format!("{}/os-services", place.cloud.compute_url().unwrap());
    let states = async |query: &str, version: &str| {
        let reply = place.admin.ask(&format!("{url}{query}"), version).await;
        let services = reply.json()["services"].as_array().unwrap().clone();
        let states = services
            .iter()
            .map(|service| json!([service["host"], service["status"], service["state"]]));
        json!(states.collect::<Vec<_>>())
    };
    let up = json!(["cell1", "enabled", "up"]);
    let down = json!(["cell2", "UNKNOWN", null]);
    assert_eq!(states("", VERSION).await, json!([up, down]));
    assert_eq!(
        states("?binary=nova-compute", VERSION).await,
        json!([up, down])
    );
    assert_eq!(states("?binary=nova-conductor", VERSION).await, json!([]));
    assert_eq!(states("", "compute 2.68").await, json!([up]));
    place.cloud.set_cell_up("cell0", false);
    assert_eq!(states("", VERSION).await, json!([up, down]));
    let customer = Visitor::log_in(&place.cloud, "customer").await;
    let reply = customer.ask(&url, VERSION).await;
    assert_eq!(reply.status, 403);
    assert!(reply.json()["forbidden"]["message"].is_string());
}
