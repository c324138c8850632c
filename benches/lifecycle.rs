//! How long do the look-up of a large cloud and the plan take?
//!
//! The question behind it: a run looks up every use of an image before it takes access away, so
//! that should take seconds, not minutes, however large the cloud is.
//!
//! The cloud has 2,000 images, 500 projects and 100,000 servers. It is the embedded one, on
//! loopback and in the same process: most of the time is spent on writing and reading some 170 MB
//! of JSON. *plan* is the plan alone, from the looked-up state. Figures are servers per second.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use support::large_cloud::{LargeCloud, SERVERS, UNSHARED, UNUSED, steps};

#[expect(clippy::unwrap_used, reason = "a bench ends where something is amiss")]
fn observe_and_plan(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let large = runtime.block_on(LargeCloud::gather());
    let publisher = large.publisher();
    let mut group = criterion.benchmark_group("lifecycle");
    group.sample_size(10);
    group.throughput(Throughput::Elements(SERVERS as u64));
    group.bench_function("observe and plan", |bench| {
        bench.iter(|| {
            let plan = runtime.block_on(large.plan(&publisher));
            assert_eq!(steps(&plan), (UNSHARED, UNUSED));
            black_box(plan)
        });
    });
    let seen = runtime.block_on(large.seen(&publisher));
    group.bench_function("plan", |bench| {
        bench.iter(|| black_box(large.plan_of(&seen)));
    });
    group.finish();
}

criterion_group!(benches, observe_and_plan);
criterion_main!(benches);
