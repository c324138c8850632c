//! What is sent again, how often, and what an answer means that may be the second one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bonafide_glance::{
    BoxError, Error, Glance, ImageBody, ImageFilter, ImagePatch, MemberStatus, NewImage, Retry,
    RetryPolicy, Traffic,
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json as value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::scripted::{self, Cloud, Received, Reply, header, json};

const ID: Uuid = Uuid::from_u128(7);

fn image(change: serde_json::Value) -> String {
    let mut image = value!({
        "id": ID, "name": "a", "status": "queued", "visibility": "private", "owner": "p1",
        "min_disk": 0, "min_ram": 0, "protected": false, "os_hidden": false, "tags": [],
        "bonafide_run": "me",
    });
    let changes = change.as_object().cloned().unwrap_or_default();
    image.as_object_mut().unwrap().extend(changes);
    image.to_string()
}

fn member() -> String {
    value!({"image_id": ID, "member_id": "p2", "status": "pending"}).to_string()
}

/// Every request the crate sends, but for an upload and a log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Accept,
    AddMember,
    Create,
    Deactivate,
    Delete,
    Download,
    Find,
    List,
    Members,
    Reactivate,
    RemoveMember,
    Stores,
    Update,
}

const ALL: [Kind; 13] = [
    Kind::Accept,
    Kind::AddMember,
    Kind::Create,
    Kind::Deactivate,
    Kind::Delete,
    Kind::Download,
    Kind::Find,
    Kind::List,
    Kind::Members,
    Kind::Reactivate,
    Kind::RemoveMember,
    Kind::Stores,
    Kind::Update,
];

async fn send(glance: &Glance, kind: Kind) -> Result<(), Error> {
    match kind {
        Kind::Accept => {
            let accepted = MemberStatus::Accepted;
            glance.set_member_status(ID, "p2", accepted).await.map(drop)
        }
        Kind::AddMember => glance.add_member(ID, "p2").await.map(drop),
        Kind::Create => {
            let image = NewImage::new(ID, "a").property("bonafide_run", "me");
            glance.create(&image).await.map(drop)
        }
        Kind::Deactivate => glance.deactivate(ID).await,
        Kind::Delete => glance.delete(ID).await,
        Kind::Download => glance.download(ID).await.map(drop),
        Kind::Find => glance.find(ID).await.map(drop),
        Kind::List => glance.list(&ImageFilter::new()).await.map(drop),
        Kind::Members => glance.members(ID).await.map(drop),
        Kind::Reactivate => glance.reactivate(ID).await,
        Kind::RemoveMember => glance.remove_member(ID, "p2").await,
        Kind::Stores => glance.stores().await.map(drop),
        Kind::Update => {
            let patch = ImagePatch::new().name("b").remove("gone");
            glance.update(ID, &patch).await.map(drop)
        }
    }
}

