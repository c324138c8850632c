//! A public image that was changed by hand, and how later runs repair it; and the CI run on an image.

use bonafide::glance::ImagePatch;
use bonafide::properties::CiRun;
use bonafide::publisher::{Error, Outcome};

use support::{Cloud, World};

#[tokio::test(flavor = "multi_thread")]
async fn on_the_embedded_cloud_a_change_by_hand_is_undone() {
    a_change_by_hand_is_undone_by_one_patch(World::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_real_cloud_a_change_by_hand_is_undone() {
    let Some(cloud) = Cloud::real().await else {
        return;
    };
    a_change_by_hand_is_undone_by_one_patch(World::new(cloud).await).await;
}

async fn a_change_by_hand_is_undone_by_one_patch(world: World) {
    world.at_vendor();
    let id = world.publish().await.unwrap().image;
    let glance = world.cloud.glance("admin");
    let before = glance.image(id).await.unwrap();
    let changes = ImagePatch::new()
        .set("os_distro", "debian")
        .set("image_build_date", "2020-01-01")
        .set("bonafide_signed_at", "2020-01-01T00:00:00Z")
        .set("mine", "kept")
        .remove("uuid_validity")
        .min_ram(1)
        .tags(["mine"]);
    let changed = glance.update(id, &changes).await.unwrap();

    let (publisher, channel) = (world.publisher("admin"), world.channel());
    let candidate = publisher.find(&channel, &*world.events).await.unwrap();
    let told = publisher.changed(&channel, &candidate, &changed).unwrap();
    assert_eq!(
        told,
        [
            "bonafide_signed_at",
            "image_build_date",
            "min_ram",
            "os_distro",
            "tags",
            "uuid_validity"
        ]
    );
    let report = world.publish().await.unwrap();
    assert_eq!((report.outcome, report.image), (Outcome::Repaired, id));
    assert!(report.requests <= 3, "{} requests", report.requests);
    let mut after = glance.image(id).await.unwrap();
    assert_eq!(after.properties.remove("mine").unwrap(), "kept");
    assert_eq!(after.properties, before.properties);
    assert_eq!(after.min_ram, before.min_ram);
    assert!(before.tags.iter().all(|tag| after.tags.contains(tag)));
    let again = world.publish().await.unwrap();
    assert_eq!(again.outcome, Outcome::AlreadyPublished);
    world.clean_up(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_later_evidence_are_left_alone() {
    let world = World::embedded().await;
    world.at_vendor();
    let id = world.publish().await.unwrap().image;
    let glance = world.cloud.glance("admin");
    let changes = ImagePatch::new().name("withdrawn").hidden(true);
    glance.update(id, &changes).await.unwrap();
    let again = world.publish().await.unwrap();
    assert_eq!(again.outcome, Outcome::Repaired);
    let image = glance.image(id).await.unwrap();
    assert_eq!(
        (image.name.as_deref(), image.os_hidden),
        (Some("withdrawn"), false)
    );
    // Evidence of a later signature is not replaced by that of an earlier one.
    let later = "2099-01-01T00:00:00Z";
    let changes = ImagePatch::new()
        .set("bonafide_signed_at", later)
        .remove("bonafide_signer");
    glance.update(id, &changes).await.unwrap();
    assert_eq!(world.publish().await.unwrap().outcome, Outcome::Repaired);
    let image = glance.image(id).await.unwrap();
    assert_eq!(image.properties["bonafide_signed_at"], later);
    assert_eq!(image.properties["bonafide_signer"], world.key.fingerprint());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_digest_on_the_image_is_refused_and_not_put_back() {
    let world = World::embedded().await;
    world.at_vendor();
    let id = world.publish().await.unwrap().image;
    let glance = world.cloud.glance("admin");
    let changes = ImagePatch::new().set("source_sha256sum", "0".repeat(64));
    glance.update(id, &changes).await.unwrap();
    let error = world.publish().await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedState { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ci_run_is_stored_on_the_image_and_is_not_drift_for_the_next() {
    let world = World::embedded().await;
    world.at_vendor();
    let channel = world.channel();
    let gitlab = |job: &'static str| {
        CiRun::from_variables(move |name| match name {
            "CI_JOB_ID" => Some(job.to_owned()),
            "CI_PIPELINE_ID" => Some("7".to_owned()),
            _ => None,
        })
    };
    let publisher = world.publisher("admin").ci(gitlab("1"));
    let report = publisher
        .publish_newest(&channel, &*world.events)
        .await
        .unwrap();
    let image = world
        .cloud
        .glance("customer")
        .image(report.image)
        .await
        .unwrap();
    assert_eq!(image.properties["ci_job_id"], "1");
    assert_eq!(image.properties["ci_pipeline_id"], "7");
    let publisher = world.publisher("admin").ci(gitlab("2"));
    let again = publisher
        .publish_newest(&channel, &*world.events)
        .await
        .unwrap();
    assert_eq!(again.outcome, Outcome::AlreadyPublished);
}
