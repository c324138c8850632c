//! Members, actions and stores.

use bonafide_glance::{Error, ImageBody, Member, MemberStatus};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted::{Cloud, Reply, header, json};

const ID: Uuid = Uuid::from_u128(7);

fn member(image: Uuid, project: &str, status: &str) -> Value {
    json!({
        "image_id": image, "member_id": project, "status": status, "schema": "/v2/schemas/member",
        "created_at": "2026-11-23T22:57:11Z", "updated_at": "2026-11-23T22:57:11Z",
    })
}

fn told(member: &Member) -> (&str, &MemberStatus) {
    (&member.project, &member.status)
}

fn body(cloud: &Cloud) -> Value {
    serde_json::from_slice(&cloud.received().last().unwrap().body).unwrap()
}

#[tokio::test]
async fn members_are_listed_with_their_states() {
    let cloud = Cloud::new(|_, _| {
        let members = [member(ID, "p1", "accepted"), member(ID, "p2", "thinking")];
        json(
            200,
            json!({"members": members, "schema": "/v2/schemas/members"}),
        )
    })
    .await;
    let members = cloud.glance().members(ID).await.unwrap();
    assert_eq!(cloud.lines(), [format!("GET /v2/images/{ID}/members")]);
    assert_eq!(told(&members[0]), ("p1", &MemberStatus::Accepted));
    let other = MemberStatus::Other("thinking".to_owned());
    assert_eq!(told(&members[1]), ("p2", &other));
    assert_eq!(
        serde_json::to_value(&members[0]).unwrap(),
        json!({"project": "p1", "status": "accepted"})
    );
}

#[tokio::test]
async fn a_project_is_added_accepted_and_removed() {
    let cloud = Cloud::new(|request, _| match &request.line[..3] {
        "POS" => json(200, member(ID, "p 2", "pending")),
        "PUT" => json(200, member(ID, "p 2", "accepted")),
        _ => Reply::Raw("HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
    })
    .await;
    let glance = cloud.glance();
    let added = glance.add_member(ID, "p 2").await.unwrap();
    assert_eq!(told(&added), ("p 2", &MemberStatus::Pending));
    assert_eq!(body(&cloud), json!({"member": "p 2"}));
    let status = MemberStatus::Accepted;
    let accepted = glance.set_member_status(ID, "p 2", status).await.unwrap();
    assert_eq!(accepted.status, MemberStatus::Accepted);
    assert_eq!(body(&cloud), json!({"status": "accepted"}));
    glance.remove_member(ID, "p 2").await.unwrap();
    assert_eq!(
        cloud.lines(),
        [
            format!("POST /v2/images/{ID}/members"),
            format!("PUT /v2/images/{ID}/members/p%202"),
            format!("DELETE /v2/images/{ID}/members/p%202"),
        ]
    );
}

#[tokio::test]
async fn an_answer_about_another_image_or_project_is_refused() {
    for (image, project) in [(Uuid::nil(), "p2"), (ID, "p3")] {
        let cloud = Cloud::new(move |_, _| json(200, member(image, project, "pending"))).await;
        let glance = cloud.glance();
        let status = MemberStatus::Accepted;
        for answer in [
            glance.add_member(ID, "p2").await,
            glance.set_member_status(ID, "p2", status).await,
        ] {
            let error = answer.unwrap_err();
            assert!(matches!(error, Error::Decode { .. }), "{error}");
            assert!(error.to_string().contains("it is about"), "{error}");
        }
    }
    let cloud = Cloud::new(|_, _| {
        let members = [
            member(ID, "p1", "accepted"),
            member(Uuid::nil(), "p2", "accepted"),
        ];
        json(200, json!({"members": members}))
    })
    .await;
    let error = cloud.glance().members(ID).await.unwrap_err();
    assert!(error.to_string().contains("it is about image"), "{error}");
}

#[tokio::test]
async fn a_project_that_would_change_the_address_is_not_sent() {
    let cloud = Cloud::new(|_, _| json(200, "{}")).await;
    let glance = cloud.glance();
    for project in ["", "..", "a/../.."] {
        let error = glance.remove_member(ID, project).await.unwrap_err();
        assert!(matches!(error, Error::InvalidProject { .. }), "{error}");
        assert!(glance.add_member(ID, project).await.is_err());
    }
    assert_eq!(glance.session().requests(), 0);
}

#[tokio::test]
async fn refusals_have_different_errors() {
    let cloud = Cloud::new(|request, _| match &request.line[..3] {
        "POS" => json(409, r#"{"message":"is duplicated"}"#),
        "PUT" => json(403, r#"{"message":"no"}"#),
        _ => json(404, r#"{"message":"absent"}"#),
    })
    .await;
    let glance = cloud.glance();
    let error = glance.add_member(ID, "p2").await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    let status = MemberStatus::Rejected;
    let error = glance
        .set_member_status(ID, "p2", status)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    let error = glance.remove_member(ID, "p2").await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    assert!(matches!(glance.members(ID).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn an_image_is_deactivated_and_reactivated() {
    let cloud = Cloud::new(|_, _| Reply::Raw("HTTP/1.1 204 No Content\r\n\r\n".to_owned())).await;
    let glance = cloud.glance();
    glance.deactivate(ID).await.unwrap();
    glance.reactivate(ID).await.unwrap();
    assert_eq!(
        cloud.lines(),
        ["deactivate", "reactivate"].map(|action| format!("POST /v2/images/{ID}/actions/{action}"))
    );
    let cloud = Cloud::new(|_, _| json(403, "{}")).await;
    let glance = cloud.glance();
    assert!(matches!(
        glance.deactivate(ID).await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(
        glance.reactivate(ID).await,
        Err(Error::Forbidden(_))
    ));
}

#[tokio::test]
async fn stores_are_listed() {
    let cloud = Cloud::new(|_, _| {
        json(
            200,
            json!({"stores": [
                {"id": "fast", "description": "default store", "default": "true"},
                {"id": "slow", "default": "false"}, {"id": "web"}, {"id": "new", "default": true},
            ]}),
        )
    })
    .await;
    let stores = cloud.glance().stores().await.unwrap();
    assert_eq!(cloud.lines(), ["GET /v2/info/stores"]);
    let told: Vec<_> = stores
        .iter()
        .map(|store| (store.id.as_str(), store.is_default))
        .collect();
    assert_eq!(
        told,
        [
            ("fast", true),
            ("slow", false),
            ("web", false),
            ("new", true)
        ]
    );
    assert_eq!(stores[0].description.as_deref(), Some("default store"));
    assert_eq!(stores[1].description, None);
}

#[tokio::test]
async fn a_cloud_without_a_choice_of_stores_has_none() {
    let cloud = Cloud::new(|_, _| json(404, "{}")).await;
    assert!(cloud.glance().stores().await.unwrap().is_empty());
    let cloud = Cloud::new(|_, _| json(403, "{}")).await;
    assert!(matches!(
        cloud.glance().stores().await,
        Err(Error::Forbidden(_))
    ));
}

#[tokio::test]
async fn an_upload_names_its_store_if_one_is_chosen() {
    let body = || ImageBody::new(stream::iter([Ok(Bytes::from_static(b"data"))]));
    for (body, store) in [(body().store("slow"), Some("slow")), (body(), None)] {
        let cloud =
            Cloud::new(|_, _| Reply::Raw("HTTP/1.1 204 No Content\r\n\r\n".to_owned())).await;
        cloud.glance().upload(ID, body).await.unwrap();
        let request = &cloud.received()[1];
        assert_eq!(header(request, "x-image-meta-store").as_deref(), store);
    }
}
