//! Each rule of the policy, with packets made for it: what is accepted and what is refused. Which
//! test covers which rule is in `docs/trust.md`.

mod critical;
mod documentation;
pub(crate) mod dsa;
mod errors;
mod issuers;
mod key_files;
mod last_words;
mod packets;
mod revocation;
mod several;
mod signatures;
mod strength;
mod subkeys;
mod text;
mod validity;

use std::sync::LazyLock;
use std::time::Duration;

use bonafide::verify::{Error, Keyring, SignedText, Verified};
use bonafide_testkit::keys::{SignatureOptions, SigningKey, SubkeyOptions};
use jiff::Timestamp;

const LIST: &[u8] = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.img\n";
const DAY: Duration = Duration::from_secs(24 * 3600);
const VENDOR: &str = "Vendor <images@vendor.test>";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-11-23T12:00:00Z")
}

fn created() -> Timestamp {
    time("2026-01-01T00:00:00Z")
}

fn signed_at() -> Timestamp {
    time("2026-11-01T00:00:00Z")
}

fn options() -> SignatureOptions {
    SignatureOptions::at(signed_at())
}

fn key() -> SigningKey {
    SigningKey::generate(VENDOR, created()).unwrap()
}

/// RSA keys take a second to make; one is enough for the digests that other keys can't sign.
static RSA: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_rsa(VENDOR, created(), 2048).unwrap());

/// A key that signs with a subkey, which is bound as it should be.
fn with_subkey() -> SigningKey {
    bound_by(&SubkeyOptions::at(created()))
}

/// A key that signs with a subkey, which is bound in this way.
fn bound_by(options: &SubkeyOptions) -> SigningKey {
    key().add_signing_subkey(options).unwrap()
}

fn keyring(key: &SigningKey) -> Keyring {
    keyring_of(key, &key.public_key_binary().unwrap())
}

/// A keyring that pins the key, which comes in this file.
fn keyring_of(key: &SigningKey, file: &[u8]) -> Keyring {
    let mut keyring = Keyring::new("vendor", [key.fingerprint().parse().unwrap()]);
    assert!(keyring.add(file).unwrap() >= 1);
    keyring
}

/// The verdict over a signature by the key, with the certificate that it has.
fn verify_with(
    key: &SigningKey,
    options: &SignatureOptions,
) -> Result<Verified<SignedText>, Error> {
    verify_by(&keyring(key), key, options)
}

/// The verdict of this keyring over a signature by the key.
fn verify_by(
    keyring: &Keyring,
    key: &SigningKey,
    options: &SignatureOptions,
) -> Result<Verified<SignedText>, Error> {
    let signature = key.sign(LIST, options).unwrap();
    keyring.verify_detached(LIST, signature.as_bytes(), now())
}
