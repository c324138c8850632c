//! The cloud under test: the embedded one, started for the case, or a real one that runs already.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use bonafide::glance::{
    BoxError, CloudConfig, Error, Glance, Image, ImageBody, ImagePatch, NewImage, Session, Status,
};
use bonafide_testkit::cloud::EmbeddedCloud;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use jiff::Timestamp;
use uuid::Uuid;

use crate::customers::Customers;
use crate::raw::Raw;

/// How often, 20 ms apart, a state is looked for that the cloud reaches by itself.
const LOOKS: usize = 1000;

/// A cloud and what the case made in it.
pub(crate) struct Cloud {
    clouds_yaml: String,
    store: PathBuf,
    made: Mutex<Vec<Uuid>>,
    /// One for each user, so that each logs in once.
    clients: Mutex<BTreeMap<String, Glance>>,
    /// What uses images.
    pub(crate) customers: Customers,
}

/// Runs a case on a cloud of its own.
pub(crate) async fn embedded(case: impl AsyncFn(&Cloud)) {
    let embedded = EmbeddedCloud::start().await.unwrap();
    let cloud = Cloud {
        clouds_yaml: embedded.clouds_yaml().to_owned(),
        store: embedded.store_path().to_owned(),
        made: Mutex::default(),
        clients: Mutex::default(),
        customers: Customers::embedded(embedded),
    };
    cloud.run(case).await;
}

/// Runs a case on the cloud that `BONAFIDE_TEST_CLOUDS` names, beside whatever else is in it.
#[expect(
    clippy::print_stderr,
    reason = "who runs the suite has to know that half of it did not run"
)]
pub(crate) async fn real(case: impl AsyncFn(&Cloud)) {
    let Some(path) = env::var_os("BONAFIDE_TEST_CLOUDS") else {
        let required = env::var("CI").is_ok_and(|value| value == "true");
        assert!(
            !required,
            "CI needs BONAFIDE_TEST_CLOUDS; tests/openstack/up starts a cloud"
        );
        eprintln!("skipped: BONAFIDE_TEST_CLOUDS does not name the clouds.yaml of a real cloud");
        return;
    };
    let store = env::var_os("BONAFIDE_TEST_STORE");
    let cloud = Cloud {
        clouds_yaml: fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("BONAFIDE_TEST_CLOUDS names {}: {error}", path.display())
        }),
        store: store
            .expect("BONAFIDE_TEST_STORE names the directory of the image store")
            .into(),
        made: Mutex::default(),
        clients: Mutex::default(),
        customers: Customers::real(Path::new(&path)),
    };
    cloud.run(case).await;
}

impl Cloud {
    async fn run(self, case: impl AsyncFn(&Self)) {
        let outcome = AssertUnwindSafe(case(&self)).catch_unwind().await;
        let mut left = self.clean_up().await;
        left.extend(self.customers.clean_up().await);
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        assert!(left.is_empty(), "left over: {left:?}");
    }

    /// Deletes whatever the case made and left; names what can't be deleted or leaves bytes.
    async fn clean_up(&self) -> Vec<String> {
        let made = std::mem::take(&mut *self.made.lock().unwrap());
        let admin = self.glance("admin");
        let mut left = Vec::new();
        for id in made {
            let result = match admin.delete(id).await {
                Err(Error::Forbidden(_)) => {
                    let unprotect = ImagePatch::new().protected(false);
                    match admin.update(id, &unprotect).await {
                        Ok(_) => admin.delete(id).await,
                        Err(error) => Err(error),
                    }
                }
                result => result,
            };
            if let Err(error) = result
                && !matches!(error, Error::NotFound(_))
            {
                left.push(error.to_string());
            }
            if self.stored(id).is_some() {
                left.push(format!("bytes of {id}"));
            }
        }
        left
    }

    /// The configuration of one of its clouds: `admin`, `publisher`, `customer`, `customer2` or
    /// `publisher-appcred`.
    pub(crate) fn config(&self, who: &str) -> CloudConfig {
        CloudConfig::from_yaml(&self.clouds_yaml, who).unwrap()
    }

    pub(crate) fn glance(&self, who: &str) -> Glance {
        let mut clients = self.clients.lock().unwrap();
        let client = clients
            .entry(who.to_owned())
            .or_insert_with(|| Glance::new(Session::new(self.config(who), now).unwrap()));
        client.clone()
    }

    /// A client that says what the other one refuses to say, already logged in.
    pub(crate) async fn raw(&self, who: &str) -> Raw {
        Raw::login(&self.words(who)).await
    }

    /// The words of a cloud in `clouds.yaml`, without its structure.
    pub(crate) fn words(&self, who: &str) -> BTreeMap<String, String> {
        let heading = format!("  {who}:");
        let lines = self
            .clouds_yaml
            .lines()
            .skip_while(|line| *line != heading)
            .skip(1);
        lines
            .take_while(|line| line.starts_with("   "))
            .filter_map(|line| line.trim().split_once(": "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// An id that was never used, whose image is deleted after the case.
    pub(crate) fn id(&self) -> Uuid {
        let id = Uuid::new_v4();
        self.made.lock().unwrap().push(id);
        id
    }

    /// The id of a user's project.
    pub(crate) async fn project(&self, who: &str) -> String {
        self.glance(who).session().project_id().await.unwrap()
    }

    /// A private image of the publisher that waits for its data.
    pub(crate) async fn queued(&self, disk_format: &str) -> Uuid {
        let id = self.id();
        let image = new_image(id, disk_format);
        self.glance("publisher").create(&image).await.unwrap();
        id
    }

    /// A private image of the publisher with these bytes, declared to be raw.
    pub(crate) async fn active(&self, bytes: &'static [u8]) -> Uuid {
        let id = self.queued("raw").await;
        self.glance("publisher")
            .upload(id, whole(bytes))
            .await
            .unwrap();
        id
    }

    /// The size of the image's file in the store, if there is one.
    pub(crate) fn stored(&self, id: Uuid) -> Option<u64> {
        let metadata = fs::metadata(self.store.join(id.to_string())).ok()?;
        Some(metadata.len())
    }

    /// Waits until the publisher's image is in this state.
    pub(crate) async fn becomes(&self, id: Uuid, status: Status) -> Image {
        let glance = self.glance("publisher");
        for _ in 0..LOOKS {
            let image = glance.image(id).await.unwrap();
            if image.status == status {
                return image;
            }
            pause().await;
        }
        panic!("image {id} never becomes {status}")
    }

    /// Waits until the store has bytes of this image or has none.
    pub(crate) async fn store_settles(&self, id: Uuid, present: bool) {
        for _ in 0..LOOKS {
            if self.stored(id).is_some() == present {
                return;
            }
            pause().await;
        }
        panic!(
            "bytes of {id} in the store: expected {present}, found {}",
            !present
        )
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// An image as most cases need one.
pub(crate) fn new_image(id: Uuid, disk_format: &str) -> NewImage {
    NewImage::new(id, format!("contract {id}"))
        .disk_format(disk_format)
        .container_format("bare")
}

/// A body of unknown length.
pub(crate) fn whole(bytes: &'static [u8]) -> ImageBody {
    ImageBody::new(stream::iter([Ok::<_, BoxError>(Bytes::from_static(bytes))]))
}

#[expect(
    clippy::disallowed_methods,
    reason = "here the clock is read for those who are given it"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
