//! One life of a run that is killed, and of the next one.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use bonafide::glance::{Image, Status, Visibility};
use bonafide::publisher::{NoEvents, image_id};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild, VendorSite};
use futures_util::FutureExt;
use jiff::SignedDuration;
use tempfile::TempDir;
use uuid::Uuid;

use crate::cloud::{Customer, Project, Sight, clouds_yaml, operator, plan, whole_nova};
use crate::process::{Process, Told};
use support::proxy::{Proxy, Stop};
use support::seeds::Seeds;
use support::{now, vendor_key};

/// It is gone after nine seconds without a sign of life.
pub(crate) const INTERVAL: Duration = Duration::from_millis(1_500);
/// Signs of life that one run may give more than another.
const BEATS: usize = 4;
/// Attempts at one build that are looked for in the store.
const ATTEMPTS: u32 = 4;
/// Looks at the store, 50 ms apart: Glance removes what is cut off by itself.
const LOOKS: usize = 200;

/// What all lives have in common.
pub(crate) struct Ground {
    /// The vendor when only the first build was there, and later.
    pub(crate) before: VendorSite,
    pub(crate) after: VendorSite,
    pub(crate) key: SigningKey,
    pub(crate) old: PublishedBuild,
    pub(crate) new: PublishedBuild,
    pub(crate) image_service: String,
    store: PathBuf,
    directory: TempDir,
    pub(crate) customer: Customer,
    seeds: Seeds,
    _whole_nova: File,
}

/// One life: its namespace makes ids of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) stop: Stop,
    pub(crate) usage: Usage,
    pub(crate) namespace: Uuid,
}

/// What becomes of the first build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// No project uses it.
    Nobody,
    /// The customer has a server of it.
    Server,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct End {
    /// Whether the first run was killed.
    pub(crate) killed: bool,
    /// Requests to Glance until then.
    pub(crate) requests: usize,
    /// Whether the customer reached the image of the first build then.
    pub(crate) reached: bool,
    /// Images and their members, without what differs from time to time.
    pub(crate) images: Vec<String>,
}

