//! Keyrings to check signatures with.
//!
//! What is in `fixtures/` was made with GnuPG 2.2.40 by a key whose secret is no more, so that good
//! signatures are reached without any vendor's files.

use std::sync::OnceLock;

use bonafide_verify::{Algorithm, Digest, Evidence, Fingerprint, Keyring};

/// The primary key of the fixtures.
const FINGERPRINT: &str = "9FE388759C92C16816F08EB877DB460EB203F94F";
/// Its certificate, with a subkey that signs. `key-revoked.asc` is a later copy, in which that
/// subkey is revoked.
pub const KEY: &[u8] = include_bytes!("../fixtures/key.asc");
/// A list of checksums.
pub const LIST: &[u8] = include_bytes!("../fixtures/list");
/// A detached signature over the list, by the subkey.
pub const SIGNATURE: &[u8] = include_bytes!("../fixtures/list.sig");

/// The keyring of the fixtures, without its key.
pub fn fixture() -> Keyring {
    Keyring::new("fixture", pins(FINGERPRINT))
}

/// Every embedded keyring, and that of the fixtures.
pub fn keyrings() -> &'static [Keyring] {
    static KEYRINGS: OnceLock<Vec<Keyring>> = OnceLock::new();
    KEYRINGS.get_or_init(|| {
        let names = Keyring::embedded_names().iter();
        let mut keyrings: Vec<_> = names.filter_map(|name| Keyring::embedded(name)).collect();
        let mut fixture = fixture();
        assert_eq!(fixture.add(KEY).ok(), Some(1), "the fixture is damaged");
        keyrings.push(fixture);
        keyrings
    })
}

/// A keyring without any acceptable key.
pub fn nobody() -> Keyring {
    Keyring::new("none", pins(&"0".repeat(40)))
}

/// The fingerprints in a text.
pub fn pins(text: &str) -> Vec<Fingerprint> {
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Asserts what holds of every proof: it is by a pinned key of the keyring, and over these bytes.
pub fn counts(keyring: &Keyring, evidence: &Evidence, signed: &[u8]) {
    assert_eq!(evidence.vendor, keyring.vendor());
    assert!(keyring.pinned().contains(&evidence.certificate));
    assert_eq!(
        evidence.signed_sha256,
        Digest::of(Algorithm::Sha256, signed)
    );
}
