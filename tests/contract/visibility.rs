//! Who sees which image, in lists and by id, and who gets its bytes.

use bonafide_glance::{Error, ImageFilter, ImagePatch, Visibility};
use futures_util::TryStreamExt;
use serde_json::json;
use uuid::Uuid;

use crate::cloud::{Cloud, new_image};

const EVERYBODY: [&str; 4] = ["publisher", "customer", "customer2", "admin"];

/// Whether a list with this filter has the image.
async fn listed(cloud: &Cloud, who: &str, id: Uuid, filter: ImageFilter) -> bool {
    // By name, since a real cloud may have any number of other images.
    let filter = filter.name(format!("contract {id}"));
    let images = cloud.glance(who).list(&filter).await.unwrap();
    images.iter().any(|image| image.id == id)
}

async fn shown(cloud: &Cloud, who: &str, id: Uuid) -> bool {
    cloud.glance(who).find(id).await.unwrap().is_some()
}

/// Who has the image in the default list, and who is shown it by its id.
async fn seen(cloud: &Cloud, id: Uuid) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut lists, mut shows) = (Vec::new(), Vec::new());
    for who in EVERYBODY {
        if listed(cloud, who, id, ImageFilter::new()).await {
            lists.push(who);
        }
        if shown(cloud, who, id).await {
            shows.push(who);
        }
    }
    (lists, shows)
}

async fn made(cloud: &Cloud, visibility: Visibility) -> Uuid {
    let id = cloud.active(b"bonafide").await;
    let patch = ImagePatch::new().visibility(visibility);
    cloud.glance("admin").update(id, &patch).await.unwrap();
    id
}

pub(crate) async fn a_private_image_is_its_owners(cloud: &Cloud) {
    let id = made(cloud, Visibility::Private).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "admin"]);
    let error = cloud.glance("customer").download(id).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}

pub(crate) async fn a_public_image_is_everybodys(cloud: &Cloud) {
    let id = made(cloud, Visibility::Public).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, EVERYBODY);
    assert_eq!(shows, EVERYBODY);
    let download = cloud.glance("customer").download(id).await.unwrap();
    assert_eq!(download.length(), Some(8));
    let bytes: Vec<_> = download.try_collect().await.unwrap();
    assert_eq!(bytes.concat(), b"bonafide");
}

pub(crate) async fn a_community_image_is_for_those_who_ask(cloud: &Cloud) {
    let id = made(cloud, Visibility::Community).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher"]);
    assert_eq!(shows, EVERYBODY);
    let community = ImageFilter::new().visibility(Visibility::Community);
    assert!(listed(cloud, "customer", id, community).await);
}

pub(crate) async fn a_shared_image_is_for_members_and_listed_when_they_accept(cloud: &Cloud) {
    let id = made(cloud, Visibility::Shared).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "admin"]);
    let customer = cloud
        .glance("customer")
        .session()
        .project_id()
        .await
        .unwrap();
    let publisher = cloud.raw("publisher").await;
    let headers = [("content-type", "application/json")];
    let members = format!("/images/{id}/members");
    let member = json!({"member": customer}).to_string();
    let answer = publisher.send("POST", &members, &headers, member).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["status"], "pending");
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "customer", "admin"]);
    let member = format!("{members}/{customer}");
    let accepted = json!({"status": "accepted"}).to_string();
    let answer = publisher
        .send("PUT", &member, &headers, accepted.clone())
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let answer = cloud
        .raw("customer")
        .await
        .send("PUT", &member, &headers, accepted)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (lists, _) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "customer", "admin"]);
    let answer = publisher.send("DELETE", &member, &[], "").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "admin"]);
}

pub(crate) async fn an_administrator_accepts_for_others(cloud: &Cloud) {
    let id = made(cloud, Visibility::Shared).await;
    let customer = cloud
        .glance("customer")
        .session()
        .project_id()
        .await
        .unwrap();
    let admin = cloud.raw("admin").await;
    let headers = [("content-type", "application/json")];
    let members = format!("/images/{id}/members");
    let member = json!({"member": customer}).to_string();
    assert_eq!(
        admin
            .send("POST", &members, &headers, member.clone())
            .await
            .status,
        200
    );
    assert_eq!(
        admin.send("POST", &members, &headers, member).await.status,
        409
    );
    let path = format!("{members}/{customer}");
    let accepted = json!({"status": "accepted"}).to_string();
    assert_eq!(
        admin.send("PUT", &path, &headers, accepted).await.status,
        200
    );
    assert!(listed(cloud, "customer", id, ImageFilter::new()).await);
    assert!(!shown(cloud, "customer2", id).await);
}

pub(crate) async fn only_shared_images_have_members(cloud: &Cloud) {
    let customer = cloud
        .glance("customer")
        .session()
        .project_id()
        .await
        .unwrap();
    let publisher = cloud.raw("publisher").await;
    let headers = [("content-type", "application/json")];
    let id = made(cloud, Visibility::Private).await;
    let member = json!({"member": customer}).to_string();
    let members = format!("/images/{id}/members");
    let answer = publisher.send("POST", &members, &headers, member).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

pub(crate) async fn a_hidden_image_is_shown_but_only_listed_on_request(cloud: &Cloud) {
    let id = made(cloud, Visibility::Public).await;
    let hide = ImagePatch::new().hidden(true);
    cloud.glance("admin").update(id, &hide).await.unwrap();
    let (lists, shows) = seen(cloud, id).await;
    assert!(lists.is_empty(), "{lists:?}");
    assert_eq!(shows, EVERYBODY);
    for who in EVERYBODY {
        assert!(
            listed(cloud, who, id, ImageFilter::new().hidden(true)).await,
            "{who}"
        );
        assert!(
            !listed(cloud, who, id, ImageFilter::new().hidden(false)).await,
            "{who}"
        );
    }
}

pub(crate) async fn an_image_without_data_is_listed_too(cloud: &Cloud) {
    let id = cloud.id();
    let image = new_image(id, "raw").visibility(Visibility::Public);
    cloud.glance("admin").create(&image).await.unwrap();
    assert!(listed(cloud, "customer", id, ImageFilter::new()).await);
}

pub(crate) async fn an_image_without_data_has_nothing_to_download(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let error = cloud.glance("publisher").download(id).await.unwrap_err();
    assert!(matches!(error, Error::NoData { .. }), "{error}");
    let answer = cloud
        .raw("publisher")
        .await
        .get(&format!("/images/{id}/file"))
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
}

pub(crate) async fn a_deactivated_image_gives_its_data_to_nobody_but_administrators(cloud: &Cloud) {
    let id = made(cloud, Visibility::Public).await;
    let publisher = cloud.raw("publisher").await;
    let action = |word| format!("/images/{id}/actions/{word}");
    assert_eq!(
        publisher
            .send("POST", &action("deactivate"), &[], "")
            .await
            .status,
        204
    );
    let image = cloud.glance("customer").image(id).await.unwrap();
    assert_eq!(image.status, bonafide_glance::Status::Deactivated);
    for who in ["publisher", "customer"] {
        let error = cloud.glance(who).download(id).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
    }
    assert!(cloud.glance("admin").download(id).await.is_ok());
    assert_eq!(
        publisher
            .send("POST", &action("reactivate"), &[], "")
            .await
            .status,
        204
    );
    assert!(cloud.glance("customer").download(id).await.is_ok());
}

pub(crate) async fn what_is_no_id_is_not_found(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    assert_eq!(raw.get("/images/no-uuid").await.status, 404);
    assert_eq!(raw.get("/nonsense").await.status, 404);
    assert!(!shown(cloud, "admin", Uuid::new_v4()).await);
}
