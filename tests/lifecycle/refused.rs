//! What a cloud refuses by its policy is asked for once; and where it stores other bytes than were sent,
//! uploads wait.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bonafide::glance::{Glance, ImagePatch};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{NoEvents, PlanNote, ReconcileReport, SkippedStep};
use bonafide::{Channel, CloudConfig, Profile, Publisher, Session};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use support::project::through;
use support::proxy::{Passing, Proxy, Weather};
use support::world_clock::{ClockedWorld, days, id};
use support::{quick, site_fetch};

const PROFILES: [Profile; 2] = [Profile::Stack, Profile::Scs];

/// Two builds of a channel of this profile; a customer uses the older one.
async fn two_builds(life: &ClockedWorld, profile: Profile) -> (Uuid, Uuid) {
    life.build();
    life.reconcile(&life.channel().profile(profile)).await;
    let old = life.newest();
    life.cloud.boot(&life.project("customer"), old);
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&life.channel().profile(profile)).await;
    life.clock.advance(days(31));
    (old, life.newest())
}

/// A cloud before which a proxy refuses what its policy forbids, while it does.
struct Strict {
    proxy: Proxy,
    forbids: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
}

impl Strict {
    async fn new(
        life: &ClockedWorld,
        forbidden: impl Fn(&Passing<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let forbids = Arc::new(AtomicBool::new(true));
        let refused = Arc::new(AtomicUsize::new(0));
        let (policy, count) = (forbids.clone(), refused.clone());
        let forecast = move |passing: &Passing<'_>| match policy.load(Ordering::Relaxed)
            && forbidden(passing)
        {
            true => {
                count.fetch_add(1, Ordering::Relaxed);
                Weather::Answer(403)
            }
            false => Weather::Fine,
        };
        Self {
            proxy: Proxy::in_weather(life.cloud.image_url(), forecast).await,
            forbids,
            refused,
        }
    }

    fn publisher(&self, life: &ClockedWorld) -> Publisher {
        let clouds = through(life.cloud.clouds_yaml(), self.proxy.url());
        let config = CloudConfig::from_yaml(&clouds, "admin").unwrap();
        let session = Session::new(quick(config), life.clock.reader()).unwrap();
        Publisher::new(
            Arc::new(site_fetch(&life.site)),
            session,
            life.clock.reader(),
        )
    }

    /// An hour later; what was done, and how much was refused.
    async fn run(&self, life: &ClockedWorld, channel: Channel) -> (ReconcileReport, usize) {
        life.clock.advance(SignedDuration::from_hours(1));
        self.refused.store(0, Ordering::Relaxed);
        let publisher = self.publisher(life);
        let done = publisher.reconcile(&[channel], &NoEvents).await.unwrap();
        (done, self.refused.load(Ordering::Relaxed))
    }

    fn allow(&self) {
        self.forbids.store(false, Ordering::Relaxed);
    }
}

/// How often the image is hidden from all projects from now on.
fn times_shared(life: &ClockedWorld, image: Uuid) -> Arc<AtomicUsize> {
    let times = Arc::new(AtomicUsize::new(0));
    let (at, before) = (times.clone(), Mutex::new(String::new()));
    life.cloud.watch(move |images| {
        let mut images = images.iter();
        let now = images.find(|one| one["id"] == image.to_string());
        let now = now.map_or("", |now| now["visibility"].as_str().unwrap());
        let mut before = before.lock().unwrap();
        if *before != "shared" && now == "shared" {
            at.fetch_add(1, Ordering::Relaxed);
        }
        now.clone_into(&mut before);
    });
    times
}

fn is_members(passing: &Passing<'_>) -> bool {
    passing.method == "POST" && passing.path.ends_with("/members")
}

/// Sets a property of the publisher's on an image that is there.
fn sets_own_property(passing: &Passing<'_>) -> bool {
    passing.method == "PATCH" && passing.body.contains("\"/bonafide_m")
}

async fn remove_what_is_remembered(life: &ClockedWorld, image: Uuid, property: &str) {
    let glance = Glance::new(life.session("admin"));
    let seen = glance.image(image).await.unwrap();
    let patch = match seen.properties.contains_key(property) {
        true => ImagePatch::new().remove(property),
        false => {
            let tags = seen.tags.into_iter();
            ImagePatch::new().tags(tags.filter(|tag| !tag.starts_with(property)))
        }
    };
    glance.update(image, &patch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_takes_no_members_is_not_hidden_again() {
    for profile in PROFILES {
        for property_too in [false, true] {
            let life = ClockedWorld::start().await;
            let (old, _) = two_builds(&life, profile).await;
            let channel = || life.channel().profile(profile);
            let forbidden = move |passing: &Passing<'_>| {
                is_members(passing) || (property_too && sets_own_property(passing))
            };
            let strict = Strict::new(&life, forbidden).await;
            let times = times_shared(&life, old);
            let (first, refused) = strict.run(&life, channel()).await;
            assert_eq!(refused, 1 + usize::from(property_too));
            assert_eq!(first.skipped.len(), 1, "{first:?}");
            for _ in 0..3 {
                let (done, refused) = strict.run(&life, channel()).await;
                assert_eq!(refused, 0, "{done:?}");
                assert!(done.skipped.is_empty(), "{done:?}");
                let [
                    PlanNote::MembersRefused {
                        image, projects, ..
                    },
                ] = &done.notes[..]
                else {
                    panic!("{:?}", done.notes)
                };
                assert_eq!(
                    (*image, &projects[..]),
                    (old, &[life.project("customer")][..])
                );
                assert!(life.reaches("customer", old) && life.reaches("customer2", old));
            }
            assert_eq!(times.load(Ordering::Relaxed), 1, "{profile:?}");
            // The policy is changed, and the image is updated by hand.
            strict.allow();
            remove_what_is_remembered(&life, old, "bonafide_members_refused_at").await;
            strict.run(&life, channel()).await;
            assert!(life.lists("customer", old) && !life.reaches("customer2", old));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_members_is_remembered_where_policy_protects_properties() {
    let life = ClockedWorld::start().await;
    let (old, _) = two_builds(&life, Profile::Stack).await;
    life.cloud.boot(&life.project("customer2"), old);
    let strict = Strict::new(&life, sets_own_property).await;
    let times = times_shared(&life, old);
    let members = format!("/images/{old}/members");
    let full = CloudFault::new("POST", &members, CloudFaultKind::Status(413));
    life.cloud.fail_next(full.after(1).lasting());
    for number in 0..4 {
        let (done, _) = strict.run(&life, life.channel()).await;
        assert_eq!(done.skipped.len(), usize::from(number == 0), "{done:?}");
        assert!(life.reaches("customer", old) && life.reaches("customer2", old));
    }
    assert_eq!(times.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_members_accept_by_themselves_is_remembered_where_policy_protects_properties() {
    let life = ClockedWorld::with(|cloud| cloud.members_accept_alone()).await;
    let (old, _) = two_builds(&life, Profile::Stack).await;
    let strict = Strict::new(&life, sets_own_property).await;
    strict.run(&life, life.channel()).await;
    for _ in 0..2 {
        life.cloud.clear_requests();
        let (done, refused) = strict.run(&life, life.channel()).await;
        assert_eq!(refused, 0, "{done:?}");
        let writes = life.cloud.requests().into_iter();
        let writes: Vec<_> = writes
            .filter(|one| one.method != "GET" && !one.path.contains("/auth/"))
            .collect();
        assert!(writes.is_empty(), "{writes:?}");
    }
    assert!(life.reaches("customer", old) && !life.reaches("customer2", old));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_may_not_be_a_community_image_is_asked_for_it_once() {
    for profile in PROFILES {
        let life = ClockedWorld::start().await;
        let channel = || {
            let promised = life.channel_with(UuidValidity::Forever, ProvidedUntil::Notice);
            promised.profile(profile)
        };
        life.build();
        life.reconcile(&channel()).await;
        let old = life.newest();
        life.clock.advance(days(30));
        life.build();
        life.reconcile(&channel()).await;
        life.clock.advance(days(31));
        let community = |passing: &Passing<'_>| passing.body.contains("\"community\"");
        let strict = Strict::new(&life, community).await;
        let (done, refused) = strict.run(&life, channel()).await;
        assert_eq!((refused, done.skipped.len()), (1, 1), "{done:?}");
        for _ in 0..2 {
            let (done, refused) = strict.run(&life, channel()).await;
            assert_eq!((refused, done.skipped.len()), (0, 0), "{done:?}");
            let told = |note: &PlanNote| matches!(note, PlanNote::CommunityRefused { image, .. } if *image == old);
            assert!(done.notes.iter().any(told), "{:?}", done.notes);
            assert_eq!(life.cloud.image(old).unwrap()["visibility"], "public");
        }
        strict.allow();
        remove_what_is_remembered(&life, old, "bonafide_community_refused_at").await;
        strict.run(&life, channel()).await;
        assert_eq!(life.cloud.image(old).unwrap()["visibility"], "community");
    }
}

/// How often the image stops being the newest from now on.
fn times_demoted(life: &ClockedWorld, image: Uuid) -> Arc<AtomicUsize> {
    let times = Arc::new(AtomicUsize::new(0));
    let (at, before) = (times.clone(), AtomicBool::new(false));
    life.cloud.watch(move |images| {
        let mut images = images.iter();
        let now = images.find(|one| one["id"] == image.to_string());
        let demoted = now.is_some_and(|now| now.get("bonafide_superseded_at").is_some());
        if demoted && !before.swap(demoted, Ordering::Relaxed) {
            at.fetch_add(1, Ordering::Relaxed);
        }
        before.store(demoted, Ordering::Relaxed);
    });
    times
}

/// The new build can't become public (`publicize_image`), or the older image can't be changed: the
/// customers' image is not touched in each run, and no file is read in each run.
#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_policy_forbids_waits() {
    let publishes = |passing: &Passing<'_>| {
        passing.method == "PATCH" && passing.body.contains("\"value\":\"public\"")
    };
    let demotes = |passing: &Passing<'_>| {
        passing.method == "PATCH" && passing.body.contains("bonafide_superseded_at")
    };
    for profile in PROFILES {
        for (at_old, property_too) in [(false, false), (false, true), (true, false)] {
            let life = ClockedWorld::start().await;
            let channel = || life.channel().profile(profile);
            life.build();
            life.reconcile(&channel()).await;
            let old = life.newest();
            life.clock.advance(days(30));
            life.build();
            let strict = Strict::new(&life, move |passing| match at_old {
                true => demotes(passing),
                false => {
                    publishes(passing)
                        || (property_too
                            && passing.method == "PATCH"
                            && passing.body.contains("\"/bonafide_publish_refused\""))
                }
            })
            .await;
            let times = times_demoted(&life, old);
            let wanted = 1 + usize::from(property_too);
            let (first, refused) = strict.run(&life, channel()).await;
            assert_eq!(refused, wanted, "{first:?}");
            assert!(first.skipped.iter().any(SkippedStep::is_failure));
            // Half an hour later it waits and is a failure still; an hour later it is tried again.
            life.clock.advance(SignedDuration::from_mins(-30));
            life.site.clear_requests();
            let (second, refused) = strict.run(&life, channel()).await;
            assert_eq!(refused, 0, "{second:?}");
            let said = second
                .skipped
                .iter()
                .find(|step| step.is_failure())
                .unwrap();
            let said = said.reason.to_string();
            assert!(said.contains("bonafide_publish_refused"), "{said}");
            assert!(said.contains("(tries: 1)"), "{said}");
            let read = life.site.requests();
            let images = read.iter().filter(|one| one.ends_with(".img"));
            assert_eq!(images.count(), 0, "{read:?}");
            for (hours, tries) in [
                (0, wanted),
                (1, 0),
                (2, 0),
                (1, wanted),
                (20, 0),
                (3, wanted),
            ] {
                life.clock.advance(SignedDuration::from_hours(hours));
                let (done, refused) = strict.run(&life, channel()).await;
                assert_eq!(refused, tries, "{hours} {done:?}");
            }
            assert_eq!(times.load(Ordering::Relaxed), if at_old { 0 } else { 4 });
            let still = life.cloud.image(old).unwrap();
            assert_eq!(still["visibility"], "public");
            assert_eq!(still["os_purpose"], "generic");
            // The policy is another one, and the operator says so.
            strict.allow();
            let new = life.cloud.images().into_iter();
            let new = new.map(|image| id(&image)).find(|id| *id != old).unwrap();
            remove_what_is_remembered(&life, new, "bonafide_publish_refused").await;
            let (done, _) = strict.run(&life, channel()).await;
            assert_eq!(done.reports.len(), 1, "{done:?}");
            let public = life.cloud.image(new).unwrap();
            assert_eq!(public["visibility"], "public");
            assert!(
                !public.to_string().contains("bonafide_publish_refused"),
                "{public}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_may_not_be_put_back_is_asked_for_once() {
    for profile in PROFILES {
        let life = ClockedWorld::start().await;
        let channel = || life.channel().profile(profile);
        life.build();
        life.reconcile(&channel()).await;
        let image = life.newest();
        let changed = ImagePatch::new().set("os_distro", "debian");
        let glance = Glance::new(life.session("admin"));
        glance.update(image, &changed).await.unwrap();
        let protected = |passing: &Passing<'_>| passing.body.contains("\"/os_distro\"");
        let strict = Strict::new(&life, protected).await;
        let (done, refused) = strict.run(&life, channel()).await;
        assert_eq!((refused, done.skipped.len()), (1, 1), "{done:?}");
        let (done, refused) = strict.run(&life, channel()).await;
        assert_eq!((refused, done.skipped.len()), (0, 0), "{done:?}");
        assert!(
            matches!(&done.notes[..], [PlanNote::RepairRefused { names, .. }] if names == &["os_distro"]),
            "{:?}",
            done.notes
        );
        // Something else is another question, and is asked.
        let changed = ImagePatch::new().set("os_version", "8");
        glance.update(image, &changed).await.unwrap();
        strict.allow();
        strict.run(&life, channel()).await;
        let image = life.cloud.image(image).unwrap();
        assert_eq!(
            (&image["os_distro"], &image["os_version"]),
            (&json!("ubuntu"), &json!("24.04"))
        );
    }
}

fn uploads(life: &ClockedWorld) -> usize {
    let requests = life.cloud.requests().into_iter();
    requests
        .filter(|one| one.method == "PUT" && one.path.ends_with("/file"))
        .count()
}

fn without_data(images: &[Value]) -> bool {
    images
        .iter()
        .all(|image| image["status"] == "queued" && image["visibility"] == "private")
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_stored_wrong_wait_an_hour_then_six_then_a_day() {
    for profile in PROFILES {
        let life = ClockedWorld::start().await;
        let channels = [life.channel().profile(profile)];
        life.build();
        let wrong = CloudFault::new("PUT", "/file", CloudFaultKind::CorruptUpload);
        life.cloud.fail_next(wrong.lasting());
        let run = async || {
            life.publisher()
                .reconcile(&channels, &NoEvents)
                .await
                .unwrap()
        };
        for (number, hours) in [1, 6, 24, 24].into_iter().enumerate() {
            life.cloud.clear_requests();
            let done = run().await;
            assert_eq!(uploads(&life), 1, "{number}: {done:?}");
            assert!(done.skipped.iter().any(|one| one.is_failure()), "{done:?}");
            let stored = std::fs::read_dir(life.cloud.store_path()).unwrap();
            assert_eq!(stored.count(), 0, "files in the store");
            // The wait is a failure of each run, which is reported and costs no upload.
            life.clock
                .advance(SignedDuration::from_mins(hours * 60 - 1));
            let done = run().await;
            assert_eq!(uploads(&life), 1, "{number}: {done:?}");
            let [alarm] = &done.skipped[..] else {
                panic!("{done:?}")
            };
            let text = alarm.reason.to_string();
            let times = format!("failed uploads: {}", number + 1);
            assert!(alarm.is_failure() && text.contains(&times), "{text}");
            let images = life.images();
            assert!(images.len() == 1 && without_data(&images), "{images:?}");
            life.clock.advance(SignedDuration::from_mins(1));
        }
        life.cloud.heal();
        let done = run().await;
        assert!(done.skipped.is_empty(), "{done:?}");
        let [image] = &life.images()[..] else {
            panic!("{:?}", life.images())
        };
        assert_eq!(image["visibility"], "public");
        assert!(life.lists("customer", id(image)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_build_does_not_wait_for_an_older_one() {
    let life = ClockedWorld::start().await;
    life.build();
    let wrong = CloudFault::new("PUT", "/file", CloudFaultKind::CorruptUpload);
    life.cloud.fail_next(wrong);
    let channels = [life.channel()];
    let done = life.publisher().reconcile(&channels, &NoEvents).await;
    assert!(done.unwrap().reports.is_empty());
    // The vendor publishes another build within the hour.
    life.clock.advance(SignedDuration::from_mins(30));
    let serial = life.clock.now() + days(1);
    life.clock.advance(serial.duration_since(life.clock.now()));
    life.build();
    life.reconcile(&life.channel()).await;
    let images = life.images();
    assert!(
        images.len() == 1 && images[0]["visibility"] == "public",
        "{images:?}"
    );
}
