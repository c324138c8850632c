//! What must not be published: each case leaves nothing public and nothing half-made behind, and
//! its error says which URL and why.

use bonafide::publisher::Error;
use bonafide::verify::Error as Refusal;
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::keys::{SignatureOptions, SigningDigest, SigningKey};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{Fault, PublishedBuild, UbuntuBuild};
use jiff::SignedDuration;

use support::{Cloud, World, causes, now, vendor_key};

/// The name of the image in the vendor's list.
const IMAGE: &str = "ubuntu-24.04-server-cloudimg-amd64.img";

/// Publishing must fail, leave nothing, and name `url` in its error. Gives the error's text.
async fn refused(world: &World, build: &PublishedBuild, url: &str) -> (Error, String) {
    let error = world.publish().await.unwrap_err();
    let text = causes(&error);
    println!("{text}");
    assert!(text.contains(url), "`{url}` is not named in: {text}");
    world.assert_nothing_is_left(build).await;
    (error, text)
}

/// A fault at one of the vendor's files: how it is reported.
async fn refused_for(fault: impl Fn(&World, &PublishedBuild) -> String, reason: &str) {
    for cloud in [Cloud::embedded().await, Cloud::real().await]
        .into_iter()
        .flatten()
    {
        let world = World::new(cloud).await;
        let build = world.at_vendor();
        let url = fault(&world, &build);
        let (_, text) = refused(&world, &build, &url).await;
        assert!(text.contains(reason), "`{reason}` is not in: {text}");
    }
}

/// A build that the vendor itself made badly.
async fn refused_build(
    make: impl Fn(&World) -> UbuntuBuild,
    named: impl Fn(&PublishedBuild) -> String,
) -> Error {
    let world = World::embedded().await;
    let build = world
        .site
        .publish_ubuntu(&make(&world), &world.key)
        .unwrap();
    refused(&world, &build, &named(&build)).await.0
}

