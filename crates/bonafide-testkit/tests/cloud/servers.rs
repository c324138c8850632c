//! Nova: what a server can be, and the path to it.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::visitor::Visitor;

const VERSION: &str = "compute 2.96";

async fn ids(visitor: &Visitor, cloud: &EmbeddedCloud, query: &str) -> Vec<Uuid> {
    let url = format!("{}/servers{query}", cloud.compute_url().unwrap());
    let reply = visitor.ask(&url, VERSION).await;
    assert_eq!(reply.status, 200, "{query}");
    reply.ids("servers")
}

#[tokio::test]
async fn a_soft_deleted_server_is_found_by_who_asks_for_such_and_can_be_restored() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let image = Uuid::new_v4();
    let soft = cloud.boot("p", image);
    let active = cloud.boot("p", image);
    assert!(cloud.soft_delete(soft));
    assert!(!cloud.soft_delete(soft));
    let mut both = vec![active, soft];
    both.sort();
    for (query, expected) in [
        ("", vec![active]),
        ("&status=SOFT_DELETED", vec![]),
        ("&status=SOFT_DELETED&soft_deleted=true", vec![soft]),
        ("&status=soft_deleted&deleted=true", vec![soft]),
        ("&deleted=true", vec![soft]),
        ("&deleted=true&soft_deleted=true", vec![soft]),
        ("&soft_deleted=true", both.clone()),
        ("&soft_deleted=false", both),
        ("&soft_deleted=", vec![active]),
        ("&deleted=x", vec![active]),
    ] {
        let mut found = ids(&admin, &cloud, &format!("?all_tenants=1{query}")).await;
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
    let url = format!("{}/servers/detail", cloud.compute_url().unwrap());
    let query = "all_tenants=1&status=SOFT_DELETED&soft_deleted=true";
    let reply = admin.ask(&format!("{url}?{query}"), VERSION).await;
    let seen = &reply.json()["servers"][0];
    assert_eq!(seen["status"], "SOFT_DELETED");
    assert_eq!(seen["OS-EXT-STS:vm_state"], "soft-delete");
    assert_eq!(seen["image"]["id"], json!(image));

    assert!(cloud.restore(soft));
    assert!(!cloud.restore(soft) && !cloud.restore(Uuid::new_v4()));
    assert_eq!(ids(&admin, &cloud, "?all_tenants=1").await.len(), 2);
    assert!(cloud.soft_delete(soft) && cloud.delete_server(soft));
    assert!(!cloud.restore(soft));
    let gone = "?all_tenants=1&soft_deleted=true";
    assert_eq!(ids(&admin, &cloud, gone).await, [active]);
}

#[tokio::test]
async fn to_others_than_administrators_the_wish_for_soft_deleted_servers_is_passed_over() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let customer = Visitor::log_in(&cloud, "customer").await;
    let project = cloud.project_id("customer").unwrap();
    let soft = cloud.boot(&project, Uuid::new_v4());
    cloud.soft_delete(soft);
    for query in ["?soft_deleted=true", "?deleted=true"] {
        assert!(ids(&customer, &cloud, query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_server_that_failed_is_in_error() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let server = cloud.boot("p", Uuid::new_v4());
    assert!(cloud.fail_server(server) && !cloud.fail_server(Uuid::new_v4()));
    let query = "?all_tenants=1&status=error";
    assert_eq!(ids(&admin, &cloud, query).await, [server]);
}

#[tokio::test]
async fn the_own_project_in_the_path_is_in_the_links_as_well() {
    let cloud = EmbeddedCloud::builder().compute_page_limit(1);
    let cloud = cloud.start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let server = cloud.boot("p", Uuid::new_v4());
    let compute = cloud.compute_url().unwrap();
    let own = cloud.project_id("admin").unwrap();
    let url = format!("{compute}/{own}/servers?all_tenants=1");
    let body: Value = admin.ask(&url, VERSION).await.json();
    let next = format!("{compute}/{own}/servers?all_tenants=1&marker={server}");
    assert_eq!(body["servers_links"][0]["href"], next);
    let links = &body["servers"][0]["links"];
    assert_eq!(
        links[0]["href"],
        format!("{compute}/{own}/servers/{server}")
    );
    let root = compute.trim_end_matches("/v2.1");
    assert_eq!(links[1]["href"], format!("{root}/{own}/servers/{server}"));
}

#[tokio::test]
async fn a_refusal_says_the_version_that_was_wanted_and_an_unknown_path_says_none() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let compute = cloud.compute_url().unwrap().to_owned();
    let project = cloud.project_id("admin").unwrap();
    let storage = format!("{}/{project}", cloud.block_storage_url().unwrap());
    for (url, version, status, said) in [
        (
            format!("{compute}/servers"),
            "compute 2.999",
            406,
            Some("compute 2.999"),
        ),
        (format!("{compute}/servers"), "compute x", 400, None),
        (format!("{compute}/nonsense"), VERSION, 404, None),
        (
            format!("{storage}/volumes"),
            "volume 3.999",
            406,
            Some("volume 3.999"),
        ),
        (format!("{storage}/volumes"), "volume x", 400, None),
        (format!("{storage}/nonsense"), "volume 3.71", 404, None),
    ] {
        let reply = admin.ask(&url, version).await;
        assert_eq!(reply.status, status, "{url} {version}");
        assert_eq!(
            reply.header("openstack-api-version"),
            said,
            "{url} {version}"
        );
        assert!(reply.header("x-openstack-request-id").is_some());
        match status {
            404 => assert_eq!(
                reply.header("content-type"),
                Some("text/html; charset=UTF-8")
            ),
            406 => assert_eq!(reply.json()["computeFault"]["code"], 406),
            _ => assert_eq!(reply.json()["badRequest"]["code"], 400),
        }
    }
}
