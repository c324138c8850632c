//! What goes wrong between the requests, and how this or the next run sets it right; on the embedded
//! cloud, which can be made to fail.

mod retries;

use std::sync::Arc;

use bonafide::Publisher;
use bonafide::glance::Visibility;
use bonafide::publisher::{Error, NoEvents, Outcome};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use jiff::SignedDuration;

use support::{TRIES, World, causes, now};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_before_its_last_request_is_completed_by_the_next() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    let cloud = world.cloud.as_embedded();
    let cut = CloudFault::new("PATCH", "", CloudFaultKind::DropBefore);
    cloud.fail_next(cut.times(TRIES));
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
async fn properties_that_were_changed_before_the_last_request_are_set_right() {
    use bonafide::glance::ImagePatch;
    let world = World::embedded().await;
    let build = world.at_vendor();
    let cloud = world.cloud.as_embedded();
    let cut = CloudFault::new("PATCH", "", CloudFaultKind::DropBefore);
    cloud.fail_next(cut.times(TRIES));
    assert!(world.publish().await.is_err());
    let left = world.image(&build, 0).await.unwrap();
    let patch = ImagePatch::new()
        .set("os_command_line", "init=/bin/evil")
        .set("os_distro", "debian")
        .remove("bonafide_lease_until");
    world
        .cloud
        .glance("admin")
        .update(left.id, &patch)
        .await
        .unwrap();
    let report = world.publish().await.unwrap();
    assert_eq!(
        (report.outcome, report.image),
        (Outcome::Completed, left.id)
    );
    let image = world.cloud.glance("customer").image(left.id).await.unwrap();
    assert!(!image.properties.contains_key("os_command_line"));
    assert_eq!(image.properties["os_distro"], "ubuntu");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_taken_from_the_public_is_proven_again() {
    use bonafide::glance::ImagePatch;
    let world = World::embedded().await;
    let build = world.at_vendor();
    let report = world.publish().await.unwrap();
    let glance = world.cloud.glance("admin");
    let patch = ImagePatch::new().visibility(Visibility::Shared);
    glance.update(report.image, &patch).await.unwrap();
    world.site.clear_requests();
    let again = world.publish().await.unwrap();
    assert_eq!(
        (again.outcome, again.image),
        (Outcome::Completed, report.image)
    );
    assert!(world.site.requests().contains(&build.image_url));
    let image = world.cloud.glance("customer").image(report.image).await;
    assert_eq!(image.unwrap().visibility, Visibility::Public);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_and_a_keyring_are_valid_for_their_own_channel_only() {
    use bonafide::{Channel, Keyring, Ubuntu, UbuntuRelease};
    let world = World::embedded().await;
    world.at_vendor();
    let (publisher, noble) = (world.publisher("admin"), world.channel());
    let candidate = publisher.find(&noble, &NoEvents).await.unwrap();
    let jammy = Channel::new(Ubuntu::released(UbuntuRelease::Jammy), world.keyring());
    let error = publisher
        .publish(&jammy, &candidate, &NoEvents)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ChannelMismatch { .. }), "{error}");
    let foreign = Keyring::new("debian", [world.key.fingerprint().parse().unwrap()]);
    let noble = Channel::new(Ubuntu::released(UbuntuRelease::Noble), foreign);
    let error = publisher.find(&noble, &NoEvents).await.unwrap_err();
    assert!(matches!(error, Error::ChannelMismatch { .. }), "{error}");
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
async fn a_create_of_a_private_image_whose_answer_was_lost_is_gone_on_with() {
    let world = World::embedded().await;
    world.at_vendor();
    let (publisher, channel) = (world.publisher("admin"), world.channel());
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let fault = CloudFault::new("POST", "/images", CloudFaultKind::DropAfter);
    world.cloud.as_embedded().fail_next(fault);
    let upload = publisher.upload(&channel, &candidate, None, &NoEvents);
    let report = upload.await.unwrap();
    let images = world.cloud.as_embedded().images();
    assert_eq!(images.len(), 1, "{images:?}");
    let image = world.cloud.glance("admin").image(report.image).await;
    assert_eq!(image.unwrap().visibility, Visibility::Private);
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    publisher.build_state(&channel, &candidate).await.unwrap();
    world.cloud.as_embedded().revoke_tokens();
    let report = publisher
        .publish(&channel, &candidate, &NoEvents)
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let error = publisher
        .publish(&channel, &candidate, &NoEvents)
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let error = publisher
        .publish(&channel, &candidate, &NoEvents)
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
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let report = publisher
        .publish(&channel, &candidate, &NoEvents)
        .await
        .unwrap();
    assert_eq!(report.channel, "ubuntu-26.04-daily");
    assert_eq!(
        report.digests.unwrap().digests.sha256.to_string(),
        build.sha256
    );
}
