//! Cinder: volumes and snapshots.

use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::visitor::{Visitor, client, send};

const VERSION: &str = "volume 3.71";

async fn cloud_and_admin() -> (EmbeddedCloud, Visitor) {
    let cloud = EmbeddedCloud::builder().block_storage_page_limit(2);
    let cloud = cloud.start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    (cloud, admin)
}

/// A URL below that which the catalog has for the project of the name.
fn url(cloud: &EmbeddedCloud, name: &str, rest: &str) -> String {
    let project = cloud.project_id(name).unwrap();
    format!("{}/{project}{rest}", cloud.block_storage_url().unwrap())
}

#[tokio::test]
async fn a_volume_has_its_image_and_project_and_for_administrators_its_host() {
    let (cloud, admin) = cloud_and_admin().await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let image = publisher.create_raw("Ubuntu").await;
    let own = cloud.project_id("publisher").unwrap();
    let volume = cloud.create_volume(&own, Some(image));
    let all = url(&cloud, "admin", "/volumes/detail?all_tenants=1");
    let reply = admin.ask(&all, VERSION).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("openstack-api-version"), Some(VERSION));
    let seen = &reply.json()["volumes"][0];
    assert_eq!(seen["id"], json!(volume));
    assert_eq!(seen["volume_image_metadata"]["image_id"], json!(image));
    assert_eq!(seen["volume_image_metadata"]["image_name"], "Ubuntu");
    assert_eq!(seen["os-vol-tenant-attr:tenant_id"], json!(own));
    assert!(seen["os-vol-host-attr:host"].is_string());

    let list = url(&cloud, "publisher", "/volumes/detail");
    let seen = &publisher.ask(&list, VERSION).await.json()["volumes"][0];
    assert_eq!(seen["volume_image_metadata"]["image_id"], json!(image));
    assert_eq!(seen["os-vol-tenant-attr:tenant_id"], json!(own));
    assert_eq!(seen.get("os-vol-host-attr:host"), None);

    let empty = cloud.create_volume("p", None);
    let volumes = admin.ask(&all, VERSION).await.json()["volumes"].clone();
    let mut volumes = volumes.as_array().unwrap().iter();
    let seen = volumes.find(|volume| volume["id"] == json!(empty)).unwrap();
    assert_eq!(seen.get("volume_image_metadata"), None);
}

#[tokio::test]
async fn a_volume_remembers_its_image_when_that_is_gone() {
    let (cloud, admin) = cloud_and_admin().await;
    let image = admin.create_raw("Ubuntu").await;
    cloud.create_volume("p", Some(image));
    assert_eq!(
        admin.delete(&format!("/v2/images/{image}")).await.status,
        204
    );
    let all = url(&cloud, "admin", "/volumes/detail?all_tenants=1");
    let seen = &admin.ask(&all, VERSION).await.json()["volumes"][0];
    assert_eq!(seen["volume_image_metadata"]["image_name"], "Ubuntu");
}

#[tokio::test]
async fn the_volumes_of_all_are_silently_kept_from_others() {
    let (cloud, admin) = cloud_and_admin().await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let own = cloud.create_volume(&cloud.project_id("customer").unwrap(), None);
    let foreign = cloud.create_volume("p", None);
    let snapshots = [own, foreign].map(|volume| cloud.snapshot_volume(volume).unwrap());
    for path in ["/volumes/detail", "/volumes"] {
        let all = format!("{path}?all_tenants=1");
        let reply = customer.ask(&url(&cloud, "customer", &all), VERSION).await;
        assert_eq!((reply.status, reply.ids("volumes")), (200, vec![own]));
        let reply = admin.ask(&url(&cloud, "admin", &all), VERSION).await;
        assert_eq!(reply.ids("volumes").len(), 2);
        let reply = admin.ask(&url(&cloud, "admin", path), VERSION).await;
        assert!(reply.ids("volumes").is_empty());
    }
    let path = "/snapshots/detail?all_tenants=1";
    let reply = customer.ask(&url(&cloud, "customer", path), VERSION).await;
    assert_eq!(reply.ids("snapshots"), [snapshots[0]]);
    let reply = admin.ask(&url(&cloud, "admin", path), VERSION).await;
    let body = reply.json();
    let mut seen = body["snapshots"].as_array().unwrap().iter();
    let seen = seen
        .find(|snapshot| snapshot["id"] == json!(snapshots[1]))
        .unwrap();
    assert_eq!(seen["volume_id"], json!(foreign));
    assert_eq!(seen["os-extended-snapshot-attributes:project_id"], "p");
}

