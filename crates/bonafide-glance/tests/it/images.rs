//! The requests about images and the answers that are errors.

use std::time::Duration;

use bonafide_glance::{Error, ImageFilter, ImagePatch, NewImage, Visibility};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::Value;
use uuid::Uuid;

use crate::scripted::{Cloud, Reply, header, json};

const ID: Uuid = Uuid::from_u128(7);

fn image(id: Uuid) -> String {
    format!(r#"{{"id":"{id}","status":"queued","visibility":"private","self":"/x"}}"#)
}

fn target(method: &str) -> String {
    format!("{method} /v2/images/{ID}")
}

#[tokio::test]
async fn create_sends_one_object() {
    let cloud = Cloud::new(|_, _| json(201, image(ID))).await;
    let wanted = NewImage::new(ID, "a")
        .disk_format("raw")
        .property("os_distro", "ubuntu");
    let created = cloud.glance().create(&wanted).await.unwrap();
    assert_eq!(created.id, ID);
    let request = &cloud.received()[1];
    assert_eq!(request.line, "POST /v2/images");
    assert_eq!(header(request, "content-type").unwrap(), "application/json");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["id"], ID.to_string());
    assert_eq!(body["os_distro"], "ubuntu");
}

#[tokio::test]
async fn update_sends_one_patch_of_the_right_type() {
    let cloud = Cloud::new(|_, _| json(200, image(ID))).await;
    let patch = ImagePatch::new()
        .set("a/b", "c")
        .visibility(Visibility::Public);
    cloud.glance().update(ID, &patch).await.unwrap();
    assert_eq!(cloud.lines(), [target("PATCH")]);
    let request = &cloud.received()[1];
    assert_eq!(
        header(request, "content-type").unwrap(),
        "application/openstack-images-v2.1-json-patch"
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body[0]["path"], "/a~1b");
}

