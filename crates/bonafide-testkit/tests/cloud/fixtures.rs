//! What customers leave behind.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::json;
use uuid::Uuid;

use crate::visitor::Visitor;

#[tokio::test]
async fn the_image_of_a_server_is_private_and_names_its_base() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let base = Uuid::new_v4();
    let server = cloud.boot("p", base);
    let snapshot = cloud.snapshot_server(server).unwrap();
    let image = cloud.image(snapshot).unwrap();
    assert_eq!(image["base_image_ref"], json!(base));
    assert_eq!(image["image_type"], "snapshot");
    assert_eq!(image["owner"], "p");
    assert_eq!(image["visibility"], "private");
    assert_eq!(image["status"], "active");
    assert!(cloud.reaches("p", snapshot) && !cloud.reaches("q", snapshot));
    assert!(cloud.delete_server(server));
    assert!(!cloud.delete_server(server));
    assert_eq!(cloud.snapshot_server(server), None);
    assert!(cloud.image(snapshot).is_some());
}

#[tokio::test]
async fn the_image_of_a_server_from_a_volume_names_a_snapshot_of_that() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let (server, volume) = cloud.boot_from_volume("p", Uuid::new_v4());
    let image = cloud.image(cloud.snapshot_server(server).unwrap()).unwrap();
    assert_eq!(image["base_image_ref"], "");
    let mapping = image["block_device_mapping"].as_str().unwrap();
    let mapping: serde_json::Value = serde_json::from_str(mapping).unwrap();
    let snapshot: Uuid = mapping[0]["snapshot_id"].as_str().unwrap().parse().unwrap();

    // Cinder keeps what is needed.
    assert!(!cloud.delete_volume(volume));
    assert!(cloud.delete_server(server));
    assert!(!cloud.delete_volume(volume));
    assert!(cloud.delete_snapshot(snapshot));
    assert!(!cloud.delete_snapshot(snapshot));
    assert!(cloud.delete_volume(volume));
    assert!(!cloud.delete_volume(volume));
    assert_eq!(cloud.snapshot_volume(volume), None);
}

#[tokio::test]
async fn a_shelved_server_leaves_an_image_and_still_names_its_own() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let base = Uuid::new_v4();
    let server = cloud.boot("p", base);
    assert!(cloud.shelve(server));
    assert!(!cloud.shelve(Uuid::new_v4()));
    assert_eq!(cloud.images()[0]["base_image_ref"], json!(base));
    let url = format!(
        "{}/servers/detail?all_tenants=1",
        cloud.compute_url().unwrap()
    );
    let seen = &admin.ask(&url, "compute 2.96").await.json()["servers"][0];
    assert_eq!(seen["status"], "SHELVED_OFFLOADED");
    assert_eq!(seen["OS-EXT-STS:vm_state"], "shelved_offloaded");
    assert_eq!(seen["image"]["id"], json!(base));
}

#[tokio::test]
async fn seeding_is_no_request() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let server = cloud.boot("p", Uuid::new_v4());
    cloud.snapshot_server(server);
    cloud.snapshot_volume(cloud.create_volume("p", None));
    assert!(cloud.requests().is_empty());
}
