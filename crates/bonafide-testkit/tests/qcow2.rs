//! The images are what QEMU calls valid, and cost nothing to hold.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::io::Write;
use std::path::Path;
use std::process::Command;

use bonafide_testkit::qcow2::{CLUSTER_SIZE, Qcow2Image};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

const QEMU_IMG: &str = "/usr/bin/qemu-img";

/// `false`, with a word on the terminal, where there is no `qemu-img`; in CI it has to be there.
fn qemu_img_is_there(test: &str) -> bool {
    if Path::new(QEMU_IMG).exists() {
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "`{QEMU_IMG}` is missing: install qemu-utils"
    );
    let _ = writeln!(
        std::io::stderr(),
        "{test}: skipped, there is no `{QEMU_IMG}`"
    );
    false
}

/// Runs `qemu-img` on the image's header and tables, with holes for its data: its status and what
/// it prints.
fn qemu_img(image: &Qcow2Image, data_clusters: u64, arguments: &[&str]) -> (bool, Value) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut tables = vec![0; (image.len() - data_clusters * CLUSTER_SIZE) as usize];
    image.read_at(0, &mut tables);
    file.write_all(&tables).unwrap();
    file.as_file().set_len(image.len()).unwrap();
    let output = Command::new(QEMU_IMG)
        .args(arguments)
        .arg(file.path())
        .output()
        .unwrap();
    let printed = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.success(), printed)
}

#[test]
fn qemu_finds_no_error() {
    if !qemu_img_is_there("qemu_finds_no_error") {
        return;
    }
    // Empty, small, not a whole number of clusters, several L2 tables, several reference blocks.
    let shapes = [
        (0, 0),
        (512, 1),
        (1 << 20, 3),
        (10 << 30, 16),
        ((2 << 30) + 512, 9000),
        (4 << 30, 40_000),
        (1 << 50, 1 << 20),
    ];
    for (virtual_size, data_clusters) in shapes {
        let image = Qcow2Image::new(virtual_size, data_clusters, 1);
        let (ok, check) = qemu_img(
            &image,
            data_clusters,
            &["check", "--output=json", "-f", "qcow2"],
        );
        assert!(ok, "{virtual_size} {data_clusters}: {check}");
        assert_eq!(check["check-errors"], 0, "{check}");
        assert_eq!(check["corruptions"], Value::Null, "{check}");
        assert_eq!(check["leaks"], Value::Null, "{check}");
        assert_eq!(check["image-end-offset"], image.len(), "{check}");
        if data_clusters > 0 {
            assert_eq!(check["allocated-clusters"], data_clusters, "{check}");
        }
    }
}

#[test]
fn qemu_reports_the_virtual_size() {
    if !qemu_img_is_there("qemu_reports_the_virtual_size") {
        return;
    }
    for (asked, told) in [
        (3584 << 20, 3584_u64 << 20),
        (1000, CLUSTER_SIZE),
        (100_000, 100_352),
    ] {
        let image = Qcow2Image::new(asked, 1, 7);
        assert_eq!(image.virtual_size(), told);
        let (ok, info) = qemu_img(&image, 1, &["info", "--output=json"]);
        assert!(ok, "{info}");
        assert_eq!(info["format"], "qcow2");
        assert_eq!(info["virtual-size"], told);
        assert_eq!(info["format-specific"]["data"]["compat"], "1.1");
    }
}

#[test]
fn qemu_sees_what_an_image_claims() {
    if !qemu_img_is_there("qemu_sees_what_an_image_claims") {
        return;
    }
    let image = Qcow2Image::new(1 << 20, 1, 7).with_backing_file("/etc/passwd");
    let (_, info) = qemu_img(&image, 1, &["info", "--output=json"]);
    assert_eq!(info["backing-filename"], "/etc/passwd");
    assert_eq!(info["backing-filename-format"], "raw");
    let image = Qcow2Image::new(1 << 20, 1, 7).with_incompatible_features(1 << 1);
    let (_, info) = qemu_img(&image, 1, &["info", "--output=json"]);
    assert_eq!(info["format-specific"]["data"]["corrupt"], true);
}

