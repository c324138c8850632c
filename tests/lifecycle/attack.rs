//! Attempts to make a run hide, delete or publish what it must not.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::glance::{Glance, ImagePatch, UsageSource, Visibility};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{Action, Error, Fleet, Newest, Offer, Plan, Reconciled, Silent, Wish};
use bonafide::{Channel, CloudConfig, Event, Observe, Publisher, Session};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{Fault, PublishedBuild, UbuntuBuild};
use jiff::SignedDuration;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::retirement::two_builds;
use crate::support::life::{Life, days, id};
use crate::support::site_fetch;

fn admin(life: &Life) -> Glance {
    Glance::new(life.session("admin"))
}

async fn patch(life: &Life, image: Uuid, patch: ImagePatch) {
    admin(life).update(image, &patch).await.unwrap();
    life.clock.advance(SignedDuration::from_secs(5));
}

/// One run with the vendor out of reach.
async fn without_vendor(life: &Life) -> Reconciled {
    let channel = life.channel();
    let wishes = [Wish::new(&channel, Newest::Unknown)];
    let publisher = life.publisher();
    publisher
        .reconcile_with(&wishes, None, &Silent)
        .await
        .unwrap()
}

/// One run whose failures are not looked at.
async fn run(life: &Life, channel: Channel) -> Reconciled {
    run_as(life, channel, &Silent).await
}

async fn run_as(life: &Life, channel: Channel, observer: &dyn Observe) -> Reconciled {
    life.publisher()
        .reconcile(&[channel], observer)
        .await
        .unwrap()
}

/// Does something once, in the middle of a run, when an event fits.
struct At<F, D>(F, Mutex<Option<D>>);

