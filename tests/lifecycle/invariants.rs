//! What must hold at every moment, looked at after each change of an image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use uuid::Uuid;

use support::world_clock::{ClockedWorld, id, short};

/// What was amiss at some moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    amiss: Vec<String>,
    /// Digests that Glance may show to all projects: the vendor signed them.
    proven: BTreeSet<String>,
    /// Images of other people, as they are.
    foreign: BTreeMap<Uuid, Value>,
    ours: String,
}

impl Watched {
    /// Watches the cloud from now on.
    pub(crate) fn start(life: &ClockedWorld) -> Self {
        let watched = Self::default();
        watched.state().ours = life.project("admin");
        let at = watched.clone();
        life.cloud.watch(move |images| at.look(images));
        watched
    }

    /// The next build has this digest.
    pub(crate) fn signed(&self, sha256: &str) {
        self.state().proven.insert(sha256.to_owned());
    }

    /// These images must stay as they are.
    pub(crate) fn foreign(&self, images: &[Value]) {
        let mut state = self.state();
        let ours = state.ours.clone();
        state.foreign = images
            .iter()
            .filter(|image| !is_ours(image, &ours))
            .map(|image| (id(image), image.clone()))
            .collect();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, images: &[Value]) {
        let mut state = self.state();
        let ours = state.ours.clone();
        let mut generic: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for image in images.iter().filter(|image| is_ours(image, &ours)) {
            let public = image["visibility"] == "public";
            if public && image["os_purpose"] == "generic" && image["os_hidden"] == false {
                let kind = format!("{} {}", image["os_distro"], image["os_version"]);
                generic.entry(kind).or_default().push(id(image));
            }
            let digest = image["bonafide_vendor_digest"].as_str().unwrap_or_default();
            let digest = digest.trim_start_matches("sha256:");
            if image["visibility"] != "private"
                && (!state.proven.contains(digest)
                    || image["source_sha256sum"] != digest
                    || image["status"] != "active")
            {
                state
                    .amiss
                    .push(format!("public without proof: {}", short(image)));
            }
        }
        for (kind, images) in generic {
            if images.len() > 1 {
                state.amiss.push(format!("two generic {kind}: {images:?}"));
            }
        }
        for (id, before) in state.foreign.clone() {
            let now = images.iter().find(|image| image["id"] == id.to_string());
            let mut now = now.cloned().unwrap_or_default();
            now.as_object_mut().map(|now| now.remove("members"));
            let mut before = before;
            before
                .as_object_mut()
                .map(|before| before.remove("members"));
            if now != before {
                state.amiss.push(format!(
                    "foreign: {} is now {}",
                    short(&before),
                    short(&now)
                ));
            }
        }
    }

    /// Nothing was amiss at any moment.
    pub(crate) fn assert_well(&self) {
        let state = self.state();
        assert!(state.amiss.is_empty(), "{:#?}", state.amiss);
    }
}

/// Whether the publisher may change the image: its project and its marker.
fn is_ours(image: &Value, project: &str) -> bool {
    image["owner"] == project && image["bonafide_channel"].is_string()
}

/// What must hold after a run: the newest build is public, each older one is where it is used and, its
/// grace period over, nowhere else, and nothing is left of dead runs.
pub(crate) fn assert_promises(
    life: &ClockedWorld,
    uses: &BTreeMap<Uuid, BTreeSet<String>>,
    grace_days: i64,
) {
    let images = life.images();
    let projects = ["customer", "customer2", "publisher"];
    let newest = images.last().map(id);
    for image in &images {
        let id = id(image);
        let what = short(image);
        assert!(image["bonafide_state"].is_null(), "left over: {what}");
        assert_eq!(image["status"], "active", "{what}");
        let used_by = uses.get(&id).cloned().unwrap_or_default();
        for project in projects {
            let used = used_by.contains(project);
            assert!(!used || life.lists(project, id), "{project} uses {what}");
        }
        if Some(id) == newest {
            assert_eq!(image["visibility"], "public", "{what}");
            assert_eq!(image["os_purpose"], "generic", "{what}");
            continue;
        }
        assert_eq!(image["os_purpose"], "oldgeneric", "{what}");
        let since = image["bonafide_superseded_at"].as_str().unwrap();
        let since: jiff::Timestamp = since.parse().unwrap();
        let used = !used_by.is_empty();
        let in_grace = life.now() < since + support::world_clock::days(grace_days);
        for project in projects {
            let sees = life.lists(project, id);
            assert!(in_grace || used, "unused: {what}");
            assert_eq!(
                sees,
                in_grace || used_by.contains(project),
                "{project}: {what}"
            );
        }
    }
    for (image, by) in uses {
        let there = images.iter().any(|one| id(one) == *image);
        assert!(there || by.is_empty(), "{image} is used by {by:?} and gone");
    }
    let mut builds: Vec<_> = images
        .iter()
        .map(|image| image["bonafide_vendor_digest"].to_string())
        .collect();
    let copies = builds.len();
    builds.dedup();
    assert_eq!(builds.len(), copies, "a second copy");
}
