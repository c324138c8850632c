//! Which keys are strong enough: RSA of 2,048 bits and elliptic curves, no DSA and no ElGamal.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::{SigningKey, SubkeyOptions};

use crate::policy::dsa;
use crate::policy::packets::{bytes, packets, replaced};
use crate::policy::{RSA, VENDOR, bound_by, created, key, keyring_of, now, options, verify_with};

/// The fingerprints of the DSA key and of its ElGamal subkey.
const PRIMARY: &str = "2961B7D3CB9908F74D96675AEC544EC24F9B8741";
const ELGAMAL: &str = "9ED34E8C1D6CEF035BB0917BE776E7C3F758B260";

#[track_caller]
fn assert_weak<T: std::fmt::Debug>(verdict: Result<T, Error>, weak: &str, kind: &str) {
    match verdict {
        Err(Error::WeakKey { key, algorithm, .. }) => {
            assert_eq!((key.to_string().as_str(), algorithm.as_str()), (weak, kind));
        }
        other => panic!("{kind}: {other:?}"),
    }
}

#[test]
fn rsa_of_2048_bits_and_elliptic_curves_are_accepted() {
    let ecdsa = SigningKey::generate_ecdsa(VENDOR, created()).unwrap();
    let rsa_below = bound_by(&SubkeyOptions::at(created()).rsa(2048));
    for key in [&RSA, &key(), &ecdsa, &rsa_below] {
        assert!(verify_with(key, &options()).is_ok());
    }
}

#[test]
fn short_rsa_keys_are_refused() {
    for bits in [1024, 2047] {
        let short = SigningKey::generate_rsa(VENDOR, created(), bits).unwrap();
        let kind = format!("RSA with {bits} bits");
        assert_weak(verify_with(&short, &options()), &short.fingerprint(), &kind);
        // A stronger subkey is no better than what binds it.
        let below = SubkeyOptions::at(created()).rsa(2048);
        let below = short.add_signing_subkey(&below).unwrap();
        assert_weak(verify_with(&below, &options()), &short.fingerprint(), &kind);
    }
}

#[test]
fn short_rsa_subkeys_are_refused() {
    let short = bound_by(&SubkeyOptions::at(created()).rsa(1024));
    let subkey = short.signer_fingerprint();
    assert_weak(
        verify_with(&short, &options()),
        &subkey,
        "RSA with 1024 bits",
    );
}

#[test]
fn dsa_keys_are_refused() {
    let mut keyring = Keyring::new("vendor", [PRIMARY.parse().unwrap()]);
    assert_eq!(keyring.add(dsa::KEY.as_bytes()).unwrap(), 1);
    let refused = keyring.verify_detached(dsa::LIST, dsa::SIGNATURE.as_bytes(), now());
    assert_weak(refused, PRIMARY, "DSA");
    let file = keyring.file_signature(dsa::SIGNATURE.as_bytes(), now());
    assert_weak(file, PRIMARY, "DSA");
}

#[test]
fn elgamal_keys_are_refused() {
    let key = key();
    let file = dsa::key();
    // The ElGamal subkey below a strong primary, and a signature that names it.
    let (subkey, binding) = (packets(&file)[3], packets(&file)[4]);
    let file = [&key.public_key_binary().unwrap(), subkey, binding].concat();
    let (primary, elgamal) = (bytes(PRIMARY), bytes(ELGAMAL));
    let named = replaced(&dsa::binary(dsa::SIGNATURE), &primary, &elgamal);
    let refused = keyring_of(&key, &file).verify_detached(dsa::LIST, &named, now());
    assert_weak(refused, ELGAMAL, "ElGamal");
    // A signature that says of itself that it is by ElGamal is none.
    let mut by_elgamal = named;
    let algorithm = by_elgamal
        .windows(2)
        .position(|two| two == [17, 8])
        .unwrap();
    for number in [16, 20] {
        by_elgamal[algorithm] = number;
        let refused = keyring_of(&key, &file).verify_detached(dsa::LIST, &by_elgamal, now());
        assert!(refused.is_err(), "{number}");
    }
    assert!(verify_with(&key, &options()).is_ok());
}