/// What a cloud answers on a good day.
fn well(request: &Received) -> Reply {
    let line = request.line.as_str();
    let is_put = line.starts_with("PUT");
    match line.rsplit('/').next().unwrap() {
        "images" if line.starts_with("GET") => json(200, r#"{"images":[]}"#),
        "images" => json(201, image(value!({}))),
        "members" if line.starts_with("GET") => json(200, value!({"members": [member_value()]})),
        "members" => json(200, member()),
        "p2" if is_put => json(200, member()),
        "file" if !is_put => Reply::Answer(200, String::new(), "data".to_owned()),
        "stores" => json(200, r#"{"stores":[]}"#),
        _ if line.starts_with("PATCH") => json(200, image(value!({"name": "b"}))),
        _ if line.starts_with("GET") => json(200, image(value!({}))),
        _ => Reply::Answer(204, String::new(), String::new()),
    }
}

fn member_value() -> serde_json::Value {
    serde_json::from_str(&member()).unwrap()
}

fn status(status: u16) -> Reply {
    json(status, r#"{"message":"busy"}"#)
}

#[tokio::test]
async fn every_request_is_sent_again_until_the_fifth_try() {
    for kind in ALL {
        for failures in [1, 4, 5] {
            let cloud = Cloud::new(move |request, nth| match nth < failures {
                true => status([500, 502, 503, 504, 500][nth]),
                false => well(request),
            })
            .await;
            let done = send(&cloud.glance(), kind).await;
            assert_eq!(done.is_ok(), failures < 5, "{kind:?} {failures}: {done:?}");
            let tries = cloud.lines().len();
            assert_eq!(tries, (failures + 1).min(5), "{kind:?} {failures}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_by_chance() {
    let broken = [
        Reply::Hang,
        Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned()),
        Reply::Raw("HTTP/1.1 2".to_owned()),
    ];
    for reply in broken {
        let at = reply.clone();
        let cloud = Cloud::new(move |request, nth| match nth {
            0 => at.clone(),
            _ => well(request),
        })
        .await;
        let done = send(&cloud.glance(), Kind::List).await;
        assert!(done.is_ok(), "{reply:?}: {done:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_failure_by_chance() {
    let cloud = Cloud::new(|request, nth| match nth {
        0 => Reply::Silent,
        _ => well(request),
    })
    .await;
    let glance = cloud.glance_with(|config| config.request_deadline(Duration::from_millis(300)));
    send(&glance, Kind::Update).await.unwrap();
    assert_eq!(cloud.lines().len(), 2);
}

#[tokio::test]
async fn other_refusals_are_not_asked_for_again() {
    for refused in [400, 403, 404, 409, 413, 415, 501] {
        for kind in ALL {
            let cloud = Cloud::new(move |_, _| status(refused)).await;
            let done = send(&cloud.glance(), kind).await;
            let absent = refused == 404 && matches!(kind, Kind::Find | Kind::Stores);
            assert_eq!(done.is_ok(), absent, "{kind:?} {refused}: {done:?}");
            assert_eq!(cloud.lines().len(), 1, "{kind:?} {refused}");
        }
    }
}

#[tokio::test]
async fn a_log_in_is_sent_again() {
    let logins = AtomicUsize::new(0);
    let cloud = Cloud::bare(move |request, _| {
        if request.line != "POST /v3/auth/tokens" {
            return well(request);
        }
        match logins.fetch_add(1, Ordering::Relaxed) {
            0 => status(503),
            1 => Reply::Hang,
            _ => {
                let host = header(request, "host").unwrap_or_default();
                scripted::token("t", scripted::NOW + 3600, &host)
            }
        }
    })
    .await;
    send(&cloud.glance(), Kind::List).await.unwrap();
    assert_eq!(cloud.logins(), 3);
}

#[tokio::test]
async fn an_upload_is_not_sent_again() {
    for refused in [429, 500, 502, 503, 504] {
        let cloud = Cloud::new(move |_, _| status(refused)).await;
        let body = stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"x"))]);
        let done = cloud.glance().upload(ID, ImageBody::new(body)).await;
        assert_eq!(done.unwrap_err().status(), Some(refused));
        assert_eq!(cloud.lines().len(), 1);
    }
}

/// A cloud that loses the answer to the first request that is no GET, and answers its repetition
/// with this status.
async fn lost(second: u16, read: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Cloud {
    Cloud::new(
        move |request, nth| match (request.line.starts_with("GET"), nth) {
            (true, _) => read(request),
            (false, 0) => Reply::Hang,
            (false, _) => status(second),
        },
    )
    .await
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_finds_its_own_image() {
    let cloud = lost(409, |_| json(200, image(value!({})))).await;
    send(&cloud.glance(), Kind::Create).await.unwrap();
    let others = [
        value!({"owner": "p2"}),
        value!({"bonafide_run": "other"}),
        value!({"name": "b"}),
        value!({"status": "active"}),
        value!({"visibility": "public"}),
    ];
    for other in others {
        let found = image(other.clone());
        let cloud = lost(409, move |_| json(200, found.clone())).await;
        let done = send(&cloud.glance(), Kind::Create).await;
        assert!(matches!(done, Err(Error::Conflict(_))), "{other}: {done:?}");
    }
    let cloud = lost(409, |_| status(404)).await;
    let done = send(&cloud.glance(), Kind::Create).await;
    assert!(matches!(done, Err(Error::Conflict(_))), "{done:?}");
}

#[tokio::test]
async fn a_patch_whose_answer_was_lost_is_compared_with_the_image() {
    for refused in [400, 409] {
        let patched = || image(value!({"name": "b"}));
        let cloud = lost(refused, move |_| json(200, patched())).await;
        send(&cloud.glance(), Kind::Update).await.unwrap();
        for left in [
            value!({"name": "b", "gone": "not yet"}),
            value!({"name": "a"}),
        ] {
            let found = image(left.clone());
            let cloud = lost(refused, move |_| json(200, found.clone())).await;
            let done = send(&cloud.glance(), Kind::Update).await;
            assert_eq!(done.unwrap_err().status(), Some(refused), "{left}");
        }
    }
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done() {
    for kind in [Kind::Delete, Kind::RemoveMember] {
        let cloud = lost(404, well).await;
        send(&cloud.glance(), kind).await.unwrap();
        // What was never there was not deleted.
        let cloud = Cloud::new(|_, _| status(404)).await;
        let done = send(&cloud.glance(), kind).await;
        assert!(matches!(done, Err(Error::NotFound(_))), "{done:?}");
        // A 429 has done nothing.
        let cloud = Cloud::new(|_, nth| status([429, 404][nth.min(1)])).await;
        let done = send(&cloud.glance(), kind).await;
        assert!(matches!(done, Err(Error::NotFound(_))), "{done:?}");
    }
}

#[tokio::test]
async fn a_member_whose_answer_was_lost_is_looked_for() {
    let cloud = lost(409, well).await;
    send(&cloud.glance(), Kind::AddMember).await.unwrap();
    let cloud = lost(409, |_| json(200, r#"{"members":[]}"#)).await;
    let done = send(&cloud.glance(), Kind::AddMember).await;
    assert!(matches!(done, Err(Error::Conflict(_))), "{done:?}");
}

#[tokio::test]
async fn what_is_sent_again_is_reported_and_counted() {
    let cloud = Cloud::new(|request, nth| match nth {
        0 => Reply::Answer(503, "retry-after: 0\r\n".to_owned(), "busy".to_owned()),
        1 => Reply::Hang,
        _ => well(request),
    })
    .await;
    let (traffic, mut told) = (Traffic::new(), Vec::new());
    let glance = cloud.glance();
    let work = send(&glance, Kind::List);
    let tell = |retry: &Retry| told.push((retry.next, retry.reason.clone()));
    traffic.watch(work, tell).await.unwrap();
    assert_eq!(traffic.requests(), 4, "the log-in, and three tries");
    assert_eq!(told.len(), 2);
    assert!(told[0].0 == 2 && told[0].1.contains("was answered 503: busy"));
    assert!(told[1].0 == 3 && told[1].1.contains("the connection for `"));
    let quiet = Traffic::new();
    quiet
        .watch(send(&glance, Kind::List), |retry| panic!("{retry:?}"))
        .await
        .unwrap();
    assert_eq!(quiet.requests(), 1);
}

#[tokio::test]
async fn a_token_that_expires_between_two_tries_is_renewed() {
    let cloud = Cloud::new(|request, nth| {
        let first = header(request, "x-auth-token").as_deref() == Some("token-1");
        match (nth, first) {
            (0, _) => Reply::Hang,
            (_, true) => status(401),
            // The first try was carried out.
            _ => status(404),
        }
    })
    .await;
    send(&cloud.glance(), Kind::Delete).await.unwrap();
    assert_eq!((cloud.lines().len(), cloud.logins()), (3, 2));
}

/// Takes twenty requests a second, and no more at once.
struct Bucket {
    left: f64,
    filled: Instant,
}

impl Bucket {
    fn takes(&mut self) -> bool {
        let now = Instant::now();
        let since = now.duration_since(self.filled).as_secs_f64();
        self.left = since.mul_add(20.0, self.left).min(20.0);
        self.filled = now;
        let takes = self.left >= 1.0;
        self.left -= f64::from(u8::from(takes));
        takes
    }
}

#[tokio::test]
async fn clones_of_a_session_keep_together_to_what_a_cloud_allows() {
    let bucket = Mutex::new(Bucket {
        left: 20.0,
        filled: Instant::now(),
    });
    let cloud = Cloud::new(move |request, _| match bucket.lock().unwrap().takes() {
        true => well(request),
        false => status(429),
    })
    .await;
    let policy = RetryPolicy::default().first_wait(Duration::from_millis(200));
    let glance = cloud.glance_with(|config| config.retry_policy(policy));
    let work = (0..12).map(|_| async {
        for kind in [
            Kind::Create,
            Kind::Update,
            Kind::List,
            Kind::Delete,
            Kind::Find,
        ] {
            send(&glance, kind).await?;
        }
        Ok::<_, Error>(())
    });
    let done = futures_util::future::join_all(work).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
}
