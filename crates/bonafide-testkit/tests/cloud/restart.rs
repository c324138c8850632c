//! What outlives a cloud.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::json;

use crate::visitor::{Visitor, file};

#[tokio::test]
async fn a_later_cloud_on_the_same_directory_has_the_same_images() {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        EmbeddedCloud::builder()
            .data_directory(directory.path())
            .start()
    };

    let first = start().await.unwrap();
    let publisher = Visitor::log_in(&first, "publisher").await;
    let kept = publisher.create_raw("kept").await;
    let deleted = publisher.create_raw("deleted").await;
    publisher.upload(kept, "bytes").await;
    publisher.delete(&format!("/v2/images/{deleted}")).await;
    let project = first.project_id("publisher");
    let before = first.image(kept);
    first.stop().await;

    let second = start().await.unwrap();
    assert_eq!(second.image(kept), before);
    assert_eq!(second.project_id("publisher"), project);
    let publisher = Visitor::log_in(&second, "publisher").await;
    assert_eq!(publisher.get(&file(kept)).await.body, b"bytes");
    assert!(second.store_path().join(kept.to_string()).exists());
    let reply = publisher
        .post("/v2/images", &json!({ "id": deleted }))
        .await;
    assert_eq!(reply.status, 409);
}

#[tokio::test]
async fn without_a_directory_of_its_own_choice_nothing_is_left() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    publisher.upload(id, "bytes").await;
    let store = cloud.store_path().to_owned();
    assert!(store.join(id.to_string()).exists());
    let url = cloud.image_url().to_owned();
    cloud.stop().await;
    assert!(!store.exists());
    assert!(crate::visitor::client().get(url).send().await.is_err());
}

#[tokio::test]
async fn settings_reach_the_images() {
    let cloud = EmbeddedCloud::builder()
        .hash_algorithm("sha256")
        .image_size_cap(5)
        .start()
        .await
        .unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    assert_eq!(publisher.upload(id, "longer").await.status, 413);
    assert_eq!(publisher.image(id).await["status"], "queued");
    assert_eq!(publisher.upload(id, "bytes").await.status, 204);
    let image = publisher.image(id).await;
    assert_eq!(image["os_hash_algo"], "sha256");
    let sha256 = "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9";
    assert_eq!(image["os_hash_value"], sha256);

    let odd = EmbeddedCloud::builder()
        .hash_algorithm("blake2b")
        .start()
        .await;
    assert!(odd.unwrap_err().to_string().contains("`blake2b`"));
}
