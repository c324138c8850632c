//! `check`: images held against the standards, whoever made them.

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
fn the_built_in_catalog_passes_in_every_edition() {
    for edition in ["v1.0", "v1.1", "v2"] {
        let (code, stdout, stderr) =
            run(example("check").args(["--rehearsal", "--edition", edition]));
        assert_eq!(code, 0, "{stdout}{stderr}");
        let summary = format!("18 images by {edition}: 0 errors, 0 warnings, ");
        assert!(stdout.starts_with(&summary), "{stdout}");
    }
}

/// What is missing where the names are those of the standards: what its vendor does not sign, and
/// what the built-in catalog does not have.
#[test]
fn the_built_in_catalog_has_what_is_mandatory_in_every_edition() {
    for (edition, missing) in [
        ("v1.0", &["ubuntu-capi-image vX.Y"][..]),
        ("v1.1", &["Debian 12", "ubuntu-capi-image-vX.Y"]),
        ("v2", &["ubuntu-capi-image-vX.Y", "debian 13", "debian 12"]),
    ] {
        let arguments = [
            "--rehearsal",
            "--scs",
            "--presence",
            "always",
            "--edition",
            edition,
        ];
        let (code, stdout, stderr) = run(example("check").args(arguments));
        assert_eq!(code, 3, "{stdout}{stderr}");
        let summary = format!("by {edition}: 0 errors, {} warnings", missing.len());
        assert!(stdout.contains(&summary), "{stdout}");
        for missing in missing {
            assert!(stdout.contains(missing), "{missing} is not in:\n{stdout}");
        }
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
        let (code, stdout, stderr) = run(example("check").args([&path, "--presence", "never"]));
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

/// A file of the field, or of what clients print.
fn kept(name: &str) -> String {
    let crates = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../bonafide-properties/tests/clients/"
    );
    format!("{crates}{name}")
}

#[test]
fn what_a_cloud_lacks_is_an_error_by_edition() {
    let debian = "list-debian-only.json";
    for (edition, code, words) in [
        (
            "v1.0",
            1,
            "no public image is called `Ubuntu 22.04`, which is mandatory",
        ),
        (
            "v1.1",
            1,
            "no public image is called `Ubuntu 24.04`, which is mandatory",
        ),
        (
            "v2",
            1,
            "no generic image of ubuntu 26.04 is public, which is required",
        ),
    ] {
        let (found, stdout, _) = run(example("check").args([&kept(debian), "--edition", edition]));
        assert_eq!(found, code, "{stdout}");
        assert!(stdout.contains(words), "{stdout}");
        let (_, stdout, _) =
            run(example("check").args([&kept(debian), "--json", "--edition", edition]));
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["missing"][0]["rule"], 47, "{report}");
    }
    // The standard asks no such thing of a part of a cloud.
    for arguments in [["--presence", "never"], ["--edition", "v1.1"]] {
        let mut image: Value =
            serde_json::from_str(&fs::read_to_string(kept(debian)).unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image.json");
        if arguments[0] == "--edition" {
            image = image["images"][0].take();
        }
        fs::write(&path, image.to_string()).unwrap();
        let (code, stdout, stderr) = run(example("check").arg(&path).args(arguments));
        assert_eq!(code, 0, "{stdout}{stderr}");
        assert!(stdout.contains("--presence always"), "{stdout}");
    }
}

#[test]
fn what_glance_writes_at_an_import_is_not_a_violation() {
    for edition in ["v1.0", "v1.1", "v2"] {
        let (code, stdout, stderr) =
            run(example("check").args([&kept("list-imported.json"), "--edition", edition]));
        assert_eq!(code, 0, "{stdout}{stderr}");
    }
}

#[test]
fn images_are_checked_as_each_client_shows_them() {
    let directory = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for name in [
        "openstack-10.5-image-show.json",
        "openstack-3.19-image-show.json",
    ] {
        let (code, stdout, stderr) = run(example("check").args([&kept(name), "--json"]));
        assert_eq!(code, 1, "{stderr}");
        reports.push(stdout);
    }
    assert_eq!(reports[0], reports[1]);
    let both = directory.path().join("both.json");
    let shown = [
        "openstack-10.5-image-show.json",
        "openstack-10.5-image-show-imported.json",
    ];
    let shown: String = shown
        .iter()
        .map(|name| fs::read_to_string(kept(name)).unwrap())
        .collect();
    fs::write(&both, &shown).unwrap();
    let (_, stdout, _) = run(example("check").arg(&both));
    assert!(stdout.contains("2 images by v1.1"), "{stdout}");
    fs::write(&both, &shown[..500]).unwrap();
    let (code, _, stderr) = run(example("check").arg(&both));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("ends within the JSON after 500 bytes"),
        "{stderr}"
    );
    for name in [
        "openstack-10.5-image-list.json",
        "openstack-10.5-image-list-long.json",
        "glance-4.13-image-show.txt",
    ] {
        let (code, _, stderr) = run(example("check").arg(kept(name)));
        assert_eq!(code, 2);
        assert!(stderr.contains("openstack image show -f json"), "{stderr}");
    }
}

#[test]
fn what_is_not_an_image_list_is_refused_with_what_to_do() {
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
