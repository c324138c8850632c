//! Where the vendors' real files are, for the tests of all crates.

use std::path::{Path, PathBuf};

/// The directory with the vendors' real files; required in CI.
pub(crate) fn vendor_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendor-data");
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
