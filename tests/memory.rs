//! The memory of a publication does not grow with the image. A test binary of its own, so that the
//! peak it reads is that of one publication, with the vendor site and the cloud in the same
//! process.

#![expect(clippy::print_stdout, reason = "a test says what it saw")]

use std::path::Path;

use bonafide::publisher::Outcome;
use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::qcow2::Qcow2Image;

use support::{Cloud, World, peak_memory};

const MEBIBYTE: u64 = 1 << 20;
const GIBIBYTE: u64 = 1 << 30;
const LIMIT: u64 = 64 * MEBIBYTE;

#[tokio::test(flavor = "multi_thread")]
async fn a_4_gib_image_is_published_in_less_than_64_mib() {
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let cloud = EmbeddedCloud::builder().data_directory(directory.path());
    let world = World::new(Cloud::Embedded(cloud.start().await.unwrap())).await;
    let image = Qcow2Image::of_file_size(4 * GIBIBYTE, world.seed);
    let build = world
        .site
        .publish_ubuntu(&world.build().image(image), &world.key)
        .unwrap();
    assert!(build.size >= 4 * GIBIBYTE);

    let before = peak_memory();
    let report = world.publish().await.unwrap();
    let after = peak_memory();
    println!(
        "peak: {} MiB before, {} MiB after",
        before / MEBIBYTE,
        after / MEBIBYTE
    );
    assert_eq!(report.outcome, Outcome::Published);
    assert_eq!(report.digests.unwrap().digests.bytes, build.size);
    assert!(after < LIMIT, "peak of {} MiB", after / MEBIBYTE);
}
