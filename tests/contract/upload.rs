//! Uploads: what makes an image active, what leaves it waiting, and what is left in the store.

use bonafide::glance::{BoxError, Error, Glance, ImageBody, ImagePatch, Status};
use bonafide_testkit::qcow2::Qcow2Image;
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::cloud::{Cloud, new_image, whole};
use crate::content::pieces;

const MEBIBYTE: u64 = 1 << 20;
/// SHA-512 and MD5 of `bonafide`.
const WORD_SHA512: &str = "1eef5760d95f5212debc8f6e8d33a35dc810c0526cd582ac152ba9cd66c16906\
    5f7270385a741e98e2fc614ea83aa55779cc1ab4264218bea1a7ab64ffa6ee76";
const WORD_MD5: &str = "c029670383a926475c51802aae5fcf60";

#[derive(Debug)]
struct NotProven;

impl std::fmt::Display for NotProven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not proven")
    }
}

impl std::error::Error for NotProven {}

/// A body that says nothing more after its first bytes until the test continues it.
fn held(first: &'static [u8]) -> (ImageBody, oneshot::Sender<Result<Bytes, BoxError>>) {
    let (verdict, told) = oneshot::channel();
    let rest = told.map(|told| told.unwrap_or_else(|_| Err("dropped".into())));
    let first = stream::once(ready(Ok(Bytes::from_static(first))));
    (ImageBody::new(first.chain(stream::once(rest))), verdict)
}

async fn begun(
    cloud: &Cloud,
    glance: &Glance,
    id: Uuid,
) -> (
    tokio::task::JoinHandle<Result<(), Error>>,
    oneshot::Sender<Result<Bytes, BoxError>>,
) {
    let (body, verdict) = held(b"bona");
    let glance = glance.clone();
    let upload = tokio::spawn(async move { glance.upload(id, body).await });
    cloud.becomes(id, Status::Saving).await;
    (upload, verdict)
}

pub(crate) async fn an_uploaded_image_is_active_with_its_sizes_and_hashes(cloud: &Cloud) {
    let disk = Qcow2Image::new(10 << 30, 20, 1);
    let glance = cloud.glance("publisher");
    for announced in [true, false] {
        let id = cloud.queued("qcow2").await;
        let mut body = ImageBody::new(pieces(&disk, usize::MAX));
        if announced {
            body = body.length(disk.len());
        }
        glance.upload(id, body).await.unwrap();
        let image = glance.image(id).await.unwrap();
        assert_eq!(image.status, Status::Active);
        assert_eq!(image.size, Some(disk.len()));
        assert_eq!(image.virtual_size, Some(10 << 30));
        assert_eq!(image.checksum.as_deref(), Some(disk.md5()));
        assert_eq!(image.os_hash_algo.as_deref(), Some("sha512"));
        assert_eq!(image.os_hash_value.as_deref(), Some(disk.sha512()));
        assert_eq!(cloud.stored(id), Some(disk.len()));
    }
}

pub(crate) async fn an_upload_answers_204_without_a_body(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let answer = raw.upload(id, "bonafide").await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let image = raw.get(&format!("/images/{id}")).await.json();
    assert_eq!(image["checksum"], WORD_MD5);
    assert_eq!(image["os_hash_value"], WORD_SHA512);
}

pub(crate) async fn an_active_image_takes_no_other_bytes(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    let glance = cloud.glance("publisher");
    let error = glance.upload(id, whole(b"malafide")).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    assert!(
        error.to_string().contains("from active to saving"),
        "{error}"
    );
    let image = glance.image(id).await.unwrap();
    assert_eq!(image.os_hash_value.as_deref(), Some(WORD_SHA512));
}

pub(crate) async fn a_refusal_comes_back_although_much_is_still_to_be_sent(cloud: &Cloud) {
    let id = cloud.active(b"bonafide").await;
    let zeros = stream::repeat(())
        .map(|()| Ok(Bytes::from_static(&[0; 64 << 10])))
        .take(4096);
    let body = ImageBody::new(zeros).length(256 * MEBIBYTE);
    let error = cloud
        .glance("publisher")
        .upload(id, body)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
}

pub(crate) async fn a_body_that_fails_leaves_the_image_waiting_and_nothing_in_the_store(
    cloud: &Cloud,
) {
    let disk = Qcow2Image::of_file_size(2 * MEBIBYTE, 2);
    for announced in [true, false] {
        let id = cloud.queued("qcow2").await;
        let (verdict, told) = oneshot::channel::<NotProven>();
        let failure = told.map(|told| Err::<Bytes, BoxError>(Box::new(told.unwrap())));
        let mut body = ImageBody::new(pieces(&disk, 20).chain(stream::once(failure)));
        if announced {
            body = body.length(disk.len());
        }
        let glance = cloud.glance("publisher");
        let upload = tokio::spawn(async move { glance.upload(id, body).await });
        // A body that fails at once is cut before Glance has even begun.
        cloud.becomes(id, Status::Saving).await;
        verdict.send(NotProven).unwrap();
        let error = upload.await.unwrap().unwrap_err();
        let Error::BodyFailed { source, .. } = error else {
            panic!("{error:?}")
        };
        assert!(source.is::<NotProven>());
        let image = cloud.becomes(id, Status::Queued).await;
        assert_eq!((image.size, image.checksum), (None, None));
        cloud.store_settles(id, false).await;
        // The same image takes the right bytes now.
        let glance = cloud.glance("publisher");
        let body = ImageBody::new(pieces(&disk, usize::MAX)).length(disk.len());
        glance.upload(id, body).await.unwrap();
        let image = glance.image(id).await.unwrap();
        assert_eq!(image.os_hash_value.as_deref(), Some(disk.sha512()));
    }
}