#[test]
fn the_data_is_read_back_through_the_tables() {
    if !qemu_img_is_there("the_data_is_read_back_through_the_tables") {
        return;
    }
    let image = Qcow2Image::new(1 << 20, 3, 42);
    let directory = tempfile::tempdir().unwrap();
    let (source, raw) = (
        directory.path().join("image.qcow2"),
        directory.path().join("image.raw"),
    );
    std::fs::write(&source, whole(&image)).unwrap();
    let status = Command::new(QEMU_IMG)
        .args(["convert", "-f", "qcow2", "-O", "raw"])
        .args([&source, &raw])
        .status()
        .unwrap();
    assert!(status.success());
    let raw = std::fs::read(raw).unwrap();
    let data = &whole(&image)[(image.len() - 3 * CLUSTER_SIZE) as usize..];
    let (head, tail) = raw.split_at(data.len());
    assert_eq!(raw.len(), 1 << 20);
    assert!(head == data, "the data clusters differ");
    assert!(
        tail.iter().all(|byte| *byte == 0),
        "the rest of the disk is not empty"
    );
}

fn whole(image: &Qcow2Image) -> Vec<u8> {
    image.chunks(0, 1 << 20).flatten().collect()
}

#[test]
fn an_external_data_file_is_in_the_header() {
    let header = whole(&Qcow2Image::new(0, 0, 0).with_data_file("secret.raw"));
    assert_eq!(header[72..80], (1_u64 << 2).to_be_bytes());
    assert_eq!(header[104..108], *b"DATA");
    assert_eq!(header[112..122], *b"secret.raw");
}

#[test]
fn any_way_of_reading_gives_the_same_bytes() {
    let image = Qcow2Image::new(1 << 30, 2, 3);
    let bytes = whole(&image);
    assert_eq!(bytes.len() as u64, image.len());
    for chunk_size in [1000, 65_535, 65_537] {
        let chunks: Vec<Bytes> = image.chunks(0, chunk_size).collect();
        assert!(chunks.concat() == bytes, "chunks of {chunk_size}");
    }
    for offset in [1, 103, 65_535, 200_001, image.len() - 1] {
        let mut piece = [0; 100];
        let count = image.read_at(offset, &mut piece);
        let offset = offset as usize;
        assert_eq!(
            piece[..count],
            bytes[offset..(offset + 100).min(bytes.len())]
        );
    }
    assert_eq!(image.read_at(image.len(), &mut [0; 8]), 0);
    assert_eq!(image.chunks(image.len() + 1, 8).count(), 0);
}

#[test]
fn digests_are_those_of_the_bytes() {
    let image = Qcow2Image::new(1 << 30, 5, 3);
    assert_eq!(image.sha256(), hex::encode(Sha256::digest(whole(&image))));
    assert_eq!(image.sha512().len(), 128);
    assert_eq!(image.md5().len(), 32);
    let same = Qcow2Image::new(1 << 30, 5, 3);
    let other = Qcow2Image::new(1 << 30, 5, 4);
    assert_eq!(image.sha256(), same.sha256());
    assert_ne!(image.sha256(), other.sha256());
}

#[test]
fn a_file_has_the_size_that_was_asked_for() {
    for size in [1, 1 << 20, 100_000_000, 4 << 30] {
        let image = Qcow2Image::of_file_size(size, 1);
        assert!(image.len() >= size, "{size}");
        assert!(
            image.len() < size.max(5 * CLUSTER_SIZE) + 3 * CLUSTER_SIZE,
            "{size}: {}",
            image.len()
        );
    }
}

#[test]
fn extreme_arguments_are_cut() {
    let image = Qcow2Image::new(u64::MAX, u64::MAX, u64::MAX);
    assert_eq!(image.virtual_size(), 1 << 50);
    let mut last = [0; 16];
    assert_eq!(image.read_at(image.len() - 16, &mut last), 16);
    assert_ne!(last, [0; 16]);
}
