//! Properties of anybody's images: nothing is lost in reading, and no image stops the check.

#![no_main]

use std::collections::BTreeMap;

use bonafide_fuzz::bounded;
use bonafide_properties::{ImageRecord, Metadata, check_cloud, next_due};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| bounded(data.as_bytes(), || {
    let lines = data.lines().filter_map(|line| line.split_once('='));
    let map: BTreeMap<_, _> = lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(Metadata::from_map(&map).to_map(), map);

    let mut images = ImageRecord::from_json(data.as_bytes()).unwrap_or_default();
    let name = map.get("name").cloned().unwrap_or_default();
    let mut image = ImageRecord::public(name, map);
    image.created_at = Some(Timestamp::UNIX_EPOCH);
    let _ = next_due(&image);
    images.push(image.clone());
    images.push(image);
    for checked in check_cloud(&images, Timestamp::UNIX_EPOCH) {
        for violation in checked.violations {
            assert!(violation.worst().is_some());
            assert!(!violation.to_string().chars().any(char::is_control));
        }
    }
}));
