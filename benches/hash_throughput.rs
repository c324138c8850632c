//! How fast are the digests, beside OpenSSL's on the same data?
//!
//! The question behind it: an image passes through the hasher once, while it is downloaded and
//! uploaded. Is hashing ever the slowest part, and does prefetching (`SingleDigester`) help?
//!
//! *Cached* is 1 MiB that stays in the second-level cache; *cold* is 256 MiB that comes from main
//! memory. Data is passed in chunks of 256 KiB, as the publisher does. Figures are bytes per second
//! of input; compare them within one run only.

use std::hint::black_box;
use std::time::Duration;

use bonafide_verify::{Algorithm, Digester, SingleDigester};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use openssl::hash::{Hasher, MessageDigest};

const CHUNK: usize = 256 * 1024;
const SIZES: [(&str, usize); 2] = [("cached", 1 << 20), ("cold", 256 << 20)];

fn both(data: &[u8]) {
    let mut digester = Digester::new();
    for chunk in data.chunks(CHUNK) {
        digester.update(chunk);
    }
    black_box(digester.finish());
}

fn single(algorithm: Algorithm, data: &[u8]) {
    let mut digester = SingleDigester::new(algorithm);
    for chunk in data.chunks(CHUNK) {
        digester.update(chunk);
    }
    black_box(digester.finish());
}

/// One or two of OpenSSL's digests, chunk by chunk.
fn openssl(algorithms: &[MessageDigest], data: &[u8]) {
    let mut hashers: Vec<_> = algorithms
        .iter()
        .filter_map(|algorithm| Hasher::new(*algorithm).ok())
        .collect();
    assert_eq!(hashers.len(), algorithms.len(), "OpenSSL has these digests");
    for chunk in data.chunks(CHUNK) {
        for hasher in &mut hashers {
            assert!(hasher.update(chunk).is_ok());
        }
    }
    for mut hasher in hashers {
        black_box(hasher.finish().ok());
    }
}

/// The same digest without prefetching, for comparison with `SingleDigester`.
fn plain_sha256(data: &[u8]) {
    use sha2::Digest as _;
    let mut state = sha2::Sha256::new();
    for chunk in data.chunks(CHUNK) {
        state.update(chunk);
    }
    black_box(state.finalize());
}

fn hash_throughput(criterion: &mut Criterion) {
    for (temperature, size) in SIZES {
        let data: Vec<u8> = (0..size)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let mut group = criterion.benchmark_group(temperature);
        group.throughput(Throughput::Bytes(size as u64));
        settings(&mut group);
        let sha256 = MessageDigest::sha256();
        let sha512 = MessageDigest::sha512();
        group.bench_function("sha256/bonafide", |b| {
            b.iter(|| single(Algorithm::Sha256, &data));
        });
        group.bench_function("sha256/sha2 alone", |b| b.iter(|| plain_sha256(&data)));
        group.bench_function("sha256/openssl", |b| b.iter(|| openssl(&[sha256], &data)));
        group.bench_function("sha512/bonafide", |b| {
            b.iter(|| single(Algorithm::Sha512, &data));
        });
        group.bench_function("sha512/openssl", |b| b.iter(|| openssl(&[sha512], &data)));
        group.bench_function("both/bonafide", |b| {
            b.iter(|| both(&data));
        });
        group.bench_function("both/openssl", |b| {
            b.iter(|| openssl(&[sha256, sha512], &data));
        });
        group.finish();
    }
}

fn settings(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.sample_size(10);
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(4));
}

criterion_group!(benches, hash_throughput);
criterion_main!(benches);
