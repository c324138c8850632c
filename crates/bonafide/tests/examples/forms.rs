//! What `verify` proves: every form of list, files by their own signatures, and whose keys are asked.

use std::path::Path;

use bonafide_testkit::keys::SignatureOptions;

use crate::made::{Made, hour_ago, sha256, sha512};
use crate::{example, run};
use support::vendor_data;

const IMAGE: &[u8] = b"the bytes of an image";
const OTHER: &[u8] = b"the bytes of another one";

/// `verify` with the made key, and what else is given, in the directory of the made files.
pub(crate) fn verify(made: &Made, arguments: &[&str]) -> (i32, String, String) {
    let mut verify = example("verify");
    verify.current_dir(made.root());
    verify.args(["--key", "key.asc", "--pinned", &made.fingerprint()]);
    run(verify.args(arguments))
}

fn is_proven(made: &Made, arguments: &[&str], wanted: &str) {
    let (code, stdout, stderr) = verify(made, arguments);
    assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
    assert!(stdout.contains(wanted), "{arguments:?}: {stdout}");
}

fn is_refused(made: &Made, arguments: &[&str], wanted: &str) {
    let (code, stdout, stderr) = verify(made, arguments);
    assert_eq!(code, 1, "{arguments:?}: {stdout}{stderr}");
    assert!(stderr.starts_with("REFUSED: "), "{stderr}");
    assert!(stderr.contains(wanted), "{arguments:?}: {stderr}");
    assert!(!stdout.contains("the file is verified"), "{stdout}");
}

