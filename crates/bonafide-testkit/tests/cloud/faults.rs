//! The bad days of a cloud, and its memory of what arrived.

use std::time::Duration;

use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};
use reqwest::Method;
use serde_json::json;

use crate::visitor::{BYTES_TYPE, Visitor, file};

async fn cloud_and_publisher() -> (EmbeddedCloud, Visitor) {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    cloud.clear_requests();
    (cloud, publisher)
}

#[tokio::test]
async fn requests_are_recorded_in_order_with_their_answers() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    publisher.get("/v2/images?name=a").await;
    publisher.get("/v2/images/none").await;
    let requests = cloud.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.method.as_str(),
                request.path.as_str(),
                request.status,
            )
        })
        .collect();
    let expected = [
        ("POST", "/v2/images", Some(201)),
        ("GET", "/v2/images?name=a", Some(200)),
        ("GET", "/v2/images/none", Some(404)),
    ];
    assert_eq!(seen, expected);
    let debug = format!("{cloud:?} {requests:?} {id}");
    assert!(!debug.contains(&publisher.token));
}

#[tokio::test]
async fn a_fault_meets_the_first_request_that_matches_and_no_other() {
    let (cloud, publisher) = cloud_and_publisher().await;
    cloud.fail_next(CloudFault::new(
        "GET",
        "/images",
        CloudFaultKind::Status(503),
    ));
    cloud.fail_next(CloudFault::new(
        "GET",
        "/images",
        CloudFaultKind::Unauthorized,
    ));
    assert_eq!(publisher.get("/v2/schemas/image").await.status, 200);
    assert_eq!(publisher.get("/v2/images?limit=1").await.status, 503);
    assert_eq!(publisher.get("/v2/images").await.status, 401);
    assert_eq!(publisher.get("/v2/images").await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_leaves_what_was_done() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let request = |name: &str| {
        let request = publisher.request(Method::POST, "/v2/images");
        request.json(&json!({ "name": name })).send()
    };
    cloud.fail_next(CloudFault::new(
        "POST",
        "/images",
        CloudFaultKind::DropBefore,
    ));
    request("before").await.unwrap_err();
    assert!(cloud.images().is_empty());
    cloud.fail_next(CloudFault::new(
        "POST",
        "/images",
        CloudFaultKind::DropAfter,
    ));
    request("after").await.unwrap_err();
    assert_eq!(cloud.images()[0]["name"], "after");
    assert!(
        cloud
            .requests()
            .iter()
            .all(|request| request.status.is_none())
    );
}

#[tokio::test]
async fn a_corrupted_upload_is_active_with_another_digest() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let good = publisher.create_raw("good").await;
    publisher.upload(good, "bytes").await;
    cloud.fail_next(CloudFault::new(
        "PUT",
        "/file",
        CloudFaultKind::CorruptUpload,
    ));
    let bad = publisher.create_raw("bad").await;
    assert_eq!(publisher.upload(bad, "bytes").await.status, 204);
    let (good, bad) = (publisher.image(good).await, publisher.image(bad).await);
    assert_eq!(good["size"], bad["size"]);
    assert_eq!(bad["status"], "active");
    assert_ne!(good["os_hash_value"], bad["os_hash_value"]);
}

#[tokio::test]
async fn a_dead_worker_leaves_the_image_saving_and_its_bytes() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    cloud.fail_next(CloudFault::new(
        "PUT",
        "/file",
        CloudFaultKind::KillWorker { after: 3 },
    ));
    let request = publisher.request(Method::PUT, &file(id));
    let request = request.header("content-type", BYTES_TYPE).body("bytes");
    request.send().await.unwrap_err();
    assert_eq!(publisher.image(id).await["status"], "saving");
    assert_eq!(publisher.upload(id, "anew").await.status, 409);
    assert_eq!(
        publisher.delete(&format!("/v2/images/{id}")).await.status,
        204
    );
    assert!(cloud.store_path().join(id.to_string()).exists());
}

#[tokio::test]
async fn a_download_that_is_cut_is_an_error() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    publisher.upload(id, "bytes").await;
    cloud.fail_next(CloudFault::new(
        "GET",
        "/file",
        CloudFaultKind::CutDownload { after: 3 },
    ));
    let response = publisher
        .request(Method::GET, &file(id))
        .send()
        .await
        .unwrap();
    response.bytes().await.unwrap_err();
    assert_eq!(publisher.get(&file(id)).await.body, b"bytes");
}

#[tokio::test]
async fn a_stalled_request_ends_with_the_cloud() {
    let (cloud, publisher) = cloud_and_publisher().await;
    cloud.fail_next(CloudFault::new("GET", "/images", CloudFaultKind::Stall));
    let asking = tokio::spawn(publisher.request(Method::GET, "/v2/images").send());
    while cloud.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(cloud.requests()[0].status, None);
    drop(cloud);
    asking.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_delayed_request_is_answered_nevertheless() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let delay = CloudFaultKind::Delay(Duration::from_millis(1));
    cloud.fail_next(CloudFault::new("GET", "/images", delay));
    assert_eq!(publisher.get("/v2/images").await.status, 200);
}
