//! What `publish` prints and does.

use std::fs;
use std::path::PathBuf;

use bonafide_testkit::qcow2::Qcow2Image;
use serde_json::{Value, json};

use crate::{example, run};
use support::{Cloud, MARKER, vendor_data};

/// What the rehearsal must print of the operator's table, one line a row.
const TABLE: [(&str, &str, &str); 14] = [
    ("published", "centos-7", "CentOS 7 ("),
    ("refused", "centos-stream-8", "CentOS 8 Stream"),
    ("published", "debian-9", "Debian Stretch (9) ("),
    ("published", "debian-10", "Debian Buster (10) ("),
    ("refused", "debian-11", "Debian Bullseye (11)"),
    ("refused", "debian-12", "Debian Bookworm (12)"),
    ("refused", "debian-13", "Debian Trixie (13)"),
    ("published", "flatcar-stable", "Flatcar Stable ("),
    ("published", "ubuntu-18.04", "Ubuntu Bionic 18.04 ("),
    ("published", "ubuntu-20.04", "Ubuntu Focal 20.04 ("),
    ("published", "ubuntu-22.04", "Ubuntu Jammy 22.04 ("),
    ("published", "ubuntu-24.04", "Ubuntu Noble 24.04 ("),
    ("published", "ubuntu-26.04", "Ubuntu Resolute 26.04 ("),
    (
        "published",
        "rescue-ubuntu-18.04",
        "Rescue Ubuntu 18.04 sys11 (",
    ),
];

#[test]
fn publish_without_arguments_rehearses_the_operators_whole_table() {
    let (code, stdout, stderr) = run(&mut example("publish"));
    assert_eq!(code, 0, "{stderr}");
    for (how, channel, name) in TABLE {
        let row = stdout
            .lines()
            .find(|line| line.split_whitespace().nth(1) == Some(channel))
            .unwrap_or_else(|| panic!("no row of {channel} in:\n{stdout}"));
        // Some day no more builds are promised of each of them.
        if how == "refused" && row.starts_with("ended ") {
            assert!(row.contains("provided_until has passed"), "{row}");
            continue;
        }
        assert!(row.starts_with(how) && row.contains(name), "{row}");
        let why = match how {
            "refused" => "unsigned: there is no signature at https://",
            _ => "signed by ",
        };
        assert!(row.contains(why), "{row}");
    }
    assert!(
        stderr.contains("100 % of") && stderr.contains("is public"),
        "{stderr}"
    );
    assert!(stderr.contains(" 0 failed"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "no terminal, no escapes");
}

#[test]
fn publish_prints_what_was_proven_of_each_image() {
    let only = [
        "--details",
        "--only",
        "ubuntu-24.04",
        "--only",
        "flatcar-stable",
    ];
    let (code, stdout, stderr) = run(example("publish").args(only));
    assert_eq!(code, 0, "{stderr}");
    for expected in [
        "name         Ubuntu Noble 24.04 (",
        "signed by ",
        "signed at ",
        "sha512 ",
        "requests     5 ",
        "unpacked     ",
        "file by      ",
    ] {
        assert!(
            stdout.contains(expected),
            "`{expected}` is not in:\n{stdout}"
        );
    }
}

#[test]
fn publish_takes_a_slice_and_prints_json() {
    let only = [
        "--only",
        "ubuntu-22.04",
        "--only",
        "debian-12",
        "--only",
        "fedora-44",
    ];
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
    assert_eq!(names, ["Ubuntu 22.04", "Fedora 44"]);
    assert!(report["images"][0]["digests"]["sha256"].is_string());
    assert_eq!(report["refused"][0]["channel"], "debian-12");
    assert_eq!(report["failures"], json!([]));
}

#[test]
fn every_row_of_a_report_has_channel_title_cloud_and_a_code() {
    let dry: &[&str] = &["--json", "--dry-run"];
    for arguments in [&["--json"][..], dry] {
        let (_, stdout, stderr) = run(example("publish").args(arguments));
        let report: Value = serde_json::from_str(&stdout).unwrap();
        let lists = ["images", "would", "waiting", "ended", "refused", "failures"];
        let rows = lists.map(|list| report[list].as_array().unwrap());
        assert!(rows[0].len() + rows[1].len() > 10, "{stderr}");
        assert!(!rows[4].is_empty(), "{stderr}");
        for row in rows.into_iter().flatten() {
            for name in ["channel", "title", "cloud", "code"] {
                let said = row[name].as_str().unwrap_or_default();
                assert!(!said.is_empty(), "{name}: {row:#}");
            }
            let code = row["code"].as_str().unwrap();
            let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(code.chars().all(is_word), "{code}");
        }
        let refused = &report["refused"][0];
        assert_eq!(
            (&refused["code"], &refused["cloud"]),
            (&json!("unsigned"), &json!("rehearsal"))
        );
    }
}

#[test]
fn a_dry_run_says_what_it_would_do_and_publishes_nothing() {
    let (code, stdout, stderr) = run(example("publish").args(["--dry-run", "--json"]));
    assert_eq!(code, 0, "{stderr}");
    assert!(!stderr.contains("created"), "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["images"], json!([]));
    let would = report["would"].as_array().unwrap();
    let noble = would.iter().find(|row| row["channel"] == "ubuntu-24.04");
    let action = noble.unwrap()["action"].as_str().unwrap();
    assert!(
        action.starts_with("would upload https://cloud-images.ubuntu.com/"),
        "{action}"
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
    assert_eq!(code, 2);
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
        assert!(stdout.starts_with("FAILED "), "{stdout}");
        let stderr = stderr + &stdout;
        for expected in [
            "its list is verified: signed at 2026-07-25T22:34:07Z",
            "is refused: ",
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
fn clouds_yaml(cloud: &Cloud) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clouds.yaml");
    fs::write(&path, cloud.clouds_yaml()).unwrap();
    (directory, path)
}
