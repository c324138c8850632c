//! Key files. Only pinned keys are accepted, in any order, and no file removes anything.

#![no_main]

use bonafide_fuzz::{KEY, LIST, SIGNATURE, bounded, fixture, keyrings, nobody, now, pins};
use bonafide_verify::fuzzing::knowledge;
use bonafide_verify::{Error, Keyring};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Err(Error::KeyFile { reason, .. }) = nobody().add(data) else {
        panic!("a key is accepted that is not pinned");
    };
    // Of a key there may be several copies; of many keys not all are named.
    let mut held = pins(&reason);
    held.sort();
    held.dedup();
    if held.is_empty() {
        return;
    }

    let mut keyring = Keyring::new("vendor", held.clone());
    assert!(keyring.add(data).unwrap() >= held.len());
    assert_eq!(keyring.missing(), []);
    let once = knowledge(&keyring);
    keyring.add(data).unwrap();
    assert_eq!(knowledge(&keyring), once);

    for embedded in keyrings() {
        if embedded.pinned().iter().any(|pin| held.contains(pin)) {
            let mut after = embedded.clone();
            after.add(data).unwrap();
            let (known, before) = (knowledge(&after), knowledge(embedded));
            assert!(before.iter().all(|fact| known.binary_search(fact).is_ok()));
        }
    }

    let merged = [[KEY, data], [data, KEY]].map(|files| {
        let mut keyring = fixture();
        for file in files {
            let _ = keyring.add(file);
        }
        keyring
    });
    assert_eq!(knowledge(&merged[0]), knowledge(&merged[1]));
    let [first, second] = merged.map(|keyring| is_good(&keyring));
    assert_eq!(first, second);
}));

/// A revocation of the fixture's key can't be signed, so one is included.
fn is_good(keyring: &Keyring) -> bool {
    match keyring.verify_detached(LIST, SIGNATURE, now()) {
        Ok(_) => true,
        Err(Error::KeyRevoked { .. }) => false,
        Err(error) => panic!("a copy of a key took something away: {error}"),
    }
}
