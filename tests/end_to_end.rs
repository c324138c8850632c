//! From the vendor's signed list to a public image, on the embedded cloud and on a real one.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod support;

use std::sync::Arc;

use bonafide::glance::{NewImage, Status, Visibility};
use bonafide::publisher::{Error, Observed, Outcome, Silent, image_id};
use bonafide::verify::Digest;
use bonafide::{Profile, Publisher};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use futures_util::TryStreamExt;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use sha2::Digest as _;

use support::{Cloud, MARKER, World, causes, now};

/// Makes each case a test for the embedded cloud and one for the real cloud.
macro_rules! on_both_clouds {
    ($($case:ident,)+) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(super::World::embedded().await).await;
            })+
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let Some(cloud) = super::Cloud::real().await else { return };
                super::$case(super::World::new(cloud).await).await;
            })+
        }
    };
}

on_both_clouds! {
    a_build_is_proven_published_and_downloaded_unchanged,
    a_second_run_changes_nothing,
    the_scs_profile_has_plain_names_and_build_dates,
    a_given_up_upload_is_replaced,
    an_upload_of_another_run_is_left_alone_while_its_lease_lasts,
    a_foreign_image_with_the_same_id_is_left_alone,
    two_runs_at_once_publish_once,
    who_may_not_publish_is_told_and_the_image_stays_private,
    a_build_whose_first_id_was_used_up_is_found_without_a_download,
    a_dry_look_changes_nothing,
}

