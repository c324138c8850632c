//! Real lists, signatures and keys of the vendors, and forgeries made from them.
//!
//! The files can't be redistributed, so the tests run where `BONAFIDE_VENDOR_DATA` names their
//! directory; with `CI=true` they are required.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

use std::path::PathBuf;

use bonafide_verify::Keyring;
use jiff::Timestamp;

mod cases;
mod flatcar;
mod keys;
mod lists;
mod ubuntu;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// The directory with the real files; `None` where there is none and none is required.
fn vendor_data() -> Option<PathBuf> {
    let beside = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/vendor-data"
    ));
    let given = std::env::var_os("BONAFIDE_VENDOR_DATA").map(PathBuf::from);
    let found = given.or_else(|| beside.is_dir().then_some(beside));
    let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        found.is_some() || !required,
        "BONAFIDE_VENDOR_DATA is required in CI"
    );
    if found.is_none() {
        println!("skipped: no vendor data; set BONAFIDE_VENDOR_DATA");
    }
    found
}

fn read(path: &str) -> Option<Vec<u8>> {
    let path = vendor_data()?.join(path);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A keyring of one pin, with these key files in this order.
fn keyring(pin: &str, files: &[&[u8]]) -> Keyring {
    let mut keyring = Keyring::new("vendor", [pin.parse().unwrap()]);
    for file in files {
        assert_eq!(keyring.add(file).unwrap(), 1);
    }
    keyring
}