pub(crate) async fn an_upload_that_is_dropped_leaves_the_image_waiting(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let (upload, _verdict) = begun(cloud, &glance, id).await;
    upload.abort();
    cloud.becomes(id, Status::Queued).await;
    cloud.store_settles(id, false).await;
    glance.upload(id, whole(b"bonafide")).await.unwrap();
}

pub(crate) async fn a_connection_lost_anywhere_in_a_chunked_body_leaves_the_image_waiting(
    cloud: &Cloud,
) {
    let raw = cloud.raw("publisher").await;
    for rest in ["", "8\r\nbon", "8\r\nbonafide", "1"] {
        let id = cloud.queued("raw").await;
        let mut upload = raw.begin_upload(id, "transfer-encoding: chunked\r\n").await;
        upload.chunk(b"bonafide").await;
        upload.write(rest).await;
        cloud.becomes(id, Status::Saving).await;
        drop(upload);
        cloud.becomes(id, Status::Queued).await;
        cloud.store_settles(id, false).await;
    }
}

pub(crate) async fn a_connection_lost_before_the_announced_length_leaves_the_image_waiting(
    cloud: &Cloud,
) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let mut upload = raw.begin_upload(id, "content-length: 16\r\n").await;
    upload.write("bonafide").await;
    cloud.becomes(id, Status::Saving).await;
    drop(upload);
    cloud.becomes(id, Status::Queued).await;
    cloud.store_settles(id, false).await;
}

/// Why a body must never just end: no receiver can see that something is missing.
pub(crate) async fn a_truncated_body_that_ends_properly_is_a_whole_image(cloud: &Cloud) {
    let disk = Qcow2Image::of_file_size(2 * MEBIBYTE, 3);
    let id = cloud.queued("qcow2").await;
    let glance = cloud.glance("publisher");
    glance
        .upload(id, ImageBody::new(pieces(&disk, 10)))
        .await
        .unwrap();
    let image = glance.image(id).await.unwrap();
    assert_eq!(
        (image.status, image.size),
        (Status::Active, Some(640 << 10))
    );
}

pub(crate) async fn a_truncated_body_is_refused_if_its_size_was_announced(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let headers = "transfer-encoding: chunked\r\nx-openstack-image-size: 16\r\n";
    let mut upload = raw.begin_upload(id, headers).await;
    upload.chunk(b"bonafide").await;
    upload.write("0\r\n\r\n").await;
    assert_eq!(upload.status().await, 400);
    cloud.becomes(id, Status::Queued).await;
    cloud.store_settles(id, false).await;
}

/// Why nothing is changed during an upload.
pub(crate) async fn a_change_during_an_upload_is_accepted_and_lost(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let (upload, verdict) = begun(cloud, &glance, id).await;
    let image = glance
        .update(id, &ImagePatch::new().set("late", "yes"))
        .await
        .unwrap();
    assert_eq!(image.properties["late"], "yes");
    verdict.send(Ok(Bytes::from_static(b"fide"))).unwrap();
    upload.await.unwrap().unwrap();
    let image = glance.image(id).await.unwrap();
    assert_eq!(image.os_hash_value.as_deref(), Some(WORD_SHA512));
    assert_eq!(image.properties.get("late"), None);
}

pub(crate) async fn a_second_upload_at_the_same_time_is_a_conflict(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let (upload, verdict) = begun(cloud, &glance, id).await;
    let error = glance.upload(id, whole(b"malafide")).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    verdict.send(Ok(Bytes::from_static(b"fide"))).unwrap();
    upload.await.unwrap().unwrap();
    let image = glance.image(id).await.unwrap();
    assert_eq!(image.os_hash_value.as_deref(), Some(WORD_SHA512));
}

pub(crate) async fn an_image_deleted_during_its_upload_is_gone(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let glance = cloud.glance("publisher");
    let (upload, verdict) = begun(cloud, &glance, id).await;
    glance.delete(id).await.unwrap();
    verdict.send(Ok(Bytes::from_static(b"fide"))).unwrap();
    let error = upload.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Gone(_)), "{error}");
    assert_eq!(glance.find(id).await.unwrap(), None);
    cloud.store_settles(id, false).await;
}

pub(crate) async fn a_token_is_only_looked_at_when_an_upload_begins(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let mut upload = raw.begin_upload(id, "content-length: 8\r\n").await;
    upload.write("bona").await;
    cloud.becomes(id, Status::Saving).await;
    crate::identity::revoke(&raw).await;
    upload.write("fide").await;
    assert_eq!(upload.status().await, 204);
    cloud.becomes(id, Status::Active).await;
}

pub(crate) async fn an_upload_with_a_wrong_token_is_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let mut raw = cloud.raw("publisher").await;
    "nonsense".clone_into(&mut raw.token);
    assert_eq!(raw.upload(id, "bonafide").await.status, 401);
    cloud.becomes(id, Status::Queued).await;
}

pub(crate) async fn only_the_owner_uploads(cloud: &Cloud) {
    let customer = cloud.glance("customer");
    let private = cloud.queued("raw").await;
    let error = customer
        .upload(private, whole(b"bonafide"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let error = customer
        .upload(Uuid::new_v4(), whole(b"bonafide"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    let community = cloud.id();
    let image = new_image(community, "raw").visibility(bonafide::glance::Visibility::Community);
    cloud.glance("publisher").create(&image).await.unwrap();
    let error = customer
        .upload(community, whole(b"bonafide"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error}");
}