async fn a_build_is_proven_published_and_downloaded_unchanged(world: World) {
    let build = world.at_vendor();
    let report = world.publish().await.unwrap();

    assert_eq!(report.outcome, Outcome::Published);
    assert!(report.requests <= 8, "{} requests", report.requests);
    assert_eq!(report.evidence.signer.to_string(), world.key.fingerprint());
    assert_eq!(
        report.digests.as_ref().unwrap().sha256.to_string(),
        build.sha256
    );
    assert_eq!(
        world.events.names(),
        [
            "found",
            "proven",
            "created",
            "progress",
            "uploaded",
            "compared",
            "published"
        ]
    );

    let found = world.found_by_customer(&report).await;
    let [image] = &found[..] else {
        panic!("one image is found: {found:?}")
    };
    assert_eq!(image.id, report.image);
    assert_eq!(image.status, Status::Active);
    assert_eq!(
        (image.size, image.virtual_size),
        (Some(build.size), Some(3 << 30))
    );
    assert_eq!((image.min_disk, image.min_ram), (3, 512));
    let today = now().to_zoned_datetime(TimeZone::UTC).date();
    assert_eq!(
        image.name.as_deref(),
        Some(&*format!("Ubuntu Noble 24.04 ({today})"))
    );
    assert!(image.tags.contains(&"os:ubuntu".to_owned()));
    for (name, value) in [
        ("image_source", build.image_url.as_str()),
        ("source_url", &build.image_url),
        ("source_sha256sum", &build.sha256),
        ("os_distro", "ubuntu"),
        ("os_version", "24.04"),
        ("os_purpose", "generic"),
        ("architecture", "x86_64"),
        ("image_original_user", "ubuntu"),
        ("replace_frequency", "monthly"),
        ("provided_until", "2029-05-31"),
        ("uuid_validity", "last-3"),
        ("bonafide_signer", &world.key.fingerprint()),
    ] {
        assert_eq!(
            image.properties.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    for gone in ["bonafide_state", "bonafide_lease_until"] {
        assert!(!image.properties.contains_key(gone), "{gone}");
    }

    let mut download = world
        .cloud
        .glance("customer")
        .download(report.image)
        .await
        .unwrap();
    let mut sha256 = sha2::Sha256::new();
    while let Some(chunk) = download.try_next().await.unwrap() {
        sha256.update(&chunk);
    }
    assert_eq!(format!("{:x}", sha256.finalize()), build.sha256);
    world.clean_up(report.image).await;
}

async fn a_second_run_changes_nothing(world: World) {
    world.at_vendor();
    let first = world.publish().await.unwrap();
    let before = world
        .cloud
        .glance("admin")
        .image(first.image)
        .await
        .unwrap();
    let second = world.publish().await.unwrap();
    assert_eq!(second.outcome, Outcome::AlreadyPublished);
    assert_eq!(second.image, first.image);
    assert!(second.requests <= 2, "{} requests", second.requests);
    let after = world
        .cloud
        .glance("admin")
        .image(first.image)
        .await
        .unwrap();
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    world.clean_up(first.image).await;
}

async fn the_scs_profile_has_plain_names_and_build_dates(world: World) {
    world.at_vendor();
    let publisher = world.publisher("admin");
    let channel = world.channel().profile(Profile::Scs);
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    let report = publisher
        .publish(&channel, &candidate, &Silent)
        .await
        .unwrap();
    assert_eq!(report.name, "Ubuntu 24.04");
    let image = world
        .cloud
        .glance("customer")
        .image(report.image)
        .await
        .unwrap();
    let built = candidate.release().serial.date().to_string();
    assert_eq!(image.properties["image_build_date"], built);
    world.clean_up(report.image).await;
}

/// An incomplete image of the build as a run leaves it that dies before or in its upload.
async fn leave_incomplete(world: &World, sha256: &str, lease: SignedDuration) -> uuid::Uuid {
    let channel = world.channel();
    let digest: Digest = sha256.parse().unwrap();
    let id = image_id(channel.name(), &digest, 0);
    let image = NewImage::new(id, "left by a dead run")
        .disk_format("qcow2")
        .container_format("bare")
        .property(MARKER, channel.name())
        .property("bonafide_state", "uploading")
        .property("bonafide_lease_until", (now() + lease).to_string());
    world.cloud.glance("admin").create(&image).await.unwrap();
    id
}

async fn a_given_up_upload_is_replaced(world: World) {
    let build = world.at_vendor();
    let dead = leave_incomplete(&world, &build.sha256, SignedDuration::from_secs(-1)).await;
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert_ne!(report.image, dead);
    assert!(
        world.image(&build, 0).await.is_none(),
        "the dead run's image is gone"
    );
    assert_eq!(world.image(&build, 1).await.unwrap().id, report.image);
    world.clean_up(report.image).await;
}

async fn a_build_whose_first_id_was_used_up_is_found_without_a_download(world: World) {
    let build = world.at_vendor();
    let dead = leave_incomplete(&world, &build.sha256, SignedDuration::ZERO).await;
    world.clean_up(dead).await;
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert!(report.requests <= 8, "{} requests", report.requests);
    let digest: Digest = build.sha256.parse().unwrap();
    assert_eq!(report.image, image_id(&report.channel, &digest, 1));
    world.site.clear_requests();
    let again = world.publish().await.unwrap();
    assert_eq!(
        (again.outcome, again.image),
        (Outcome::AlreadyPublished, report.image)
    );
    assert!(again.requests <= 2, "{} requests", again.requests);
    assert!(!world.site.requests().contains(&build.image_url));
    world.clean_up(report.image).await;
}

async fn an_upload_of_another_run_is_left_alone_while_its_lease_lasts(world: World) {
    let build = world.at_vendor();
    let busy = leave_incomplete(&world, &build.sha256, SignedDuration::from_mins(10)).await;
    let error = world.publish().await.unwrap_err();
    assert!(
        matches!(error, Error::Busy { id, .. } if id == busy),
        "{error}"
    );
    assert_eq!(world.image(&build, 0).await.unwrap().status, Status::Queued);
    world.clean_up(busy).await;
}

async fn a_foreign_image_with_the_same_id_is_left_alone(world: World) {
    let build = world.at_vendor();
    let digest: Digest = build.sha256.parse().unwrap();
    let id = image_id(world.channel().name(), &digest, 0);
    let foreign = NewImage::new(id, "somebody else's").visibility(Visibility::Private);
    world
        .cloud
        .glance("customer")
        .create(&foreign)
        .await
        .unwrap();
    let error = world.publish().await.unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
    let still = world.cloud.glance("customer").image(id).await.unwrap();
    assert_eq!(still.name.as_deref(), Some("somebody else's"));
    world.cloud.glance("customer").delete(id).await.unwrap();
}

async fn two_runs_at_once_publish_once(world: World) {
    let build = world.at_vendor();
    let (one, other) = tokio::join!(world.publish(), world.publish());
    let mut published = Vec::new();
    for result in [one, other] {
        match result {
            Ok(report) => published.push(report.image),
            Err(Error::Busy { .. }) => {}
            Err(error) => panic!("{}", causes(&error)),
        }
    }
    assert!(!published.is_empty());
    let again = world.publish().await.unwrap();
    assert_eq!(again.outcome, Outcome::AlreadyPublished);
    assert!(published.iter().all(|id| *id == again.image));
    assert_eq!(world.found_by_customer(&again).await.len(), 1);
    assert!(world.image(&build, 1).await.is_none(), "no second copy");
    world.clean_up(again.image).await;
}

async fn who_may_not_publish_is_told_and_the_image_stays_private(world: World) {
    let build = world.at_vendor();
    let error = world.publish_as("publisher").await.unwrap_err();
    assert!(matches!(error, Error::NotPublic { .. }), "{error}");
    assert!(causes(&error).contains("403"), "{}", causes(&error));
    let image = world.image(&build, 0).await.unwrap();
    assert_eq!(image.visibility, Visibility::Private);
    assert_eq!(image.properties["bonafide_state"], "uploading");
    world.clean_up(image.id).await;
}

async fn a_dry_look_changes_nothing(world: World) {
    let build = world.at_vendor();
    let (publisher, channel) = (world.publisher("admin"), world.channel());
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    let observed = publisher.observe(&channel, &candidate).await.unwrap();
    assert!(matches!(observed, Observed::Absent));
    assert!(world.image(&build, 0).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_before_its_last_request_is_completed_by_the_next() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    let cloud = world.cloud.as_embedded();
    cloud.fail_next(CloudFault::new("PATCH", "", CloudFaultKind::DropBefore));
    assert!(world.publish().await.is_err());
    assert_eq!(
        world.image(&build, 0).await.unwrap().visibility,
        Visibility::Private
    );
    cloud.clear_requests();
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Completed);
    assert!(
        cloud
            .requests()
            .iter()
            .all(|request| request.method != "PUT"),
        "no second upload"
    );
    assert_eq!(world.found_by_customer(&report).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_was_lost_is_gone_on_with() {
    let world = World::embedded().await;
    world.at_vendor();
    let fault = CloudFault::new("POST", "/images", CloudFaultKind::DropAfter);
    world.cloud.as_embedded().fail_next(fault);
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert_eq!(world.cloud.as_embedded().images().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_answer_was_lost_is_found_to_be_whole() {
    let world = World::embedded().await;
    world.at_vendor();
    let cloud = world.cloud.as_embedded();
    cloud.fail_next(CloudFault::new("PUT", "/file", CloudFaultKind::DropAfter));
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert_eq!(world.found_by_customer(&report).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_on_the_way() {
    let world = World::embedded().await;
    world.at_vendor();
    let publisher = world.publisher("admin");
    let channel = world.channel();
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    publisher.observe(&channel, &candidate).await.unwrap();
    world.cloud.as_embedded().revoke_tokens();
    let report = publisher
        .publish(&channel, &candidate, &Silent)
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::Published);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_larger_than_the_limit_is_cut_off() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    world
        .site
        .fault(&build.image_url, bonafide_testkit::site::Fault::Chunked);
    let publisher = world.publisher("admin").max_size(build.size - 1);
    let channel = world.channel();
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    let error = publisher
        .publish(&channel, &candidate, &Silent)
        .await
        .unwrap_err();
    assert!(
        causes(&error).contains("is larger than"),
        "{}",
        causes(&error)
    );
    world.assert_nothing_is_left(&build).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_outlives_its_lease_is_given_up() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    let publisher = world
        .publisher("admin")
        .lease(SignedDuration::from_secs(-1));
    let channel = world.channel();
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    let error = publisher
        .publish(&channel, &candidate, &Silent)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::LeaseEnded { .. }),
        "{}",
        causes(&error)
    );
    world.assert_nothing_is_left(&build).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_in_the_middle_of_its_copy_is_read_twice() {
    use bonafide_testkit::site::Fault;
    let world = World::embedded().await;
    let build = world.at_vendor();
    let old = Fault::Replace(bytes::Bytes::from_static(b"an older list\n"));
    world.site.fault_times(&build.list_url, old, 1);
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert!(world.events.names().contains(&"rereading"));
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_builds_and_bodies_of_unknown_length_are_published_too() {
    use bonafide::{Channel, Ubuntu, UbuntuRelease};
    use bonafide_testkit::qcow2::Qcow2Image;
    use bonafide_testkit::site::{Fault, UbuntuBuild};
    let world = World::embedded().await;
    let built = now() - SignedDuration::from_hours(24);
    let serial = built.strftime("%Y%m%d.2").to_string();
    let build = UbuntuBuild::daily("26.04", "resolute", &serial)
        .image(Qcow2Image::new(1 << 30, 20, world.seed))
        .signed_at(built);
    let build = world.site.publish_ubuntu(&build, &world.key).unwrap();
    world.site.fault(&build.image_url, Fault::Chunked);
    let fetch = Arc::new(world.fetch());
    let publisher = Publisher::new(fetch, world.cloud.session("admin"), now);
    let channel = Channel::new(Ubuntu::daily(UbuntuRelease::Resolute), world.keyring());
    let candidate = publisher.find(&channel, &Silent).await.unwrap();
    let report = publisher
        .publish(&channel, &candidate, &Silent)
        .await
        .unwrap();
    assert_eq!(report.channel, "ubuntu-26.04-daily");
    assert_eq!(report.digests.unwrap().sha256.to_string(), build.sha256);
}
