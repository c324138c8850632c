//! The head of an image, plain or compressed.

#![no_main]

use bonafide_fuzz::{COMPRESSIONS, bounded};
use bonafide_image::{Compression, Error, Head};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    read(data);
    let _ = Compression::of_name(&String::from_utf8_lossy(data));
    for compression in COMPRESSIONS {
        let mut least = Ok(Vec::new());
        for wanted in [0, 1, 512, Head::LENGTH] {
            let head = compression.head(data, wanted);
            match (&least, &head) {
                (Ok(least), Ok(head)) => {
                    assert!(head.len() <= wanted);
                    assert!(head.starts_with(least));
                }
                (_, Err(Error::Undecodable { .. })) => {}
                _ => panic!("{wanted} bytes of {compression}: {least:?}, then {head:?}"),
            }
            least = head;
        }
        if let Ok(head) = least {
            read(&head);
        }
    }
}));

fn read(data: &[u8]) {
    if let Ok(head) = Head::read(data) {
        assert!(data.starts_with(b"QFI\xFB"));
        assert!((1..=64 << 40).contains(&head.virtual_size));
        assert_eq!(Compression::detect(data), None);
        // What comes behind a head does not change it.
        assert_eq!(Head::read(&[data, b"more"].concat()), Ok(head));
    }
}
