//! Hand-overs in which requests of one kind go wrong from one of them on, before the real Glance: after
//! each run customers find one `generic` image of the plain name.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::glance::{Image, ImageFilter, ImagePatch};
use bonafide::publisher::{Action, Error, NoEvents, Profile, ReconcileReport};
use bonafide::{Channel, Publisher};
use uuid::Uuid;

use crate::cloud::{LONG_GRACE, Real, operator, real};
use support::proxy::{Passing, Proxy, Weather};

const HARMS: [Weather; 4] = [
    Weather::Answer(503),
    Weather::Answer(403),
    Weather::Break,
    Weather::Lose,
];

/// Lists that a run reads before those of the hand-over.
const LISTS: usize = 2;

/// The requests of a hand-over.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// All changes but the first one, which lets the old image yield.
    AllButTheFirst,
    List,
    New,
    Old,
}

impl Kind {
    /// Each request of this kind goes wrong, from one of them on.
    fn forecast(
        self,
        harm: Weather,
        old: Uuid,
        new: Uuid,
    ) -> impl Fn(&Passing<'_>) -> Weather + Send + Sync + 'static {
        let (method, path, passing) = match self {
            Self::AllButTheFirst => ("PATCH", String::new(), 1),
            Self::List => ("GET", "/v2/images".to_owned(), LISTS),
            Self::New => ("PATCH", new.to_string(), 0),
            Self::Old => ("PATCH", old.to_string(), 0),
        };
        let before = AtomicUsize::new(0);
        move |request| {
            let is_of_kind = request.method == method && request.path.ends_with(&path);
            match is_of_kind && before.fetch_add(1, Ordering::SeqCst) >= passing {
                true => harm,
                false => Weather::Fine,
            }
        }
    }
}

async fn run(publisher: &Publisher, channel: Channel) -> Result<ReconcileReport, Error> {
    publisher.reconcile(&[channel], &NoEvents).await
}

/// The one generic image in a customer's list; no two have one name.
async fn offered(real: &Real, profile: Profile, after: &str) -> Uuid {
    let filter = ImageFilter::new().owner(&real.project.id);
    let list = real.customer.glance.list(&filter).await.unwrap();
    let generic = |image: &&Image| image.properties["os_purpose"] == "generic";
    let offered: Vec<_> = list.iter().filter(generic).collect();
    let [offered] = &offered[..] else {
        panic!("{after}: {} generic images: {list:#?}", offered.len());
    };
    let name = offered.name.as_deref().unwrap_or_default();
    let plain = match profile {
        Profile::Scs => name == "Ubuntu 24.04",
        _ => name.starts_with("Ubuntu Noble 24.04 (") && !name.contains("build"),
    };
    assert!(plain, "{after}: `{name}`");
    let names: BTreeSet<_> = list.iter().map(|image| &image.name).collect();
    assert_eq!(names.len(), list.len(), "{after}: {names:?}");
    offered.id
}

fn is_published(done: &ReconcileReport) -> bool {
    let mut applied = done.applied.iter();
    applied.any(|action| matches!(action, Action::Publish { .. }))
}

async fn each_request_goes_wrong(profile: Profile) {
    real(async |real: &Real| {
        let service = operator().await.image_service().to_owned();
        let channel = || real.channel(LONG_GRACE).profile(profile);
        let mut old = real.image_of(&real.hourly_build(0));
        run(&real.publisher("admin"), channel()).await.unwrap();
        assert_eq!(offered(real, profile, "the first build").await, old);
        let mut hours = 0;
        for kind in [Kind::Old, Kind::New, Kind::List, Kind::AllButTheFirst] {
            for harm in HARMS {
                hours += 1;
                let after = format!("{profile:?}: {kind:?}, {harm:?}");
                let new = real.image_of(&real.hourly_build(hours));
                let proxy = Proxy::in_weather(&service, kind.forecast(harm, old, new)).await;
                let publisher = real.publisher_through(proxy.url());
                let done = run(&publisher, channel()).await;
                drop(proxy);
                match (kind, harm) {
                    // Whatever is lost is done.
                    (Kind::Old | Kind::New | Kind::AllButTheFirst, Weather::Lose) => {
                        assert_eq!(offered(real, profile, &after).await, new, "{done:?}");
                        let done = done.unwrap();
                        assert!(is_published(&done) && done.skipped.is_empty(), "{done:?}");
                    }
                    // Glance refuses to undo it: the run says so, and the next one does it.
                    (Kind::AllButTheFirst, _) => {
                        let refused = done.unwrap().skipped;
                        let named = format!("image {old} had given up its name");
                        let mut told = refused.iter().map(|refused| refused.reason.to_string());
                        assert!(told.any(|told| told.contains(&named)), "{refused:?}");
                    }
                    _ => {
                        assert_eq!(offered(real, profile, &after).await, old, "{done:?}");
                        let done = done.unwrap();
                        assert!(!is_published(&done), "{done:?}");
                        let mut refused = done.skipped.iter();
                        assert!(refused.any(|refused| refused.action.is_some()), "{done:?}");
                    }
                }
                if harm == Weather::Answer(403) {
                    let stored = try_at_once(real).await;
                    // Else whatever is written on the new image is refused too.
                    let due = usize::from(matches!(kind, Kind::Old));
                    assert_eq!(stored, due, "{after}");
                }
                run(&real.publisher("admin"), channel()).await.unwrap();
                assert_eq!(offered(real, profile, &after).await, new, "{after}");
                old = new;
            }
        }
    })
    .await;
}

/// A publication that policy forbids waits, unless the operator removes what was stored about it.
async fn try_at_once(real: &Real) -> usize {
    let mut removed = 0;
    let stored = "bonafide_publish_refused";
    for image in real.project.images().await {
        if image.properties.contains_key(stored) {
            let patch = ImagePatch::new().remove(stored);
            real.project.admin.update(image.id, &patch).await.unwrap();
            removed += 1;
        }
    }
    removed
}

#[tokio::test(flavor = "multi_thread")]
async fn with_scs_names_customers_find_one_generic_image_whatever_goes_wrong() {
    each_request_goes_wrong(Profile::Scs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_dated_names_customers_find_one_generic_image_whatever_goes_wrong() {
    each_request_goes_wrong(Profile::Stack).await;
}
