//! Who sees which image, in lists and by id, and who gets its bytes.

use bonafide::glance::{Error, ImageFilter, ImagePatch, Status, Visibility};
use futures_util::TryStreamExt;
use uuid::Uuid;

use crate::cloud::{Cloud, new_image};

const EVERYBODY: [&str; 4] = ["publisher", "customer", "customer2", "admin"];

/// Whether a list with this filter has the image.
pub(crate) async fn listed(cloud: &Cloud, who: &str, id: Uuid, filter: ImageFilter) -> bool {
    // By name, since a real cloud may have any number of other images.
    let filter = filter.name(format!("contract {id}"));
    let images = cloud.glance(who).list(&filter).await.unwrap();
    images.iter().any(|image| image.id == id)
}

async fn shown(cloud: &Cloud, who: &str, id: Uuid) -> bool {
    cloud.glance(who).find(id).await.unwrap().is_some()
}

/// Who has the image in the default list, and who is shown it by its id.
pub(crate) async fn seen(cloud: &Cloud, id: Uuid) -> (Vec<&'static str>, Vec<&'static str>) {
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

pub(crate) async fn made(cloud: &Cloud, visibility: Visibility) -> Uuid {
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

pub(crate) async fn a_shared_image_is_shown_and_listed_to_its_owner_only(cloud: &Cloud) {
    let id = made(cloud, Visibility::Shared).await;
    let (lists, shows) = seen(cloud, id).await;
    assert_eq!(lists, ["publisher", "admin"]);
    assert_eq!(shows, ["publisher", "admin"]);
}

pub(crate) async fn a_deactivated_image_gives_its_data_to_nobody_but_administrators(cloud: &Cloud) {
    let id = made(cloud, Visibility::Public).await;
    let publisher = cloud.glance("publisher");
    // Doing it again does no harm.
    for _ in 0..2 {
        publisher.deactivate(id).await.unwrap();
    }
    let image = cloud.glance("customer").image(id).await.unwrap();
    assert_eq!(image.status, Status::Deactivated);
    for who in ["publisher", "customer"] {
        let error = cloud.glance(who).download(id).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
    }
    assert!(cloud.glance("admin").download(id).await.is_ok());
    for _ in 0..2 {
        publisher.reactivate(id).await.unwrap();
    }
    assert!(cloud.glance("customer").download(id).await.is_ok());
}

pub(crate) async fn only_images_with_data_of_ones_own_are_deactivated(cloud: &Cloud) {
    let queued = cloud.queued("raw").await;
    for result in [
        cloud.glance("publisher").deactivate(queued).await,
        cloud.glance("publisher").reactivate(queued).await,
    ] {
        assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    }
    let foreign = made(cloud, Visibility::Community).await;
    let result = cloud.glance("customer").deactivate(foreign).await;
    assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    let private = made(cloud, Visibility::Private).await;
    let result = cloud.glance("customer").deactivate(private).await;
    assert!(matches!(result, Err(Error::NotFound(_))), "{result:?}");
}

pub(crate) async fn the_owner_chooses_who_sees_an_image_but_for_everybody(cloud: &Cloud) {
    let id = made(cloud, Visibility::Public).await;
    let publisher = cloud.glance("publisher");
    let own = (vec!["publisher", "admin"], vec!["publisher", "admin"]);
    let community = (vec!["publisher"], EVERYBODY.to_vec());
    for (visibility, expected) in [
        (Visibility::Community, &community),
        (Visibility::Private, &own),
        (Visibility::Community, &community),
        (Visibility::Shared, &own),
        (Visibility::Private, &own),
    ] {
        let patch = ImagePatch::new().visibility(visibility);
        let image = publisher.update(id, &patch).await.unwrap();
        assert_eq!(image.visibility, visibility);
        assert_eq!(&seen(cloud, id).await, expected, "{visibility}");
    }
    let public = ImagePatch::new().visibility(Visibility::Public);
    let error = publisher.update(id, &public).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
    cloud.glance("admin").update(id, &public).await.unwrap();
    assert_eq!(
        seen(cloud, id).await,
        (EVERYBODY.to_vec(), EVERYBODY.to_vec())
    );
}

pub(crate) async fn an_administrator_lists_all_images_by_two_requests(cloud: &Cloud) {
    let community = made(cloud, Visibility::Community).await;
    let hidden = made(cloud, Visibility::Private).await;
    let hide = ImagePatch::new().hidden(true);
    let publisher = cloud.glance("publisher");
    publisher.update(hidden, &hide).await.unwrap();
    let admin = cloud.raw("admin").await;
    for (query, lists) in [
        ("", [false, false]),
        ("&visibility=community", [true, false]),
        ("&visibility=all", [true, false]),
        ("&visibility=all&os_hidden=true", [false, true]),
    ] {
        for (id, expected) in [community, hidden].into_iter().zip(lists) {
            let path = format!("/images?name=contract%20{id}{query}");
            let images = admin.get(&path).await.json()["images"].clone();
            let found = images.as_array().is_some_and(|images| !images.is_empty());
            assert_eq!(found, expected, "{query}");
        }
    }
}

pub(crate) async fn what_is_no_id_is_not_found(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    assert_eq!(raw.get("/images/no-uuid").await.status, 404);
    assert_eq!(raw.get("/nonsense").await.status, 404);
    assert!(!shown(cloud, "admin", Uuid::new_v4()).await);
}
