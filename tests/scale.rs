//! A cloud with 2,000 images, 500 projects and 100,000 servers is looked at and planned for by some
//! hundred requests, with little memory. A test binary of its own, so that the peak it reads is its own.

#![expect(clippy::print_stdout, reason = "a test says what it saw")]

use support::large_cloud::{IMAGES, LargeCloud, SERVERS, UNSHARED, UNUSED, steps};
use support::peak_memory;

const MEBIBYTE: u64 = 1 << 20;
/// What Nova, Cinder and Glance give at once.
const PAGE: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_by_pages_and_memory_does_not_go_by_servers() {
    let large = LargeCloud::gather().await;
    large.cloud.clear_requests();
    let before = peak_memory();
    let plan = large.plan(&large.publisher()).await;
    let after = peak_memory();
    let grown = after.saturating_sub(before) / MEBIBYTE;
    println!(
        "peak: {} MiB before, {grown} MiB more after",
        before / MEBIBYTE
    );
    assert!(grown < 64, "{grown} MiB for {SERVERS} servers");
    assert_eq!(steps(&plan), (UNSHARED, UNUSED), "{:?}", plan.notes);
    assert_eq!(plan.actions.len(), UNSHARED + UNUSED);

    let requests = large.cloud.requests();
    let asked = |path: &str| {
        let asked = requests.iter().filter(|request| {
            let of = request.path.split('?').next().unwrap_or_default();
            request.method == "GET" && of.ends_with(path)
        });
        asked.count()
    };
    let pages = |things: usize| things / PAGE + 1;
    println!("{} requests for {} own images", requests.len(), large.own);
    // All servers, and once more with those that are deleted softly.
    assert!(
        asked("/servers/detail") <= 2 * pages(SERVERS),
        "{}",
        asked("/servers/detail")
    );
    // The own images, and those of all projects; what is hidden is asked for separately.
    assert!(asked("/images") <= 2 * pages(large.own) + 2 * pages(IMAGES));
    assert_eq!(
        asked("/members"),
        large.shared,
        "one for each image that is shared"
    );
    let others = requests.len() - asked("/servers/detail") - asked("/images") - asked("/members");
    assert!(others <= 8, "{others} others");
}
