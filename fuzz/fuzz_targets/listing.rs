//! Directory pages. Whatever a page links to, the names lead to what is directly below it.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_sources::Serial;
use bonafide_sources::fuzzing::{linked_names, newest};
use libfuzzer_sys::fuzz_target;
use url::Url;

const FORMS: [[&str; 2]; 4] = [
    ["", "/"],
    ["release-", "/"],
    ["Fedora-Cloud-", "-x86_64-CHECKSUM"],
    ["Leap-16.0-Minimal-VM.x86_64-Cloud-Build", ".qcow2.sha256"],
];

fuzz_target!(|data: &[u8]| bounded(data, || {
    let names = linked_names(&String::from_utf8_lossy(data));
    let page = Url::parse("https://vendor.test/images/").unwrap();
    for name in &names {
        let below = page.join(name).expect("a name can be part of a URL");
        assert_eq!(below.as_str(), format!("{page}{name}"));
        assert!(!name.trim_end_matches('/').contains('/'), "{name}");
    }
    for [prefix, suffix] in FORMS {
        let serial = |name: &str| -> Option<Serial> {
            let serial = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
            serial.parse().ok()
        };
        let best = names.iter().filter_map(|name| serial(name)).max();
        let found = newest(names.iter().map(String::as_str), prefix, suffix);
        assert_eq!(found.as_ref().map(|(serial, _)| serial), best.as_ref());
        if let Some((serial, name)) = found {
            assert_eq!(name, format!("{prefix}{serial}{suffix}"));
        }
    }
}));
