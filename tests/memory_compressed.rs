//! The memory of a publication does not grow with what a compressed image unpacks to. A test binary
//! of its own, so that the peak it reads is that of one publication, with the vendor site and the
//! cloud in the same process.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

use std::io::Write as _;
use std::path::Path;

use bonafide::publisher::Outcome;
use bonafide_testkit::cloud::EmbeddedCloud;

use support::custom_site::CustomWorld;
use support::{Cloud, peak_memory};

const MEBIBYTE: u64 = 1 << 20;
const UNPACKED: u64 = 1 << 30;
const LIMIT: u64 = 64 * MEBIBYTE;

/// A small image and zeros behind it, compressed as they are made.
fn packed(image: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(image).unwrap();
    let zeros = vec![0; MEBIBYTE as usize];
    let mut left = UNPACKED - image.len() as u64;
    while left > 0 {
        let piece = left.min(MEBIBYTE);
        encoder.write_all(&zeros[..piece as usize]).unwrap();
        left -= piece;
    }
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_that_unpacks_to_a_gibibyte_is_published_in_less_than_64_mib() {
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let cloud = EmbeddedCloud::builder().data_directory(directory.path());
    let shop = CustomWorld::new(Cloud::Embedded(cloud.start().await.unwrap())).await;
    shop.put_flatcar(&packed(&shop.qcow2()));

    let before = peak_memory();
    let report = shop.publish(&shop.flatcar()).await.unwrap();
    let after = peak_memory();
    println!(
        "peak: {} MiB before, {} MiB after",
        before / MEBIBYTE,
        after / MEBIBYTE
    );
    assert_eq!(report.outcome, Outcome::Published);
    assert_eq!(report.stored.unwrap().bytes, UNPACKED);
    assert!(report.digests.unwrap().digests.bytes < 2 * MEBIBYTE);
    assert!(after < LIMIT, "peak of {} MiB", after / MEBIBYTE);
}
