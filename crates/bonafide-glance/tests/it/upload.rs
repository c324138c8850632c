//! Uploads: what goes over the wire, and that no failure looks like a whole image.

use std::future;
use std::time::Duration;

use bonafide_glance::{BoxError, Error, ImageBody, ImageFilter};
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use uuid::Uuid;

use crate::scripted::{Cloud, Reply, header, json};

const ID: Uuid = Uuid::from_u128(7);
const IDLE: Duration = Duration::from_millis(200);
/// More than the buffers of both ends of a loopback connection hold.
const MUCH: u64 = 512 << 20;

#[derive(Debug, thiserror::Error)]
#[error("not proven")]
struct NotProven;

fn line() -> String {
    format!("PUT /v2/images/{ID}/file")
}

fn done() -> Reply {
    Reply::Raw("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned())
}

/// `count` chunks of 64 KiB.
fn chunks(count: u64) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
    stream::iter(0..count).map(|_| Ok(Bytes::from_static(&[7; 64 << 10])))
}

/// So many chunks, and an error once the head of the request has arrived.
fn failing(cloud: &Cloud, count: u64) -> ImageBody {
    let error = cloud
        .arrival()
        .map(|()| Err::<Bytes, BoxError>(Box::new(NotProven)));
    ImageBody::new(chunks(count).chain(stream::once(error)))
}

#[tokio::test]
async fn a_known_length_is_announced_twice() {
    let cloud = Cloud::new(|_, _| done()).await;
    let glance = cloud.glance();
    glance
        .upload(ID, ImageBody::new(chunks(3)).length(3 << 16))
        .await
        .unwrap();
    let request = cloud.settled(&line()).await;
    assert!(request.complete);
    assert_eq!(request.body.len(), 3 << 16);
    assert_eq!(header(&request, "content-length").unwrap(), "196608");
    assert_eq!(
        header(&request, "x-openstack-image-size").unwrap(),
        "196608"
    );
    assert_eq!(header(&request, "transfer-encoding"), None);
    assert_eq!(
        header(&request, "content-type").unwrap(),
        "application/octet-stream"
    );
    assert_eq!(header(&request, "expect"), None);
    assert_eq!(glance.session().requests(), 2);
}

#[tokio::test]
async fn an_unknown_length_is_sent_in_chunks() {
    let cloud = Cloud::new(|_, _| done()).await;
    cloud
        .glance()
        .upload(ID, ImageBody::new(chunks(3)))
        .await
        .unwrap();
    let request = cloud.settled(&line()).await;
    assert!(request.complete);
    assert_eq!(request.body.len(), 3 << 16);
    assert_eq!(header(&request, "transfer-encoding").unwrap(), "chunked");
    assert_eq!(header(&request, "x-openstack-image-size"), None);
}

#[tokio::test]
async fn a_failed_body_cuts_the_connection_and_gives_its_error_back() {
    for length in [None, Some(9 << 16)] {
        let cloud = Cloud::new(|_, _| done()).await;
        let mut body = failing(&cloud, 8);
        if let Some(length) = length {
            body = body.length(length);
        }
        let error = cloud.glance().upload(ID, body).await.unwrap_err();
        let Error::BodyFailed { sent, source, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(sent, 8 << 16);
        assert!(source.downcast_ref::<NotProven>().is_some());
        let request = cloud.settled(&line()).await;
        assert!(!request.complete);
        assert!(!request.body.ends_with(b"0\r\n\r\n"));
    }
}

#[tokio::test]
async fn an_error_behind_the_last_announced_byte_keeps_that_byte_back() {
    let cloud = Cloud::new(|_, _| done()).await;
    let error = cloud
        .glance()
        .upload(ID, failing(&cloud, 2).length(2 << 16))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::BodyFailed { .. }), "{error:?}");
    let request = cloud.settled(&line()).await;
    assert!(!request.complete);
    assert_eq!(request.body.len(), 1 << 16);
}

