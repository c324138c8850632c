//! Ubuntu's simplestreams. No beginning of a document is one, and none has something behind it.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_verify::fuzzing::simplestreams;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    if !simplestreams(data) {
        return;
    }
    let document = data.trim_ascii_end();
    assert!(!simplestreams(&document[..document.len() - 1]));
    assert!(!simplestreams(&[document, b"}"].concat()));
}));
