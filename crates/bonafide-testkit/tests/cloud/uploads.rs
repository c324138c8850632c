//! Uploads: what becomes active, and what never does.

use std::time::Duration;

use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::qcow2::Qcow2Image;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::visitor::{BYTES_TYPE, Visitor, file};

const CHUNKED: &str = "Transfer-Encoding: chunked";

/// An upload on a bare socket, which can stop wherever it likes.
struct Wire(TcpStream);

impl Wire {
    async fn begin(visitor: &Visitor, id: Uuid, framing: &str) -> Self {
        let address = visitor.image_url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PUT {} HTTP/1.1\r\nHost: {address}\r\nX-Auth-Token: {}\r\nContent-Type: \
             {BYTES_TYPE}\r\n{framing}\r\n\r\n",
            file(id),
            visitor.token,
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// The status of the answer; 0 if the server says nothing more.
    async fn status(&mut self) -> u16 {
        let mut head = [0; 12];
        match self.0.read_exact(&mut head).await {
            Ok(_) => std::str::from_utf8(&head[9..]).unwrap().parse().unwrap(),
            Err(_) => 0,
        }
    }
}

/// Waits for a status of the image, as long as the test runner's patience lasts.
async fn wait_for(visitor: &Visitor, id: Uuid, status: &str) -> Value {
    loop {
        let image = visitor.image(id).await;
        if image["status"] == status {
            return image;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn qcow2_formats() -> Value {
    json!({ "disk_format": "qcow2", "container_format": "bare" })
}

fn bytes(qcow2: &Qcow2Image) -> Vec<u8> {
    qcow2.chunks(0, 64 * 1024).flatten().collect()
}

async fn cloud_and_publisher() -> (EmbeddedCloud, Visitor) {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    (cloud, publisher)
}

#[tokio::test]
async fn an_upload_makes_the_image_active_with_its_digests() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    assert_eq!(publisher.get(&file(id)).await.status, 204);
    assert_eq!(publisher.upload(id, "hello\n").await.status, 204);
    let image = publisher.image(id).await;
    assert_eq!(image["status"], "active");
    assert_eq!(
        (&image["size"], &image["virtual_size"]),
        (&json!(6), &json!(6))
    );
    assert_eq!(image["checksum"], "b1946ac92492d2347c6235b4d2611184");
    assert_eq!(image["os_hash_algo"], "sha512");
    let digest = image["os_hash_value"].as_str().unwrap();
    assert!(
        digest.starts_with("e7c22b994c59d9cf2b48e549b1e24666"),
        "{digest}"
    );
    assert_eq!(image["stores"], "fast");
    assert_eq!(
        std::fs::read(cloud.store_path().join(id.to_string())).unwrap(),
        b"hello\n"
    );

    let reply = publisher.get(&file(id)).await;
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (200, b"hello\n".as_slice())
    );
    assert_eq!(
        reply.header("content-md5"),
        Some("b1946ac92492d2347c6235b4d2611184")
    );
    assert_eq!(publisher.upload(id, "again").await.status, 409);
}

#[tokio::test]
async fn a_qcow2_has_the_virtual_size_of_its_header_and_the_digests_of_its_bytes() {
    let (_cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create(&qcow2_formats()).await;
    let qcow2 = Qcow2Image::new(7 << 30, 5, 1);
    assert_eq!(publisher.upload(id, bytes(&qcow2)).await.status, 204);
    let image = publisher.image(id).await;
    assert_eq!(image["size"], qcow2.len());
    assert_eq!(image["virtual_size"], 7_u64 << 30);
    assert_eq!(image["checksum"], qcow2.md5());
    assert_eq!(image["os_hash_value"], qcow2.sha512());
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_the_image_queued_and_nothing_in_the_store() {
    let (cloud, publisher) = cloud_and_publisher().await;
    for (framing, bytes) in [
        (CHUNKED, ""),
        (CHUNKED, "5\r\nhello\r\n"),
        (CHUNKED, "a\r\nhello"),
        (CHUNKED, "5\r\nhello\r\n0"),
        ("Content-Length: 10", "hello"),
    ] {
        let id = publisher.create_raw("a").await;
        let mut wire = Wire::begin(&publisher, id, framing).await;
        wire.send(bytes).await;
        wait_for(&publisher, id, "saving").await;
        drop(wire);
        let image = wait_for(&publisher, id, "queued").await;
        assert_eq!(image["size"], Value::Null);
        assert!(!cloud.store_path().join(id.to_string()).exists());
        assert_eq!(publisher.upload(id, "anew").await.status, 204);
    }
}

#[tokio::test]
async fn a_body_that_ends_properly_too_early_becomes_active() {
    let (_cloud, publisher) = cloud_and_publisher().await;
    for (framing, bytes) in [
        (CHUNKED, "5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 5", "hello world"),
    ] {
        let id = publisher.create_raw("a").await;
        let mut wire = Wire::begin(&publisher, id, framing).await;
        wire.send(bytes).await;
        assert_eq!(wire.status().await, 204);
        assert_eq!(publisher.image(id).await["size"], 5);
    }
    let id = publisher.create_raw("empty").await;
    assert_eq!(publisher.upload(id, "").await.status, 204);
    let image = publisher.image(id).await;
    assert_eq!(
        (&image["status"], &image["size"]),
        (&json!("active"), &json!(0))
    );
}

#[tokio::test]
async fn an_announced_size_is_kept_or_refused() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    for (size, reason) in [
        ("4", "Size exceeds: expected 4 bytes, got 5 bytes"),
        ("6", "Size mismatch: expected 6 bytes, got 5 bytes"),
        ("x", "Invalid or missing image size in request headers."),
    ] {
        let headers = [("x-openstack-image-size", size)];
        let reply = publisher.upload_with(id, "bytes", &headers).await;
        assert_eq!((reply.status, reply.message().as_str()), (400, reason));
        assert_eq!(publisher.image(id).await["status"], "queued");
        assert!(!cloud.store_path().join(id.to_string()).exists());
    }
    let headers = [("x-openstack-image-size", "5")];
    assert_eq!(
        publisher.upload_with(id, "bytes", &headers).await.status,
        204
    );
}

#[tokio::test]
async fn bytes_of_another_format_are_refused_and_spoil_the_image() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create(&qcow2_formats()).await;
    let reply = publisher.upload(id, "no qcow2").await;
    assert_eq!(reply.status, 415);
    let reason = "Image disk_format qcow2 does not match stream data raw";
    assert!(reply.message().ends_with(reason), "{}", reply.message());
    let stored = cloud.store_path().join(id.to_string());
    assert!(stored.exists());
    assert_eq!(publisher.image(id).await["status"], "queued");
    assert_eq!(publisher.upload(id, "anything").await.status, 500);
    assert_eq!(
        publisher.delete(&format!("/v2/images/{id}")).await.status,
        204
    );
    assert!(!stored.exists());
}

#[tokio::test]
async fn a_qcow2_that_leans_on_another_file_is_refused() {
    let (_cloud, publisher) = cloud_and_publisher().await;
    let plain = || Qcow2Image::new(1 << 30, 1, 1);
    for (qcow2, status) in [
        (plain(), 204),
        (plain().with_backing_file("/etc/passwd"), 415),
        (plain().with_data_file("/etc/passwd"), 415),
        (plain().with_incompatible_features(1 << 20), 415),
    ] {
        let id = publisher.create(&qcow2_formats()).await;
        assert_eq!(publisher.upload(id, bytes(&qcow2)).await.status, status);
    }
}

#[tokio::test]
async fn what_is_changed_during_an_upload_is_lost() {
    let (_cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("before").await;
    let mut wire = Wire::begin(&publisher, id, CHUNKED).await;
    wire.send("5\r\nhello\r\n").await;
    wait_for(&publisher, id, "saving").await;
    let rename = json!([{ "op": "replace", "path": "/name", "value": "after" }]);
    let reply = publisher.patch(id, &rename).await;
    assert_eq!(
        (reply.status, &reply.json()["name"]),
        (200, &json!("after"))
    );
    assert_eq!(publisher.upload(id, "second").await.status, 409);
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.status().await, 204);
    assert_eq!(publisher.image(id).await["name"], "before");
}

#[tokio::test]
async fn an_image_that_is_deleted_during_its_upload_is_gone() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    let mut wire = Wire::begin(&publisher, id, CHUNKED).await;
    wire.send("5\r\nhello\r\n").await;
    wait_for(&publisher, id, "saving").await;
    assert_eq!(
        publisher.delete(&format!("/v2/images/{id}")).await.status,
        204
    );
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.status().await, 410);
    assert!(!cloud.store_path().join(id.to_string()).exists());
}

