//! When a run is fenced, by clocks that are moved by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

/// A wall clock that is moved by hand; the monotonic one is tokio's, paused.
fn moved() -> (Arc<AtomicI64>, Clock) {
    let hands = Arc::new(AtomicI64::new(0));
    let read = hands.clone();
    let now = move || Timestamp::from_second(read.load(Ordering::SeqCst)).unwrap();
    (hands, Clock::new(now))
}

#[tokio::test(start_paused = true)]
async fn a_run_is_fenced_by_the_sending_of_its_last_renewal_and_stays_so() {
    let rule = Heartbeat::default();
    let pulse = Pulse::new(rule, moved().1);
    tokio::time::advance(rule.fence() / 2).await;
    let sent = Sent::now(&pulse.clock);
    tokio::time::advance(rule.fence() / 4).await;
    pulse.renewed(sent);
    tokio::time::advance(rule.fence() * 3 / 4 - Duration::from_secs(1)).await;
    assert_eq!(pulse.lost(), None);
    tokio::time::advance(Duration::from_secs(1)).await;
    // The answer to one that was sent in time arrives too late.
    pulse.renewed(Sent::now(&pulse.clock));
    assert_eq!(pulse.lost(), Some(Lost::Fenced));
    assert_eq!(pulse.until_lost().await, Lost::Fenced);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_finds_its_run_fenced_though_its_monotonic_clock_stood_still() {
    let (hands, clock) = moved();
    let pulse = Pulse::new(Heartbeat::default(), clock);
    hands.store(119, Ordering::SeqCst);
    assert_eq!(pulse.lost(), None);
    hands.store(120, Ordering::SeqCst);
    assert_eq!(pulse.lost(), Some(Lost::Fenced));
    // Whatever the clock shows later.
    hands.store(0, Ordering::SeqCst);
    assert_eq!(pulse.lost(), Some(Lost::Fenced));
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_back_neither_fences_a_run_nor_saves_it_from_that() {
    let (hands, clock) = moved();
    let pulse = Pulse::new(Heartbeat::default(), clock);
    hands.store(-86_400, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(119)).await;
    assert_eq!(pulse.lost(), None);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(pulse.lost(), Some(Lost::Fenced));
}
