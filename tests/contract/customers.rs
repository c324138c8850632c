//! Servers, volumes and snapshots of them: seeded, since no cloud under test has a host.
//!
//! On the real cloud they go into the databases of Nova and Cinder by `tests/openstack/use`, which
//! takes seconds a call: what a case needs is asked for at once.

use std::fs::File;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bonafide_testkit::cloud::EmbeddedCloud;
use futures_util::FutureExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::command::{delete, lock, make, run};

/// The cell of servers that have a host, and that of those which never got one.
const CELL: &str = "cell1";
const CELL_WITHOUT_HOSTS: &str = "cell0";

/// What a project can have of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Server,
    FailedServer,
    ShelvedServer,
    SoftDeletedServer,
    /// A server that starts from a volume of the image, and the volume.
    ServerOfVolume,
    Volume,
    /// A volume and a snapshot of it.
    VolumeWithSnapshot,
}

/// What was seeded of a thing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seeded {
    pub(crate) server: Option<Uuid>,
    volume: Option<Uuid>,
    snapshot: Option<Uuid>,
}

/// Those who use images.
pub(crate) enum Customers {
    Embedded(EmbeddedCloud),
    Real {
        /// The directory of `clouds.yaml`.
        root: PathBuf,
        seeded: Mutex<Vec<Seeded>>,
    },
}

/// Nova's servers stay within reach for as long as this lives. Several may live at once.
pub(crate) struct NovaInReach {
    _lock: Option<File>,
}

impl Customers {
    pub(crate) fn embedded(cloud: EmbeddedCloud) -> Self {
        Self::Embedded(cloud)
    }

    pub(crate) fn real(clouds_yaml: &Path) -> Self {
        Self::Real {
            root: clouds_yaml.parent().unwrap().to_owned(),
            seeded: Mutex::default(),
        }
    }

    /// Gives each project a thing of an image.
    pub(crate) async fn seed(&self, wanted: &[(&str, Thing, Uuid)]) -> Vec<Seeded> {
        match self {
            Self::Embedded(cloud) => wanted
                .iter()
                .map(|(project, thing, image)| seed_embedded(cloud, project, *thing, *image))
                .collect(),
            Self::Real { root, seeded } => {
                let plan = Plan::new(wanted);
                let _nova = self.keep_nova().await;
                let servers = make(root, "servers", &plan.servers);
                let volumes = async {
                    let volumes = make(root, "volumes", &plan.volumes).await;
                    let snapshots = plan.snapshots(&volumes);
                    (volumes, make(root, "snapshots", &snapshots).await)
                };
                let (servers, (volumes, snapshots)) = tokio::join!(servers, volumes);
                let made = plan.made(&servers, &volumes, &snapshots);
                seeded.lock().unwrap().extend(&made);
                made
            }
        }
    }

    /// Takes a server away, for good.
    pub(crate) async fn delete_server(&self, server: Uuid) {
        match self {
            Self::Embedded(cloud) => assert!(cloud.delete_server(server)),
            Self::Real { root, seeded } => {
                let _nova = self.keep_nova().await;
                delete(root, "delete-server", &[server]).await.unwrap();
                let mut seeded = seeded.lock().unwrap();
                seeded.retain(|thing| thing.server != Some(server));
            }
        }
    }

    /// Keeps every other test from putting Nova out of reach.
    pub(crate) async fn keep_nova(&self) -> NovaInReach {
        let lock = match self {
            Self::Embedded(_) => None,
            Self::Real { root, .. } => Some(lock(root, File::lock_shared).await),
        };
        NovaInReach { _lock: lock }
    }

    /// Looks while all servers that have a host are out of Nova's reach. Whoever holds a
    /// [`NovaInReach`] waits without end.
    pub(crate) async fn without_hosts<T>(&self, look: impl AsyncFnOnce() -> T) -> T {
        match self {
            Self::Embedded(cloud) => {
                cloud.set_cell_up(CELL, false);
                let seen = look().await;
                cloud.set_cell_up(CELL, true);
                seen
            }
            Self::Real { root, .. } => {
                let _alone = lock(root, File::lock).await;
                let looking = async {
                    run(root, &["break-cell"], String::new()).await.unwrap();
                    look().await
                };
                let outcome = AssertUnwindSafe(looking).catch_unwind().await;
                let mended = run(root, &["mend-cell"], String::new()).await;
                let seen = outcome.unwrap_or_else(|panic| resume_unwind(panic));
                mended.unwrap();
                seen
            }
        }
    }

