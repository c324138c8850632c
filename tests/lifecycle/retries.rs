//! What fails by chance in a run that publishes, shares and deletes: nothing is left to the next run.

use std::collections::BTreeMap;

use bonafide::Profile;
use bonafide::publisher::NoEvents;
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};

use crate::invariants::Watched;
use support::world_clock::{ClockedWorld, days, id};

/// A new build, an older one that is used, and one that is not used any more.
async fn much_to_do(profile: Profile) -> (ClockedWorld, Watched) {
    let life = ClockedWorld::start().await;
    let watched = Watched::start(&life);
    let channel = || life.channel().profile(profile);
    for _ in 0..3 {
        watched.signed(&life.build().sha256);
        life.reconcile(&channel()).await;
        life.clock.advance(days(2));
    }
    let used = id(&life.images()[0]);
    life.cloud.boot(&life.project("customer"), used);
    life.cloud
        .create_volume(&life.project("customer2"), Some(used));
    life.clock.advance(days(31));
    watched.signed(&life.build().sha256);
    life.cloud.clear_requests();
    (life, watched)
}

/// Each request that a run sends: its method, its path, and how many of the same came before.
async fn requests(profile: Profile) -> Vec<(String, String, usize)> {
    let (life, _) = much_to_do(profile).await;
    life.reconcile_once(&life.channel().profile(profile)).await;
    let mut seen = BTreeMap::new();
    let requests = life.cloud.requests().into_iter().map(|request| {
        let path = request.path.split('?').next().unwrap_or_default();
        let before = seen.entry((request.method.clone(), path.to_owned()));
        let before = before.or_insert(0);
        *before += 1;
        (request.method, path.to_owned(), *before - 1)
    });
    requests.collect()
}

async fn each_request_fails_once(profile: Profile, kinds: &[CloudFaultKind]) {
    let requests = requests(profile).await;
    assert!(requests.len() > 25, "only {requests:#?}");
    for (method, path, before) in requests {
        for kind in kinds {
            let (life, watched) = much_to_do(profile).await;
            let fault = CloudFault::new(&method, &path, *kind).after(before);
            life.cloud.fail_next(fault);
            let channels = [life.channel().profile(profile)];
            let done = life.publisher().reconcile(&channels, &NoEvents).await;
            let after = format!("{kind:?} at {method} {path} {before}");
            let done = done.unwrap_or_else(|error| panic!("{after}: {error}"));
            assert!(done.skipped.is_empty(), "{after}: {done:#?}");
            assert_eq!(done.applied.len(), 3, "{after}: {done:#?}");
            watched.assert_well();
            let images = life.images();
            assert_eq!(images.len(), 3, "{after}: {images:#?}");
            let used = id(&images[0]);
            for project in ["customer", "customer2"] {
                assert!(life.lists(project, used), "{after}: {project}");
            }
            assert!(!life.reaches("publisher", used), "{after}");
            let newest = images.last().unwrap();
            assert_eq!(newest["os_purpose"], "generic", "{after}");
            let plan = life.plan(&channels[0]).await;
            assert!(plan.is_empty(), "{after}:\n{plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_one_request_of_a_run_may_be_refused_once_by_chance() {
    each_request_fails_once(Profile::Stack, &[CloudFaultKind::Status(503)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_one_request_of_a_run_with_scs_names_may_be_refused_once_by_chance() {
    each_request_fails_once(Profile::Scs, &[CloudFaultKind::DropBefore]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_one_answer_to_a_run_may_be_lost_once() {
    each_request_fails_once(Profile::Stack, &[CloudFaultKind::DropAfter]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_one_answer_to_a_run_with_scs_names_may_be_lost_once() {
    each_request_fails_once(Profile::Scs, &[CloudFaultKind::DropAfter]).await;
}
