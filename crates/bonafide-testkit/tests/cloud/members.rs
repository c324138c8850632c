//! Members of shared images.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::json;

use crate::visitor::Visitor;

#[tokio::test]
async fn a_member_sees_the_image_at_once_and_lists_it_once_it_is_accepted() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let other = Visitor::log_in(&cloud, "customer2").await;
    let project = cloud.project_id("customer").unwrap();
    let id = publisher.create(&json!({ "name": "a" })).await;
    let (image, members) = (
        format!("/v2/images/{id}"),
        format!("/v2/images/{id}/members"),
    );
    let member = format!("{members}/{project}");

    let reply = publisher
        .post(&members, &json!({ "member": project }))
        .await;
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (200, &json!("pending"))
    );
    assert_eq!(
        publisher
            .post(&members, &json!({ "member": project }))
            .await
            .status,
        409
    );
    assert_eq!(customer.get(&image).await.status, 200);
    assert_eq!(other.get(&image).await.status, 404);
    assert!(customer.get("/v2/images").await.names().is_empty());
    let pending = "/v2/images?visibility=shared&member_status=pending";
    assert_eq!(customer.get(pending).await.names(), ["a"]);

    let accepted = json!({ "status": "accepted" });
    assert_eq!(publisher.put(&member, &accepted).await.status, 403);
    assert_eq!(other.put(&member, &accepted).await.status, 404);
    assert_eq!(
        customer
            .put(&member, &json!({ "status": "perhaps" }))
            .await
            .status,
        400
    );
    assert_eq!(customer.put(&member, &accepted).await.status, 200);
    assert_eq!(customer.get("/v2/images").await.names(), ["a"]);

    assert_eq!(customer.delete(&member).await.status, 403);
    assert_eq!(publisher.delete(&member).await.status, 204);
    assert_eq!(publisher.delete(&member).await.status, 404);
    assert_eq!(customer.get(&image).await.status, 404);
}

#[tokio::test]
async fn an_administrator_accepts_for_a_member() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let id = publisher.create(&json!({ "name": "a" })).await;
    let project = cloud.project_id("customer").unwrap();
    let members = format!("/v2/images/{id}/members");
    publisher
        .post(&members, &json!({ "member": project }))
        .await;
    let accepted = json!({ "status": "accepted" });
    assert_eq!(
        admin
            .put(&format!("{members}/{project}"), &accepted)
            .await
            .status,
        200
    );
    assert_eq!(customer.get("/v2/images").await.names(), ["a"]);
}

#[tokio::test]
async fn only_shared_images_have_members_and_they_come_back_with_the_visibility() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let id = publisher.create(&json!({})).await;
    let members = format!("/v2/images/{id}/members");
    let project = cloud.project_id("customer").unwrap();
    publisher
        .post(&members, &json!({ "member": project }))
        .await;

    let visibility = |name| json!([{ "op": "replace", "path": "/visibility", "value": name }]);
    publisher.patch(id, &visibility("private")).await;
    assert_eq!(publisher.get(&members).await.status, 403);
    assert_eq!(
        publisher
            .post(&members, &json!({ "member": "x" }))
            .await
            .status,
        403
    );
    assert_eq!(customer.get(&members).await.status, 404);

    publisher.patch(id, &visibility("shared")).await;
    let reply = publisher.get(&members).await.json();
    assert_eq!(reply["members"][0]["member_id"], project);
}
