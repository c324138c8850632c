//! Changes of an image.

use bonafide::glance::{Error, ImagePatch, Visibility};
use serde_json::json;

use crate::cloud::{Cloud, new_image};

pub(crate) async fn one_patch_changes_everything_that_publishing_needs(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    let patch = ImagePatch::new()
        .name("Ubuntu 24.04 (2026-11-23)")
        .visibility(Visibility::Public)
        .hidden(true)
        .protected(true)
        .min_disk(8)
        .tags(["one", "two"])
        .set("os_purpose", "generic")
        .set("os_distro", "ubuntu");
    let admin = cloud.glance("admin");
    let image = admin.update(id, &patch).await.unwrap();
    assert_eq!(image.name.as_deref(), Some("Ubuntu 24.04 (2026-11-23)"));
    assert_eq!(image.visibility, Visibility::Public);
    assert_eq!(
        (image.os_hidden, image.protected, image.min_disk),
        (true, true, 8)
    );
    let mut tags = image.tags.clone();
    tags.sort();
    assert_eq!(tags, ["one", "two"]);
    assert_eq!(image.properties["os_purpose"], "generic");
    assert_eq!(image.properties["os_distro"], "ubuntu");
    assert_eq!(
        cloud.glance("publisher").image(id).await.unwrap().name,
        image.name
    );
}

pub(crate) async fn another_media_type_is_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let body = json!([{"op": "replace", "path": "/name", "value": "new"}]).to_string();
    for media_type in ["application/json", "application/json-patch+json"] {
        let headers = [("content-type", media_type)];
        let path = format!("/images/{id}");
        let answer = raw.send("PATCH", &path, &headers, body.clone()).await;
        assert_eq!(answer.status, 415, "{answer:?}");
    }
}

pub(crate) async fn set_overwrites_what_is_there(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    for value in ["one", "two"] {
        let image = glance
            .update(id, &ImagePatch::new().set("a", value))
            .await
            .unwrap();
        assert_eq!(image.properties["a"], value);
    }
    let image = glance
        .update(id, &ImagePatch::new().remove("a"))
        .await
        .unwrap();
    assert_eq!(image.properties.get("a"), None);
}

pub(crate) async fn what_is_absent_is_neither_replaced_nor_removed(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let answer = raw
        .patch(
            id,
            &json!([{"op": "replace", "path": "/absent", "value": "x"}]),
        )
        .await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(
        answer.message().contains("Property absent does not exist"),
        "{answer:?}"
    );
    let patch = ImagePatch::new().remove("absent");
    let error = cloud
        .glance("publisher")
        .update(id, &patch)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
}

pub(crate) async fn read_only_attributes_are_refused(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    for who in ["publisher", "admin"] {
        let raw = cloud.raw(who).await;
        for name in [
            "os_hash_value",
            "os_hash_algo",
            "checksum",
            "size",
            "status",
            "id",
            "file",
            "schema",
            "self",
            "created_at",
            "virtual_size",
            "direct_url",
        ] {
            let operation = json!([{"op": "replace", "path": format!("/{name}"), "value": "x"}]);
            let answer = raw.patch(id, &operation).await;
            assert_eq!(answer.status, 403, "{who} {name}: {answer:?}");
            assert!(answer.message().contains("read-only"), "{answer:?}");
        }
    }
}

pub(crate) async fn names_that_glance_keeps_for_itself_are_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let patch = ImagePatch::new().set("os_glance_x", "y");
    let error = cloud
        .glance("publisher")
        .update(id, &patch)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    assert!(error.to_string().contains("is reserved"), "{error}");
}

pub(crate) async fn all_operations_are_applied_or_none(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let before = glance.image(id).await.unwrap();
    let patch = ImagePatch::new().set("a", "b").name("new").remove("absent");
    assert!(glance.update(id, &patch).await.is_err());
    assert_eq!(glance.image(id).await.unwrap(), before);
}

pub(crate) async fn the_last_operation_on_a_property_counts(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let patch = ImagePatch::new()
        .set("a", "1")
        .set("a", "2")
        .set("b", "1")
        .remove("b");
    let image = cloud.glance("publisher").update(id, &patch).await.unwrap();
    assert_eq!(image.properties["a"], "2");
    assert_eq!(image.properties.get("b"), None);
}