#[test]
fn a_list_by_an_own_key_is_proven_if_that_key_is_pinned() {
    let made = Made::new();
    made.write("image.qcow2", IMAGE);
    made.signed("SUMS", format!("{}  image.qcow2\n", sha256(IMAGE)));
    let list = ["--list", "SUMS", "--signature", "SUMS.asc"];
    is_proven(&made, &list, &made.fingerprint());
    let file = [&list[..], &["--file", "image.qcow2"]].concat();
    is_proven(&made, &file, "the file is verified: image.qcow2, 21 bytes");

    made.write("image.qcow2", OTHER);
    is_refused(&made, &file, "is not the vendor's file");
    made.write("SUMS", format!("{}  image.qcow2\n", sha256(OTHER)));
    is_refused(&made, &file, "bad signature");

    let with = |key: &[&str]| {
        let mut verify = example("verify");
        verify.current_dir(made.root()).args(list);
        run(verify.args(key))
    };
    let other = "0000000000000000000000000000000000000000";
    let (code, _, stderr) = with(&["--key", "key.asc", "--pinned", other]);
    assert_eq!(code, 1);
    assert!(stderr.contains(&made.fingerprint()), "{stderr}");
    let id = &made.fingerprint()[24..];
    let (code, _, stderr) = with(&["--key", "key.asc", "--pinned", id]);
    assert_eq!(code, 2);
    assert!(stderr.contains("not a key id"), "{stderr}");
    assert_eq!(with(&["--pinned", other]).0, 2, "a pin alone is not a key");
    // Nothing pins it.
    let (code, _, stderr) = with(&["--key", "key.asc"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--pinned"), "{stderr}");
    let (code, _, stderr) = with(&[]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("unknown key") && stderr.contains("--pinned"),
        "{stderr}"
    );
}

#[test]
fn side_cars_are_proven_bare_or_with_the_name() {
    let made = Made::new();
    made.write("image.qcow2", IMAGE);
    made.write("other.qcow2", OTHER);
    made.signed("image.qcow2.sha512", format!("{}\n", sha512(IMAGE)));
    let bare = [
        "--list",
        "image.qcow2.sha512",
        "--signature",
        "image.qcow2.sha512.asc",
    ];
    is_proven(&made, &bare, "it is one digest, and names no file");
    let file = |name| [&bare[..], &["--file", name]].concat();
    is_proven(
        &made,
        &file("image.qcow2"),
        "the file is verified: image.qcow2",
    );
    is_refused(&made, &file("other.qcow2"), "is not the vendor's file");

    made.clear_signed(
        "image.SHA256SUM",
        &format!("{}  image.qcow2\n", sha256(IMAGE)),
    );
    let named = |name| ["--list", "image.SHA256SUM", "--file", name];
    is_proven(
        &made,
        &named("image.qcow2"),
        "the file is verified: image.qcow2",
    );
    is_refused(
        &made,
        &named("other.qcow2"),
        "`other.qcow2` is not in the signed list",
    );
}

#[test]
fn simplestreams_are_proven_by_the_path_of_the_file() {
    let made = Made::new();
    made.write("a.img", IMAGE);
    made.write("b.img", OTHER);
    let item = |path: &str, bytes: &[u8]| {
        let size = bytes.len();
        format!(
            r#""{path}": {{"path": "{path}", "sha256": "{}", "size": {size}}}"#,
            sha256(bytes)
        )
    };
    let items = [
        item("server/releases/noble/release-1/a.img", IMAGE),
        item("server/releases/noble/release-1/b.img", IMAGE),
        item("server/releases/noble/release-2/b.img", OTHER),
    ];
    let text = format!(
        r#"{{"format": "products:1.0", "datatype": "image-downloads", "products": {{"noble": {{"versions":
        {{"1": {{"items": {{{}}}}}}}}}}}}}"#,
        items.join(", ")
    );
    made.clear_signed("download.sjson", &text);
    let list = ["--list", "download.sjson"];
    is_proven(&made, &list, "it names 3 files");
    let file = |more: &[&'static str]| [&list[..], more].concat();
    is_proven(
        &made,
        &file(&["--file", "a.img"]),
        "the file is verified: server/releases/noble/release-1/a.img",
    );
    is_refused(
        &made,
        &file(&["--file", "b.img"]),
        "2 listed paths end with `b.img`",
    );
    let newer = "server/releases/noble/release-2/b.img";
    is_proven(&made, &file(&["--file", "b.img", "--as", newer]), newer);
    let older = "server/releases/noble/release-1/b.img";
    is_refused(
        &made,
        &file(&["--file", "b.img", "--as", older]),
        "is not the vendor's file",
    );
    // A part of a name is not a name.
    made.write("img", IMAGE);
    is_refused(
        &made,
        &file(&["--file", "img"]),
        "`img` is not in the signed list",
    );

    let index = r#"{"format": "index:1.0", "index": {
        "one": {"datatype": "image-downloads", "path": "streams/v1/one.json"},
        "ids": {"datatype": "image-ids", "path": "streams/v1/ids.json"}}}"#;
    made.clear_signed("index.sjson", index);
    is_proven(&made, &["--list", "index.sjson"], "  streams/v1/one.json\n");
    let by_index = ["--list", "index.sjson", "--file", "a.img"];
    is_refused(
        &made,
        &by_index,
        "give the document itself as --list: streams/v1/one.sjson",
    );
}

