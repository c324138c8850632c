//! `catalog` and `latest`: what a catalog means, and what is newest.

use std::fs;

use serde_json::Value;

use crate::{example, run};

#[test]
fn a_catalog_of_ones_own_is_published() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.toml");
    let channel = "[[channel]]\nsource.ubuntu = { version = \"24.04\", codename = \"noble\", \
                   builds = \"simplestreams\" }\nnaming.stack = \"My Ubuntu\"\n";
    fs::write(&path, channel).unwrap();
    let (code, stdout, stderr) = run(example("publish").arg("--catalog").arg(&path));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stdout.contains("My Ubuntu ("), "{stdout}");

    let (code, stdout, _) = run(example("catalog").arg(&path));
    assert_eq!(code, 0);
    assert!(
        stdout.contains("ubuntu-24.04") && stdout.contains("D2EB44626FDDC30B"),
        "{stdout}"
    );

    fs::write(&path, channel.replace("naming", "nameing")).unwrap();
    for name in ["publish", "catalog", "latest"] {
        let mut command = example(name);
        let (code, _, stderr) = match name {
            "catalog" => run(command.arg(&path)),
            _ => run(command.arg("--catalog").arg(&path)),
        };
        assert_eq!(code, if name == "catalog" { 1 } else { 2 }, "{stderr}");
        assert!(
            stderr.contains("line 3, column 1") && stderr.contains("nameing"),
            "{stderr}"
        );
    }
}

#[test]
fn the_builtin_catalog_and_its_schema_are_printed() {
    let (code, stdout, _) = run(example("catalog").arg("--print"));
    assert_eq!(code, 0);
    assert!(stdout.contains("source.flatcar"), "{stdout}");
    let (code, stdout, _) = run(example("catalog").arg("--schema"));
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&stdout).unwrap();
    assert!(schema["properties"]["channel"].is_object(), "{schema}");
    let (code, stdout, _) = run(&mut example("catalog"));
    assert_eq!(code, 0);
    assert!(stdout.lines().count() > 20, "{stdout}");
}

#[test]
fn latest_shows_every_channels_newest_release_as_table_markdown_and_json() {
    let (code, stdout, stderr) = run(example("latest").arg("--rehearsal"));
    assert_eq!(code, 0, "{stderr}");
    let row = |name: &str| {
        let row = stdout.lines().find(|line| line.starts_with(name));
        row.unwrap_or_else(|| panic!("no {name} in:\n{stdout}"))
    };
    assert!(
        row("flatcar-stable ").ends_with("/4593.2.5/flatcar_production_openstack_image.img.bz2")
    );
    assert!(row("centos-7 ").contains("2211") && row("centos-7 ").contains(" 2022-11-01 "));
    assert!(row("debian-12 ").contains("refused: unsigned"));
    assert!(row("fedora-44 ").contains("sha256:"));

    let format = ["--rehearsal", "--only", "ubuntu-24.04", "--format"];
    let (code, stdout, _) = run(example("latest").args(format).arg("markdown"));
    assert_eq!(code, 0);
    assert!(
        stdout.starts_with("| channel | build | date | signer | digest | url |\n| --- |"),
        "{stdout}"
    );
    let (code, stdout, _) = run(example("latest").args(format).arg("json"));
    assert_eq!(code, 0);
    let rows: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(rows[0]["channel"], "ubuntu-24.04");
    assert!(rows[0]["evidence"]["signer"].is_string(), "{rows}");

    // A mirror without files: every channel is refused, each with its URL.
    let empty = tempfile::tempdir().unwrap();
    let mut latest = example("latest");
    let (code, stdout, _) = run(latest.arg("--from-directory").arg(empty.path()));
    assert_eq!(code, 1);
    assert!(
        stdout.contains(
            "refused: Ubuntu 24.04 is at none of its vendor's places: \
             https://cloud-images.ubuntu.com/releases/noble/ (404)"
        ),
        "{stdout}"
    );
}
