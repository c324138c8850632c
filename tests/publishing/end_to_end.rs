//! From the vendor's signed list to a public image, on the embedded cloud and on a real one.

use bonafide::glance::{NewImage, Status, Visibility};
use bonafide::publisher::{BuildState, Error, NAMESPACE, NoEvents, Outcome, image_id};
use bonafide::verify::Digest;
use bonafide::{Fetch, Profile};
use futures_util::TryStreamExt;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use sha2::Digest as _;

use support::{MARKER, World, causes, now, on_both_clouds};

on_both_clouds! {
    World:
    a_build_is_proven_published_and_downloaded_unchanged,
    a_second_run_changes_nothing,
    the_scs_profile_has_plain_names_and_build_dates,
    a_given_up_upload_is_replaced,
    an_upload_of_another_run_is_left_alone_while_its_lease_lasts,
    a_foreign_image_with_the_same_id_is_left_alone_and_stops_nothing,
    an_older_build_than_the_published_one_is_refused,
    foreign_properties_of_an_uploaded_image_do_not_become_public,
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
        report.digests.as_ref().unwrap().digests.sha256.to_string(),
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let report = publisher
        .publish(&channel, &candidate, &NoEvents)
        .await
        .unwrap();
    assert_eq!(report.name, "Ubuntu 24.04");
    let image = world
        .cloud
        .glance("customer")
        .image(report.image)
        .await
        .unwrap();
    let built = candidate.build_date().to_string();
    assert_eq!(image.properties["image_build_date"], built);
    world.clean_up(report.image).await;
}

/// An incomplete image of the build as a run leaves it that dies before or in its upload.
async fn leave_incomplete(world: &World, sha256: &str, lease: SignedDuration) -> uuid::Uuid {
    let channel = world.channel();
    let digest: Digest = sha256.parse().unwrap();
    let id = image_id(&NAMESPACE, channel.name(), &digest, 0);
    let image = NewImage::new(id, "left by a dead run")
        .disk_format("qcow2")
        .container_format("bare")
        .property(MARKER, channel.name())
        .property("bonafide_vendor_digest", format!("sha256:{sha256}"))
        .property("bonafide_state", "uploading")
        .property("bonafide_lease_until", (now() + lease).to_string());
    world.cloud.glance("admin").create(&image).await.unwrap();
    id
}

async fn a_given_up_upload_is_replaced(world: World) {
    let build = world.at_vendor();
    let dead = leave_incomplete(&world, &build.sha256, SignedDuration::from_mins(-20)).await;
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
    assert!(report.requests <= 10, "{} requests", report.requests);
    let digest: Digest = build.sha256.parse().unwrap();
    assert_eq!(
        report.image,
        image_id(&NAMESPACE, &report.channel, &digest, 1)
    );
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

async fn a_foreign_image_with_the_same_id_is_left_alone_and_stops_nothing(world: World) {
    let build = world.at_vendor();
    let digest: Digest = build.sha256.parse().unwrap();
    let id = image_id(&NAMESPACE, world.channel().name(), &digest, 0);
    let foreign = NewImage::new(id, "another tenant's").visibility(Visibility::Private);
    let customer = world.cloud.glance("customer");
    customer.create(&foreign).await.unwrap();
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert_ne!(report.image, id);
    assert!(world.events.names().contains(&"id taken"));
    let still = customer.image(id).await.unwrap();
    assert_eq!(still.name.as_deref(), Some("another tenant's"));
    customer.delete(id).await.unwrap();
    world.clean_up(report.image).await;
}

async fn an_older_build_than_the_published_one_is_refused(world: World) {
    let newer = world.at_vendor();
    let report = world.publish().await.unwrap();
    let built = now() - SignedDuration::from_hours(24 * 30);
    let older = bonafide_testkit::site::UbuntuBuild::release(
        "24.04",
        "noble",
        &built.strftime("%Y%m%d").to_string(),
    );
    let older = older
        .image(bonafide_testkit::qcow2::Qcow2Image::new(
            1 << 30,
            8,
            !world.seed,
        ))
        .signed_at(built);
    let older = world.site.publish_ubuntu(&older, &world.key).unwrap();
    // The page is not signed: whoever serves it leaves the newest build out.
    let page = "https://cloud-images.ubuntu.com/releases/noble/";
    let name = older.directory_url.trim_start_matches(page);
    world
        .site
        .put(page, format!("<a href=\"{name}\">{name}</a>"));
    let error = world.publish().await.unwrap_err();
    assert!(
        matches!(error, Error::Rollback { .. }),
        "{}",
        causes(&error)
    );
    assert!(world.image(&older, 0).await.is_none());
    assert!(world.image(&newer, 0).await.is_some());
    world.clean_up(report.image).await;
}

async fn foreign_properties_of_an_uploaded_image_do_not_become_public(world: World) {
    use bonafide::glance::{ImageBody, ImagePatch};
    let build = world.at_vendor();
    // A member of the project may prepare the image with the vendor's own bytes.
    let id = leave_incomplete(&world, &build.sha256, SignedDuration::from_mins(10)).await;
    let glance = world.cloud.glance("admin");
    let mut vendor = world
        .fetch()
        .open(&build.image_url.parse().unwrap())
        .await
        .unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = vendor.try_next().await.unwrap() {
        bytes.push(Ok(chunk));
    }
    let patch = ImagePatch::new()
        .set("kernel_id", uuid::Uuid::nil().to_string())
        .set("os_command_line", "init=/bin/evil")
        .set("os_distro", "debian");
    glance.update(id, &patch).await.unwrap();
    glance
        .upload(id, ImageBody::new(futures_util::stream::iter(bytes)))
        .await
        .unwrap();
    // The bytes are proven, and then it is made what it should be.
    let report = world.publish().await.unwrap();
    assert_eq!((report.outcome, report.image), (Outcome::Completed, id));
    let image = world
        .cloud
        .glance("customer")
        .image(report.image)
        .await
        .unwrap();
    assert!(!image.properties.contains_key("os_command_line"));
    assert!(!image.properties.contains_key("kernel_id"));
    assert_eq!(image.properties["os_distro"], "ubuntu");
    assert_eq!(image.min_ram, 512);
    world.clean_up(report.image).await;
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let observed = publisher.build_state(&channel, &candidate).await.unwrap();
    assert!(matches!(observed, BuildState::Absent));
    assert!(world.image(&build, 0).await.is_none());
}
