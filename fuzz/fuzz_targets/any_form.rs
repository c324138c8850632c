//! Lists whose form is found by their text: the first line is a name for a bare digest.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_verify::fuzzing::{any_form, side_car, simplestreams};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (name, text) = data.split_at(end.unwrap_or(0));
    let name = String::from_utf8_lossy(name);
    let read = any_form(text, &name);
    // What each reader takes by itself, this one takes too.
    if simplestreams(text) || std::str::from_utf8(text).is_ok_and(|text| side_car(text, &name)) {
        assert!(read);
    }
}));
