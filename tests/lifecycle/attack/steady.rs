//! Work that is done again and again.

use std::num::NonZeroU32;

use bonafide::Channel;
use bonafide::properties::{ProvidedUntil, UuidValidity};
use jiff::SignedDuration;

use super::{admin, run};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days, id};

/// What a run writes where nothing has changed.
pub(crate) async fn writes(life: &ClockedWorld, channel: Channel) -> Vec<String> {
    life.cloud.clear_requests();
    run(life, channel).await;
    let requests = life.cloud.requests().into_iter();
    let writes = requests.filter(|one| one.method != "GET" && !one.path.contains("/auth/tokens"));
    writes
        .map(|one| format!("{} {}", one.method, one.path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_where_nothing_has_changed() {
    let life = ClockedWorld::start().await;
    let last = || {
        let last = UuidValidity::Last(NonZeroU32::new(9).unwrap());
        life.channel_with(last, ProvidedUntil::Notice)
    };
    for month in 0..4 {
        life.build();
        life.reconcile(&last()).await;
        if month % 2 == 0 {
            life.cloud.boot(&life.project("customer"), life.newest());
        }
        life.clock.advance(days(20));
    }
    // One that only the publisher's own project uses, one of a project that is no more.
    life.cloud
        .boot(&life.project("admin"), id(&life.images()[1]));
    life.cloud
        .boot("0123456789abcdef0123456789abcdef", id(&life.images()[0]));
    life.clock.advance(days(40));
    run(&life, last()).await;
    for _ in 0..2 {
        life.clock.advance(SignedDuration::from_hours(1));
        let writes = writes(&life, last()).await;
        assert!(writes.is_empty(), "{writes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_again_where_members_have_to_accept_themselves() {
    let life = ClockedWorld::with(|cloud| cloud.members_accept_alone()).await;
    two_builds(&life).await;
    life.clock.advance(days(31));
    run(&life, life.channel()).await;
    let mut each = Vec::new();
    for _ in 0..3 {
        life.clock.advance(SignedDuration::from_hours(1));
        each.push(writes(&life, life.channel()).await.len());
    }
    let plan = life.plan(&life.channel()).await;
    assert!(
        each == [0, 0, 0] && plan.is_empty(),
        "writes of each run: {each:?}; a plan that is never empty:\n{plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_has_rejected_is_asked_no_more_and_keeps_its_access() {
    let life = ClockedWorld::start().await;
    let (old, _, _) = two_builds(&life).await;
    life.clock.advance(days(31));
    run(&life, life.channel()).await;
    let rejected = bonafide::glance::MemberStatus::Rejected;
    let customer = life.project("customer");
    admin(&life)
        .set_member_status(old, &customer, rejected)
        .await
        .unwrap();
    let writes = writes(&life, life.channel()).await;
    assert!(writes.is_empty(), "{writes:?}");
    assert!(life.reaches("customer", old) && !life.lists("customer", old));
}
