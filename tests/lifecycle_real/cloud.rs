//! A project of its own in the real cloud, a vendor, and customers who look with their own
//! credentials.

use std::env;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bonafide::glance::{Image, ImageFilter, Member, MemberStatus};
use bonafide::properties::{LifecyclePolicy, ProvidedUntil, ReplaceFrequency, UuidValidity};
use bonafide::publisher::{NoEvents, Plan, PlanNote, ReconcileReport, Target, image_id};
use bonafide::{Channel, CloudConfig, Glance, Keyring, Publisher, Session, Ubuntu, UbuntuRelease};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{PublishedBuild, UbuntuBuild, VendorSite};
use futures_util::FutureExt;
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use crate::keystone::Keystone;
use support::project::through;
use support::proxy::Proxy;
use support::seeds::Seeds;
use support::{Cloud, now, quick, site_fetch, vendor_key};

pub(crate) const NO_GRACE: SignedDuration = SignedDuration::ZERO;
pub(crate) const LONG_GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often a run that lacks an answer of Nova or Cinder is repeated: what other tests make while
/// the lists are read may be in one of them only.
const LOOKS: usize = 4;
/// How often, 200 ms apart, others are asked whether they have repaired Nova.
const LOCK_LOOKS: usize = 600;

/// The `clouds.yaml` of the real cloud; only where there is one.
pub(crate) fn clouds_yaml() -> PathBuf {
    env::var_os("BONAFIDE_TEST_CLOUDS").unwrap().into()
}

/// The administrator, in another project than those of the tests.
pub(crate) async fn operator() -> Keystone {
    let clouds_yaml = fs::read_to_string(clouds_yaml()).unwrap();
    Keystone::login(&clouds_yaml, "admin").await
}

/// A new project in the real cloud.
pub(crate) struct Project {
    pub(crate) cloud: Cloud,
    pub(crate) id: String,
    pub(crate) admin: Glance,
}

impl Project {
    /// None if there is no real cloud.
    pub(crate) async fn new() -> Option<Self> {
        let cloud = Cloud::real().await?;
        let admin = cloud.glance("admin");
        let id = admin.session().project_id().await.unwrap();
        Some(Self { cloud, id, admin })
    }

    /// All its images, the oldest first.
    pub(crate) async fn images(&self) -> Vec<Image> {
        let mut images = Vec::new();
        for hidden in [false, true] {
            let filter = ImageFilter::new().owner(&self.id).hidden(hidden);
            images.extend(self.admin.list(&filter).await.unwrap());
        }
        images.sort_by_key(|image| image.properties.get("bonafide_serial").cloned());
        images
    }

    /// Deletes its images, and the project.
    pub(crate) async fn remove(&self) {
        for image in self.images().await {
            self.admin.delete(image.id).await.unwrap();
        }
        operator().await.delete_project(&self.id).await;
    }
}