#[test]
fn a_file_is_proven_by_its_own_signature_with_and_without_a_list() {
    let made = Made::new();
    made.write("image.img", IMAGE);
    made.write("other.img", OTHER);
    let options = SignatureOptions::at(hour_ago());
    let signature = made.key().sign_binary(IMAGE, &options).unwrap();
    made.write("image.img.sig", signature);
    let alone = |file| ["--file", file, "--file-signature", "image.img.sig"];
    is_proven(
        &made,
        &alone("image.img"),
        "verified by its own signature; no list names it",
    );
    is_refused(&made, &alone("other.img"), "bad signature");

    let both = |list: &'static str| {
        let list = ["--list", list];
        [&list[..], &alone("image.img")].concat()
    };
    made.clear_signed("SUMS", &format!("{}  image.img\n", sha256(IMAGE)));
    is_proven(&made, &both("SUMS"), "itself by");
    made.clear_signed("OTHER", &format!("{}  image.img\n", sha256(OTHER)));
    is_refused(&made, &both("OTHER"), "is not the vendor's file");

    // The list alone would prove it.
    let signature = made.key().sign_binary(OTHER, &options).unwrap();
    made.write("image.img.sig", signature);
    is_refused(&made, &both("SUMS"), "bad signature");
    let (code, _, stderr) = verify(&made, &["--file", "image.img"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--list"), "{stderr}");
}

#[test]
fn a_list_whose_digests_are_weak_is_refused_whole() {
    let made = Made::new();
    made.clear_signed(
        "MD5SUMS",
        "MD5 (image.img) = 900150983cd24fb0d6963f7d28e17f72\n",
    );
    is_refused(&made, &["--list", "MD5SUMS"], "its digests are MD5 only");
}

#[test]
fn the_vendor_may_be_left_out_where_its_pinned_key_signed() {
    let Some(data) = vendor_data() else { return };
    let cases: [(&str, &str, Option<&str>); 6] = [
        ("ubuntu", "ubuntu/noble-20260725/SHA256SUMS", Some(".gpg")),
        (
            "fedora-44",
            "fedora/44-1.7-aarch64/Fedora-Cloud-44-1.7-aarch64-CHECKSUM",
            None,
        ),
        ("centos-7", "centos/7-2009-x86_64/sha256sum.txt.asc", None),
        ("centos", "centos/8.2.2004-x86_64/CHECKSUM", Some(".asc")),
        ("debian", "debian/cd-11.2.0-amd64/SHA512SUMS", Some(".sign")),
        (
            "opensuse",
            "opensuse/leap-16.0-aarch64/Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2.sha256",
            Some(".asc"),
        ),
    ];
    for (keyring, list, signature) in cases {
        let mut verify = example("verify");
        verify.arg("--list").arg(data.join(list));
        if let Some(suffix) = signature {
            let signature = data.join(format!("{list}{suffix}"));
            verify.arg("--signature").arg(signature);
        }
        let (code, stdout, stderr) = run(&mut verify);
        assert_eq!((code, stderr.as_str()), (0, ""), "{list}");
        assert!(
            stdout.contains(&format!("  keyring      {keyring}\n")),
            "{stdout}"
        );
    }
}

#[test]
fn ubuntus_real_simplestreams_are_proven() {
    let Some(data) = vendor_data() else { return };
    let streams = data.join("ubuntu/simplestreams-20161104");
    let (code, stdout, stderr) = run(example("verify")
        .arg("--list")
        .arg(streams.join("index.sjson")));
    assert_eq!(code, 0, "{stderr}");
    let document = "  streams/v1/com.ubuntu.cloud:released:download.sjson\n";
    assert!(stdout.contains(document), "{stdout}");
    let products = streams.join("com.ubuntu.cloud_released_download.sjson");
    let (code, stdout, stderr) = run(example("verify")
        .args(["--vendor", "ubuntu", "--list"])
        .arg(products));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("the list is verified; it names "),
        "{stdout}"
    );
    let tampered = data.join("negative/32-sjson-tampered/index.sjson");
    assert_eq!(run(example("verify").arg("--list").arg(tampered)).0, 1);
}

#[test]
fn flatcars_own_signature_takes_the_pinned_key_and_no_other() {
    let Some(data) = vendor_data() else { return };
    let synthetic = data.join("synthetic/flatcar-shaped");
    let image = synthetic.join("flatcar_production_openstack_image.img.bz2");
    let verify = |key: &Path, whose: &[&str]| {
        let mut verify = example("verify");
        verify.arg("--file").arg(&image).arg("--key").arg(key);
        verify
            .arg("--file-signature")
            .arg(image.with_extension("bz2.sig"));
        run(verify.args(whose))
    };
    let throw_away = synthetic.join("key.asc");
    let pin = "CA6611FE0EDA60F475F597662E7B8DFE38CE0A55";
    let (code, stdout, stderr) = verify(&throw_away, &["--pinned", pin]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("the file is verified: flatcar_production"),
        "{stdout}"
    );
    // A throw-away key is not Flatcar's, and what it signed is not signed by Flatcar's.
    assert_eq!(verify(&throw_away, &["--vendor", "flatcar"]).0, 1);
    let real = data.join("keys/from-public-repos/Flatcar_Image_Signing_Key.2025-03-07.asc");
    let (code, _, stderr) = verify(&real, &["--vendor", "flatcar"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("unknown key"), "{stderr}");
}
