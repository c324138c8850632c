//! Side-cars: the first line is the file's name, the others are its side-car.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_verify::fuzzing::side_car;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| bounded(data.as_bytes(), || {
    let (name, text) = data.split_once('\n').unwrap_or((data, ""));
    if !side_car(text, name) {
        return;
    }
    let lines = text.lines().map(str::trim_end);
    let carrying = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(carrying.count(), 1);
    assert!(!side_car(&format!("{text}\n{text}"), name));
}));