/// No other test breaks Nova while this is held.
pub(crate) async fn whole_nova(clouds_yaml: &Path) -> File {
    let path = clouds_yaml.parent().unwrap().join("use-nova.lock");
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap();
    for _ in 0..LOCK_LOOKS {
        if lock.try_lock_shared().is_ok() {
            return lock;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("another process keeps {}", path.display())
}

/// A vendor, the publisher's project, and two customers.
pub(crate) struct Real {
    pub(crate) project: Project,
    pub(crate) site: VendorSite,
    pub(crate) key: SigningKey,
    pub(crate) customer: Customer,
    pub(crate) customer2: Customer,
    /// A user who never uses anything.
    pub(crate) bystander: Customer,
    /// The administrator's own project, which is not the publisher's.
    pub(crate) operator: Customer,
    seeds: Mutex<Seeds>,
    namespace: Uuid,
    seed: u64,
    _whole_nova: File,
}

/// Runs a case on the real cloud; whatever becomes of it, nothing is left.
pub(crate) async fn real(case: impl AsyncFn(&Real)) {
    let Some(project) = Project::new().await else {
        return;
    };
    let whole_nova = whole_nova(&clouds_yaml()).await;
    let namespace = Uuid::new_v4();
    let theirs = Cloud::Real(fs::read_to_string(clouds_yaml()).unwrap());
    let real = Real {
        site: VendorSite::start().await.unwrap(),
        key: vendor_key(),
        customer: Customer::of(&project.cloud, "customer").await,
        customer2: Customer::of(&project.cloud, "customer2").await,
        bystander: Customer::of(&project.cloud, "publisher").await,
        operator: Customer::of(&theirs, "admin").await,
        seeds: Mutex::new(Seeds::new(&clouds_yaml())),
        namespace,
        seed: u64::from_be_bytes(namespace.as_bytes()[..8].try_into().unwrap()),
        project,
        _whole_nova: whole_nova,
    };
    let outcome = AssertUnwindSafe(case(&real)).catch_unwind().await;
    for customer in [&real.customer, &real.operator] {
        customer.tidy_up().await;
    }
    real.project.remove().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Real {
    /// The vendor publishes its first, second, … build, ten days ago, nine days ago, ….
    pub(crate) fn build(&self, number: u8) -> PublishedBuild {
        let built = now() - SignedDuration::from_hours(24 * (11 - i64::from(number)));
        let serial = built.strftime("%Y%m%d").to_string();
        let seed = self.seed.wrapping_add(number.into());
        let build = UbuntuBuild::release("24.04", "noble", &serial)
            .image(Qcow2Image::new(1 << 30, 2, seed))
            .signed_at(built);
        self.site.publish_ubuntu(&build, &self.key).unwrap()
    }

    /// The vendor publishes a build that is so many hours newer than a first one, of ten days ago.
    pub(crate) fn hourly_build(&self, hours: u16) -> PublishedBuild {
        let first = now() - SignedDuration::from_hours(24 * 10);
        let built = first + SignedDuration::from_hours(hours.into());
        let serial = built.strftime("%Y%m%d.%-H").to_string();
        let build = UbuntuBuild::release("24.04", "noble", &serial)
            .image(Qcow2Image::new(
                1 << 30,
                2,
                self.seed.wrapping_add(hours.into()),
            ))
            .signed_at(built);
        self.site.publish_ubuntu(&build, &self.key).unwrap()
    }

    /// The administrator's, who reaches Glance at this address.
    pub(crate) fn publisher_through(&self, url: &str) -> Publisher {
        let mut clouds: Value = serde_saphyr::from_str(self.project.cloud.clouds_yaml()).unwrap();
        clouds["clouds"]["admin"]["image_endpoint_override"] = url.into();
        let cloud = Cloud::Real(clouds.to_string());
        let fetch = Arc::new(site_fetch(&self.site));
        Publisher::new(fetch, cloud.session("admin"), now).namespace(self.namespace)
    }

    /// The image of a build whose first upload went well.
    pub(crate) fn image_of(&self, build: &PublishedBuild) -> Uuid {
        let digest = build.sha256.parse().unwrap();
        image_id(&self.namespace, "ubuntu-24.04", &digest, 0)
    }

    pub(crate) fn seeds(&self) -> MutexGuard<'_, Seeds> {
        self.seeds.lock().unwrap()
    }

    /// The last build is not kept, and everything is provided until further notice.
    pub(crate) fn channel(&self, grace: SignedDuration) -> Channel {
        self.channel_with(grace, UuidValidity::None, ProvidedUntil::Notice)
    }

    pub(crate) fn channel_with(
        &self,
        grace: SignedDuration,
        validity: UuidValidity,
        until: ProvidedUntil,
    ) -> Channel {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse().unwrap()]);
        keyring.add(&self.key.public_key_binary().unwrap()).unwrap();
        Channel::new(Ubuntu::released(UbuntuRelease::Noble), keyring)
            .lifecycle(LifecyclePolicy::new(
                ReplaceFrequency::Monthly,
                until,
                validity,
            ))
            .grace(grace)
    }

    pub(crate) fn publisher(&self, user: &str) -> Publisher {
        let fetch = Arc::new(site_fetch(&self.site));
        let session = self.project.cloud.session(user);
        Publisher::new(fetch, session, now).namespace(self.namespace)
    }

    /// The administrator's publisher, which reaches Glance through a proxy; its clock is so much fast.
    pub(crate) fn publisher_behind(&self, proxy: &Proxy, fast: SignedDuration) -> Publisher {
        let clouds = through(self.project.cloud.clouds_yaml(), proxy.url());
        let config = CloudConfig::from_yaml(&clouds, "admin").unwrap();
        let session = Session::new(quick(config), now).unwrap();
        let fetch = Arc::new(site_fetch(&self.site));
        Publisher::new(fetch, session, move || now() + fast).namespace(self.namespace)
    }

    /// Reconciles one channel, and sees that nothing is left to do.
    pub(crate) async fn reconcile(&self, channel: &Channel) -> ReconcileReport {
        for _ in 0..LOOKS {
            let publisher = self.publisher("admin");
            let channels = std::slice::from_ref(channel);
            let done = publisher.reconcile(channels, &NoEvents).await.unwrap();
            assert!(done.skipped.is_empty(), "{done:?}");
            let plan = plan(&publisher, channel).await;
            let unknown = |note: &PlanNote| matches!(note, PlanNote::UsageUnknown { .. });
            if done.notes.iter().chain(&plan.notes).any(unknown) {
                continue;
            }
            assert!(plan.is_empty(), "left to do after {done:?}:\n{plan}");
            return done;
        }
        panic!("it is never known who uses what")
    }

    pub(crate) async fn members(&self, image: Uuid) -> Vec<(String, MemberStatus)> {
        let members = self.project.admin.members(image).await.unwrap().into_iter();
        let mut members: Vec<_> = members
            .map(
                |Member {
                     project, status, ..
                 }| (project, status),
            )
            .collect();
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        members
    }
}

