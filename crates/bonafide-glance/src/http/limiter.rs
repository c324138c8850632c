//! How fast requests may be sent to a cloud that answers 429: slower at once, and faster again step
//! by step (additive increase, multiplicative decrease).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The period over which the current rate is measured.
const WINDOW: Duration = Duration::from_secs(1);
/// The factor by which the rate drops when the cloud asks for less.
const DECREASE: f64 = 0.5;
/// By how many requests a second the rate grows in a second without a 429.
const INCREASE: f64 = 2.0;
/// The lowest rate, in requests a second.
const LOWEST: f64 = 2.0;
/// From this rate on requests are not delayed any more, in requests a second.
const UNLIMITED: f64 = 1_000.0;

/// Delays requests as the cloud requires; none before its first 429. Shared by all clones of a
/// session.
#[derive(Debug)]
pub(crate) struct Limiter(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Requests a second, once the cloud has asked for less.
    rate: Option<f64>,
    /// When the next request may be sent.
    next: Instant,
    /// When the rate was last lowered. Answers to earlier requests have no effect.
    lowered: Option<Instant>,
    /// When the requests of the last second were sent.
    recent: VecDeque<Instant>,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            rate: None,
            next: Instant::now(),
            lowered: None,
            recent: VecDeque::new(),
        }))
    }

    /// Waits until the next request may be sent, and returns that time.
    pub(crate) async fn turn(&self) -> Instant {
        let turn = self.state().take_turn(Instant::now());
        sleep_until(turn).await;
        turn
    }

    /// The cloud has answered 429 to the request of `sent`, and asks for `pause` before the next
    /// one.
    pub(crate) fn slow_down(&self, sent: Instant, pause: Option<Duration>) {
        self.state().slow_down(Instant::now(), sent, pause);
    }

    /// The cloud has given another answer.
    pub(crate) fn speed_up(&self) {
        self.state().speed_up();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_turn(&mut self, now: Instant) -> Instant {
        let turn = self.next.max(now);
        if let Some(rate) = self.rate {
            self.next = turn + Duration::from_secs_f64(1.0 / rate);
        }
        self.forget_before(now);
        self.recent.push_back(turn);
        turn
    }

    fn slow_down(&mut self, now: Instant, sent: Instant, pause: Option<Duration>) {
        if self.lowered.is_none_or(|lowered| sent > lowered) {
            self.forget_before(now);
            let sent = self.recent.iter().filter(|sent| **sent <= now).count();
            let present = u32::try_from(sent).map_or(UNLIMITED, f64::from);
            let rate = self.rate.unwrap_or(UNLIMITED).min(present) * DECREASE;
            self.rate = Some(rate.max(LOWEST));
            self.lowered = Some(now);
        }
        let gap = self.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
        let pause = pause.max(gap).unwrap_or_default();
        self.next = self.next.max(now + pause);
    }

    fn speed_up(&mut self) {
        if let Some(rate) = self.rate {
            let faster = rate + INCREASE / rate;
            self.rate = (faster < UNLIMITED).then_some(faster);
        }
    }

    fn forget_before(&mut self, now: Instant) {
        while let Some(oldest) = self.recent.front()
            && *oldest + WINDOW < now
        {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cloud that accepts this many requests a second, without bursts.
    struct Bucket {
        rate: f64,
        tokens: f64,
        filled: Instant,
    }

    impl Bucket {
        fn takes(&mut self) -> bool {
            let now = Instant::now();
            let since = now.duration_since(self.filled).as_secs_f64();
            self.tokens = (self.tokens + since * self.rate).min(self.rate);
            self.filled = now;
            let takes = self.tokens >= 1.0;
            self.tokens -= f64::from(u8::from(takes));
            takes
        }
    }

    /// Sends so many requests, each as soon as it may be; how many were refused, and how long it
    /// took.
    async fn send(limiter: &Limiter, bucket: &mut Bucket, requests: u32) -> (u32, Duration) {
        let (start, mut refused) = (Instant::now(), 0);
        for _ in 0..requests {
            loop {
                let sent = limiter.turn().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                if bucket.takes() {
                    limiter.speed_up();
                    break;
                }
                limiter.slow_down(sent, None);
                refused += 1;
            }
        }
        (refused, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_held_back_before_the_first_429() {
        let limiter = Limiter::new();
        let start = Instant::now();
        for _ in 0..1_000 {
            limiter.turn().await;
            limiter.speed_up();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_settles_near_what_the_cloud_takes() {
        let limiter = Limiter::new();
        let mut bucket = Bucket {
            rate: 20.0,
            tokens: 20.0,
            filled: Instant::now(),
        };
        let (refused, took) = send(&limiter, &mut bucket, 1_000).await;
        assert!(refused < 50, "{refused} of 1000 were refused");
        // At twenty a second a thousand take 49 s at the least.
        assert!((45..90).contains(&took.as_secs()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_the_cloud_wants_holds_everything_back() {
        let limiter = Limiter::new();
        let sent = limiter.turn().await;
        limiter.slow_down(sent, Some(Duration::from_secs(7)));
        let start = Instant::now();
        limiter.turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_to_what_was_sent_before_do_not_slow_down_twice() {
        let limiter = Limiter::new();
        let mut sent = Vec::new();
        for _ in 0..16 {
            sent.push(limiter.turn().await);
        }
        for sent in sent {
            limiter.slow_down(sent, None);
        }
        assert_eq!(limiter.state().rate, Some(8.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cloud_that_takes_nothing_is_asked_twice_a_second() {
        let limiter = Limiter::new();
        for _ in 0..20 {
            let sent = limiter.turn().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            limiter.slow_down(sent, None);
        }
        assert_eq!(limiter.state().rate, Some(LOWEST));
    }
}
