//! The examples as people run them: what they print and how they exit.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::qcow2::Qcow2Image;
use serde_json::Value;

use support::{Cloud, MARKER, vendor_data};

/// Examples are built beside the tests, by the same `cargo test`.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let path = profile.join("examples").join(name);
    assert!(
        path.is_file(),
        "{} is missing: cargo build --examples",
        path.display()
    );
    let mut command = Command::new(path);
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("OS_")) {
        command.env_remove(variable);
    }
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn publish_without_arguments_rehearses_and_prints_what_was_proven() {
    let (code, stdout, stderr) = run(&mut example("publish"));
    assert_eq!(code, 0, "{stderr}");
    for expected in [
        "name         Ubuntu Noble 24.04 (",
        "signed by ",
        "signed at ",
        "sha512 ",
        "requests     6 ",
    ] {
        assert!(
            stdout.contains(expected),
            "`{expected}` is not in:\n{stdout}"
        );
    }
    assert!(
        stderr.contains("100 % of") && stderr.contains("is public"),
        "{stderr}"
    );
    assert!(!stderr.contains('\u{1b}'), "no terminal, no escapes");
}

#[test]
fn publish_takes_a_slice_and_prints_json() {
    let only = ["--only", "ubuntu-22.04", "--only", "ubuntu-26.04"];
    let (code, stdout, _) = run(example("publish").args(only).args(["--json", "--scs"]));
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["mode"], "rehearsal");
    let names: Vec<_> = report["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| &image["name"])
        .collect();
    assert_eq!(names, ["Ubuntu 22.04", "Ubuntu 26.04"]);
    assert!(report["images"][0]["digests"]["sha256"].is_string());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_publishes_nothing() {
    let (code, stdout, stderr) = run(example("publish").args(["--dry-run", "--json"]));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("would upload https://cloud-images.ubuntu.com/"),
        "{stderr}"
    );
    assert!(!stderr.contains("created"), "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["images"], serde_json::json!([]));
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    let (code, _, stderr) = run(example("publish").args(["--only", "ubuntu-23.10"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("ubuntu-23.10") && stderr.contains("ubuntu-24.04"),
        "{stderr}"
    );
    assert_eq!(run(example("publish").arg("--publish-everything")).0, 2);
    assert_eq!(run(&mut example("verify")).0, 2);
    let missing = [
        "--vendor",
        "ubuntu",
        "--list",
        "/nonexistent/a",
        "--signature",
        "/nonexistent/b",
    ];
    let (code, _, stderr) = run(example("verify").args(missing));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("`/nonexistent/a` can't be read"),
        "{stderr}"
    );
}

#[test]
fn an_unknown_cloud_is_explained() {
    let empty = tempfile::tempdir().unwrap();
    let mut publish = example("publish");
    publish
        .args(["--cloud", "nowhere"])
        .current_dir(empty.path());
    publish.env("OS_CLIENT_CONFIG_FILE", empty.path().join("clouds.yaml"));
    let (code, _, stderr) = run(&mut publish);
    assert_eq!(code, 1);
    assert!(stderr.contains("clouds.yaml"), "{stderr}");
}

/// Ubuntu's real signed list, with an image beside it that is not Ubuntu's: refused by the real
/// keys, on the way into a cloud that would let it be public.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_image_beside_ubuntus_real_list_is_refused_by_the_real_keys() {
    let Some(data) = vendor_data() else { return };
    let mirror = tempfile::tempdir().unwrap();
    let directory = "cloud-images.ubuntu.com/releases/noble/release-20260725";
    let directory = mirror.path().join(directory);
    fs::create_dir_all(&directory).unwrap();
    for file in ["SHA256SUMS", "SHA256SUMS.gpg"] {
        let bytes = fs::read(data.join("ubuntu/noble-20260725").join(file)).unwrap();
        fs::write(directory.join(file), bytes).unwrap();
    }
    let image: Vec<u8> = Qcow2Image::new(1 << 30, 8, 1)
        .chunks(0, 1 << 16)
        .flatten()
        .collect();
    fs::write(
        directory.join("ubuntu-24.04-server-cloudimg-amd64.img"),
        image,
    )
    .unwrap();

    for cloud in [Cloud::embedded().await, Cloud::real().await]
        .into_iter()
        .flatten()
    {
        let (_kept, clouds_yaml) = clouds_yaml(&cloud);
        let mut publish = example("publish");
        publish.args([
            "--cloud",
            "admin",
            "--only",
            "ubuntu-24.04",
            "--from-directory",
        ]);
        publish
            .arg(mirror.path())
            .env("OS_CLIENT_CONFIG_FILE", clouds_yaml);
        let output = tokio::task::spawn_blocking(move || run(&mut publish));
        let (code, stdout, stderr) = output.await.unwrap();
        assert_eq!(code, 1, "{stderr}");
        assert_eq!(stdout, "");
        for expected in [
            "its list is proven: signed at 2026-07-25T22:34:07Z",
            "REFUSED: ",
            "d1940f7d69d343355e183dff1e08a59852d32e7309baa7a4bad8365b11b005ac",
            "removed the incomplete image",
        ] {
            assert!(
                stderr.contains(expected),
                "`{expected}` is not in:\n{stderr}"
            );
        }
        let digest = "d1940f7d69d343355e183dff1e08a59852d32e7309baa7a4bad8365b11b005ac";
        let filter = bonafide::glance::ImageFilter::new()
            .property(MARKER, "ubuntu-24.04")
            .property("bonafide_vendor_digest", format!("sha256:{digest}"));
        let left = cloud.glance("admin").list(&filter).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The cloud's configuration as a file.
fn clouds_yaml(cloud: &Cloud) -> (Option<tempfile::TempDir>, PathBuf) {
    match cloud {
        Cloud::Real(path) => (None, path.clone()),
        Cloud::Embedded(cloud) => {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("clouds.yaml");
            fs::write(&path, EmbeddedCloud::clouds_yaml(cloud)).unwrap();
            (Some(directory), path)
        }
    }
}

#[test]
fn verify_proves_ubuntus_real_list_and_file_and_refuses_a_changed_one() {
    let Some(data) = vendor_data() else { return };
    let signed = data.join("ubuntu/jammy-core-20230626");
    let verify = |file: PathBuf| {
        let mut command = example("verify");
        command
            .args(["--vendor", "ubuntu", "--list"])
            .arg(signed.join("SHA256SUMS"));
        command
            .arg("--signature")
            .arg(signed.join("SHA256SUMS.gpg"));
        command.arg("--file").arg(file);
        command
    };
    let name = "ubuntu-jammy-core-cloudimg-amd64.manifest";
    let (code, stdout, stderr) = run(&mut verify(signed.join(name)));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81"),
        "{stdout}"
    );
    assert!(
        stdout.contains(&format!("the file is proven: {name}, 3003 bytes")),
        "{stdout}"
    );

    let changed = data.join("negative/33-artifact-tampered").join(name);
    let (code, stdout, stderr) = run(&mut verify(changed));
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("REFUSED: ") && stderr.contains("over 3012 bytes"),
        "{stderr}"
    );
    assert!(!stdout.contains("the file is proven"), "{stdout}");

    let renamed = tempfile::tempdir().unwrap();
    let other = renamed.path().join("other-name");
    fs::copy(signed.join(name), &other).unwrap();
    assert_eq!(
        run(&mut verify(other.clone())).0,
        1,
        "its own name is not listed"
    );
    assert_eq!(run(verify(other).args(["--as", name])).0, 0);
}

#[test]
fn verify_refuses_what_is_no_signature() {
    let directory = tempfile::tempdir().unwrap();
    let (list, signature) = (
        directory.path().join("list"),
        directory.path().join("signature"),
    );
    fs::write(&list, "x").unwrap();
    fs::write(&signature, "<html>404</html>").unwrap();
    let mut verify = example("verify");
    verify
        .args(["--vendor", "ubuntu", "--list"])
        .arg(list)
        .arg("--signature")
        .arg(signature);
    let (code, stdout, stderr) = run(&mut verify);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("it is an HTML page"), "{stderr}");
}