impl Ground {
    /// None if there is no real cloud.
    pub(crate) async fn new() -> Option<Self> {
        let project = Project::new().await?;
        let whole_nova = whole_nova(&clouds_yaml()).await;
        let (before, after) = (VendorSite::start().await, VendorSite::start().await);
        let (before, after) = (before.unwrap(), after.unwrap());
        let key = vendor_key();
        let seed = u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap());
        let build = |days: i64| {
            let built = now() - SignedDuration::from_hours(24 * days);
            let serial = built.strftime("%Y%m%d").to_string();
            UbuntuBuild::release("24.04", "noble", &serial)
                .image(Qcow2Image::new(1 << 30, 2, seed.wrapping_add(days as u64)))
                .signed_at(built)
        };
        let old = before.publish_ubuntu(&build(10), &key).unwrap();
        after.publish_ubuntu(&build(10), &key).unwrap();
        let new = after.publish_ubuntu(&build(5), &key).unwrap();
        let store = env::var_os("BONAFIDE_TEST_STORE");
        let ground = Self {
            before,
            after,
            key,
            old,
            new,
            image_service: operator().await.image_service().to_owned(),
            store: store.unwrap().into(),
            directory: TempDir::new().unwrap(),
            customer: Customer::of(&project.cloud, "customer").await,
            seeds: Seeds::new(&clouds_yaml()),
            _whole_nova: whole_nova,
        };
        project.remove().await;
        Some(ground)
    }

    /// Lives that are cut short at these points.
    pub(crate) fn lives(
        &mut self,
        usage: Usage,
        stops: impl IntoIterator<Item = Stop>,
    ) -> Vec<Life> {
        let life = |stop| Life {
            stop,
            usage,
            namespace: Uuid::new_v4(),
        };
        let lives: Vec<_> = stops.into_iter().map(life).collect();
        if usage == Usage::Server {
            let images = lives.iter().map(|life| life.id(&self.old, 0));
            let servers: Vec<_> = images
                .map(|image| (&*self.customer.project, Some(image)))
                .collect();
            tokio::task::block_in_place(|| self.seeds.servers(&servers));
        }
        lives
    }

    /// A project of its own for one life, of which nothing is left then.
    pub(crate) async fn in_a_project<T>(&self, life: impl AsyncFnOnce(&Project) -> T) -> T {
        let project = Project::new().await.unwrap();
        let end = AssertUnwindSafe(life(&project)).catch_unwind().await;
        project.remove().await;
        end.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Lets one life happen, in a project of its own, of which nothing is left then.
    pub(crate) async fn live(&self, life: Life) -> End {
        self.in_a_project(async |project| self.live_in(project, life).await)
            .await
    }

    async fn live_in(&self, project: &Project, life: Life) -> End {
        let told = |site| Told::new(&project.cloud, life.namespace, site, &self.key);
        let first = told(&self.before);
        let (publisher, channels) = (first.publisher(), [first.channel()]);
        let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
        assert_eq!(done.applied.len(), 1, "{done:?}");

        let proxy = Proxy::start(&self.image_service, life.stop).await;
        let told = told(&self.after).every(INTERVAL);
        let mut process = self.start(&told.clone().through(proxy.url()));
        let killed = tokio::select! {
            () = proxy.stopped() => true,
            () = process.ended() => false,
        };
        match killed {
            true => process.kill(),
            false => process.finish().await,
        }
        let requests = proxy.requests();
        drop(proxy);
        self.assert_proven(project, life).await;
        let old = life.id(&self.old, 0);
        let reached = self.customer.sees(old, &project.id).await != Sight::Never;

        if killed {
            self.start(&told).finish().await;
        }
        let plan = plan(&told.publisher(), &told.channel()).await;
        assert!(plan.is_empty(), "{life:?}:\n{plan}");
        self.assert_proven(project, life).await;
        self.assert_stored(project, life).await;
        let wanted = match life.usage {
            Usage::Nobody => Sight::Never,
            Usage::Server => Sight::Listed,
        };
        let sight = self.customer.sees(old, &project.id).await;
        assert_eq!(sight, wanted, "{life:?}");
        End {
            killed,
            requests,
            reached,
            images: described(project).await,
        }
    }

    pub(crate) fn start(&self, told: &Told) -> Process {
        Process::start("kill::child", told, self.directory.path())
    }

    /// Other projects see only the vendor's own bytes, and one image at most is the
    /// generic one.
    pub(crate) async fn assert_proven(&self, project: &Project, life: Life) {
        let images = project.images().await;
        let seen = images.iter();
        let seen = seen.filter(|image| image.visibility != Visibility::Private);
        for image in seen {
            let build = [&self.old, &self.new].into_iter().find(|build| {
                let digest = format!("sha256:{}", build.sha256);
                image.properties["bonafide_vendor_digest"] == digest
            });
            let digest = image.os_hash_value.as_deref();
            let proven = build.is_some_and(|build| digest == Some(&*build.sha512));
            let whole = image.status == Status::Active && proven;
            assert!(whole, "{life:?}: {image:?}");
        }
        let generic = images.iter().filter(|image| {
            image.visibility == Visibility::Public && image.properties["os_purpose"] == "generic"
        });
        assert!(generic.count() <= 1, "{life:?}: {images:#?}");
    }

    /// The store has the files of the images that are there, and no others of these builds.
    pub(crate) async fn assert_stored(&self, project: &Project, life: Life) {
        let sizes: BTreeMap<_, _> = project
            .images()
            .await
            .iter()
            .map(|image| (image.id, image.size))
            .collect();
        for build in [&self.old, &self.new] {
            for id in (0..ATTEMPTS).map(|attempt| life.id(build, attempt)) {
                let wanted = sizes.get(&id).copied().flatten();
                let mut looks = 0;
                while self.stored(id) != wanted {
                    let stored = self.stored(id);
                    assert!(
                        looks < LOOKS,
                        "{life:?}: {id}: {stored:?}, and not {wanted:?}"
                    );
                    looks += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn stored(&self, id: Uuid) -> Option<u64> {
        let file = fs::metadata(self.store.join(id.to_string()));
        file.ok().map(|file| file.len())
    }
}

impl Life {
    /// How often a run shows that it lives depends on its speed, so two runs differ by some requests:
    /// a stop may come too late, but only behind the last request.
    pub(crate) fn assert_cut(&self, in_time: bool, requests: usize) {
        let behind = match self.stop {
            Stop::Answer(number) => requests < number && number <= requests + BEATS,
            Stop::Body(_) | Stop::Never => false,
        };
        assert!(
            in_time || behind,
            "{self:?}, of {requests} requests, came too late"
        );
    }

    pub(crate) fn id(&self, build: &PublishedBuild, attempt: u32) -> Uuid {
        let digest = build.sha256.parse().unwrap();
        image_id(&self.namespace, "ubuntu-24.04", &digest, attempt)
    }
}

/// The images of a project and their members; a time or an id is replaced by its presence.
pub(crate) async fn described(project: &Project) -> Vec<String> {
    let mut described = Vec::new();
    for mut image in project.images().await {
        let members = match image.visibility {
            Visibility::Shared => project.admin.members(image.id).await.unwrap(),
            _ => Vec::new(),
        };
        mask(&mut image);
        described.push(format!("{image:#?} {members:#?}"));
    }
    described
}

fn mask(image: &mut Image) {
    image.id = Uuid::nil();
    image.owner = None;
    image.created_at = None;
    image.updated_at = None;
    let name = image.name.take().unwrap_or_default();
    let title = name.split_once(" (").map(|(title, _)| title.to_owned());
    image.name = title;
    for dated in ["bonafide_superseded_at", "image_build_date"] {
        if let Some(value) = image.properties.get_mut(dated) {
            "some day".clone_into(value);
        }
    }
}