#[tokio::test]
async fn an_answer_about_another_image_is_refused() {
    let other = Uuid::from_u128(8);
    let cloud = Cloud::new(move |_, _| json(200, image(other))).await;
    let glance = cloud.glance();
    let patch = ImagePatch::new().name("a");
    for answer in [
        glance.image(ID).await,
        glance.update(ID, &patch).await,
        glance.create(&NewImage::new(ID, "a")).await,
    ] {
        let error = answer.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&ID.to_string()) && text.contains(&other.to_string()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_empty_patch_is_not_sent() {
    let cloud = Cloud::new(|_, _| json(200, image(ID))).await;
    let glance = cloud.glance();
    let error = glance.update(ID, &ImagePatch::new()).await.unwrap_err();
    assert!(matches!(error, Error::EmptyPatch { id: ID }));
    assert_eq!(glance.session().requests(), 0);
}

#[tokio::test]
async fn a_missing_image_is_found_to_be_missing() {
    let cloud = Cloud::new(|_, _| json(404, r#"{"message":"No image found<br />"}"#)).await;
    let glance = cloud.glance();
    assert_eq!(glance.find(ID).await.unwrap(), None);
    assert!(matches!(glance.image(ID).await, Err(Error::NotFound(_))));
    assert!(matches!(glance.delete(ID).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn a_list_follows_its_pages_to_the_end() {
    let cloud = Cloud::new(|request, _| match request.line.as_str() {
        "GET /v2/images?os_distro=ubuntu&limit=1" => json(
            200,
            format!(
                r#"{{"images":[{}],"next":"/v2/images?os_distro=ubuntu&limit=1&marker=1"}}"#,
                image(ID)
            ),
        ),
        "GET /v2/images?os_distro=ubuntu&limit=1&marker=1" => json(
            200,
            format!(
                r#"{{"images":[{}],"next":"/v2/images?marker=2"}}"#,
                image(Uuid::nil())
            ),
        ),
        _ => json(200, r#"{"images":[],"first":"/v2/images"}"#),
    })
    .await;
    let filter = ImageFilter::new()
        .property("os_distro", "ubuntu")
        .page_size(1);
    let images = cloud.glance().list(&filter).await.unwrap();
    assert_eq!(
        images.iter().map(|image| image.id).collect::<Vec<_>>(),
        [ID, Uuid::nil()]
    );
    assert_eq!(cloud.lines().len(), 3);
}

#[tokio::test]
async fn half_an_answer_is_said_to_be_cut_off_with_its_length() {
    let page = format!(
        r#"{{"images":[{}],"next":"/v2/images?marker=1"}}"#,
        image(ID)
    );
    for bytes in [1, page.len() / 2, page.len() - 1] {
        let half = page[..bytes].to_owned();
        let cloud = Cloud::new(move |_, _| json(200, half.clone())).await;
        let glance = cloud.glance();
        for error in [
            glance.list(&ImageFilter::new()).await.unwrap_err(),
            glance.image(ID).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::CutOff { .. }), "{error}");
            assert!(error.is_transient());
            let text = error.to_string();
            let wanted = format!("ends within the JSON after {bytes} bytes");
            assert!(text.contains(&wanted) && !text.contains("EOF"), "{text}");
        }
    }
    // Another form is not half an answer.
    for other in ["", "[]", "<html>", r#"{"images": 7}"#] {
        let cloud = Cloud::new(move |_, _| json(200, other.to_owned())).await;
        let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{other}: {error}");
    }
}

#[tokio::test]
async fn a_list_does_not_take_the_token_elsewhere_nor_in_circles() {
    for next in [
        "http://evil.example/v2/images?marker=1",
        "/v2/images?marker=0",
    ] {
        let cloud =
            Cloud::new(move |_, _| json(200, format!(r#"{{"images":[],"next":"{next}"}}"#))).await;
        let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        assert!(cloud.lines().len() <= 2);
    }
}

#[tokio::test]
async fn each_status_has_its_error_with_words_and_request_id() {
    for (status, part) in [
        (400, "was answered 400: Because. of this (request id req-1)"),
        (401, "the log-in succeeded"),
        (403, "the role in this project does not suffice"),
        (404, "it does not exist, or"),
        (409, "look at the image's current state"),
        (410, "was deleted meanwhile"),
        (413, "does not report which limit"),
        (415, "disk_format"),
        (503, "was answered 503"),
    ] {
        let cloud = Cloud::new(move |_, _| {
            let body = r#"{"message":"Because.<br /><br />\nof this\n","code":"X"}"#;
            let headers = "x-openstack-request-id: req-1\r\n".to_owned();
            Reply::Answer(status, headers, body.to_owned())
        })
        .await;
        let error = cloud.glance().delete(ID).await.unwrap_err();
        let rejection = error.rejection().unwrap();
        assert_eq!(rejection.status, status);
        assert_eq!(rejection.method, "DELETE");
        assert_eq!(rejection.message, "Because. of this");
        assert_eq!(rejection.request_id.as_deref(), Some("req-1"));
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn html_instead_of_an_image_is_not_understood() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, String::new(), "<html>hi".to_owned())).await;
    let error = cloud.glance().image(ID).await.unwrap_err();
    assert!(
        error.to_string().contains("really an OpenStack API?"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_cut_short_is_a_transport_error() {
    let cloud = Cloud::new(|_, _| {
        Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"images\":[".to_owned())
    })
    .await;
    let error = cloud.glance().list(&ImageFilter::new()).await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_stands_still_has_a_deadline() {
    let cloud = Cloud::new(|_, _| {
        Reply::RawOpen("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned())
    })
    .await;
    let glance = cloud.glance_with(|config| config.request_deadline(Duration::from_millis(200)));
    let error = glance.image(ID).await.unwrap_err();
    assert!(matches!(error, Error::Stalled { .. }), "{error}");
}

#[tokio::test]
async fn a_download_gives_the_bytes_and_their_length() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, String::new(), "data".to_owned())).await;
    let download = cloud.glance().download(ID).await.unwrap();
    assert_eq!(download.length(), Some(4));
    let bytes: Vec<_> = download.try_collect().await.unwrap();
    assert_eq!(bytes.concat(), b"data");
    assert_eq!(cloud.lines(), [format!("{}/file", target("GET"))]);
}

#[tokio::test]
async fn an_image_without_data_is_no_empty_download() {
    let cloud = Cloud::new(|_, _| Reply::Raw("HTTP/1.1 204 No Content\r\n\r\n".to_owned())).await;
    let error = cloud.glance().download(ID).await.unwrap_err();
    assert!(matches!(error, Error::NoData { id: ID }));
}

#[tokio::test]
async fn a_download_cut_short_is_an_error() {
    let cloud = Cloud::new(|_, _| {
        Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata".to_owned())
    })
    .await;
    let mut download = cloud.glance().download(ID).await.unwrap();
    let mut results = Vec::new();
    while let Some(result) = download.next().await {
        results.push(result);
    }
    assert!(matches!(results.pop(), Some(Err(Error::Transport { .. }))));
}

#[tokio::test]
async fn a_download_that_stands_still_is_cut() {
    let cloud = Cloud::new(|_, _| {
        Reply::RawOpen("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata".to_owned())
    })
    .await;
    let glance = cloud.glance_with(|config| config.idle_timeout(Duration::from_millis(200)));
    let mut download = glance.download(ID).await.unwrap();
    assert_eq!(download.next().await.unwrap().unwrap(), "data");
    assert!(matches!(
        download.next().await,
        Some(Err(Error::Stalled { method: "GET", .. }))
    ));
    assert!(download.next().await.is_none());
}
