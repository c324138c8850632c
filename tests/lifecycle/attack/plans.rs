//! Plans and fleets.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{Error, Fleet, NoEvents, Plan, ReconcileReport, Target};
use bonafide::{Channel, CloudConfig, Event, Publisher, Session};
use bonafide_testkit::cloud::EmbeddedCloud;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{At, admin, generic, respun, run};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};
use support::{quick, site_fetch};

pub(crate) fn publisher_of(life: &ClockedWorld, cloud: &EmbeddedCloud) -> Publisher {
    let config = CloudConfig::from_yaml(cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(quick(config), life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    Publisher::new(fetch, session, life.clock.reader())
}

pub(crate) async fn apply(
    life: &ClockedWorld,
    channel: &Channel,
    plan: &Plan,
) -> Result<ReconcileReport, Error> {
    let publisher = life.publisher();
    let offer = publisher.latest_of(channel, &NoEvents).await;
    let targets = [Target::new(channel, offer.clone())];
    publisher.apply(plan, &targets, &NoEvents).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_does_what_was_approved() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let image = life.newest();
    let approved = life.channel_with(UuidValidity::Forever, ProvidedUntil::Notice);
    life.clock.advance(days(1));
    let plan = life.plan(&approved).await;
    assert_eq!(plan.actions.len(), 1, "{plan}");
    // Meanwhile the catalog says something else.
    let other = life.channel_with(UuidValidity::Date(date(2026, 4, 1)), ProvidedUntil::Notice);
    let done = apply(&life, &other, &plan).await;
    let validity = life.cloud.image(image).unwrap()["uuid_validity"].clone();
    assert!(
        validity != "2026-04-01",
        "`forever` was approved, and {validity} was written: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_without_an_approved_plan_is_left_alone_and_is_an_error() {
    let life = ClockedWorld::start().await;
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    life.build();
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let plan = life.publisher().plan(&targets).await.unwrap();
    let approved = BTreeMap::from([("one".to_owned(), plan)]);
    let done = fleet.apply(&approved, &targets, &NoEvents).await;
    assert_eq!(life.images().len(), 1);
    assert!(second.images().is_empty());
    assert!(done[0].1.is_ok(), "{done:?}");
    let error = done[1].1.as_ref().unwrap_err();
    assert!(
        matches!(error, Error::NoPlan { cloud, .. } if cloud == "two"),
        "{error}"
    );
    assert!(error.to_string().contains("plans: `one`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_edited_is_refused_whole() {
    let life = ClockedWorld::start().await;
    let (old, new, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(31));
    let foreign = json!({
        "id": Uuid::new_v4(), "owner": life.project("customer2"), "visibility": "public",
        "bonafide_channel": "ubuntu-24.04", "bonafide_serial": "20200101",
    });
    let foreign = life.cloud.adopt_image(&foreign).unwrap();
    let plan = life.plan(&life.channel()).await;
    let honest = serde_json::to_value(&plan).unwrap();
    assert_eq!(honest["actions"].as_array().unwrap().len(), 1);
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut edited = honest.clone();
        edit(&mut edited["actions"][0]);
        edited
    };
    let share = |add: Value| {
        json!({"action": "share", "channel": "ubuntu-24.04",
            "image": honest["actions"][0]["image"], "projects": add.clone(), "add": add,
            "accept": [], "remove": []})
    };
    let edited = [
        edit(&|one| one["image"]["id"] = json!(new)),
        edit(&|one| one["image"]["id"] = json!(foreign)),
        edit(&|one| one["action"] = json!("discard")),
        edit(&|one| one["action"] = json!("unlist")),
        edit(&|one| one["channel"] = json!("flatcar-stable")),
        edit(&|one| one["image"]["visibility"] = json!("private")),
        edit(&|one| *one = share(json!([life.project("customer2")]))),
        json!({"project": life.project("customer2"), "actions": [], "notes": []}),
    ];
    let before = life.cloud.images();
    for edited in edited {
        let plan: Plan = serde_json::from_value(edited.clone()).unwrap();
        let error = apply(&life, &life.channel(), &plan).await.unwrap_err();
        assert!(
            matches!(error, Error::PlanOutdated { .. }),
            "{edited}: {error}"
        );
        assert_eq!(life.cloud.images(), before, "{edited}");
    }
    // The honest one, once, twice over in one file, and then again.
    let mut twice = plan.clone();
    twice.actions.extend(plan.actions.clone());
    let done = apply(&life, &life.channel(), &twice).await.unwrap();
    assert_eq!(done.applied.len(), 1);
    assert!(life.cloud.image(old).is_none());
    let error = apply(&life, &life.channel(), &plan).await.unwrap_err();
    assert!(matches!(error, Error::PlanOutdated { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_of_a_plan_has_no_control_characters() {
    let life = ClockedWorld::start().await;
    life.build();
    let plan = life.plan(&life.channel()).await;
    let mut edited = serde_json::to_value(&plan).unwrap();
    edited["actions"][0]["build"]["serial"] = json!("1\u{1b}[2J\u{1b}[32mall is well");
    let edited: Plan = serde_json::from_value(edited).unwrap();
    let printed = edited.to_string();
    let error = apply(&life, &life.channel(), &edited).await.unwrap_err();
    let mut foreign = edited.clone();
    foreign.project = "\u{1b}]0;title\u{7}".to_owned();
    let other = apply(&life, &life.channel(), &foreign).await.unwrap_err();
    for text in [printed, error.to_string(), other.to_string()] {
        let raw = text.chars().any(|one| one.is_control() && one != '\n');
        assert!(!raw, "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cloud_twice_publishes_once() {
    let life = ClockedWorld::start().await;
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("one", life.publisher());
    life.build();
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    for (_, done) in fleet.reconcile(&targets, &NoEvents).await {
        let done = done.unwrap();
        assert!(
            done.skipped.iter().all(|refused| !refused.is_failure()),
            "{done:?}"
        );
    }
    assert_eq!(life.images().len(), 1);
    assert_eq!(generic(&life).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_moves_meanwhile_is_fetched_anew_for_several_clouds_too() {
    let life = ClockedWorld::start().await;
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    respun(&life, "20260228", 601, 3);
    let channel = life.channel();
    let offer = life.publisher().latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let observer = At::new(
        |event| matches!(event, Event::Compared { .. }),
        || {
            respun(&life, "20260228", 602, 2);
        },
    );
    let done = fleet.reconcile(&targets, &observer).await;
    assert!(observer.was_there());
    let failed: Vec<_> = done
        .iter()
        .flat_map(|(_, done)| &done.as_ref().unwrap().skipped)
        .map(|refused| refused.reason.to_string())
        .collect();
    assert!(
        failed.is_empty() && life.images().len() == 1 && second.images().len() == 1,
        "{failed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_was_withdrawn_is_not_a_failure_of_every_run() {
    let life = ClockedWorld::start().await;
    let (_, new, _) = two_builds(&life).await;
    // The documented way to withdraw a build.
    admin(&life).deactivate(new).await.unwrap();
    let done = run(&life, life.channel()).await;
    let failures = done.skipped.iter().filter(|refused| refused.is_failure());
    let failures: Vec<_> = failures.map(|one| one.reason.to_string()).collect();
    assert!(failures.is_empty(), "{failures:?}");
}
