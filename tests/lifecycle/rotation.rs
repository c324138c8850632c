//! How a newer build takes the place of an older one, and what is put back.

use bonafide::glance::{Glance, ImagePatch, Visibility};
use bonafide::publisher::{Action, Error, Latest, NoEvents, Profile, SkippedStep, Target};

use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_build_takes_the_name_and_the_purpose_of_the_old_one() {
    let life = ClockedWorld::start().await;
    let (old, new, _) = two_builds(&life).await;
    let old = life.cloud.image(old).unwrap();
    let new = life.cloud.image(new).unwrap();
    assert_eq!(old["os_purpose"], "oldgeneric");
    assert_eq!(old["name"], "Ubuntu Noble 24.04 (2026-03-01)");
    assert_eq!(old["visibility"], "public");
    assert_eq!(old["bonafide_superseded_at"], "2026-03-31T09:00:00Z");
    assert_eq!(new["os_purpose"], "generic");
    assert_eq!(new["name"], "Ubuntu Noble 24.04 (2026-03-31)");
    assert!(new["bonafide_superseded_at"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn scs_names_are_handed_over_and_the_old_image_is_renamed_and_hidden() {
    let life = ClockedWorld::start().await;
    let channel = || life.channel().profile(Profile::Scs);
    life.build();
    life.reconcile(&channel()).await;
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&channel()).await;
    let images = life.images();
    assert_eq!(images[0]["name"], "Ubuntu 24.04 20260301");
    assert_eq!(images[0]["os_hidden"], true);
    assert_eq!(images[0]["os_purpose"], "oldgeneric");
    assert_eq!(images[1]["name"], "Ubuntu 24.04");
    assert_eq!(images[1]["os_hidden"], false);
    // Where it is used it is no longer hidden, once it is gone from everywhere else.
    let old = id(&images[0]);
    life.cloud.boot(&life.project("customer"), old);
    life.clock.advance(days(31));
    life.build();
    life.reconcile(&channel()).await;
    assert!(life.lists("customer", old) && !life.reaches("customer2", old));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_claims_to_be_newer_does_not_hide_the_real_one() {
    let life = ClockedWorld::start().await;
    let (old, new, _) = two_builds(&life).await;
    // A user has written a serial on the old image that no vendor has published yet.
    let glance = Glance::new(life.session("admin"));
    let forged = ImagePatch::new().set("bonafide_serial", "20991231");
    glance.update(old, &forged).await.unwrap();
    life.clock.advance(days(60));
    let channels = [life.channel()];
    let done = life
        .publisher()
        .reconcile(&channels, &NoEvents)
        .await
        .unwrap();
    assert!(done.applied.is_empty(), "{done:?}");
    assert!(done.skipped.iter().any(SkippedStep::is_failure), "{done:?}");
    assert!(life.lists("customer2", new));
    assert_eq!(life.cloud.image(new).unwrap()["os_purpose"], "generic");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_hidden_or_made_private_is_public_again_once_it_is_verified() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let image = life.newest();
    let glance = Glance::new(life.session("admin"));
    for change in [
        ImagePatch::new().hidden(true),
        ImagePatch::new().visibility(Visibility::Private),
        ImagePatch::new().visibility(Visibility::Shared),
    ] {
        glance.update(image, &change).await.unwrap();
        assert!(!life.lists("customer", image));
        life.reconcile(&life.channel()).await;
        assert!(life.lists("customer", image));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_newer_build_goes_again_the_older_one_is_the_newest_again() {
    let life = ClockedWorld::start().await;
    let (old, new, _) = two_builds(&life).await;
    // The new one is deleted by hand, and the vendor's site is down.
    Glance::new(life.session("admin"))
        .delete(new)
        .await
        .unwrap();
    let channel = life.channel();
    let publisher = life.publisher();
    let targets = [Target::new(
        &channel,
        Latest::Unknown(Error::Cancelled.into()),
    )];
    let done = publisher.reconcile_with(&targets, &NoEvents).await.unwrap();
    assert!(
        matches!(&done.applied[..], [Action::Reinstate { .. }]),
        "{done:?}"
    );
    let image = life.cloud.image(old).unwrap();
    assert_eq!(image["os_purpose"], "generic");
    assert!(image["bonafide_superseded_at"].is_null());
    // When it is back, the new build is published under its next id.
    life.reconcile(&channel).await;
    assert_ne!(life.newest(), new);
    assert_eq!(life.cloud.image(old).unwrap()["os_purpose"], "oldgeneric");
}