#[tokio::test]
async fn a_token_is_looked_at_when_an_upload_begins_only() {
    let (cloud, publisher) = cloud_and_publisher().await;
    let id = publisher.create_raw("a").await;
    let mut wire = Wire::begin(&publisher, id, CHUNKED).await;
    wire.send("5\r\nhello\r\n").await;
    wait_for(&publisher, id, "saving").await;
    cloud.revoke_tokens();
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.status().await, 204);
    assert_eq!(cloud.image(id).unwrap()["status"], "active");
}

#[tokio::test]
async fn a_silent_upload_is_given_up() {
    let idle = Duration::from_millis(20);
    let cloud = EmbeddedCloud::builder()
        .upload_idle_timeout(idle)
        .start()
        .await
        .unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    let mut wire = Wire::begin(&publisher, id, CHUNKED).await;
    wire.send("5\r\nhello\r\n").await;
    assert_eq!(wire.status().await, 500);
    assert_eq!(publisher.image(id).await["status"], "queued");
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let (_cloud, publisher) = cloud_and_publisher().await;
    let bytes = vec![7; 32 * 1024 * 1024];
    let id = publisher.create_raw("a").await;
    assert_eq!(publisher.upload(id, "bytes").await.status, 204);
    assert_eq!(publisher.upload(id, bytes.clone()).await.status, 409);
    let mut stranger = publisher.clone();
    stranger.token = "made-up".to_owned();
    assert_eq!(stranger.upload(id, bytes.clone()).await.status, 401);
    let unready = publisher.create(&json!({})).await;
    assert_eq!(publisher.upload(unready, bytes).await.status, 400);
}
