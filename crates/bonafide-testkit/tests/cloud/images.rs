//! Create, PATCH, delete, deactivate.

use bonafide_testkit::cloud::EmbeddedCloud;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::visitor::{Visitor, file, send};

fn replace(property: &str, value: &Value) -> Value {
    json!([{ "op": "replace", "path": format!("/{property}"), "value": value }])
}

#[tokio::test]
async fn a_new_image_is_queued_shared_and_has_the_id_it_was_given() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = Uuid::new_v4();
    let properties = json!({
        "id": id, "name": "Ubuntu", "os_distro": "ubuntu", "tags": ["b", "a"],
        "os_hash_value": "dropped",
    });
    let reply = publisher.post("/v2/images", &properties).await;

    assert_eq!(reply.status, 201);
    let location = format!("{}/v2/images/{id}", cloud.image_url());
    assert_eq!(reply.header("location"), Some(location.as_str()));
    assert!(
        reply
            .header("x-openstack-request-id")
            .unwrap()
            .starts_with("req-")
    );
    let image = reply.json();
    assert_eq!(image["status"], "queued");
    assert_eq!(image["visibility"], "shared");
    assert_eq!(image["owner"], cloud.project_id("publisher").unwrap());
    assert_eq!(image["os_distro"], "ubuntu");
    for absent in [
        "size",
        "virtual_size",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
    ] {
        assert_eq!(image[absent], Value::Null, "{absent}");
    }
    assert_eq!(cloud.image(id), Some(image));
    assert_eq!(cloud.images().len(), 1);
}

#[tokio::test]
async fn an_id_is_never_used_twice_not_even_that_of_a_deleted_image() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let id = publisher.create(&json!({})).await;
    for visitor in [&publisher, &customer] {
        let reply = visitor.post("/v2/images", &json!({ "id": id })).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.message(), format!("Image ID {id} already exists!"));
    }
    let path = format!("/v2/images/{id}");
    assert_eq!(publisher.delete(&path).await.status, 204);
    assert_eq!(publisher.delete(&path).await.status, 404);
    assert_eq!(publisher.get(&path).await.status, 404);
    let reply = publisher.post("/v2/images", &json!({ "id": id })).await;
    assert_eq!(reply.status, 409);
    assert_eq!(cloud.image(id), None);
}

#[tokio::test]
async fn what_a_create_must_not_hold_is_refused() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let many: Value = (0..129)
        .map(|index| (format!("p{index}"), json!("x")))
        .collect();
    let cases = [
        (json!({ "status": "active" }), 403, "read-only"),
        (json!({ "os_glance_x": "x" }), 403, "reserved"),
        (
            json!({ "owner": "another" }),
            403,
            "not permitted to create images owned by",
        ),
        (json!({ "visibility": "public" }), 403, "publicize_image"),
        (json!({ "x": 5 }), 400, "5 is not of type 'string'"),
        (
            json!({ "min_disk": "5" }),
            400,
            "'5' is not of type 'integer'",
        ),
        (json!({ "min_disk": -1 }), 400, "negative"),
        (json!({ "disk_format": "docker" }), 400, "is not one of"),
        (json!({ "id": "x" }), 400, "does not match"),
        (json!({ "name": "x".repeat(256) }), 400, "is too long"),
        (json!({ "x".repeat(256): "x" }), 400, "255 characters"),
        (json!({ "x": "🐧" }), 400, "4 byte unicode"),
        (many, 413, "Attempted: 129, Maximum: 128"),
    ];
    for (properties, status, reason) in cases {
        let reply = publisher.post("/v2/images", &properties).await;
        assert_eq!(reply.status, status, "{properties}");
        assert!(reply.message().contains(reason), "{}", reply.message());
    }
    assert!(cloud.images().is_empty());
}

#[tokio::test]
async fn a_patch_is_applied_whole_or_not_at_all() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher
        .create(&json!({ "name": "a", "x": "1", "a/b": "2" }))
        .await;

    let operations = json!([
        { "op": "replace", "path": "/name", "value": "b" },
        { "op": "add", "path": "/x", "value": "2" },
        { "op": "replace", "path": "/a~1b", "value": "3" },
        { "op": "add", "path": "/y", "value": "4" },
    ]);
    let reply = publisher.patch(id, &operations).await;
    assert_eq!(reply.status, 200);
    let image = reply.json();
    assert_eq!((&image["name"], &image["x"]), (&json!("b"), &json!("2")));
    assert_eq!((&image["a/b"], &image["y"]), (&json!("3"), &json!("4")));

    let operations = json!([
        { "op": "replace", "path": "/name", "value": "c" },
        { "op": "remove", "path": "/absent" },
    ]);
    assert_eq!(publisher.patch(id, &operations).await.status, 409);
    assert_eq!(publisher.image(id).await["name"], "b");
}