impl<F, D> At<F, D>
where
    F: Fn(&Event<'_>) -> bool + Send + Sync,
    D: FnOnce() + Send,
{
    fn new(when: F, what: D) -> Self {
        Self(when, Mutex::new(Some(what)))
    }

    fn was_there(&self) -> bool {
        self.1.lock().unwrap().is_none()
    }
}

impl<F, D> Observe for At<F, D>
where
    F: Fn(&Event<'_>) -> bool + Send + Sync,
    D: FnOnce() + Send,
{
    fn observe(&self, event: &Event<'_>) {
        if (self.0)(event)
            && let Some(what) = self.1.lock().unwrap().take()
        {
            what();
        }
    }
}

fn now_and_here<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// How many public, visible, `generic` images there were at most at one moment.
fn most_generic(life: &Life) -> Arc<Mutex<usize>> {
    let most = Arc::new(Mutex::new(0));
    let at = most.clone();
    life.cloud.watch(move |images| {
        let now = images.iter().filter(|image| is_generic(image)).count();
        let mut most = at.lock().unwrap();
        *most = (*most).max(now);
    });
    most
}

fn is_generic(image: &Value) -> bool {
    image["visibility"] == "public"
        && image["os_purpose"] == "generic"
        && image["os_hidden"] == false
}

fn generic(life: &Life) -> Vec<Uuid> {
    let images = life.images().into_iter();
    images.filter(is_generic).map(|image| id(&image)).collect()
}

/// Faults at the following requests of a kind, in their order.
fn faults(life: &Life, method: &str, path: &str, kinds: &[CloudFaultKind]) {
    for kind in kinds {
        life.cloud.fail_next(CloudFault::new(method, path, *kind));
    }
}

const FINE: CloudFaultKind = CloudFaultKind::Delay(Duration::ZERO);

/// The same serial, but other bytes, signed later.
fn respun(life: &Life, serial: &str, seed: u64, signed_hours_ago: i64) -> PublishedBuild {
    let build = UbuntuBuild::release("24.04", "noble", serial)
        .image(Qcow2Image::new(1 << 30, 2, seed))
        .signed_at(life.clock.now() - SignedDuration::from_hours(signed_hours_ago));
    life.site.publish_ubuntu(&build, &life.key).unwrap()
}

// ---------------------------------------------------------------------------------------------------
// What is hidden or deleted though nobody may take it

#[tokio::test(flavor = "multi_thread")]
async fn an_old_build_is_not_taken_while_no_newer_one_is_public_and_the_vendor_is_away() {
    for deactivated in [false, true] {
        let life = Life::start().await;
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
    let life = Life::start().await;
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
    let life = Life::start().await;
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
    let life = Life::start().await;
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
    let life = Life::start().await;
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
async fn the_newest_build_is_never_retired_whatever_stands_on_it() {
    let life = Life::start().await;
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
    let life = Life::start().await;
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
async fn what_was_promised_with_the_newest_image_holds_after_the_catalogue_has_changed() {
    let life = Life::start().await;
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
        "its id was promised for ever"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_can_not_be_read_holds() {
    for said in ["forever ", "Forever", "2030-12-31T00:00:00Z", "until-2030"] {
        let life = Life::start().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_while_sharing_does_not_hide_the_image_from_who_uses_it() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    let path = format!("/images/{old}");
    faults(&life, "PATCH", &path, &[CloudFaultKind::DropAfter]);
    let done = run(&life, life.channel()).await;
    assert!(
        life.reaches("customer", old),
        "the run has ended, and who uses the image can't reach it: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_too_many_is_not_locked_out_for_ever() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.cloud.boot(&life.project("customer2"), old);
    life.clock.advance(days(31));
    let (members, path) = (format!("/images/{old}/members"), format!("/images/{old}"));
    // Room for one, and the way back fails once.
    faults(
        &life,
        "POST",
        &members,
        &[FINE, CloudFaultKind::Status(413)],
    );
    faults(&life, "PATCH", &path, &[FINE, CloudFaultKind::Status(500)]);
    run(&life, life.channel()).await;
    // All is well again, but for the quota.
    for _ in 0..3 {
        life.clock.advance(SignedDuration::from_hours(1));
        faults(&life, "POST", &members, &[CloudFaultKind::Status(413)]);
        run(&life, life.channel()).await;
    }
    assert!(
        life.reaches("customer", old) && life.reaches("customer2", old),
        "one of those who use it is out for good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_too_many_users_is_not_hidden_anew_in_each_run() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.cloud.boot(&life.project("customer2"), old);
    life.clock.advance(days(31));
    let members = format!("/images/{old}/members");
    let away = Arc::new(Mutex::new(0));
    let at = away.clone();
    life.cloud.watch(move |images| {
        let mut images = images.iter();
        let hidden =
            |image: &&Value| image["id"] == old.to_string() && image["visibility"] == "shared";
        if images.any(|image| hidden(&image)) {
            *at.lock().unwrap() += 1;
        }
    });
    let mut each = Vec::new();
    for run_number in 0..4 {
        life.clock.advance(SignedDuration::from_hours(1));
        let fine = if run_number == 0 { 1 } else { 0 };
        let mut kinds = vec![FINE; fine];
        kinds.push(CloudFaultKind::Status(413));
        faults(&life, "POST", &members, &kinds);
        *away.lock().unwrap() = 0;
        run(&life, life.channel()).await;
        each.push(*away.lock().unwrap());
    }
    assert!(
        each[1..].iter().all(|changes| *changes == 0),
        "taken from everybody in each run, for a while: {each:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_once_hides_nothing() {
    let life = Life::start().await;
    let (old, new, _) = two_builds(&life).await;
    let right = life.now();
    // One machine's clock is years ahead; Glance's own times, and those of its answers, say so.
    let ahead = right + days(400);
    let config = CloudConfig::from_yaml(life.cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(config, life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    let publisher = Publisher::new(fetch, session, move || ahead);
    let done = publisher
        .reconcile(&[life.channel()], &Silent)
        .await
        .unwrap();
    assert!(life.lists("customer2", new));
    assert!(
        life.lists("customer2", old),
        "hidden on the day on which it was superseded: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_supersession_before_the_newer_build_was_made_is_not_believed() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    let forged = ImagePatch::new().set("bonafide_superseded_at", "1970-01-01T00:00:00Z");
    patch(&life, old, forged).await;
    let done = run(&life, life.channel()).await;
    assert!(
        life.lists("customer2", old),
        "the newer build is of today, so it was not superseded before: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_somebody_takes_back_between_the_look_and_the_deletion_stays() {
    let life = Life::start().await;
    let (old, _, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    life.clock.advance(days(31));
    let (publisher, channels) = (life.publisher(), [life.channel()]);
    // The second look-up takes its time.
    let slow = CloudFaultKind::Delay(Duration::from_millis(800));
    faults(&life, "GET", "/snapshots/detail", &[FINE, slow]);
    let rescue = async {
        while life.cloud.image(old).unwrap()["visibility"] != "shared" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        // By now servers and images have been looked at. The operator changes their mind.
        let keep = ImagePatch::new()
            .visibility(Visibility::Public)
            .remove("bonafide_channel");
        admin(&life).update(old, &keep).await.unwrap();
        life.cloud.boot(&life.project("customer"), old);
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &Silent), rescue);
    assert!(
        life.cloud.image(old).is_some(),
        "public, without marker, used, and deleted: {:?}",
        done.unwrap().applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_to_use_an_image_does_not_wait_for_an_upload_because_another_stops() {
    let life = Life::start().await;
    let (old, _, server) = two_builds(&life).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    assert!(life.cloud.delete_server(server));
    life.cloud
        .create_volume(&life.project("customer2"), Some(old));
    life.build();
    let given = AtomicBool::new(false);
    let observer = At::new(
        |event| matches!(event, Event::Created { .. }),
        || given.store(life.reaches("customer2", old), Ordering::Relaxed),
    );
    run_as(&life, life.channel(), &observer).await;
    assert!(observer.was_there());
    assert!(
        given.load(Ordering::Relaxed),
        "members are added first of all, before any upload"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clouds_give_access_before_they_upload_as_one_does() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    life.reconcile(&life.channel()).await;
    life.cloud
        .create_volume(&life.project("customer2"), Some(old));
    life.build();
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    let channel = life.channel();
    let offer = life.publisher().offer(&channel, &Silent).await;
    let wishes = [Wish::new(&channel, offer.newest())];
    let given = AtomicBool::new(false);
    let observer = At::new(
        |event| matches!(event, Event::Created { .. }),
        || given.store(life.reaches("customer2", old), Ordering::Relaxed),
    );
    fleet.reconcile(&wishes, None, &observer).await;
    assert!(observer.was_there());
    assert!(given.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_began_to_use_a_public_image_during_the_look_up_gets_it_in_the_same_run() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    let (publisher, channels) = (life.publisher(), [life.channel()]);
    // The servers have been listed; the volumes take their time.
    let slow = CloudFaultKind::Delay(Duration::from_millis(600));
    faults(&life, "GET", "/snapshots/detail", &[slow]);
    let customer2 = life.project("customer2");
    let begin = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(life.lists("customer2", old), "it is still public");
        life.cloud.boot(&customer2, old);
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &Silent), begin);
    assert!(
        life.reaches("customer2", old),
        "the run looked again, knew it, and left it to the next run: {:?}",
        done.unwrap().applied
    );
}

// ---------------------------------------------------------------------------------------------------
// What becomes visible without a proof

/// A private image of the publisher's project, with markers as anybody in that project can write them.
fn forged(life: &Life, more: &[(&str, &str)]) -> Uuid {
    let image = Uuid::new_v4();
    let mut fake = json!({
        "id": image,
        "owner": life.project("admin"),
        "name": "Ubuntu Noble 24.04 (2026-02-01)",
        "visibility": "private",
        "os_hash_algo": "sha512",
        "os_hash_value": "ab".repeat(64),
        "bonafide_channel": "ubuntu-24.04",
        "bonafide_serial": "20260201",
        "bonafide_superseded_at": "2026-02-02T00:00:00Z",
        "os_purpose": "oldgeneric",
    });
    for (name, value) in more {
        fake[*name] = json!(value);
    }
    life.cloud.adopt_image(&fake).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn private_bytes_that_nobody_proved_do_not_become_a_community_image() {
    let life = Life::start().await;
    two_builds(&life).await;
    let fake = forged(
        &life,
        &[
            ("uuid_validity", "forever"),
            ("bonafide_signed_at", "2026-02-01T00:00:00Z"),
        ],
    );
    let done = run(&life, life.channel()).await;
    assert!(
        !life.reaches("customer2", fake),
        "everybody reaches an image that was never proven: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn private_bytes_that_nobody_proved_are_not_shared() {
    let life = Life::start().await;
    two_builds(&life).await;
    let fake = forged(&life, &[]);
    // Any tenant can say of an image of its own that it comes of another one.
    let snapshot = json!({
        "id": Uuid::new_v4(), "owner": life.project("customer2"), "visibility": "private",
        "base_image_ref": fake,
    });
    life.cloud.adopt_image(&snapshot).unwrap();
    let done = run(&life, life.channel()).await;
    assert!(
        !life.reaches("customer2", fake),
        "whoever asks for it gets an image that was never proven: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_image_that_the_operator_made_private_is_not_opened_again() {
    let life = Life::start().await;
    let last = || {
        let last = UuidValidity::Last(NonZeroU32::new(3).unwrap());
        life.channel_with(last, ProvidedUntil::Notice)
    };
    life.build();
    life.reconcile(&last()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&last()).await;
    let private = ImagePatch::new().visibility(Visibility::Private);
    patch(&life, old, private).await;
    let done = run(&life, last()).await;
    assert!(
        !life.reaches("customer2", old),
        "opened to everybody, without a proof: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_markers_of_the_newest_build_do_not_pass_for_it() {
    let life = Life::start().await;
    let build = life.build();
    let digest = format!("sha256:{}", build.sha256);
    let own = format!("sha512:{}", "ab".repeat(64));
    let fake = forged(
        &life,
        &[
            ("bonafide_vendor_digest", &digest),
            ("bonafide_image_digest", &own),
            ("source_sha256sum", &build.sha256),
            ("bonafide_serial", "20260301"),
            ("bonafide_signed_at", "2026-03-01T08:00:00Z"),
        ],
    );
    let done = run(&life, life.channel()).await;
    let visible = life.reaches("customer", fake);
    assert!(!visible, "{done:?}");
    run(&life, life.channel()).await;
    assert_ne!(generic(&life), [fake]);
    assert_eq!(generic(&life).len(), 1, "and the real one is there");
}

// ---------------------------------------------------------------------------------------------------
// Two of a kind, or none

/// Two builds that two runs have found, a day apart; the first one's offer is the first.
async fn two_offers(life: &Life) -> (Offer, Offer) {
    let channel = life.channel();
    life.build();
    let first = life.publisher().offer(&channel, &Silent).await;
    life.clock.advance(days(1));
    life.build();
    let second = life.publisher().offer(&channel, &Silent).await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_with_two_builds_leave_one_generic_image() {
    let life = Life::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    let most = most_generic(&life);
    let (first, second) = two_offers(&life).await;
    let channel = life.channel();
    // The later run comes and goes while the first one is between its last two requests.
    let observer = At::new(
        |event| matches!(event, Event::Superseded { .. }),
        || {
            let wishes = [Wish::new(&channel, second.newest())];
            let publisher = life.publisher();
            let done = now_and_here(publisher.reconcile_with(&wishes, None, &Silent));
            assert_eq!(done.unwrap().reports.len(), 1);
        },
    );
    let wishes = [Wish::new(&channel, first.newest())];
    let publisher = life.publisher();
    let done = publisher
        .reconcile_with(&wishes, None, &observer)
        .await
        .unwrap();
    assert!(observer.was_there());
    let left = generic(&life);
    let most = *most.lock().unwrap();
    assert_eq!(
        left.len(),
        1,
        "both runs are over, {most} were generic at one moment: {left:?} after {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_does_not_bring_back_what_another_run_has_superseded() {
    let life = Life::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    life.clock.advance(days(30));
    let (first, second) = two_offers(&life).await;
    let channel = life.channel();
    let most = most_generic(&life);
    let observer = At::new(
        |event| matches!(event, Event::Superseded { .. }),
        || {
            let wishes = [Wish::new(&channel, second.newest())];
            let publisher = life.publisher();
            let done = now_and_here(publisher.reconcile_with(&wishes, None, &Silent));
            assert_eq!(done.unwrap().reports.len(), 1);
            // The first run's last request is refused.
            let Offer::Found(candidate) = &first else {
                panic!()
            };
            let digest = candidate.expected().value().digest.clone();
            let image = bonafide::publisher::image_id(
                &bonafide::publisher::NAMESPACE,
                "ubuntu-24.04",
                &digest,
                0,
            );
            let path = format!("/images/{image}");
            faults(&life, "PATCH", &path, &[CloudFaultKind::Status(403)]);
        },
    );
    let wishes = [Wish::new(&channel, first.newest())];
    let publisher = life.publisher();
    publisher
        .reconcile_with(&wishes, None, &observer)
        .await
        .unwrap();
    assert!(observer.was_there());
    let left = generic(&life);
    assert!(
        left.len() == 1 && *most.lock().unwrap() == 1,
        "left {left:?}, at most {}",
        most.lock().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_comes_back_is_never_generic_beside_the_other_one() {
    let life = Life::start().await;
    let serial = "20260220";
    respun(&life, serial, 501, 3);
    life.reconcile(&life.channel()).await;
    let first = life.newest();
    life.clock.advance(days(1));
    respun(&life, serial, 502, 3);
    run(&life, life.channel()).await;
    assert_eq!(life.images().len(), 2);
    life.clock.advance(days(1));
    let most = most_generic(&life);
    // The vendor takes the second spin back, and signs the first one again.
    respun(&life, serial, 501, 3);
    let done = run(&life, life.channel()).await;
    assert_eq!(generic(&life), [first], "{done:?}");
    assert_eq!(*most.lock().unwrap(), 1, "two generic at one moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_serial_takes_nothing_while_the_vendor_is_away() {
    let life = Life::start().await;
    let (old, new, _) = two_builds(&life).await;
    let forged = ImagePatch::new().set("bonafide_serial", "20991231");
    patch(&life, old, forged).await;
    let most = most_generic(&life);
    let first = without_vendor(&life).await;
    let two = *most.lock().unwrap();
    life.clock.advance(days(31));
    let second = without_vendor(&life).await;
    let taken = !life.lists("customer2", new);
    assert!(
        two <= 1 && !taken,
        "generic at one moment: {two}; the real newest build is gone: {taken}; {:?} {:?}",
        first.applied,
        second.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_images_of_one_build_come_to_rest() {
    let life = Life::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let mut copy = life.images().remove(0);
    // The first by its id, and the older one.
    copy["id"] = json!(Uuid::from_u128(1));
    copy["created_at"] = json!("2026-02-28T12:00:00Z");
    life.cloud.adopt_image(&copy).unwrap();
    let mut results = Vec::new();
    for _ in 0..4 {
        life.clock.advance(SignedDuration::from_hours(1));
        let done = run(&life, life.channel()).await;
        let steps: Vec<_> = done.applied.iter().map(Action::headline).collect();
        results.push((steps, generic(&life).len()));
    }
    let (steps, left) = results.last().unwrap();
    assert!(steps.is_empty() && *left == 1, "{results:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_when_the_old_build_gives_up_its_place_leaves_one_generic_image() {
    let life = Life::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    let path = format!("/images/{old}");
    faults(&life, "PATCH", &path, &[CloudFaultKind::DropAfter]);
    let done = run(&life, life.channel()).await;
    assert_eq!(generic(&life).len(), 1, "none is left: {done:?}");
}

// ---------------------------------------------------------------------------------------------------
// Plans and fleets

fn publisher_of(life: &Life, cloud: &EmbeddedCloud) -> Publisher {
    let config = CloudConfig::from_yaml(cloud.clouds_yaml(), "admin").unwrap();
    let session = Session::new(config, life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    Publisher::new(fetch, session, life.clock.reader())
}

async fn apply(life: &Life, channel: &Channel, plan: &Plan) -> Result<Reconciled, Error> {
    let publisher = life.publisher();
    let offer = publisher.offer(channel, &Silent).await;
    let wishes = [Wish::new(channel, offer.newest())];
    publisher.reconcile_with(&wishes, Some(plan), &Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_does_what_was_approved() {
    let life = Life::start().await;
    life.build();
    life.reconcile(&life.channel()).await;
    let image = life.newest();
    let approved = life.channel_with(UuidValidity::Forever, ProvidedUntil::Notice);
    life.clock.advance(days(1));
    let plan = life.plan(&approved).await;
    assert_eq!(plan.actions.len(), 1, "{plan}");
    // Meanwhile the catalogue says something else.
    let other = life.channel_with(UuidValidity::Date(date(2026, 4, 1)), ProvidedUntil::Notice);
    let done = apply(&life, &other, &plan).await;
    let validity = life.cloud.image(image).unwrap()["uuid_validity"].clone();
    assert!(
        validity != "2026-04-01",
        "`forever` was approved, and {validity} was written: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_without_an_approved_plan_is_left_alone_and_is_no_error() {
    let life = Life::start().await;
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    life.build();
    let channel = life.channel();
    let offer = life.publisher().offer(&channel, &Silent).await;
    let wishes = [Wish::new(&channel, offer.newest())];
    let plan = life.publisher().plan(&wishes).await.unwrap();
    let approved = BTreeMap::from([("one".to_owned(), plan)]);
    let done = fleet.reconcile(&wishes, Some(&approved), &Silent).await;
    assert_eq!(life.images().len(), 1);
    assert!(second.images().is_empty());
    if let Err(error) = &done[1].1 {
        panic!("{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_edited_is_refused_whole() {
    let life = Life::start().await;
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
        assert!(matches!(error, Error::MovedOn { .. }), "{edited}: {error}");
        assert_eq!(life.cloud.images(), before, "{edited}");
    }
    // The honest one, once, twice over in one file, and then again.
    let mut twice = plan.clone();
    twice.actions.extend(plan.actions.clone());
    let done = apply(&life, &life.channel(), &twice).await.unwrap();
    assert_eq!(done.applied.len(), 1);
    assert!(life.cloud.image(old).is_none());
    let error = apply(&life, &life.channel(), &plan).await.unwrap_err();
    assert!(matches!(error, Error::MovedOn { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_of_a_plan_has_no_control_characters() {
    let life = Life::start().await;
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
    let life = Life::start().await;
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("one", life.publisher());
    life.build();
    let channel = life.channel();
    let offer = life.publisher().offer(&channel, &Silent).await;
    let wishes = [Wish::new(&channel, offer.newest())];
    for (_, done) in fleet.reconcile(&wishes, None, &Silent).await {
        let done = done.unwrap();
        assert!(
            done.refused.iter().all(|refused| !refused.is_failure()),
            "{done:?}"
        );
    }
    assert_eq!(life.images().len(), 1);
    assert_eq!(generic(&life).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_moves_meanwhile_is_fetched_anew_for_several_clouds_too() {
    let life = Life::start().await;
    let second = EmbeddedCloud::builder().clock(life.clock.reader());
    let second = second.start().await.unwrap();
    let fleet = Fleet::new(Arc::new(site_fetch(&life.site)))
        .cloud("one", life.publisher())
        .cloud("two", publisher_of(&life, &second));
    respun(&life, "20260228", 601, 3);
    let channel = life.channel();
    let offer = life.publisher().offer(&channel, &Silent).await;
    let wishes = [Wish::new(&channel, offer.newest())];
    let observer = At::new(
        |event| matches!(event, Event::Compared { .. }),
        || {
            respun(&life, "20260228", 602, 2);
        },
    );
    let done = fleet.reconcile(&wishes, None, &observer).await;
    assert!(observer.was_there());
    let failed: Vec<_> = done
        .iter()
        .flat_map(|(_, done)| &done.as_ref().unwrap().refused)
        .map(|refused| refused.reason.to_string())
        .collect();
    assert!(
        failed.is_empty() && life.images().len() == 1 && second.images().len() == 1,
        "{failed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_was_withdrawn_for_good_is_no_failure_of_every_run() {
    let life = Life::start().await;
    let (_, new, _) = two_builds(&life).await;
    // The documented way to withdraw a build.
    admin(&life).deactivate(new).await.unwrap();
    let done = run(&life, life.channel()).await;
    let failures = done.refused.iter().filter(|refused| refused.is_failure());
    let failures: Vec<_> = failures.map(|one| one.reason.to_string()).collect();
    assert!(failures.is_empty(), "{failures:?}");
}

// ---------------------------------------------------------------------------------------------------
// Work that is done again and again

/// What a run writes where nothing has changed.
async fn writes(life: &Life, channel: Channel) -> Vec<String> {
    life.cloud.clear_requests();
    run(life, channel).await;
    let requests = life.cloud.requests().into_iter();
    let writes = requests.filter(|one| one.method != "GET" && !one.path.contains("/auth/tokens"));
    writes
        .map(|one| format!("{} {}", one.method, one.path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_where_nothing_has_changed() {
    let life = Life::start().await;
    let last = || {
        let last = UuidValidity::Last(NonZeroU32::new(9).unwrap());
        life.channel_with(last, ProvidedUntil::Notice)
    };
    for month in 0..4 {
        life.build();
        life.reconcile(&last()).await;
        if month % 2 == 0 {
            life.cloud.boot(&life.project("customer"), life.newest());
        }
        life.clock.advance(days(20));
    }
    // One that only the publisher's own project uses, one of a project that is no more.
    life.cloud
        .boot(&life.project("admin"), id(&life.images()[1]));
    life.cloud
        .boot("0123456789abcdef0123456789abcdef", id(&life.images()[0]));
    life.clock.advance(days(40));
    run(&life, last()).await;
    for _ in 0..2 {
        life.clock.advance(SignedDuration::from_hours(1));
        let writes = writes(&life, last()).await;
        assert!(writes.is_empty(), "{writes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_again_where_members_have_to_accept_themselves() {
    let life = Life::with(|cloud| cloud.members_accept_alone()).await;
    two_builds(&life).await;
    life.clock.advance(days(31));
    run(&life, life.channel()).await;
    let mut each = Vec::new();
    for _ in 0..3 {
        life.clock.advance(SignedDuration::from_hours(1));
        each.push(writes(&life, life.channel()).await.len());
    }
    let plan = life.plan(&life.channel()).await;
    assert!(
        each == [0, 0, 0] && plan.is_empty(),
        "writes of each run: {each:?}; a plan that is never empty:\n{plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_has_rejected_is_asked_no_more_and_keeps_its_access() {
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    run(&life, life.channel()).await;
    let rejected = bonafide::glance::MemberStatus::Rejected;
    let customer = life.project("customer");
    admin(&life)
        .set_member_status(old, &customer, rejected)
        .await
        .unwrap();
    let writes = writes(&life, life.channel()).await;
    assert!(writes.is_empty(), "{writes:?}");
    assert!(life.reaches("customer", old) && !life.lists("customer", old));
}

// ---------------------------------------------------------------------------------------------------
// Races with users, and what a cloud answers on its bad days

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_a_list_that_shifts_is_not_missed() {
    let life = Life::with(|cloud| cloud.compute_page_limit(2)).await;
    let (old, new, server) = two_builds(&life).await;
    assert!(life.cloud.delete_server(server));
    let customer = life.project("customer");
    // The one that counts is the oldest, so it comes on the last page.
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
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &Silent), leaving);
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
        let life = Life::start().await;
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
            // And by this that members have to accept themselves, which is remembered.
            if method == "PUT" && kind == CloudFaultKind::Status(403) {
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
    let life = Life::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    // Refused as if it were a member; then the next request says that it is none.
    let members = format!("/images/{old}/members");
    faults(&life, "POST", &members, &[CloudFaultKind::Status(409)]);
    let done = run(&life, life.channel()).await;
    assert!(
        life.reaches("customer", old),
        "hidden from who uses it, and told as: {}",
        done.refused[0].reason
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_about_members_take_nothing_from_who_uses_it() {
    for (method, at_member) in [("POST", false), ("PUT", true)] {
        let life = Life::start().await;
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
    let life = Life::start().await;
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
        let life = Life::start().await;
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
    let life = Life::start().await;
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
    let session = Session::new(config, life.clock.reader()).unwrap();
    let fetch = Arc::new(site_fetch(&life.site));
    let publisher = Publisher::new(fetch, session, life.clock.reader());
    let mut keyring = bonafide::Keyring::new("ubuntu", [life.key.fingerprint().parse().unwrap()]);
    keyring.add(&life.key.public_key_binary().unwrap()).unwrap();
    let noble = bonafide::Ubuntu::released(bonafide::UbuntuRelease::Noble);
    let channel = Channel::new(noble, keyring).promises(bonafide::properties::Promises::new(
        bonafide::properties::ReplaceFrequency::Monthly,
        ProvidedUntil::Notice,
        UuidValidity::None,
    ));
    let done = publisher.reconcile(&[channel], &Silent).await.unwrap();
    assert!(cloud.image(old).is_some(), "{done:?}");
    let told = done
        .refused
        .iter()
        .any(|refused| refused.reason.to_string().contains("cell"));
    assert!(told, "{:?} of {}", done.refused, UsageSource::Servers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_long_properties_does_not_stop_retirement_for_ever() {
    let life = Life::start().await;
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
