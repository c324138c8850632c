//! Several runs at the same time in one cloud.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::invariants::{Watched, assert_promises};
use support::world_clock::{ClockedWorld, days, id};

/// So many runs; what one of them does not do is explained, and no failure.
async fn run_all(life: &ClockedWorld, number: usize) {
    let runs = (0..number).map(|_| async { life.reconcile_once(&life.channel()).await });
    for done in join_all(runs).await {
        for refused in &done.skipped {
            assert!(!refused.reason.to_string().is_empty());
        }
    }
}

async fn runs_at_the_same_time(number: usize) {
    let life = ClockedWorld::start().await;
    let watched = Watched::start(&life);
    let mut uses = BTreeMap::new();
    for month in 0..3 {
        watched.signed(&life.build().sha256);
        run_all(&life, number).await;
        watched.assert_well();
        assert_eq!(life.images().len(), month + 1, "one copy of each build");
        if month == 0 {
            let image = id(&life.images()[0]);
            life.cloud.boot(&life.project("customer"), image);
            uses.insert(image, ["customer".to_owned()].into());
        }
        life.clock.advance(days(12));
    }
    // Now there is one to share, and later one to delete: all of them do it at once.
    life.clock.advance(days(60));
    watched.signed(&life.build().sha256);
    run_all(&life, number).await;
    life.reconcile(&life.channel()).await;
    watched.assert_well();
    assert_promises(&life, &uses, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_the_same_time_publish_once() {
    runs_at_the_same_time(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_runs_at_the_same_time_publish_once() {
    runs_at_the_same_time(8).await;
}