pub(crate) async fn a_property_that_is_no_text_is_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    for value in [json!(5), json!(true), json!(null), json!(["x"])] {
        let answer = raw
            .patch(id, &json!([{"op": "add", "path": "/a", "value": value}]))
            .await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

pub(crate) async fn malformed_operations_are_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    for operations in [
        json!([{"op": "frobnicate", "path": "/a", "value": "b"}]),
        json!([{"op": "test", "path": "/name", "value": "b"}]),
        json!([{"op": "add", "path": "/a"}]),
        json!([{"path": "/a", "value": "b"}]),
        json!({"op": "add", "path": "/a", "value": "b"}),
        json!([{"op": "add", "path": "a", "value": "b"}]),
    ] {
        let answer = raw.patch(id, &operations).await;
        assert_eq!(answer.status, 400, "{operations}: {answer:?}");
    }
}

pub(crate) async fn attributes_of_every_image_are_not_removed(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let answer = raw
        .patch(id, &json!([{"op": "remove", "path": "/name"}]))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

pub(crate) async fn the_format_changes_only_while_the_image_waits(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let change = json!([{"op": "replace", "path": "/disk_format", "value": "qcow2"}]);
    let queued = cloud.queued("raw").await;
    let answer = raw.patch(queued, &change).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["disk_format"], "qcow2");
    let active = cloud.active(b"bonafide").await;
    let answer = raw.patch(active, &change).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

pub(crate) async fn public_needs_an_administrator_and_community_does_not(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    let glance = cloud.glance("publisher");
    let public = ImagePatch::new().visibility(Visibility::Public);
    let error = glance.update(id, &public).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    assert!(error.to_string().contains("publicize_image"), "{error}");
    for visibility in [
        Visibility::Community,
        Visibility::Shared,
        Visibility::Private,
    ] {
        let patch = ImagePatch::new().visibility(visibility);
        assert_eq!(
            glance.update(id, &patch).await.unwrap().visibility,
            visibility
        );
    }
    let image = cloud.glance("admin").update(id, &public).await.unwrap();
    assert_eq!(image.visibility, Visibility::Public);
}

pub(crate) async fn a_public_image_is_still_its_owners_to_change(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    let public = ImagePatch::new().visibility(Visibility::Public);
    cloud.glance("admin").update(id, &public).await.unwrap();
    let patch = ImagePatch::new().set("os_purpose", "oldgeneric");
    let glance = cloud.glance("publisher");
    let image = glance.update(id, &patch).await.unwrap();
    assert_eq!(image.properties["os_purpose"], "oldgeneric");
    assert_eq!(image.visibility, Visibility::Public);
    let private = ImagePatch::new().visibility(Visibility::Private);
    assert_eq!(
        glance.update(id, &private).await.unwrap().visibility,
        Visibility::Private
    );
}

pub(crate) async fn the_owner_changes_only_by_an_administrator(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let customer = cloud
        .glance("customer")
        .session()
        .project_id()
        .await
        .unwrap();
    let change = json!([{"op": "replace", "path": "/owner", "value": customer}]);
    let answer = cloud.raw("publisher").await.patch(id, &change).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let answer = cloud.raw("admin").await.patch(id, &change).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(cloud.glance("publisher").find(id).await.unwrap(), None);
    assert!(cloud.glance("customer").find(id).await.unwrap().is_some());
}

pub(crate) async fn names_with_signs_of_json_pointers_are_set_and_removed(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let patch = ImagePatch::new()
        .set("a/b~c", "1")
        .set("~1", "2")
        .set("größe", "3");
    let image = glance.update(id, &patch).await.unwrap();
    let properties: Vec<_> = image
        .properties
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(properties, [("a/b~c", "1"), ("größe", "3"), ("~1", "2")]);
    let patch = ImagePatch::new()
        .remove("a/b~c")
        .remove("~1")
        .remove("größe");
    assert!(
        glance
            .update(id, &patch)
            .await
            .unwrap()
            .properties
            .is_empty()
    );
}

pub(crate) async fn a_foreign_image_is_not_changed(cloud: &Cloud) {
    let customer = cloud.glance("customer");
    let patch = ImagePatch::new().set("a", "b");
    let private = cloud.queued("raw").await;
    let error = customer.update(private, &patch).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let community = cloud.id();
    let image = new_image(community, "raw").visibility(Visibility::Community);
    cloud.glance("publisher").create(&image).await.unwrap();
    let error = customer.update(community, &patch).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
}
