//! GnuPG judges the throw-away signatures as it judges real ones.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bonafide_testkit::keys::{
    RevocationReason, SignatureOptions, SigningDigest, SigningKey, SubkeyOptions, VendorKeys,
};
use jiff::Timestamp;

const GPGV: &str = "/usr/bin/gpgv";
const LIST: &[u8] = b"0123 *a.img\n4567 *b.img\n";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn signed() -> SignatureOptions {
    SignatureOptions::at(at("2024-01-10T12:00:00Z"))
}

fn key() -> SigningKey {
    SigningKey::generate("Vendor <images@vendor.test>", at("2024-01-01T00:00:00Z")).unwrap()
}

/// `false`, with a word on the terminal, where there is no `gpgv`; in CI it has to be there.
fn gpgv_is_there(test: &str) -> bool {
    if Path::new(GPGV).exists() {
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "`{GPGV}` is missing: install gpgv"
    );
    let _ = writeln!(std::io::stderr(), "{test}: skipped, there is no `{GPGV}`");
    false
}

/// GnuPG's status lines for this signature over the list.
fn gpgv(key: &SigningKey, signature: &[u8], data: &[u8]) -> String {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let keyring = file("keyring.gpg", &key.public_key_binary().unwrap());
    let output = Command::new(GPGV)
        .args(["--status-fd", "1", "--homedir"])
        .arg(home.path())
        .arg("--keyring")
        .arg(keyring)
        .args([file("list.gpg", signature), file("list", data)])
        .output()
        .unwrap();
    let status = String::from_utf8(output.stdout).unwrap();
    format!("{status}\n{}", String::from_utf8_lossy(&output.stderr))
}

fn verdict(key: &SigningKey, options: &SignatureOptions) -> String {
    gpgv(key, key.sign(LIST, options).unwrap().as_bytes(), LIST)
}

#[test]
fn gnupg_accepts_what_is_right() {
    if !gpgv_is_there("gnupg_accepts_what_is_right") {
        return;
    }
    let key = key();
    let rsa = SigningKey::generate_rsa("RSA <rsa@vendor.test>", at("2024-01-01T00:00:00Z"), 2048);
    let with_subkey = key.add_signing_subkey(&SubkeyOptions::at(at("2024-01-02T00:00:00Z")));
    for key in [&key, &rsa.unwrap(), &with_subkey.unwrap()] {
        let options = [
            signed(),
            signed().digest(SigningDigest::Sha256),
            signed().text(),
            signed().without_issuer_fingerprint(),
            signed().version_3(),
        ];
        for options in options {
            let verdict = verdict(key, &options);
            let valid = format!("VALIDSIG {} 2024-01-10", key.signer_fingerprint());
            assert!(verdict.contains(&valid), "{options:?}: {verdict}");
            assert!(
                verdict.contains(&key.fingerprint()),
                "{options:?}: {verdict}"
            );
        }
    }
    let binary = key.sign_binary(LIST, &signed()).unwrap();
    assert!(gpgv(&key, &binary, LIST).contains("GOODSIG"));
}

#[test]
fn gnupg_refuses_what_is_wrong() {
    if !gpgv_is_there("gnupg_refuses_what_is_wrong") {
        return;
    }
    let key = key();
    let signature = key.sign(LIST, &signed()).unwrap();
    let forged = gpgv(&key, signature.as_bytes(), b"0123 *b.img\n4567 *a.img\n");
    assert!(forged.contains("BADSIG"), "{forged}");

    let hour = Duration::from_secs(3600);
    let expired = verdict(&key, &signed().expires_after(hour));
    assert!(expired.contains("EXPSIG"), "{expired}");
    let key_expired = verdict(&key.clone().expires_after(hour).unwrap(), &signed());
    assert!(key_expired.contains("EXPKEYSIG"), "{key_expired}");
    let reason = RevocationReason::Compromised;
    let revoked = key.revoke(reason, at("2024-01-05T00:00:00Z")).unwrap();
    let revoked = verdict(&revoked, &signed());
    assert!(revoked.contains("REVKEYSIG"), "{revoked}");

    let unsigned_back = SubkeyOptions::at(at("2024-01-02T00:00:00Z")).without_back_signature();
    let unsigned_back = key.add_signing_subkey(&unsigned_back).unwrap();
    let unsigned_back = verdict(&unsigned_back, &signed());
    assert!(!unsigned_back.contains("VALIDSIG"), "{unsigned_back}");
    let standalone = verdict(&key, &signed().standalone());
    assert!(!standalone.contains("VALIDSIG"), "{standalone}");
}

#[test]
fn gnupg_reads_clear_signed_messages() {
    if !gpgv_is_there("gnupg_reads_clear_signed_messages") {
        return;
    }
    let key = key();
    let text = "- dashed\n# a comment  \nSHA256 (a.img) = 0123\n";
    let message = key.sign_cleartext(text, &signed()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let (keyring, file) = (
        home.path().join("keyring.gpg"),
        home.path().join("CHECKSUM"),
    );
    std::fs::write(&keyring, key.public_key_binary().unwrap()).unwrap();
    std::fs::write(&file, message).unwrap();
    let output = Command::new(GPGV)
        .args(["--status-fd", "1", "--homedir"])
        .arg(home.path())
        .arg("--keyring")
        .args([&keyring, &file])
        .output()
        .unwrap();
    let status = String::from_utf8(output.stdout).unwrap();
    assert!(status.contains("VALIDSIG"), "{status}");
}

#[test]
fn gnupg_judges_the_vendors_shapes_as_it_judges_the_vendors() {
    if !gpgv_is_there("gnupg_judges_the_vendors_shapes_as_it_judges_the_vendors") {
        return;
    }
    let keys = VendorKeys::generate(at("2023-01-10T00:00:00Z")).unwrap();
    for name in keys.names() {
        let key = keys.key(name).unwrap();
        let options = signed().digest(SigningDigest::Sha256);
        for options in [options.clone(), options.version_3()] {
            let verdict = verdict(key, &options);
            let valid = format!("VALIDSIG {} 2024-01-10", key.signer_fingerprint());
            assert!(verdict.contains(&valid), "{name}: {verdict}");
            assert!(verdict.contains("GOODSIG"), "{name}: {verdict}");
        }
    }
    let flatcar = keys.key("flatcar").unwrap();
    for (key, expected) in [
        (keys.flatcar_expired(), "EXPKEYSIG"),
        (keys.flatcar_revoked(), "REVKEYSIG"),
    ] {
        let signature = key.sign(LIST, &signed()).unwrap();
        let verdict = gpgv(flatcar, signature.as_bytes(), LIST);
        assert!(verdict.contains(expected), "{verdict}");
    }
}
