//! Detached signatures: two bytes say how long the signature is, the text follows.

#![no_main]

use bonafide_fuzz::{bounded, counts, keyrings, nobody, now};
use bonafide_verify::Error;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Some((signature, text)) = parts(data) else {
        return;
    };
    assert!(nobody().file_signature(signature, now()).is_err());
    match nobody().verify_detached(text, signature, now()) {
        Ok(_) => panic!("a key is accepted that is not pinned"),
        Err(Error::UnknownSigner { .. }) => {}
        // It can't be read, whoever is asked.
        Err(_) => {
            let keyring = &keyrings()[0];
            assert!(keyring.verify_detached(text, signature, now()).is_err());
            return;
        }
    }
    for keyring in keyrings() {
        let _ = keyring.file_signature(signature, now());
        let Ok(proven) = keyring.verify_detached(text, signature, now()) else {
            continue;
        };
        assert_eq!(proven.as_bytes(), text);
        counts(keyring, proven.evidence(), text);
        let longer = [text, b"x"].concat();
        assert!(keyring.verify_detached(&longer, signature, now()).is_err());
    }
}));

fn parts(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}