    /// Takes away what is left; names what can't be.
    pub(crate) async fn clean_up(&self) -> Vec<String> {
        let Self::Real { root, seeded } = self else {
            return Vec::new();
        };
        let seeded = std::mem::take(&mut *seeded.lock().unwrap());
        if seeded.is_empty() {
            return Vec::new();
        }
        let _nova = self.keep_nova().await;
        let of = |part: fn(&Seeded) -> Option<Uuid>| seeded.iter().filter_map(part).collect();
        let servers: Vec<_> = of(|thing| thing.server);
        let snapshots: Vec<_> = of(|thing| thing.snapshot);
        let volumes: Vec<_> = of(|thing| thing.volume);
        // A snapshot without a volume would look wrong to other tests.
        let storage = async {
            delete(root, "delete-snapshot", &snapshots).await?;
            delete(root, "delete-volume", &volumes).await
        };
        let (servers, storage) = tokio::join!(delete(root, "delete-server", &servers), storage);
        [servers, storage]
            .into_iter()
            .filter_map(Result::err)
            .collect()
    }
}

fn seed_embedded(cloud: &EmbeddedCloud, project: &str, thing: Thing, image: Uuid) -> Seeded {
    let (mut server, mut volume, mut snapshot) = (None, None, None);
    match thing {
        Thing::Server | Thing::ShelvedServer | Thing::SoftDeletedServer => {
            let id = cloud.boot(project, image);
            match thing {
                Thing::ShelvedServer => assert!(cloud.shelve(id)),
                Thing::SoftDeletedServer => assert!(cloud.soft_delete(id)),
                _ => {}
            }
            server = Some(id);
        }
        Thing::FailedServer => {
            let id = cloud.boot_in_cell(CELL_WITHOUT_HOSTS, project, image);
            assert!(cloud.fail_server(id));
            server = Some(id);
        }
        Thing::ServerOfVolume => {
            let (booted, made) = cloud.boot_from_volume(project, image);
            (server, volume) = (Some(booted), Some(made));
        }
        Thing::Volume | Thing::VolumeWithSnapshot => {
            let id = cloud.create_volume(project, Some(image));
            if thing == Thing::VolumeWithSnapshot {
                snapshot = cloud.snapshot_volume(id);
            }
            volume = Some(id);
        }
    }
    Seeded {
        server,
        volume,
        snapshot,
    }
}

/// What is asked of `tests/openstack/use`.
struct Plan<'a> {
    wanted: &'a [(&'a str, Thing, Uuid)],
    servers: Vec<Value>,
    volumes: Vec<Value>,
}

impl Thing {
    /// Nova's word for the state of the server, if there is one.
    fn state(self) -> Option<&'static str> {
        match self {
            Self::Server | Self::ServerOfVolume => Some("active"),
            Self::FailedServer => Some("error"),
            Self::ShelvedServer => Some("shelved_offloaded"),
            Self::SoftDeletedServer => Some("soft-delete"),
            Self::Volume | Self::VolumeWithSnapshot => None,
        }
    }

    fn has_volume(self) -> bool {
        matches!(
            self,
            Self::ServerOfVolume | Self::Volume | Self::VolumeWithSnapshot
        )
    }

    fn has_snapshot(self) -> bool {
        self == Self::VolumeWithSnapshot
    }
}

impl<'a> Plan<'a> {
    fn new(wanted: &'a [(&'a str, Thing, Uuid)]) -> Self {
        let servers = wanted.iter().filter_map(|(project, thing, image)| {
            let image = match thing {
                Thing::ServerOfVolume => String::new(),
                _ => image.to_string(),
            };
            let cell = match thing {
                Thing::FailedServer => CELL_WITHOUT_HOSTS,
                _ => CELL,
            };
            let state = thing.state()?;
            Some(json!({
                "project_id": project, "image_id": image, "vm_state": state, "cell": cell,
            }))
        });
        let volumes = wanted.iter().filter(|(_, thing, _)| thing.has_volume());
        let volumes =
            volumes.map(|(project, _, image)| json!({"project_id": project, "image_id": image}));
        Self {
            wanted,
            servers: servers.collect(),
            volumes: volumes.collect(),
        }
    }

    fn snapshots(&self, volumes: &[Uuid]) -> Vec<Value> {
        let with_volume = self
            .wanted
            .iter()
            .filter(|(_, thing, _)| thing.has_volume());
        let pairs = with_volume.zip(volumes);
        pairs
            .filter(|((_, thing, _), _)| thing.has_snapshot())
            .map(|((project, _, _), id)| json!({"project_id": project, "volume_id": id}))
            .collect()
    }

    /// What came of it. Ids are in the order in which things were asked for.
    fn made(&self, servers: &[Uuid], volumes: &[Uuid], snapshots: &[Uuid]) -> Vec<Seeded> {
        let (mut servers, mut volumes) = (servers.iter().copied(), volumes.iter().copied());
        let mut snapshots = snapshots.iter().copied();
        let made = self.wanted.iter().map(|(_, thing, _)| Seeded {
            server: thing.state().and_then(|_| servers.next()),
            volume: thing.has_volume().then(|| volumes.next()).flatten(),
            snapshot: thing.has_snapshot().then(|| snapshots.next()).flatten(),
        });
        made.collect()
    }
}
