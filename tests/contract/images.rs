//! Images without their data: create, show and delete.

use bonafide::glance::{Error, ImagePatch, Status, Visibility};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::{Cloud, new_image};

pub(crate) async fn a_new_image_waits_for_its_data(cloud: &Cloud) {
    let id = cloud.id();
    let wanted = new_image(id, "qcow2")
        .min_disk(8)
        .min_ram(512)
        .tag("contract")
        .properties([("os_distro", "ubuntu"), ("hw_disk_bus", "scsi")]);
    let image = cloud.glance("publisher").create(&wanted).await.unwrap();
    assert_eq!(image.id, id);
    assert_eq!(image.status, Status::Queued);
    assert_eq!(image.visibility, Visibility::Private);
    let owner = cloud
        .glance("publisher")
        .session()
        .project_id()
        .await
        .unwrap();
    assert_eq!(image.owner, Some(owner));
    assert_eq!(image.disk_format.as_deref(), Some("qcow2"));
    assert_eq!(image.container_format.as_deref(), Some("bare"));
    assert_eq!((image.min_disk, image.min_ram), (8, 512));
    assert_eq!(image.tags, ["contract"]);
    assert_eq!((image.protected, image.os_hidden), (false, false));
    assert_eq!((image.size, image.virtual_size), (None, None));
    assert_eq!(
        (&image.checksum, &image.os_hash_algo, &image.os_hash_value),
        (&None, &None, &None)
    );
    assert!(image.created_at.is_some() && image.updated_at.is_some());
    let properties: Vec<_> = image
        .properties
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        properties,
        [("hw_disk_bus", "scsi"), ("os_distro", "ubuntu")]
    );
    assert_eq!(cloud.glance("publisher").image(id).await.unwrap(), image);
}

pub(crate) async fn create_answers_with_location_and_defaults(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let id = cloud.id();
    let answer = raw.create(&json!({"id": id, "name": "defaults"})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(
        answer
            .header("location")
            .ends_with(&format!("/v2/images/{id}")),
        "{answer:?}"
    );
    assert!(
        answer.header("x-openstack-request-id").starts_with("req-"),
        "{answer:?}"
    );
    let image = answer.json();
    for (name, value) in [
        ("status", json!("queued")),
        ("visibility", json!("shared")),
        ("protected", json!(false)),
        ("os_hidden", json!(false)),
        ("min_disk", json!(0)),
        ("min_ram", json!(0)),
        ("tags", json!([])),
        ("size", Value::Null),
        ("virtual_size", Value::Null),
        ("checksum", Value::Null),
        ("os_hash_algo", Value::Null),
        ("os_hash_value", Value::Null),
        ("disk_format", Value::Null),
        ("container_format", Value::Null),
        ("self", json!(format!("/v2/images/{id}"))),
        ("file", json!(format!("/v2/images/{id}/file"))),
        ("schema", json!("/v2/schemas/image")),
    ] {
        assert_eq!(image.get(name), Some(&value), "{name}");
    }
}

pub(crate) async fn second_create_with_the_same_id_is_a_conflict(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let before = cloud.glance("publisher").image(id).await.unwrap();
    for who in ["publisher", "customer", "admin"] {
        let error = cloud
            .glance(who)
            .create(&new_image(id, "qcow2"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "{error}");
        assert!(error.to_string().contains("already exists"), "{error}");
    }
    assert_eq!(cloud.glance("publisher").image(id).await.unwrap(), before);
}

pub(crate) async fn the_id_of_a_deleted_image_is_never_free_again(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    glance.delete(id).await.unwrap();
    let error = glance.create(&new_image(id, "raw")).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    assert_eq!(glance.find(id).await.unwrap(), None);
}

pub(crate) async fn a_property_that_is_no_text_is_refused(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    for value in [json!(5), json!(true), json!(null), json!([]), json!({})] {
        let answer = raw
            .create(&json!({"id": cloud.id(), "name": "n", "a": value}))
            .await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(
            answer.message().contains("is not of type 'string'"),
            "{answer:?}"
        );
    }
}

pub(crate) async fn attributes_of_the_wrong_type_are_refused(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    for (name, value) in [
        ("min_disk", json!(-1)),
        ("min_ram", json!("5")),
        ("visibility", json!("secret")),
        ("disk_format", json!("floppy")),
        ("name", json!("n".repeat(256))),
        ("protected", json!("no")),
        ("id", json!("no-uuid")),
    ] {
        let mut image = json!({"id": cloud.id(), "name": "n"});
        image[name] = value;
        let answer = raw.create(&image).await;
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
    }
}

pub(crate) async fn reserved_and_read_only_names_are_refused(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    for name in [
        "os_glance_x",
        "checksum",
        "size",
        "status",
        "direct_url",
        "locations",
    ] {
        let mut image = json!({"id": cloud.id(), "name": "n"});
        image[name] = match name {
            "size" => json!(5),
            "locations" => json!([]),
            _ => json!("queued"),
        };
        let answer = raw.create(&image).await;
        assert_eq!(answer.status, 403, "{name}: {answer:?}");
    }
}

pub(crate) async fn a_hash_given_at_create_is_ignored(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let image = json!({"id": cloud.id(), "name": "n", "os_hash_value": "abc"});
    let answer = raw.create(&image).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["os_hash_value"], Value::Null);
}

pub(crate) async fn an_image_for_another_project_needs_an_administrator(cloud: &Cloud) {
    let customer = cloud
        .glance("customer")
        .session()
        .project_id()
        .await
        .unwrap();
    let image = |id: Uuid| json!({"id": id, "name": "n", "owner": customer});
    let answer = cloud
        .raw("publisher")
        .await
        .create(&image(cloud.id()))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let answer = cloud.raw("admin").await.create(&image(cloud.id())).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["owner"], json!(customer));
}

