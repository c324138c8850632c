//! Properties of images, whoever made them: nothing is lost in reading, and no image and no file of
//! images stops the check.

#![no_main]

use std::collections::BTreeMap;

use bonafide_fuzz::bounded;
use bonafide_properties::{
    ImageRecord, Metadata, SavedImages, check_cloud, check_presence, next_due,
};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| bounded(data.as_bytes(), || {
    let lines = data.lines().filter_map(|line| line.split_once('='));
    let map: BTreeMap<_, _> = lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(Metadata::from_map(&map).to_map(), map);

    let saved = SavedImages::from_json(data.as_bytes());
    if let Err(error) = &saved {
        assert!(!error.to_string().chars().any(char::is_control));
    }
    let saved = saved.unwrap_or_default();
    let _ = saved.may_be_whole();
    let mut images = saved.images;
    // The text that an older client makes of properties.
    let text = data.replace('\\', "\\\\").replace('"', "\\\"");
    let client = format!(r#"{{"id": "1", "properties": "{text}"}}"#);
    images.extend(ImageRecord::from_json(client.as_bytes()).unwrap_or_default());
    let name = map.get("name").cloned().unwrap_or_default();
    let mut image = ImageRecord::public(name, map);
    image.created_at = Some(Timestamp::UNIX_EPOCH);
    let _ = next_due(&image);
    images.push(image.clone());
    images.push(image);
    let mut violations = check_presence(&images, Timestamp::UNIX_EPOCH);
    for checked in check_cloud(&images, Timestamp::UNIX_EPOCH) {
        violations.extend(checked.violations);
    }
    for violation in violations {
        assert!(violation.worst().is_some());
        assert!(!violation.to_string().chars().any(char::is_control));
    }
}));
