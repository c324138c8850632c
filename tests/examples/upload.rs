//! What `upload` takes and refuses.

use std::fs;

use bonafide_testkit::qcow2::Qcow2Image;
use serde_json::Value;

use crate::{example, run};

#[test]
fn upload_takes_what_is_proven_and_nothing_else_without_a_reason() {
    let upload = |arguments: &[&str]| run(example("upload").arg("--rehearsal").args(arguments));
    let (code, stdout, stderr) = upload(&["--channel", "flatcar-stable"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("uploaded: private image") && stdout.contains("signed by"),
        "{stdout}"
    );

    let (code, _, stderr) = upload(&["--channel", "debian-12"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("unsigned") && stderr.contains("--unverified"),
        "{stderr}"
    );
    let reason = "nobody signs it";
    let (code, stdout, stderr) =
        upload(&["--channel", "debian-12", "--unverified", reason, "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["unverified"], reason);
    assert_eq!(report["evidence"], Value::Null);

    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("own.qcow2");
    let bytes: Vec<u8> = Qcow2Image::new(1 << 30, 4, 1)
        .chunks(0, 1 << 16)
        .flatten()
        .collect();
    fs::write(&image, bytes).unwrap();
    let image = image.to_str().unwrap();
    let (code, _, stderr) = upload(&[image]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--unverified"), "{stderr}");
    let (code, stdout, stderr) = upload(&[
        image,
        "--unverified",
        "mine",
        "--property",
        "os_distro=ubuntu",
    ]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("UNVERIFIED   mine"), "{stdout}");

    for wrong in [
        &[image, "--unverified", " "][..],
        &[image, "--list", "x"],
        &["--channel", "ubuntu-1.04"],
        &[image, "--channel", "debian-12"],
        &[],
    ] {
        let (code, _, stderr) = upload(wrong);
        assert_eq!(code, 2, "{wrong:?}: {stderr}");
    }
}
