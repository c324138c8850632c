//! A cloud that dies after so many requests, and comes back.

use bonafide_testkit::cloud::{EmbeddedCloud, LastRequest};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::visitor::{Visitor, file};

async fn cloud_and_publisher() -> (EmbeddedCloud, Visitor) {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    (cloud, publisher)
}

async fn fails(publisher: &Visitor, path: &str) -> bool {
    publisher.request(Method::GET, path).send().await.is_err()
}

#[tokio::test]
async fn after_its_last_answer_a_cloud_answers_log_ins_only() {
    let (cloud, publisher) = cloud_and_publisher().await;
    cloud.die_after(2, LastRequest::Answered);
    publisher.create_raw("a").await;
    let admin = Visitor::log_in(&cloud, "admin").await;
    publisher.create_raw("b").await;
    for _ in 0..2 {
        assert!(fails(&publisher, "/v2/images").await);
    }
    let compute = format!("{}/servers", cloud.compute_url().unwrap());
    let request = reqwest::Client::new().get(compute);
    let request = request.header("x-auth-token", &admin.token);
    request.send().await.unwrap_err();
    Visitor::log_in(&cloud, "customer").await;
    assert_eq!(cloud.images().len(), 2);

    cloud.revive().await;
    publisher.create_raw("c").await;
    assert_eq!(cloud.images().len(), 3);
}

#[tokio::test]
async fn the_last_answer_can_be_lost_and_the_request_is_carried_out() {
    let (cloud, publisher) = cloud_and_publisher().await;
    cloud.die_after(1, LastRequest::AnswerLost);
    let request = publisher.request(Method::POST, "/v2/images");
    request
        .json(&json!({ "name": "a" }))
        .send()
        .await
        .unwrap_err();
    assert_eq!(cloud.images()[0]["name"], "a");
    let request = publisher.request(Method::POST, "/v2/images");
    request
        .json(&json!({ "name": "b" }))
        .send()
        .await
        .unwrap_err();
    assert_eq!(cloud.images().len(), 1);
    assert!(
        cloud
            .requests()
            .iter()
            .rev()
            .take(2)
            .all(|request| request.status.is_none())
    );
}

#[tokio::test]
async fn a_cloud_that_has_no_request_left_is_dead_at_once() {
    let (cloud, publisher) = cloud_and_publisher().await;
    cloud.die_after(0, LastRequest::Answered);
    assert!(fails(&publisher, "/v2/images").await);
    cloud.die_after(1, LastRequest::Answered);
    assert_eq!(publisher.get("/v2/images").await.status, 200);
    assert!(fails(&publisher, "/v2/images").await);
}

#[tokio::test]
async fn uploads_under_way_are_broken_off() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    cloud.die_after(2, LastRequest::Answered);
    let address = publisher.image_url.trim_start_matches("http://");
    let mut wire = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: glance\r\nX-Auth-Token: {}\r\nContent-Type: \
         application/octet-stream\r\nContent-Length: 10\r\n\r\nhello",
        file(id),
        publisher.token
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    while cloud.image(id).unwrap()["status"] != "saving" {
        tokio::task::yield_now().await;
    }
    assert_eq!(publisher.get("/v2/images").await.status, 200);
    let mut rest = Vec::new();
    // Closed or reset: nothing is answered.
    let _ = wire.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    cloud.revive().await;
    assert_eq!(publisher.image(id).await["status"], "queued");
    assert_eq!(publisher.upload(id, "anew").await.status, 204);
}

#[tokio::test]
async fn an_upload_that_is_the_last_request_is_carried_out() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    cloud.die_after(1, LastRequest::AnswerLost);
    let request = publisher.request(Method::PUT, &file(id)).body("bytes");
    let request = request.header("content-type", "application/octet-stream");
    request.send().await.unwrap_err();
    assert_eq!(cloud.image(id).unwrap()["status"], "active");
}

#[tokio::test]
async fn a_client_can_be_dropped_in_the_middle() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let endless = async {
        loop {
            publisher.create_raw("a").await;
            Visitor::log_in(&cloud, "customer").await;
        }
    };
    tokio::select! {
        () = cloud.reached(3) => {}
        () = endless => {}
    }
    assert!((3..=4).contains(&cloud.images().len()));
    cloud.reached(0).await;
    let more = tokio::spawn(cloud.reached(1));
    publisher.get("/v2/images").await;
    more.await.unwrap();
}
