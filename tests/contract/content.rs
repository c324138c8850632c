//! What the bytes are: those of the declared format, others, or too few.

use bonafide::glance::{BoxError, Error, ImageBody, NewImage, Status};
use bonafide_testkit::qcow2::Qcow2Image;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::cloud::{Cloud, whole};

const MEBIBYTE: u64 = 1 << 20;

/// The first pieces of a disk, of 64 KiB each.
pub(crate) fn pieces(
    image: &Qcow2Image,
    count: usize,
) -> impl Stream<Item = Result<Bytes, BoxError>> + Send + use<> {
    let pieces: Vec<_> = image.chunks(0, 64 << 10).take(count).map(Ok).collect();
    stream::iter(pieces)
}

fn bytes(image: &Qcow2Image, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let count = image.read_at(0, &mut bytes);
    bytes.truncate(count);
    bytes
}

pub(crate) async fn another_media_type_is_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let raw = cloud.raw("publisher").await;
    let path = format!("/images/{id}/file");
    for headers in [&[][..], &[("content-type", "application/json")][..]] {
        let answer = raw.send("PUT", &path, headers, "bonafide").await;
        assert_eq!(answer.status, 415, "{answer:?}");
    }
    cloud.becomes(id, Status::Queued).await;
}

/// Why hashes alone do not show that an image is complete: a refused one has them too.
pub(crate) async fn bytes_that_are_not_of_the_format_are_refused_and_block_the_image(
    cloud: &Cloud,
) {
    let disk = Qcow2Image::new(MEBIBYTE, 4, 4);
    let glance = cloud.glance("publisher");
    for (format, body) in [
        (
            "qcow2",
            ImageBody::new(
                stream::repeat(7)
                    .take(40)
                    .map(|byte| Ok(vec![byte; 4096].into())),
            ),
        ),
        (
            "vmdk",
            ImageBody::new(pieces(&disk, usize::MAX)).length(disk.len()),
        ),
    ] {
        let id = cloud.queued(format).await;
        let error = glance.upload(id, body).await.unwrap_err();
        assert!(matches!(error, Error::UnsupportedContent(_)), "{error}");
        let image = cloud.becomes(id, Status::Queued).await;
        assert_eq!(image.size, None);
        assert!(image.checksum.is_some() && image.os_hash_value.is_some());
        assert!(cloud.stored(id).is_some(), "the store keeps the bytes");
        let right = ImageBody::new(pieces(&disk, usize::MAX)).length(disk.len());
        let error = glance.upload(id, right).await.unwrap_err();
        assert_eq!(error.status(), Some(500), "{error}");
        cloud.becomes(id, Status::Queued).await;
        glance.delete(id).await.unwrap();
        assert_eq!(cloud.stored(id), None);
    }
}

pub(crate) async fn a_disk_that_refers_to_other_files_is_refused(cloud: &Cloud) {
    let glance = cloud.glance("publisher");
    for disk in [
        Qcow2Image::new(MEBIBYTE, 4, 5).with_backing_file("/etc/passwd"),
        Qcow2Image::new(MEBIBYTE, 4, 6).with_data_file("/etc/passwd"),
    ] {
        let id = cloud.queued("qcow2").await;
        let body = ImageBody::new(pieces(&disk, usize::MAX)).length(disk.len());
        let error = glance.upload(id, body).await.unwrap_err();
        assert!(matches!(error, Error::UnsupportedContent(_)), "{error}");
        cloud.becomes(id, Status::Queued).await;
    }
}

pub(crate) async fn a_disk_cut_to_its_header_is_not_noticed(cloud: &Cloud) {
    let disk = Qcow2Image::new(MEBIBYTE, 4, 7);
    let id = cloud.queued("qcow2").await;
    let answer = cloud
        .raw("publisher")
        .await
        .upload(id, bytes(&disk, 512))
        .await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let image = cloud.becomes(id, Status::Active).await;
    assert_eq!(
        (image.size, image.virtual_size),
        (Some(512), Some(MEBIBYTE))
    );
}

pub(crate) async fn a_disk_cut_inside_its_header_is_refused(cloud: &Cloud) {
    let disk = Qcow2Image::new(MEBIBYTE, 4, 8);
    let id = cloud.queued("qcow2").await;
    let answer = cloud
        .raw("publisher")
        .await
        .upload(id, bytes(&disk, 60))
        .await;
    assert_eq!(answer.status, 415, "{answer:?}");
}

pub(crate) async fn whatever_is_declared_raw_is_taken(cloud: &Cloud) {
    let disk = Qcow2Image::new(MEBIBYTE, 4, 9);
    let raw = cloud.raw("publisher").await;
    for bytes in [
        Vec::new(),
        bytes(&disk, usize::try_from(disk.len()).unwrap()),
    ] {
        let id = cloud.queued("raw").await;
        let size = bytes.len() as u64;
        let answer = raw.upload(id, bytes).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert_eq!(cloud.becomes(id, Status::Active).await.size, Some(size));
    }
}

pub(crate) async fn an_image_without_formats_takes_no_bytes(cloud: &Cloud) {
    let id = cloud.id();
    let glance = cloud.glance("publisher");
    glance.create(&NewImage::new(id, "formless")).await.unwrap();
    let error = glance.upload(id, whole(b"bonafide")).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    assert!(error.to_string().contains("disk_format"), "{error}");
}

pub(crate) async fn an_unknown_store_is_refused(cloud: &Cloud) {
    let id = cloud.queued("raw").await;
    let path = format!("/images/{id}/file");
    let headers = [
        ("content-type", "application/octet-stream"),
        ("x-image-meta-store", "nosuch"),
    ];
    let answer = cloud
        .raw("publisher")
        .await
        .send("PUT", &path, &headers, "bonafide")
        .await;
    assert_eq!(answer.status, 400, "{answer:?}");
}
