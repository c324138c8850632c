//! Serials, one a line. They are written as they were read, and their order is one.

#![no_main]

use std::cmp::Ordering;

use bonafide_fuzz::bounded;
use bonafide_sources::Serial;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(text.as_bytes(), || {
    let lines = text.split('\n').take(8);
    let serials: Vec<Serial> = lines
        .filter_map(|line| {
            let serial: Serial = line.parse().ok()?;
            assert_eq!(serial.as_str(), line);
            if let Some(date) = serial.date() {
                assert!((2000..2100).contains(&date.year()));
                let of_the_day = Serial::from(date);
                assert_eq!(of_the_day.as_str().parse(), Ok(of_the_day.clone()));
                assert!(line.contains(of_the_day.as_str()));
            }
            Some(serial)
        })
        .collect();
    for a in &serials {
        for b in &serials {
            assert_eq!(a.cmp(b), b.cmp(a).reverse());
            assert_eq!(a == b, a.cmp(b) == Ordering::Equal);
            for c in &serials {
                assert!(a > b || b > c || a <= c, "{a}, {b}, {c}");
            }
        }
    }
}));