macro_rules! at {
    ($url:ident, $fault:expr) => {
        |world: &World, build: &PublishedBuild| {
            world.site.fault(&build.$url, $fault);
            build.$url.clone()
        }
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_build() {
    let error = refused_build(
        |world| world.build().without_signature(),
        |build| build.signature_url.clone(),
    );
    assert!(matches!(error.await, Error::Unsigned { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_signed_by_another_vendors_key() {
    for cloud in [Cloud::embedded().await, Cloud::real().await]
        .into_iter()
        .flatten()
    {
        let world = World::new(cloud).await;
        let other = vendor_key();
        let build = world.site.publish_ubuntu(&world.build(), &other).unwrap();
        let (_, text) = refused(&world, &build, &build.list_url).await;
        assert!(text.contains(&other.fingerprint()) && text.contains(&world.key.fingerprint()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_list() {
    refused_for(at!(list_url, Fault::FlipBit(10)), "bad signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_signature() {
    refused_for(
        |world, build| {
            world.site.fault(&build.signature_url, Fault::FlipBit(200));
            build.list_url.clone()
        },
        "refused",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_image() {
    refused_for(
        at!(image_url, Fault::FlipBit(700_000)),
        "is not the vendor's file",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_images_last_byte() {
    refused_for(
        |world, build| {
            world
                .site
                .fault(&build.image_url, Fault::FlipBit(build.size - 1));
            build.image_url.clone()
        },
        "is not the vendor's file",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_the_image() {
    let error = refused_build(
        |world| world.build().edit_list(without_image),
        |build| build.list_url.clone(),
    );
    let error = causes(&error.await);
    assert!(
        error.contains(&format!("does not list `{IMAGE}`")),
        "{error}"
    );
}

fn without_image(list: &str) -> String {
    let kept = list
        .lines()
        .filter(|line| !line.ends_with(&format!("*{IMAGE}")));
    kept.map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_names_the_image_twice_with_different_digests() {
    let other = "0".repeat(64);
    let error = refused_build(
        |world| {
            let other = other.clone();
            world
                .build()
                .edit_list(move |list| format!("{list}{other} *{IMAGE}\n"))
        },
        |build| build.list_url.clone(),
    );
    let error = error.await;
    let Error::Unverified { source, .. } = &error else {
        panic!("{error}")
    };
    assert!(matches!(**source, Refusal::ConflictingDuplicate { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn html_instead_of_the_list() {
    refused_for(at!(list_url, Fault::Html), "HTML page").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn html_instead_of_the_signature() {
    refused_for(
        |world, build| {
            world.site.fault(&build.signature_url, Fault::Html);
            build.list_url.clone()
        },
        "it is an HTML page",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn html_instead_of_the_image() {
    refused_for(
        at!(image_url, Fault::Html),
        "not a disk image but an HTML page",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_for_the_list_and_for_the_image() {
    refused_for(at!(list_url, Fault::NotFound), "404").await;
    refused_for(at!(image_url, Fault::NotFound), "404").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_server() {
    refused_for(at!(list_url, Fault::Status(503)), "status 503").await;
    refused_for(at!(image_url, Fault::Status(206)), "status 206").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_cut_short() {
    refused_for(at!(image_url, Fault::CutAfter(700_000)), "was cut short: ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_longer_than_signed() {
    refused_for(at!(image_url, Fault::Longer(1)), "is not the vendor's file").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_longer_than_announced() {
    refused_for(
        at!(image_url, Fault::AnnounceLess(1)),
        "is not the vendor's file",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_short() {
    refused_for(at!(list_url, Fault::CutAfter(500)), "was cut short: 500 of").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_from_https_to_http() {
    for image in [false, true] {
        refused_for(
            |world, build| {
                let url = if image {
                    &build.image_url
                } else {
                    &build.list_url
                };
                let plain = world.site.plain_url(url);
                world.site.fault(url, Fault::RedirectTo(plain));
                url.clone()
            },
            "which is not https",
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_server() {
    refused_for(
        at!(image_url, Fault::StallAfter(700_000)),
        "stalled: no byte for 5 s",
    )
    .await;
    refused_for(
        at!(list_url, Fault::StallAfter(100)),
        "stalled: no byte for 5 s",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_list() {
    let huge = bytes::Bytes::from(vec![b'#'; 5 << 20]);
    refused_for(
        move |world, build| {
            world
                .site
                .fault(&build.list_url, Fault::Replace(huge.clone()));
            build.list_url.clone()
        },
        "larger than the 4194304 bytes",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sha1_as_data_digest() {
    let created = now() - SignedDuration::from_hours(24 * 365);
    let key = SigningKey::generate_rsa("Vendor <images@vendor.test>", created, 2048).unwrap();
    let world = World::with_key(Cloud::embedded().await.unwrap(), key).await;
    let built = now() - SignedDuration::from_hours(24);
    let weak = SignatureOptions::at(built).digest(SigningDigest::Sha1);
    let build = world.build().signature(weak);
    let build = world.site.publish_ubuntu(&build, &world.key).unwrap();
    let (_, text) = refused(&world, &build, &build.list_url).await;
    assert!(
        text.contains("uses SHA1; SHA-256 or stronger is required"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_list_in_a_new_directory() {
    let error = refused_build(
        |world| {
            world
                .build()
                .signed_at(now() - SignedDuration::from_hours(24 * 30))
        },
        |build| build.list_url.clone(),
    );
    assert!(matches!(error.await, Error::SignedBeforeBuild { .. }));
    let error = refused_build(
        |world| {
            world.build().edit_list(|list| {
                let serial = (now() - SignedDuration::from_hours(24))
                    .strftime("%Y%m%d")
                    .to_string();
                list.replace(
                    &format!("{serial}.image_changelog"),
                    "20260101.image_changelog",
                )
            })
        },
        |build| build.list_url.clone(),
    );
    assert!(causes(&error.await).contains("signed it for build 20260101"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_reads_files_of_its_host() {
    let error = refused_build(
        |world| {
            let image = Qcow2Image::new(1 << 30, 16, world.seed).with_backing_file("/etc/shadow");
            world.build().image(image)
        },
        |build| build.image_url.clone(),
    );
    assert!(causes(&error.await).contains("a backing file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_stores_other_bytes() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    let fault = CloudFault::new("PUT", "/file", CloudFaultKind::CorruptUpload);
    world.cloud.as_embedded().fail_next(fault);
    let error = world.publish().await.unwrap_err();
    assert!(matches!(error, Error::GlanceMismatch { .. }), "{error}");
    // Nothing but a note that the next upload waits.
    assert!(world.image(&build, 0).await.is_none());
    let note = world.image(&build, 1).await.unwrap();
    assert_eq!(note.status, bonafide::glance::Status::Queued);
    assert_eq!(note.properties["bonafide_failed_uploads"], "1");
    let error = world.publish().await.unwrap_err();
    assert!(matches!(error, Error::UploadsWait { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_refuses_or_breaks_every_upload() {
    for kind in [
        CloudFaultKind::Status(413),
        CloudFaultKind::Status(500),
        CloudFaultKind::Status(503),
        CloudFaultKind::DropBefore,
        CloudFaultKind::Unauthorized,
    ] {
        let world = World::embedded().await;
        let build = world.at_vendor();
        world
            .cloud
            .as_embedded()
            .fail_next(CloudFault::new("PUT", "/file", kind).lasting());
        let error = world.publish().await.unwrap_err();
        println!("{kind:?}: {}", causes(&error));
        assert!(
            matches!(error, Error::Cloud(_)),
            "{kind:?}: {}",
            causes(&error)
        );
        world.assert_nothing_is_left(&build).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_can_not_be_removed_is_named_private_and_marked() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    world.site.fault(&build.image_url, Fault::FlipBit(700_000));
    let fault = CloudFault::new("DELETE", "", CloudFaultKind::Status(500));
    world.cloud.as_embedded().fail_next(fault.lasting());
    let error = world.publish().await.unwrap_err();
    let image = world.image(&build, 0).await.unwrap();
    assert!(matches!(error, Error::NotCleanedUp { .. }), "{error}");
    let text = causes(&error);
    assert!(text.contains(&image.id.to_string()), "{text}");
    assert!(text.contains("is not the vendor's file"), "{text}");
    assert_eq!(image.visibility, bonafide::glance::Visibility::Private);
    assert_eq!(image.properties["bonafide_state"], "uploading");
    assert_ne!(image.status, bonafide::glance::Status::Active);
}