#[tokio::test]
async fn volumes_and_snapshots_come_in_pages() {
    let (cloud, admin) = cloud_and_admin().await;
    for _ in 0..3 {
        cloud
            .snapshot_volume(cloud.create_volume("p", None))
            .unwrap();
    }
    for kind in ["volumes", "snapshots"] {
        let path = format!("/{kind}/detail?all_tenants=1");
        let first = admin.ask(&url(&cloud, "admin", &path), VERSION).await;
        let ids = first.ids(kind);
        let link = &first.json()[format!("{kind}_links")][0];
        let next = url(&cloud, "admin", &format!("{path}&marker={}", ids[1]));
        assert_eq!(link, &json!({ "rel": "next", "href": next }));
        let second = admin.ask(&next, VERSION).await;
        assert_eq!(second.ids(kind).len(), 1);
        assert_eq!(second.json().get(format!("{kind}_links")), None);
    }
    let path = |rest: &str| url(&cloud, "admin", &format!("/volumes?all_tenants=1&{rest}"));
    let marker = path(&format!("marker={}", Uuid::new_v4()));
    assert_eq!(admin.ask(&marker, VERSION).await.status, 404);
    assert_eq!(admin.ask(&path("limit=x"), VERSION).await.status, 400);
    assert_eq!(
        admin
            .ask(&path("limit=1"), VERSION)
            .await
            .ids("volumes")
            .len(),
        1
    );
}

#[tokio::test]
async fn the_filter_by_image_works_from_3_4_and_an_unknown_one_finds_nothing() {
    let (cloud, admin) = cloud_and_admin().await;
    let image = Uuid::new_v4();
    let volume = cloud.create_volume("p", Some(image));
    cloud.create_volume("p", None);
    let ids = async |filter: &str, version: &str| {
        let path = format!("/volumes/detail?all_tenants=1&{filter}");
        let reply = admin.ask(&url(&cloud, "admin", &path), version).await;
        assert_eq!(reply.status, 200);
        reply.ids("volumes")
    };
    let python = format!("glance_metadata=%7B'image_id':%20'{image}'%7D");
    let json = format!("glance_metadata=%7B%22image_id%22:%22{image}%22%7D");
    for filter in [&python, &json] {
        assert_eq!(ids(filter, VERSION).await, [volume]);
        assert_eq!(ids(filter, "volume 3.4").await, [volume]);
        assert_eq!(ids(filter, "").await.len(), 2);
        assert_eq!(ids(filter, "volume 3.3").await.len(), 2);
    }
    assert!(ids(&format!("image_id={image}"), VERSION).await.is_empty());
    assert!(ids("project_id=q", VERSION).await.is_empty());
    assert_eq!(ids("status=available", VERSION).await.len(), 2);
}

#[tokio::test]
async fn what_makes_no_sense_to_cinder_is_refused() {
    let (cloud, admin) = cloud_and_admin().await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let foreign = url(&cloud, "admin", "/volumes");
    let reply = customer.ask(&foreign, VERSION).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json()["badRequest"]["message"],
        "Malformed request url"
    );
    let own = url(&cloud, "customer", "/volumes");
    assert_eq!(customer.ask(&own, "volume 3.72").await.status, 406);
    assert_eq!(
        admin
            .ask(&url(&cloud, "admin", "/types"), VERSION)
            .await
            .status,
        404
    );
    let mut stranger = customer.clone();
    stranger.token = "made-up".to_owned();
    assert_eq!(stranger.ask(&own, VERSION).await.status, 401);

    let fault = CloudFault::new("GET", "/volumes", CloudFaultKind::Status(502));
    cloud.fail_next(fault);
    assert_eq!(customer.ask(&own, VERSION).await.status, 502);
    assert_eq!(customer.ask(&own, VERSION).await.status, 200);
}

#[tokio::test]
async fn cinder_shows_its_versions_without_a_token() {
    let (cloud, _) = cloud_and_admin().await;
    let root = cloud.block_storage_url().unwrap().replace("/v3", "/");
    let reply = send(client().get(root)).await;
    let version: Value = reply.json()["versions"][0].clone();
    assert_eq!((reply.status, &version["version"]), (300, &json!("3.71")));
}