/// What is to be done for one channel.
pub(crate) async fn plan(publisher: &Publisher, channel: &Channel) -> Plan {
    let offer = publisher.latest_of(channel, &NoEvents).await;
    let target = Target::new(channel, offer.clone());
    publisher.plan(&[target]).await.unwrap()
}

/// How a user comes to see an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is in the default list.
    Listed,
    /// It is reached by its id, and in no list.
    ById,
    /// There is no such image.
    Never,
}

/// A user of the cloud, with credentials and a project of its own.
pub(crate) struct Customer {
    pub(crate) glance: Glance,
    pub(crate) project: String,
    made: Mutex<Vec<Uuid>>,
}

impl Customer {
    pub(crate) async fn of(cloud: &Cloud, name: &str) -> Self {
        let glance = cloud.glance(name);
        let project = glance.session().project_id().await.unwrap();
        Self {
            glance,
            project,
            made: Mutex::default(),
        }
    }

    /// An id for an image of the customer, which is deleted in the end.
    pub(crate) fn id(&self) -> Uuid {
        let id = Uuid::new_v4();
        self.made.lock().unwrap().push(id);
        id
    }

    /// How the customer comes to see an image of another project.
    pub(crate) async fn sees(&self, image: Uuid, owner: &str) -> Sight {
        let filter = ImageFilter::new().owner(owner);
        let list = self.glance.list(&filter).await.unwrap();
        let listed = list.iter().any(|one| one.id == image);
        let reached = self.glance.find(image).await.unwrap().is_some();
        match (listed, reached) {
            (true, true) => Sight::Listed,
            (false, true) => Sight::ById,
            (false, false) => Sight::Never,
            (true, false) => panic!("{image} is listed and can't be reached"),
        }
    }

    async fn tidy_up(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap());
        for id in made {
            if self.glance.find(id).await.unwrap().is_some() {
                self.glance.delete(id).await.unwrap();
            }
        }
    }
}
