//! `check`: images of anybody held against the standards.

use std::fs;

use serde_json::{Value, json};

use crate::{example, run};

/// An image list on disk.
fn saved(images: &Value) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("images.json");
    fs::write(&path, json!({ "images": images }).to_string()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (directory, path)
}

/// An image that breaks no rule.
fn good() -> Value {
    json!({
        "id": "1", "name": "Rocky Linux 9.8", "status": "active", "visibility": "public",
        "os_hidden": false, "owner": "operator", "size": 1000, "min_disk": 10, "min_ram": 512,
        "os_hash_algo": "sha512", "os_hash_value": "ab".repeat(64), "virtual_size": 10_737_418_240_u64,
        "tags": ["os:rocky", "managed_by_acme"], "created_at": "2026-11-10T00:00:00Z",
        "architecture": "x86_64", "hw_disk_bus": "virtio", "hw_rng_model": "virtio",
        "hypervisor_type": "qemu", "image_build_date": "2026-11-10", "image_description": "Rocky",
        "image_original_user": "rocky", "image_source": "https://dl.rockylinux.org/x.qcow2",
        "os_distro": "rocky", "os_purpose": "generic", "os_version": "9.8",
        "provided_until": "none", "replace_frequency": "monthly", "uuid_validity": "none",
    })
}

#[test]
fn the_built_in_catalogue_passes_in_every_edition() {
    for edition in ["v1.0", "v1.1", "v2"] {
        let (code, stdout, stderr) =
            run(example("check").args(["--rehearsal", "--edition", edition]));
        assert_eq!(code, 0, "{stdout}{stderr}");
        let summary = format!("18 images by {edition}: 0 errors, 0 warnings, ");
        assert!(stdout.starts_with(&summary), "{stdout}");
    }
}

#[test]
fn a_saved_list_is_checked_and_the_exit_status_says_how_bad_it_is() {
    let mut wrong = good();
    wrong["os_distro"] = json!("Rocky");
    // The public conformance test lets both pass.
    wrong["provided_until"] = json!("forever");
    wrong["uuid_validity"] = json!("last-0");
    let mut warned = good();
    warned["tags"] = json!([]);
    let mut hostile = good();
    hostile["name"] = json!("x\u{1b}[2K\nerror");
    for (image, wanted, words) in [
        (good(), 0, "1 images by v1.1: 0 errors, 0 warnings, 0 hints"),
        (wrong.clone(), 1, "a name in lower case is needed"),
        (wrong.clone(), 1, "`none` or `notice` is needed"),
        (wrong.clone(), 1, "`last-N` with N of 1 or more"),
        (warned, 3, "a tag `os:rocky` is recommended"),
        (hostile, 3, "x\\u{1b}[2K\\u{a}error"),
    ] {
        let (_kept, path) = saved(&json!([image]));
        let (code, stdout, stderr) = run(example("check").arg(&path));
        assert_eq!(code, wanted, "{stdout}{stderr}");
        assert!(stdout.contains(words), "`{words}` is not in:\n{stdout}");
        assert!(!stdout.contains('\u{1b}'));
    }

    let (_kept, path) = saved(&json!([good(), wrong]));
    let (code, stdout, _) = run(example("check").args([&path, "--json", "--edition", "v2"]));
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["edition"], "v2");
    let violations = report["images"][1]["violations"].as_array().unwrap();
    assert_eq!(violations[0]["severity"], "error");
    assert_eq!(violations[0]["rule"], 4);
    assert_eq!(violations[0]["property"], "os_distro");
    assert_eq!(violations[0]["value"], "Rocky");
}

#[test]
fn what_is_no_image_list_is_refused_with_what_to_do() {
    let (_kept, path) = saved(&json!([{"ID": "1", "Name": "x"}]));
    let (code, _, stderr) = run(example("check").arg(&path));
    assert_eq!(code, 2);
    assert!(
        stderr.contains(&path) && stderr.contains("GET /v2/images"),
        "{stderr}"
    );
    assert_eq!(run(example("check").arg("/nonexistent")).0, 2);
    assert_eq!(run(&mut example("check")).0, 2);
    assert_eq!(run(example("check").args([&path, "--edition", "v3"])).0, 2);
}