#[tokio::test]
async fn a_body_of_another_length_is_cut() {
    for count in [1, 3] {
        let cloud = Cloud::new(|_, _| done()).await;
        let rest = cloud
            .arrival()
            .map(move |()| chunks(count - 1))
            .flatten_stream();
        let body = ImageBody::new(chunks(1).chain(rest)).length(2 << 16);
        let error = cloud.glance().upload(ID, body).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::BodyLength {
                    declared: 131_072,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(!cloud.settled(&line()).await.complete);
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_cut() {
    let cloud = Cloud::new(|_, _| done()).await;
    let glance = cloud.glance();
    let body = ImageBody::new(chunks(2).chain(stream::pending()));
    let upload = tokio::spawn(async move { glance.upload(ID, body).await });
    while cloud.lines().is_empty() {
        tokio::task::yield_now().await;
    }
    upload.abort();
    assert!(!cloud.settled(&line()).await.complete);
}

#[tokio::test]
async fn a_refusal_while_the_body_is_still_being_sent_is_reported() {
    let cloud = Cloud::new(|_, _| Reply::Early(409, r#"{"message":"not from saving"}"#.to_owned()));
    let cloud = cloud.await;
    let body = ImageBody::new(chunks(1).chain(stream::pending()));
    let error = cloud.glance().upload(ID, body).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
    assert!(error.to_string().contains("not from saving"));
}

#[tokio::test]
async fn an_upload_is_not_repeated_but_the_next_request_gets_a_new_token() {
    let cloud = Cloud::new(|request, _| match request.line.as_str() {
        line if line.starts_with("PUT") => Reply::Answer(401, String::new(), String::new()),
        _ => json(200, r#"{"images":[]}"#),
    })
    .await;
    let glance = cloud.glance();
    let error = glance
        .upload(ID, ImageBody::new(chunks(1)))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TokenRefused(_)));
    assert_eq!(cloud.lines(), [line()]);
    glance.list(&ImageFilter::new()).await.unwrap();
    assert_eq!(
        header(&cloud.received()[3], "x-auth-token").unwrap(),
        "token-2"
    );
}

#[tokio::test]
async fn a_cloud_that_takes_no_more_is_a_stall() {
    let cloud = Cloud::new(|_, _| Reply::Deaf).await;
    let glance = cloud.glance_with(|config| config.idle_timeout(IDLE));
    let body = ImageBody::new(chunks(MUCH >> 16)).length(MUCH);
    let error = glance.upload(ID, body).await.unwrap_err();
    let Error::Stalled { waiting_for, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(waiting_for, "the cloud to accept more of the body");
}

#[tokio::test]
async fn a_body_that_gives_no_more_is_a_stall() {
    let cloud = Cloud::new(|_, _| done()).await;
    let glance = cloud.glance_with(|config| config.idle_timeout(IDLE));
    let body = ImageBody::new(chunks(1).chain(stream::pending()));
    let error = glance.upload(ID, body).await.unwrap_err();
    let Error::Stalled { waiting_for, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(waiting_for, "the next bytes of the body");
    assert!(!cloud.settled(&line()).await.complete);
}

#[tokio::test]
async fn an_upload_that_is_never_answered_is_a_stall() {
    let cloud = Cloud::new(|_, _| Reply::Silent).await;
    let glance = cloud.glance_with(|config| config.idle_timeout(IDLE));
    let error = glance
        .upload(ID, ImageBody::new(chunks(1)))
        .await
        .unwrap_err();
    let Error::Stalled { waiting_for, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(waiting_for, "the answer to the complete body");
}

#[tokio::test]
async fn a_connection_lost_during_an_upload_is_a_transport_error() {
    let cloud = Cloud::new(|_, _| Reply::Hang).await;
    let error = cloud
        .glance()
        .upload(ID, ImageBody::new(chunks(1)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Transport { method: "PUT", .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_upload_can_run_in_a_task_of_its_own() {
    let cloud = Cloud::new(|_, _| done()).await;
    let glance = cloud.glance();
    let body = ImageBody::new(stream::once(future::ready(Ok(Bytes::from_static(b"x")))));
    tokio::spawn(async move { glance.upload(ID, body).await })
        .await
        .unwrap()
        .unwrap();
}
