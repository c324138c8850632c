//! Where the vendors' real files are.

use std::env;
use std::path::{Path, PathBuf};

/// The directory with the vendors' real files, which can't be redistributed: the one that the variable
/// `BONAFIDE_VENDOR_DATA` names, or `shared/vendor-data` beside the repository.
///
/// `None` says that a test must be skipped, which it prints.
///
/// # Panics
///
/// If there is no such directory where `CI` is `true`: there the files are required.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test says that it was skipped")]
pub fn vendor_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendor-data");
    let given = env::var_os("BONAFIDE_VENDOR_DATA").map(PathBuf::from);
    let found = given.or_else(|| beside.is_dir().then_some(beside));
    let required = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        found.is_some() || !required,
        "BONAFIDE_VENDOR_DATA is required in CI"
    );
    if found.is_none() {
        println!("skipped: no vendor data; set BONAFIDE_VENDOR_DATA");
    }
    found
}
