//! What `upload` takes and refuses.

use std::fs;

use bonafide_testkit::keys::SignatureOptions;
use bonafide_testkit::qcow2::Qcow2Image;
use serde_json::Value;

use crate::made::{Made, hour_ago, sha256, sha512};
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
    let reason = "the vendor does not sign it";
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

#[test]
fn upload_takes_a_file_by_every_form_of_proof() {
    let made = Made::new();
    let image: Vec<u8> = Qcow2Image::new(1 << 30, 4, 2)
        .chunks(0, 1 << 16)
        .flatten()
        .collect();
    made.write("own.qcow2", &image);
    made.write("renamed.qcow2", &image);
    made.signed("SUMS", format!("{}  own.qcow2\n", sha256(&image)));
    made.signed("own.qcow2.sha512", sha512(&image));
    let options = SignatureOptions::at(hour_ago());
    let over_image = made.key().sign_binary(&image, &options).unwrap();
    made.write("own.qcow2.sig", over_image);
    let over_list = made.key().sign_binary(b"another file", &options).unwrap();
    made.write("wrong.sig", over_list);

    let upload = |arguments: &[&str]| {
        let mut upload = example("upload");
        upload.current_dir(made.root()).arg("--rehearsal");
        upload.args(["--key", "key.asc", "--pinned", &made.fingerprint()]);
        run(upload.args(arguments))
    };
    let by_list = ["--list", "SUMS", "--signature", "SUMS.asc"];
    let by_digest = [
        "--list",
        "own.qcow2.sha512",
        "--signature",
        "own.qcow2.sha512.asc",
    ];
    for accepted in [
        &[&["own.qcow2"][..], &by_list].concat()[..],
        &[&["own.qcow2"][..], &by_digest].concat(),
        &[&["renamed.qcow2", "--as", "own.qcow2"][..], &by_list].concat(),
        &[
            &["own.qcow2", "--file-signature", "own.qcow2.sig"][..],
            &by_list,
        ]
        .concat(),
    ] {
        let (code, stdout, stderr) = upload(accepted);
        assert_eq!(code, 0, "{accepted:?}: {stderr}");
        assert!(stdout.contains("uploaded: private image"), "{stdout}");
        assert!(stdout.contains(&made.fingerprint()), "{stdout}");
    }
    for (refused, wanted) in [
        (
            &[&["renamed.qcow2"][..], &by_list].concat()[..],
            "`renamed.qcow2` is not in the signed list",
        ),
        (
            &[&["SUMS"][..], &by_digest].concat(),
            "can't be used as an image",
        ),
        (
            &[
                &["own.qcow2", "--file-signature", "wrong.sig"][..],
                &by_list,
            ]
            .concat(),
            "bad signature",
        ),
    ] {
        let (code, stdout, stderr) = upload(refused);
        assert_eq!((code, stdout.as_str()), (1, ""), "{refused:?}");
        assert!(stderr.contains(wanted), "{refused:?}: {stderr}");
    }
    // Without a pin, only an embedded vendor's key is valid.
    let mut unpinned = example("upload");
    unpinned.current_dir(made.root()).arg("--rehearsal");
    let (code, _, stderr) = run(unpinned.arg("own.qcow2").args(by_list));
    assert_eq!(code, 1);
    assert!(stderr.contains("unknown key"), "{stderr}");
}
