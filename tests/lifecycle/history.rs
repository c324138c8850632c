//! Any history: builds appear, servers come and go, runs die, time passes, others have images of their
//! own. After each run the promises hold, and at every moment what must hold always.

use std::collections::{BTreeMap, BTreeSet};

use bonafide::publisher::NoEvents;
use bonafide_testkit::cloud::LastRequest;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::invariants::{Watched, assert_promises};
use support::world_clock::{ClockedWorld, DAY, days, id};

const PROJECTS: [&str; 3] = ["customer", "customer2", "publisher"];
const GRACE_DAYS: i64 = 30;

#[derive(Clone, Debug)]
enum Step {
    /// The vendor publishes a build.
    Build,
    /// A run is cut off after so many requests, and its lease ends.
    Crash(usize, bool),
    /// Another tenant makes an image, with or without a marker like ours.
    Foreign(bool),
    /// The oldest, the second, … of those who use something stops.
    Leave(usize),
    Reconcile,
    /// A project begins to use an image that it reaches.
    Use(usize, usize, Kind),
    Wait(i64),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Server,
    ServerOnVolume,
    Shelved,
    Volume,
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        3 => Just(Kind::Server),
        1 => Just(Kind::ServerOnVolume),
        1 => Just(Kind::Shelved),
        2 => Just(Kind::Volume),
    ];
    prop_oneof![
        3 => Just(Step::Build),
        2 => (1..30_usize, any::<bool>()).prop_map(|(n, lost)| Step::Crash(n, lost)),
        1 => any::<bool>().prop_map(Step::Foreign),
        3 => (0..8_usize).prop_map(Step::Leave),
        5 => Just(Step::Reconcile),
        4 => (0..PROJECTS.len(), 0..4_usize, kind)
            .prop_map(|(project, image, kind)| Step::Use(project, image, kind)),
        3 => (1..40_i64).prop_map(Step::Wait),
    ]
}

/// One project's use of one image.
struct Use {
    project: &'static str,
    image: Uuid,
    server: Option<Uuid>,
    volume: Option<Uuid>,
}

struct History {
    life: ClockedWorld,
    watched: Watched,
    uses: Vec<Use>,
    built: bool,
}

impl History {
    async fn start() -> Self {
        let life = ClockedWorld::start().await;
        let watched = Watched::start(&life);
        Self {
            life,
            watched,
            uses: Vec::new(),
            built: false,
        }
    }

    async fn take(&mut self, step: &Step) {
        let life = &self.life;
        match step {
            Step::Build => {
                // A build a day at most, as the serial says.
                life.clock.advance(DAY);
                self.watched.signed(&life.build().sha256);
                self.built = true;
            }
            Step::Wait(number) => life.clock.advance(days(*number)),
            Step::Leave(index) if *index < self.uses.len() => {
                let gone = self.uses.remove(*index);
                if let Some(server) = gone.server {
                    assert!(life.cloud.delete_server(server));
                }
                if let Some(volume) = gone.volume {
                    assert!(life.cloud.delete_volume(volume));
                }
                // A server that was shelved left a snapshot, which goes too.
                let snapshots = life.cloud.images().into_iter().filter(|image| {
                    image["image_type"] == "snapshot"
                        && image["base_image_ref"] == gone.image.to_string()
                        && image["owner"] == life.project(gone.project)
                });
                let glance = bonafide::Glance::new(life.session("admin"));
                let shelved_elsewhere = self
                    .uses
                    .iter()
                    .any(|one| one.project == gone.project && one.image == gone.image);
                if !shelved_elsewhere {
                    self.watched.foreign(&[]);
                    for snapshot in snapshots {
                        glance.delete(id(&snapshot)).await.unwrap();
                    }
                    self.watched.foreign(&life.cloud.images());
                }
            }
            Step::Use(project, image, kind) => self.begin(PROJECTS[*project], *image, *kind),
            Step::Foreign(bait) => {
                // One of another project, or one of our own project that is not ours to touch.
                let owner = life.project(if *bait { "customer2" } else { "admin" });
                let id = Uuid::new_v4();
                let mut image = json!({
                    "id": id, "owner": owner, "name": "Ubuntu Noble 24.04 (2026-03-01)",
                    "visibility": "shared", "os_purpose": "generic",
                });
                if *bait {
                    image["bonafide_channel"] = json!("ubuntu-24.04");
                    image["bonafide_serial"] = json!("20990101");
                    image["bonafide_superseded_at"] = json!("2020-01-01T00:00:00Z");
                }
                self.watched.foreign(&[]);
                life.cloud.adopt_image(&image).unwrap();
                self.watched.foreign(&life.cloud.images());
            }
            Step::Crash(requests, lost) if self.built => {
                let last = match lost {
                    true => LastRequest::AnswerLost,
                    false => LastRequest::Answered,
                };
                life.cloud.die_after(*requests, last);
                let channels = [life.channel()];
                // It ends as it can.
                let _ = life
                    .mortal_publisher()
                    .reconcile(&channels, &NoEvents)
                    .await;
                life.cloud.revive().await;
                life.clock.advance(jiff::SignedDuration::from_hours(7));
            }
            Step::Reconcile if self.built => {
                life.reconcile(&life.channel()).await;
                self.assert_well();
            }
            Step::Crash(..) | Step::Leave(_) | Step::Reconcile => {}
        }
    }

    fn begin(&mut self, project: &'static str, image: usize, kind: Kind) {
        let life = &self.life;
        let images = life.images();
        let Some(image) = images.get(image).map(id) else {
            return;
        };
        if !life.reaches(project, image) {
            return;
        }
        let of = life.project(project);
        self.watched.foreign(&[]);
        let (server, volume) = match kind {
            Kind::Server => (Some(life.cloud.boot(&of, image)), None),
            Kind::ServerOnVolume => {
                let (server, volume) = life.cloud.boot_from_volume(&of, image);
                (Some(server), Some(volume))
            }
            Kind::Shelved => {
                let server = life.cloud.boot(&of, image);
                assert!(life.cloud.shelve(server));
                (Some(server), None)
            }
            Kind::Volume => (None, Some(life.cloud.create_volume(&of, Some(image)))),
        };
        self.watched.foreign(&life.cloud.images());
        self.uses.push(Use {
            project,
            image,
            server,
            volume,
        });
    }

    fn assert_well(&self) {
        self.watched.assert_well();
        let mut uses: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for one in &self.uses {
            let by = uses.entry(one.image).or_default();
            by.insert(one.project.to_owned());
        }
        assert_promises(&self.life, &uses, GRACE_DAYS);
    }
}

/// As many as `tests/run` has time for, or `PROPTEST_CASES` (`tests/run --long`).
fn histories() -> u32 {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default().cases,
        None => 64,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: histories(),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_the_promises_are_kept(steps in prop::collection::vec(step(), 1..32)) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut history = History::start().await;
            for step in &steps {
                history.take(step).await;
            }
            history.take(&Step::Build).await;
            history.take(&Step::Reconcile).await;
        });
    }
}
