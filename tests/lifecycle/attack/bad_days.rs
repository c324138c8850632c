//! Races with users, and what a cloud answers on its bad days.

use std::sync::Arc;
use std::time::Duration;

use bonafide::glance::{ImagePatch, UsageSource};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::NoEvents;
use bonafide::{Channel, CloudConfig, Publisher, Session};
use bonafide_testkit::cloud::CloudFaultKind;
use jiff::SignedDuration;
use serde_json::json;

use super::{faults, patch, run, without_vendor};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};
use support::{quick, site_fetch};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_a_list_that_shifts_is_not_missed() {
    let life = ClockedWorld::with(|cloud| cloud.compute_page_limit(2)).await;
    let (old, new, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    let customer = life.project("customer");
    // The relevant one is the oldest, so it is on the last page.
    life.cloud.boot(&customer, old);
    life.clock.advance(days(31));
    let others: Vec<_> = (0..7).map(|_| life.cloud.boot(&customer, new)).collect();
    let slow = CloudFaultKind::Delay(Duration::from_millis(40));
    faults(&life, "GET", "/servers/detail", &[slow; 12]);
    let (publisher, channels) = (life.publisher(), [life.channel()]);
    let leaving = async {
        for server in others {
            tokio::time::sleep(Duration::from_millis(30)).await;
            life.cloud.delete_server(server);
        }
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &NoEvents), leaving);
    assert!(life.reaches("customer", old), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bad_answer_takes_a_used_image_from_who_uses_it() {
    let bad = [
        CloudFaultKind::Status(403),
        CloudFaultKind::Status(404),
        CloudFaultKind::Status(409),
        CloudFaultKind::Status(413),
        CloudFaultKind::Status(500),
        CloudFaultKind::DropBefore,
    ];
    for kind in bad {
        let life = ClockedWorld::start().await;
        let (old, _, _) = two_builds(&life).await;
        life.clock.advance(days(31));
        let path = format!("/images/{old}");
        let members = format!("/images/{old}/members");
        let member = format!("{members}/{}", life.project("customer"));
        for (method, path) in [
            ("PATCH", &path),
            ("POST", &members),
            ("PUT", &member),
            ("GET", &path),
        ] {
            // Glance says by it that a project is a member already; see below.
            if method == "POST" && kind == CloudFaultKind::Status(409) {
                continue;
            }
            // And by this that it takes no members, or that they have to accept themselves, which is
            // remembered.
            if matches!(method, "POST" | "PUT") && kind == CloudFaultKind::Status(403) {
                continue;
            }
            faults(&life, method, path, &[kind]);
            let done = run(&life, life.channel()).await;
            assert!(
                life.reaches("customer", old),
                "{method} {path} {kind:?}: {done:?}"
            );
            life.clock.advance(SignedDuration::from_hours(1));
        }
        run(&life, life.channel()).await;
        assert!(life.lists("customer", old) && !life.reaches("customer2", old));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_member_after_all_is_not_left_without_the_image() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    // Refused as if it were a member; then the next request says that it is not one.
    let members = format!("/images/{old}/members");
    faults(&life, "POST", &members, &[CloudFaultKind::Status(409)]);
    let done = run(&life, life.channel()).await;
    assert!(
        life.reaches("customer", old),
        "hidden from its user, and reported as: {}",
        done.skipped[0].reason
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_about_members_take_nothing_from_who_uses_it() {
    for (method, at_member) in [("POST", false), ("PUT", true)] {
        let life = ClockedWorld::start().await;
        let (old, _, _) = two_builds(&life).await;
        life.clock.advance(days(31));
        let mut path = format!("/images/{old}/members");
        if at_member {
            path = format!("{path}/{}", life.project("customer"));
        }
        faults(&life, method, &path, &[CloudFaultKind::DropAfter]);
        let done = run(&life, life.channel()).await;
        assert!(life.reaches("customer", old), "{method} {path}: {done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_foreign_stays_as_it_is() {
    let life = ClockedWorld::start().await;
    two_builds(&life).await;
    let (ours, theirs) = (life.project("admin"), life.project("customer2"));
    let foreign = [
        json!({"owner": ours, "visibility": "private"}),
        json!({"owner": ours, "visibility": "public", "bonafide_serial": "20200101",
            "bonafide_superseded_at": "2020-01-01T00:00:00Z"}),
        json!({"owner": ours, "visibility": "public", "bonafide_channel": "ubuntu-22.04",
            "bonafide_serial": "20200101", "bonafide_superseded_at": "2020-01-01T00:00:00Z"}),
        json!({"owner": ours, "visibility": "private", "bonafide_channel": "ubuntu-22.04",
            "bonafide_state": "uploading"}),
        json!({"owner": ours, "visibility": "private", "bonafide_channel": "Ubuntu-24.04",
            "bonafide_state": "uploading", "status": "queued"}),
        json!({"owner": theirs, "visibility": "public", "bonafide_channel": "ubuntu-24.04",
            "bonafide_serial": "20200101", "bonafide_superseded_at": "2020-01-01T00:00:00Z"}),
        json!({"owner": theirs, "visibility": "shared", "bonafide_channel": "ubuntu-24.04",
            "bonafide_state": "uploading", "status": "queued",
            "members": [{"member_id": ours}]}),
        json!({"owner": ours, "visibility": "public", "bonafide_channel": "ubuntu-24.04",
            "bonafide_serial": "20200101", "bonafide_superseded_at": "2020-01-01T00:00:00Z",
            "protected": true}),
        json!({"owner": ours, "visibility": "public", "bonafide_channel": "ubuntu-24.04",
            "bonafide_serial": "20200101", "bonafide_superseded_at": "2020-01-01T00:00:00Z",
            "status": "deactivated"}),
        json!({"owner": ours, "visibility": "public", "bonafide_channel": "ubuntu-24.04",
            "bonafide_serial": "twelve", "bonafide_superseded_at": "2020-01-01T00:00:00Z"}),
    ];
    let ids: Vec<_> = foreign
        .into_iter()
        .map(|mut image| {
            image["name"] = json!("Ubuntu Noble 24.04 (2026-03-01)");
            life.cloud.adopt_image(&image).unwrap()
        })
        .collect();
    let look = || -> Vec<_> { ids.iter().map(|id| life.cloud.image(*id)).collect() };
    let before = look();
    life.clock.advance(days(60));
    run(&life, life.channel()).await;
    without_vendor(&life).await;
    assert_eq!(look(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_images_ends_no_run() {
    let odd = [
        ("bonafide_superseded_at", "9999-12-31T23:59:59.999999999Z"),
        ("bonafide_superseded_at", "-9999-01-01T00:00:00Z"),
        ("bonafide_superseded_at", ""),
        ("bonafide_superseded_at", "yesterday"),
        ("bonafide_signed_at", "9999-12-31T23:59:59Z"),
        ("bonafide_lease_until", "9999-12-31T23:59:59Z"),
        ("uuid_validity", "last-4294967295"),
        ("uuid_validity", "last-99999999999999999999"),
        ("image_build_date", "é026-03-01"),
        ("image_build_date", "2026-03-0é"),
        (
            "bonafide_serial",
            "99999999999999999999999999999999999999999",
        ),
        ("bonafide_serial", ""),
        ("name", ""),
    ];
    for (name, value) in odd {
        let life = ClockedWorld::start().await;
        let (old, new, _) = two_builds(&life).await;
        let change = match name {
            "name" => ImagePatch::new().name(value),
            _ => ImagePatch::new().set(name, value),
        };
        patch(&life, old, change).await;
        life.clock.advance(days(365 * 50));
        run(&life, life.channel().grace(SignedDuration::MAX)).await;
        run(&life, life.channel()).await;
        assert!(life.reaches("customer", old), "{name} {value}");
        assert!(life.lists("customer2", new), "{name} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_goes_down_between_the_two_looks_deletes_nothing() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    let customer = life.project("customer");
    life.cloud.boot_in_cell("cell2", &customer, life.newest());
    life.clock.advance(days(31));
    let cloud = Arc::new(life.cloud);
    let at = Arc::downgrade(&cloud);
    cloud.watch(move |images| {
        let withdrawn = images
            .iter()
            .any(|image| image["id"] == old.to_string() && image["visibility"] == "shared");
        if let Some(cloud) = at.upgrade().filter(|_| withdrawn) {
            cloud.set_cell_up("cell2", false);
        }
    });
    let config = CloudConfig::from_yaml(cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(quick(config), life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    let publisher = Publisher::new(fetch, session, life.clock.reader());
    let mut keyring = bonafide::Keyring::new("ubuntu", [life.key.fingerprint().parse().unwrap()]);
    keyring.add(&life.key.public_key_binary().unwrap()).unwrap();
    let noble = bonafide::Ubuntu::released(bonafide::UbuntuRelease::Noble);
    let channel =
        Channel::new(noble, keyring).lifecycle(bonafide::properties::LifecyclePolicy::new(
            bonafide::properties::ReplaceFrequency::Monthly,
            ProvidedUntil::Notice,
            UuidValidity::None,
        ));
    let done = publisher.reconcile(&[channel], &NoEvents).await.unwrap();
    assert!(cloud.image(old).is_some(), "{done:?}");
    let told = done
        .skipped
        .iter()
        .any(|refused| refused.reason.to_string().contains("cell"));
    assert!(told, "{:?} of {}", done.skipped, UsageSource::Servers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_long_properties_does_not_stop_retirement() {
    let life = ClockedWorld::start().await;
    let (old, _, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(31));
    // Eleven images, within every default quota; a page of the list of all images has them all.
    let long = "x".repeat(60_000);
    for _ in 0..11 {
        let mut image = json!({"owner": life.project("customer2"), "visibility": "private"});
        for number in 0..110 {
            image[format!("note_{number}")] = json!(long);
        }
        life.cloud.adopt_image(&image).unwrap();
    }
    let done = run(&life, life.channel()).await;
    assert!(
        life.cloud.image(old).is_none(),
        "any tenant can keep everything as it is: {:?}",
        done.notes
    );
}