#[tokio::test]
async fn a_patch_in_another_language_is_refused() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    for media_type in ["application/json", "application/json-patch+json"] {
        let request = publisher.request(Method::PATCH, &format!("/v2/images/{id}"));
        let request = request.header("content-type", media_type).body("[]");
        assert_eq!(send(request).await.status, 415);
    }
    let cases = [
        (
            json!([{ "op": "test", "path": "/name", "value": "a" }]),
            400,
        ),
        (json!([{ "op": "add", "path": "name", "value": "a" }]), 400),
        (
            json!([{ "op": "add", "path": "/tags/0", "value": "a" }]),
            400,
        ),
        (json!([{ "op": "remove", "path": "/name" }]), 403),
        (replace("os_hash_value", &json!("x")), 403),
        (replace("owner", &json!("x")), 403),
        (replace("visibility", &json!("public")), 403),
    ];
    for (operations, status) in cases {
        let reply = publisher.patch(id, &operations).await;
        assert_eq!(reply.status, status, "{operations}: {}", reply.message());
    }
}

#[tokio::test]
async fn formats_are_fixed_once_the_image_is_active() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    assert_eq!(
        publisher
            .patch(id, &replace("disk_format", &json!("iso")))
            .await
            .status,
        200
    );
    assert_eq!(
        publisher
            .patch(id, &replace("disk_format", &json!("raw")))
            .await
            .status,
        200
    );
    assert_eq!(publisher.upload(id, "bytes").await.status, 204);
    let reply = publisher
        .patch(id, &replace("disk_format", &json!("raw")))
        .await;
    assert_eq!(reply.status, 403);
    assert!(
        reply
            .message()
            .contains("can be only replaced for a queued image")
    );
}

#[tokio::test]
async fn only_an_administrator_makes_an_image_public_and_all_projects_see_it_then() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let id = publisher.create_raw("a").await;
    publisher.upload(id, "bytes").await;
    let path = format!("/v2/images/{id}");

    assert_eq!(customer.get(&path).await.status, 404);
    let public = replace("visibility", &json!("public"));
    assert_eq!(publisher.patch(id, &public).await.status, 403);
    assert_eq!(admin.patch(id, &public).await.status, 200);
    assert_eq!(customer.get(&path).await.status, 200);
    assert_eq!(customer.get(&file(id)).await.body, b"bytes");

    let rename = replace("name", &json!("mine"));
    assert_eq!(customer.patch(id, &rename).await.status, 403);
    assert_eq!(customer.delete(&path).await.status, 403);
    assert_eq!(publisher.patch(id, &rename).await.status, 200);
}

#[tokio::test]
async fn a_protected_image_is_not_deleted_even_by_an_administrator() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create(&json!({ "protected": true })).await;
    let path = format!("/v2/images/{id}");
    for visitor in [&publisher, &admin] {
        let reply = visitor.delete(&path).await;
        assert_eq!(reply.status, 403);
        assert!(reply.message().contains("is protected"));
    }
    publisher
        .patch(id, &replace("protected", &json!(false)))
        .await;
    assert_eq!(publisher.delete(&path).await.status, 204);
}

#[tokio::test]
async fn a_deactivated_image_gives_its_bytes_to_administrators_only() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    let act = |action: &str| format!("/v2/images/{id}/actions/{action}");
    assert_eq!(
        publisher
            .post(&act("deactivate"), &Value::Null)
            .await
            .status,
        403
    );
    publisher.upload(id, "bytes").await;
    assert_eq!(
        publisher
            .post(&act("deactivate"), &Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(publisher.get(&file(id)).await.status, 403);
    assert_eq!(admin.get(&file(id)).await.body, b"bytes");
    assert_eq!(
        publisher
            .post(&act("reactivate"), &Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(publisher.get(&file(id)).await.body, b"bytes");
}

#[tokio::test]
async fn refusals_are_json_for_who_asks_and_a_page_for_who_does_not() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let reply = publisher.get("/v2/images/none").await;
    assert_eq!(reply.json()["code"], "404 Not Found");
    assert_eq!(reply.message(), "No image found with ID none");

    let client = crate::visitor::client();
    let url = format!("{}/v2/images/none", cloud.image_url());
    let reply = send(client.get(url).header("x-auth-token", &publisher.token)).await;
    let page = String::from_utf8(reply.body).unwrap();
    assert!(page.contains("<h1>404 Not Found</h1>"), "{page}");
}
