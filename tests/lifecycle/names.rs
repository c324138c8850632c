//! What images are called: no two that customers see share a name, and the newest one has the plain one.

use std::collections::BTreeSet;

use bonafide::glance::{Glance, ImageFilter, ImagePatch};
use bonafide::properties::{Edition, Rule, Severity, check_cloud};
use bonafide::publisher::{Action, Error, Latest, NoEvents, Profile, Target, image_record};
use bonafide::{Channel, Event};
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use crate::attack::{At, now_and_here, patch, respun};
use support::world_clock::{ClockedWorld, days, id};

const PLAIN: &str = "Ubuntu Noble 24.04 (2026-03-01)";

/// Builds that a vendor publishes on the first day, some with one serial.
const SERIALS: [&str; 3] = ["20260228", "20260228.1", "20260301"];

fn names(life: &ClockedWorld) -> Vec<String> {
    let images = life.images().into_iter();
    images
        .map(|image| image["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Publishes builds of these serials, each some hours after the one before.
async fn publish_all(life: &ClockedWorld, channel: impl Fn() -> Channel, serials: &[&str]) {
    let before = life.images().len() as u64;
    for (seed, serial) in (900 + before..).zip(serials) {
        respun(life, serial, seed, 1);
        life.reconcile(&channel()).await;
        life.clock.advance(SignedDuration::from_hours(2));
    }
}

/// What the standards say of everything that a customer can see.
async fn assert_nothing_is_found(life: &ClockedWorld) {
    let glance = Glance::new(life.session("customer"));
    let images = glance.list_with_hidden(&ImageFilter::new()).await.unwrap();
    let images: Vec<_> = images.iter().map(image_record).collect();
    for (one, edition) in check_cloud(&images, life.now())
        .iter()
        .flat_map(|one| Edition::ALL.map(|edition| (one, edition)))
    {
        let mut found = one.diagnostics(edition);
        // Of names and purposes not even a hint.
        let ours = [Rule::OneGeneric, Rule::Name, Rule::ReplacedTwice];
        found.retain(|found| found.severity > Severity::Hint || ours.contains(&found.rule));
        assert!(
            found.is_empty(),
            "{edition}: {:?}: {found:#?}",
            one.image.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_builds_of_one_day_the_newest_has_the_plain_name_and_check_finds_nothing() {
    let older = "Ubuntu Noble 24.04 (2026-03-01, build";
    let dated = [
        format!("{older} 20260228)"),
        format!("{older} 20260228.1)"),
        PLAIN.to_owned(),
    ];
    let scs = [
        "Ubuntu 24.04 20260228",
        "Ubuntu 24.04 20260228.1",
        "Ubuntu 24.04",
    ];
    let scs = scs.map(str::to_owned);
    for (profile, wanted) in [(Profile::Stack, dated), (Profile::Scs, scs)] {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(profile);
        publish_all(&life, channel, &SERIALS).await;
        assert_eq!(names(&life), wanted);
        assert_nothing_is_found(&life).await;
        // Nor when the next one comes on another day.
        life.clock.advance(days(1));
        publish_all(&life, channel, &["20260302"]).await;
        let now = names(&life);
        let different: BTreeSet<_> = now.iter().collect();
        assert_eq!(different.len(), 4, "{now:?}");
        assert_nothing_is_found(&life).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_spins_of_one_build_on_one_day_have_three_names() {
    for profile in [Profile::Stack, Profile::Scs] {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(profile);
        publish_all(&life, channel, &["20260228"; 3]).await;
        let now = names(&life);
        let different: BTreeSet<_> = now.iter().collect();
        assert_eq!(different.len(), 3, "{now:?}");
        assert_nothing_is_found(&life).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_no_moment_do_two_images_in_a_list_have_one_name() {
    for profile in [Profile::Stack, Profile::Scs] {
        let life = ClockedWorld::start().await;
        let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let at = seen.clone();
        life.cloud.watch(move |images| {
            let listed = images
                .iter()
                .filter(|image| image["visibility"] == "public" && image["os_hidden"] == false);
            let names: Vec<String> = listed.map(|image| image["name"].to_string()).collect();
            let different: BTreeSet<_> = names.iter().collect();
            if different.len() < names.len() || names.iter().any(|name| name.len() < 3) {
                at.lock().unwrap().push(names);
            }
        });
        publish_all(&life, || life.channel().profile(profile), &SERIALS).await;
        assert!(
            seen.lock().unwrap().is_empty(),
            "{:?}",
            seen.lock().unwrap()
        );
    }
}

/// The vendor signs the first build again; the second one yields, and the first one has its name again.
#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_comes_back_on_the_same_day_has_its_plain_name_again() {
    for (profile, plain) in [(Profile::Stack, PLAIN), (Profile::Scs, "Ubuntu 24.04")] {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(profile);
        respun(&life, "20260228", 901, 4);
        life.reconcile(&channel()).await;
        let first = life.newest();
        respun(&life, "20260228", 902, 3);
        life.reconcile(&channel()).await;
        assert_ne!(life.cloud.image(first).unwrap()["name"], plain);
        respun(&life, "20260228", 901, 2);
        life.reconcile(&channel()).await;
        assert_eq!(life.cloud.image(first).unwrap()["name"], plain);
        let now = names(&life);
        assert!(now.len() == 2 && now[0] != now[1], "{now:?}");
        assert_nothing_is_found(&life).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_newer_build_of_the_day_goes_the_older_one_has_its_plain_name_again() {
    for (profile, plain) in [(Profile::Stack, PLAIN), (Profile::Scs, "Ubuntu 24.04")] {
        let life = ClockedWorld::start().await;
        let channel = life.channel().profile(profile);
        publish_all(&life, || life.channel().profile(profile), &SERIALS[..2]).await;
        let newest = life.newest();
        Glance::new(life.session("admin"))
            .delete(newest)
            .await
            .unwrap();
        let publisher = life.publisher();
        let targets = [Target::new(
            &channel,
            Latest::Unknown(Error::Cancelled.into()),
        )];
        let done = publisher.reconcile_with(&targets, &NoEvents).await.unwrap();
        assert!(matches!(&done.applied[..], [Action::Reinstate { .. }]));
        assert_eq!(names(&life), [plain]);
    }
}

/// As earlier versions left them, or an operator who renamed one.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_image_with_the_name_of_the_newest_one_gets_another() {
    for profile in [Profile::Stack, Profile::Scs] {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(profile);
        publish_all(&life, channel, &SERIALS).await;
        let images = life.images();
        let plain = images[2]["name"].as_str().unwrap();
        let mark = |image: &Value| image["bonafide_superseded_at"].clone();
        for older in &images[..2] {
            patch(&life, id(older), ImagePatch::new().name(plain)).await;
        }
        life.reconcile(&channel()).await;
        let now = life.images();
        let different: BTreeSet<_> = now.iter().map(|image| image["name"].to_string()).collect();
        assert_eq!(different.len(), 3, "{now:#?}");
        assert_eq!(now[2]["name"], *plain);
        // The grace period does not begin anew.
        let marks = |images: &[Value]| images.iter().map(mark).collect::<Vec<_>>();
        assert_eq!(marks(&now), marks(&images));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_image_is_not_left_without_a_name_and_keeps_one_that_it_was_given() {
    let life = ClockedWorld::start().await;
    publish_all(&life, || life.channel(), &SERIALS[..1]).await;
    let newest: Uuid = life.newest();
    for (given, kept) in [("", PLAIN), ("Ours", "Ours")] {
        patch(&life, newest, ImagePatch::new().name(given)).await;
        life.reconcile(&life.channel()).await;
        assert_eq!(life.cloud.image(newest).unwrap()["name"], kept);
    }
}

/// The day ends between the two requests of a hand-over.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_at_midnight_leaves_two_names() {
    let life = ClockedWorld::start().await;
    publish_all(&life, || life.channel(), &SERIALS[..1]).await;
    respun(&life, SERIALS[1], 950, 1);
    let observer = At::new(
        |event| matches!(event, Event::Superseded { .. }),
        || {
            now_and_here(async { life.clock.advance(SignedDuration::from_hours(20)) });
        },
    );
    let channels = [life.channel()];
    let done = life.publisher().reconcile(&channels, &observer).await;
    assert!(observer.was_there(), "{done:?}");
    let now = names(&life);
    assert!(now.len() == 2 && now[0] != now[1], "{now:?}");
}
