//! Plans as data: looked at, approved, applied later, and refused if the cloud has changed.

use bonafide::glance::{Glance, ImagePatch, Usage, Uses};
use bonafide::publisher::{Action, Error, NoEvents, Plan, Target};
use bonafide::{Channel, Publisher};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use uuid::Uuid;

use support::world_clock::{ClockedWorld, days};

/// Everything at once: a new build, one to share, one to delete.
async fn much_to_do() -> (ClockedWorld, Uuid, Uuid) {
    let life = ClockedWorld::start().await;
    let mut images = Vec::new();
    for _ in 0..3 {
        life.build();
        life.reconcile(&life.channel()).await;
        images.push(life.newest());
        life.clock.advance(days(2));
    }
    life.cloud.boot(&life.project("customer"), images[0]);
    life.clock.advance(days(31));
    life.build();
    (life, images[0], images[1])
}

async fn apply(
    life: &ClockedWorld,
    publisher: &Publisher,
    channel: &Channel,
    plan: &Plan,
) -> Result<(), Error> {
    let offer = publisher.latest_of(channel, &NoEvents).await;
    let targets = [Target::new(channel, offer.clone())];
    let done = publisher.apply(plan, &targets, &NoEvents).await?;
    assert!(done.skipped.is_empty(), "{done:?}");
    assert_eq!(done.applied.len(), plan.actions.len(), "{done:?}");
    assert!(life.images().len() > 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_data_and_is_applied_as_it_was_approved() {
    let (life, used, unused) = much_to_do().await;
    let (publisher, channel) = (life.publisher(), life.channel());
    life.cloud.clear_requests();
    let before = life.cloud.images();
    let plan = life.plan(&channel).await;
    assert_eq!(life.cloud.images(), before, "a plan changes nothing");
    let kinds = |action: &Action| match action {
        Action::Publish { supersedes, .. } => format!("publish over {}", supersedes.len()),
        Action::Share { add, .. } => format!("share with {}", add.len()),
        Action::Delete { .. } => "delete".to_owned(),
        other => format!("{other:?}"),
    };
    let steps: Vec<_> = plan.actions.iter().map(kinds).collect();
    assert_eq!(steps, ["publish over 1", "share with 1", "delete"]);
    let text = plan.to_string();
    let project = life.project("customer");
    for line in [
        "+ publish    ubuntu-24.04 build 20260407".to_owned(),
        "      before that, supersede Ubuntu Noble 24.04 (2026-03-05) [".to_owned(),
        format!("~ share      Ubuntu Noble 24.04 (2026-03-01) [{used}]"),
        "      visibility public → shared".to_owned(),
        format!("      + member {project}"),
        format!("- delete     Ubuntu Noble 24.04 (2026-03-03) [{unused}]"),
    ] {
        assert!(text.contains(&line), "`{line}` is not in:\n{text}");
    }
    let json = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&json).unwrap();
    assert_eq!(read, plan);
    apply(&life, &publisher, &channel, &read).await.unwrap();
    assert!(life.plan(&channel).await.is_empty());
    assert!(life.cloud.image(unused).is_none());
    assert!(life.lists("customer", used) && !life.reaches("customer2", used));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_does_what_was_approved_and_no_more() {
    let (life, used, unused) = much_to_do().await;
    let (publisher, channel) = (life.publisher(), life.channel());
    let mut plan = life.plan(&channel).await;
    plan.actions
        .retain(|action| matches!(action, Action::Share { .. }));
    apply(&life, &publisher, &channel, &plan).await.unwrap();
    assert!(!life.reaches("customer2", used));
    assert!(
        life.lists("customer2", unused),
        "its deletion was not approved"
    );
    assert_eq!(life.images().len(), 3, "the new build was not approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_refused_whole_if_it_is_outdated() {
    type Change = fn(&ClockedWorld, Uuid, Uuid);
    let changes: [(&str, Change); 3] = [
        ("a new build", |life, _, _| {
            life.clock.advance(days(1));
            life.build();
        }),
        ("who used it has stopped", |life, used, _| {
            life.cloud
                .create_volume(&life.project("customer2"), Some(used));
        }),
        ("a project uses what should go", |life, _, unused| {
            life.cloud.boot(&life.project("customer"), unused);
        }),
    ];
    for (what, change) in changes {
        let (life, used, unused) = much_to_do().await;
        let (publisher, channel) = (life.publisher(), life.channel());
        let plan = life.plan(&channel).await;
        change(&life, used, unused);
        let before = life.cloud.images();
        let error = apply(&life, &publisher, &channel, &plan).await.unwrap_err();
        assert!(
            matches!(error, Error::PlanOutdated { .. }),
            "{what}: {error}"
        );
        assert!(error.to_string().contains("make a new plan"), "{error}");
        assert_eq!(life.cloud.images(), before, "{what}");
    }
    // An image was changed by hand.
    let (life, used, _) = much_to_do().await;
    let (publisher, channel) = (life.publisher(), life.channel());
    let plan = life.plan(&channel).await;
    life.clock.advance(days(1));
    let change = ImagePatch::new().set("note", "seen");
    let glance = Glance::new(life.session("admin"));
    glance.update(used, &change).await.unwrap();
    let error = apply(&life, &publisher, &channel, &plan).await.unwrap_err();
    assert!(error.to_string().contains(&used.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_left_out_if_its_image_was_changed_just_before_it() {
    let (life, used, _) = much_to_do().await;
    let channel = life.channel();
    let glance = Glance::new(life.session("admin"));
    let publisher = life.publisher();
    let plan = life.plan(&channel).await;
    let offer = publisher.latest_of(&channel, &NoEvents).await;
    let targets = [Target::new(&channel, offer.clone())];
    let inventory = publisher.inventory().await.unwrap();
    life.clock.advance(jiff::SignedDuration::from_secs(5));
    let hands_off = ImagePatch::new().protected(true);
    glance.update(used, &hands_off).await.unwrap();
    // The same plan, made of what was there before.
    let mut uses = Uses::new();
    let customer = life.project("customer");
    uses.add(used, &customer, bonafide::glance::UsageSource::Servers);
    let stale = Plan::new(&targets, &inventory, &Usage::Complete(uses), life.now());
    assert_eq!(stale.actions, plan.actions);
    let error = publisher
        .apply(&stale, &targets, &NoEvents)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::PlanOutdated { .. }), "{error}");
    assert_eq!(life.cloud.image(used).unwrap()["visibility"], "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_can_not_be_shared_stays_public() {
    let (life, used, _) = much_to_do().await;
    let members = format!("/images/{used}/members");
    let full = CloudFault::new("POST", &members, CloudFaultKind::Status(413));
    life.cloud.fail_next(full);
    let channels = [life.channel()];
    let done = life
        .publisher()
        .reconcile(&channels, &NoEvents)
        .await
        .unwrap();
    let failed = done.skipped.iter().find(|refused| refused.is_failure());
    assert!(
        failed.is_some_and(|failed| failed.reason.to_string().contains("413")),
        "{done:?}"
    );
    assert!(life.lists("customer", used) && life.lists("customer2", used));
    life.reconcile(&life.channel()).await;
    assert!(life.lists("customer", used) && !life.reaches("customer2", used));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_publish_leaves_the_old_image_the_newest() {
    let life = ClockedWorld::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    // The last request for the new image is refused, after the old one gave up its place.
    let publisher = life.publisher();
    let channels = [life.channel()];
    let offer = publisher.latest_of(&channels[0], &NoEvents).await;
    let targets = [Target::new(&channels[0], offer.clone())];
    let plan = publisher.plan(&targets).await.unwrap();
    let Some(Action::Publish { build, .. }) = plan.actions.first() else {
        panic!("{plan}")
    };
    let digest = build.digest.trim_start_matches("sha256:").parse().unwrap();
    let new =
        bonafide::publisher::image_id(&bonafide::publisher::NAMESPACE, "ubuntu-24.04", &digest, 0);
    let path = format!("/images/{new}");
    life.cloud
        .fail_next(CloudFault::new("PATCH", &path, CloudFaultKind::Status(403)));
    let done = publisher.reconcile_with(&targets, &NoEvents).await.unwrap();
    let failed: Vec<_> = done
        .skipped
        .iter()
        .filter(|refused| refused.is_failure())
        .collect();
    assert!(
        matches!(&failed[..], [one] if one.reason.to_string().contains("does not allow this user to publish")),
        "{done:?}"
    );
    let image = life.cloud.image(old).unwrap();
    assert_eq!(image["os_purpose"], "generic");
    assert_eq!(image["visibility"], "public");
    assert!(image["bonafide_superseded_at"].is_null());
    // An hour later the image that is there already is verified again and made public.
    life.clock.advance(jiff::SignedDuration::from_hours(1));
    life.reconcile(&life.channel()).await;
    assert_eq!(life.cloud.image(new).unwrap()["os_purpose"], "generic");
    assert_eq!(life.cloud.image(old).unwrap()["os_purpose"], "oldgeneric");
}