pub(crate) async fn a_public_image_needs_an_administrator(cloud: &Cloud) {
    let image = |id| new_image(id, "raw").visibility(Visibility::Public);
    let error = cloud
        .glance("publisher")
        .create(&image(cloud.id()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    let created = cloud
        .glance("admin")
        .create(&image(cloud.id()))
        .await
        .unwrap();
    assert_eq!(created.visibility, Visibility::Public);
}

pub(crate) async fn texts_keep_their_letters_but_not_beyond_the_basic_plane(cloud: &Cloud) {
    let glance = cloud.glance("publisher");
    let image = new_image(cloud.id(), "raw").property("größe", "ζ 漢字 ~/ \" \\");
    let created = glance.create(&image).await.unwrap();
    assert_eq!(created.properties["größe"], "ζ 漢字 ~/ \" \\");
    let image = new_image(cloud.id(), "raw").property("smile", "\u{1f600}");
    let error = glance.create(&image).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    let image = new_image(cloud.id(), "raw").property("n".repeat(256), "long");
    let error = glance.create(&image).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

pub(crate) async fn more_properties_than_the_quota_are_too_large(cloud: &Cloud) {
    let properties = |count| (0..count).map(|n| (format!("p{n}"), "v"));
    let glance = cloud.glance("publisher");
    glance
        .create(&new_image(cloud.id(), "raw").properties(properties(128)))
        .await
        .unwrap();
    let image = new_image(cloud.id(), "raw").properties(properties(129));
    let error = glance.create(&image).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge(_)), "{error}");
    assert!(error.to_string().contains("Maximum: 128"), "{error}");
}

pub(crate) async fn a_body_that_is_no_json_is_refused(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let headers = [("content-type", "application/json")];
    let answer = raw.send("POST", "/images", &headers, "{\"name\":").await;
    assert_eq!(answer.status, 400, "{answer:?}");
}

pub(crate) async fn errors_are_html_unless_json_is_asked_for(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let path = format!("/images/{}", Uuid::new_v4());
    let answer = raw.get(&path).await;
    assert_eq!(answer.status, 404);
    let body = answer.json();
    assert_eq!(body["code"], "404 Not Found");
    assert_eq!(body["title"], "Not Found");
    assert!(answer.message().contains("<br />"), "{answer:?}");
    assert!(
        answer.header("x-openstack-request-id").starts_with("req-"),
        "{answer:?}"
    );
    let request = raw.client.get(format!("{}{path}", raw.image));
    let response = request
        .header("x-auth-token", &raw.token)
        .send()
        .await
        .unwrap();
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

pub(crate) async fn a_deleted_image_is_gone(cloud: &Cloud) {
    let id = cloud.active(b"bytes").await;
    assert_eq!(cloud.stored(id), Some(5));
    let glance = cloud.glance("publisher");
    glance.delete(id).await.unwrap();
    assert_eq!(cloud.stored(id), None);
    assert_eq!(glance.find(id).await.unwrap(), None);
    assert!(matches!(glance.delete(id).await, Err(Error::NotFound(_))));
    let patch = ImagePatch::new().name("late");
    assert!(matches!(
        glance.update(id, &patch).await,
        Err(Error::NotFound(_))
    ));
    assert!(matches!(glance.download(id).await, Err(Error::NotFound(_))));
}

pub(crate) async fn a_protected_image_is_not_deleted(cloud: &Cloud) {
    let id = cloud.id();
    let glance = cloud.glance("publisher");
    glance
        .create(&new_image(id, "raw").protected(true))
        .await
        .unwrap();
    for who in ["publisher", "admin"] {
        let error = cloud.glance(who).delete(id).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        assert!(error.to_string().contains("is protected"), "{error}");
    }
    let patch = ImagePatch::new().protected(false);
    glance.update(id, &patch).await.unwrap();
    glance.delete(id).await.unwrap();
}

pub(crate) async fn a_foreign_image_is_not_deleted(cloud: &Cloud) {
    let private = cloud.queued("raw").await;
    let error = cloud.glance("customer").delete(private).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let public = cloud.id();
    let image = new_image(public, "raw").visibility(Visibility::Public);
    cloud.glance("admin").create(&image).await.unwrap();
    let error = cloud.glance("customer").delete(public).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
}
