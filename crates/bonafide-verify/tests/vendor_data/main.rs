//! Real lists, signatures and keys of the vendors, and forgeries made from them.
//!
//! The files can't be redistributed, so the tests run where `BONAFIDE_VENDOR_DATA` names their
//! directory; with `CI=true` they are required.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

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

fn read(path: &str) -> Option<Vec<u8>> {
    let path = bonafide_testkit::vendor_data()?.join(path);
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
