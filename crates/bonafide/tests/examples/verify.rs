//! What `verify` proves and refuses.

use std::fs;
use std::path::PathBuf;

use crate::{example, run};
use support::vendor_data;

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
        stdout.contains(&format!("the file is verified: {name}, 3003 bytes")),
        "{stdout}"
    );

    let changed = data.join("negative/33-artifact-tampered").join(name);
    let (code, stdout, stderr) = run(&mut verify(changed));
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("REFUSED: ") && stderr.contains("over 3012 bytes"),
        "{stderr}"
    );
    assert!(!stdout.contains("the file is verified"), "{stdout}");

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

#[test]
fn verify_proves_clear_signed_lists_and_files_that_are_signed_themselves() {
    let Some(data) = vendor_data() else { return };
    let fedora = data.join("fedora/44-1.7-aarch64/Fedora-Cloud-44-1.7-aarch64-CHECKSUM");
    let mut verify = example("verify");
    let (code, stdout, stderr) = run(verify
        .args(["--vendor", "fedora-44", "--list"])
        .arg(&fedora));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6"),
        "{stdout}"
    );
    let mut verify = example("verify");
    let (code, _, stderr) = run(verify
        .args(["--vendor", "fedora-43", "--list"])
        .arg(&fedora));
    assert_eq!(code, 1);
    assert!(stderr.contains("unknown key"), "{stderr}");

    // Another key than the pinned one is not Flatcar's key.
    let synthetic = data.join("synthetic/flatcar-shaped");
    let list = "flatcar_production_openstack_image.img.bz2.DIGESTS.asc";
    let mut verify = example("verify");
    verify
        .args(["--vendor", "flatcar", "--list"])
        .arg(synthetic.join(list));
    let (code, _, stderr) = run(verify.arg("--key").arg(synthetic.join("key.asc")));
    assert_eq!(code, 1);
    assert!(
        stderr.contains("F88CFEDEFF29A5B4D9523864E25D9AED0593B34A"),
        "{stderr}"
    );
    // The vendor's own key fits its pin.
    let mut verify = example("verify");
    verify
        .args(["--vendor", "flatcar", "--list"])
        .arg(synthetic.join(list));
    let key = "keys/from-public-repos/Flatcar_Image_Signing_Key.2025-03-07.asc";
    let (code, _, stderr) = run(verify.arg("--key").arg(data.join(key)));
    assert_eq!(code, 1);
    assert!(stderr.contains("unknown key"), "{stderr}");
}
