//! What is hidden or deleted although it must stay.

use bonafide::Event;
use bonafide::glance::{ImagePatch, Visibility};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::Action;
use bonafide_testkit::cloud::CloudFaultKind;
use bonafide_testkit::site::Fault;

use super::{At, admin, faults, patch, respun, run, run_as, without_vendor};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};

#[tokio::test(flavor = "multi_thread")]
async fn an_old_build_is_not_taken_while_no_newer_one_is_public_and_the_vendor_is_away() {
    for deactivated in [false, true] {
        let life = ClockedWorld::start().await;
        let (old, new, server) = two_builds(&life).await;
        assert!(life.cloud.delete_server(server));
        if deactivated {
            admin(&life).deactivate(new).await.unwrap();
        } else {
            let private = ImagePatch::new().visibility(Visibility::Private);
            patch(&life, new, private).await;
        }
        life.clock.advance(days(31));
        let done = without_vendor(&life).await;
        assert!(
            life.lists("customer", old),
            "the only usable image is gone (deactivated: {deactivated}): {:?}",
            done.applied
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_build_is_not_taken_if_the_newer_one_can_not_be_made_public_again() {
    let life = ClockedWorld::start().await;
    let (old, new, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    let private = ImagePatch::new().visibility(Visibility::Private);
    patch(&life, new, private).await;
    life.clock.advance(days(31));
    // The vendor has pruned the file, or answers badly.
    let url = life.cloud.image(new).unwrap()["image_source"].clone();
    life.site.fault(url.as_str().unwrap(), Fault::NotFound);
    let done = run(&life, life.channel()).await;
    assert!(
        life.lists("customer", old),
        "nothing is public any more: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_image_that_was_made_private_is_not_deleted_if_it_does_not_compare() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let image = life.newest();
    life.cloud.boot(&life.project("customer"), image);
    let change = ImagePatch::new()
        .visibility(Visibility::Shared)
        .min_ram(1_024);
    patch(&life, image, change).await;
    let done = run(&life, life.channel()).await;
    assert!(
        life.cloud.image(image).is_some(),
        "deleted under a running server, no use was looked up: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_image_that_was_made_private_is_not_deleted_if_the_list_moves() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let image = life.newest();
    let serial = life.cloud.image(image).unwrap()["bonafide_serial"].clone();
    let serial = serial.as_str().unwrap().to_owned();
    life.cloud.boot(&life.project("customer"), image);
    let private = ImagePatch::new().visibility(Visibility::Private);
    patch(&life, image, private).await;
    life.clock.advance(days(1));
    let observer = At::new(
        |event| matches!(event, Event::Compared { .. }),
        || {
            respun(&life, &serial, 77, 1);
        },
    );
    let done = run_as(&life, life.channel(), &observer).await;
    assert!(observer.was_there());
    assert!(
        life.cloud.image(image).is_some(),
        "deleted under a running server, no use was looked up: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_of_an_upload_on_a_used_image_does_not_delete_it() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    let forged = ImagePatch::new().set("bonafide_state", "uploading");
    patch(&life, old, forged).await;
    life.cloud.clear_requests();
    let done = run(&life, life.channel()).await;
    let asked = life.cloud.requests();
    let asked = asked.iter().any(|one| one.path.contains("/servers/"));
    assert!(
        life.cloud.image(old).is_some(),
        "a public image, used by a server, was discarded in its grace period (Nova asked: {asked}): {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_build_is_never_retired_whatever_its_properties() {
    let life = ClockedWorld::start().await;
    let (_, new, _) = two_builds(&life).await;
    let forged = ImagePatch::new()
        .set("bonafide_serial", "20200101")
        .set("bonafide_superseded_at", "2020-01-01T00:00:00Z");
    patch(&life, new, forged).await;
    let plan = life.plan(&life.channel()).await;
    let takes: Vec<_> = plan
        .actions
        .iter()
        .filter(|action| {
            matches!(action, Action::Delete { image, .. } | Action::Share { image, .. }
                | Action::Unlist { image, .. } | Action::Supersede { image, .. } if image.id == new)
        })
        .map(Action::headline)
        .collect();
    assert!(takes.is_empty(), "planned for the newest build: {takes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_build_is_not_deleted_if_its_repair_fails() {
    let life = ClockedWorld::start().await;
    let (_, new, _) = two_builds(&life).await;
    let forged = ImagePatch::new()
        .set("bonafide_serial", "20200101")
        .set("bonafide_superseded_at", "2020-01-01T00:00:00Z");
    patch(&life, new, forged).await;
    let path = format!("/images/{new}");
    faults(&life, "PATCH", &path, &[CloudFaultKind::Status(500)]);
    let done = run(&life, life.channel()).await;
    assert!(
        life.lists("customer2", new),
        "the newest build is gone: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_promised_with_the_newest_image_holds_after_the_catalog_has_changed() {
    let life = ClockedWorld::start().await;
    let forever = || life.channel_with(UuidValidity::Forever, ProvidedUntil::Notice);
    life.build();
    life.reconcile(&forever()).await;
    let old = life.newest();
    assert_eq!(life.cloud.image(old).unwrap()["uuid_validity"], "forever");
    // The operator promises less from now on, and some builds later …
    life.clock.advance(days(1));
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    assert!(
        life.cloud.image(old).is_some(),
        "its id was promised permanently"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_can_not_be_read_holds() {
    for said in ["forever ", "Forever", "2030-12-31T00:00:00Z", "until-2030"] {
        let life = ClockedWorld::start().await;
        let (old, _, server) = two_builds(&life).await;
        assert!(life.cloud.delete_server(server));
        let odd = ImagePatch::new().set("uuid_validity", said);
        patch(&life, old, odd).await;
        life.clock.advance(days(31));
        run(&life, life.channel()).await;
        assert!(
            life.cloud.image(old).is_some(),
            "`uuid_validity` `{said}` was taken for none"
        );
    }
}
