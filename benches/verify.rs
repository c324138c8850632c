//! What does a verification cost beyond the mathematics?
//!
//! The question behind it: every run verifies the lists of all channels, and every audit those of
//! all images. Policy, packets and list should cost little beside the one necessary operation: RSA
//! with 4,096 bits, as in the vendors' keys.
//!
//! The list is as large as Ubuntu's for a release (66 lines); the signature is by a throw-away key.
//! *RSA alone* verifies the same digest by the same key with the same library. A verification takes
//! one such operation: the self-signatures of the key were verified when it was read (*key file
//! read*, once for each run). Figures are times of one verification; compare them within one run
//! only.

use std::fmt::Write;
use std::hint::black_box;

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_verify::{Algorithm, Digest, Error, Keyring};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey};
use pgp::packet::Signature;
use pgp::types::VerifyingKey;

const LINES: usize = 66;
const BITS: u32 = 4096;

/// A signed list, and the input of the mathematics alone.
struct Signed {
    list: String,
    file: Vec<u8>,
    pin: String,
    key_file: Vec<u8>,
    keyring: Keyring,
    now: Timestamp,
    certificate: SignedPublicKey,
    signature: Signature,
    /// Of the list, and of the hashed part of the signature.
    digest: Vec<u8>,
}

impl Signed {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse()?;
        let key = SigningKey::generate_rsa("Vendor <images@vendor.test>", now, BITS)?;
        let mut list = String::new();
        for line in 0..LINES {
            let digest = Digest::of(Algorithm::Sha256, &line.to_le_bytes());
            writeln!(list, "{digest} *{}", name(line))?;
        }
        let file = key.sign_binary(list.as_bytes(), &SignatureOptions::at(now))?;
        let key_file = key.public_key_binary()?;
        let keyring = keyring(&key.fingerprint(), &key_file)?;
        let signature = DetachedSignature::from_bytes(&file[..])?.signature;
        let digest = digest(&list, &signature)?;
        Ok(Self {
            list,
            file,
            pin: key.fingerprint(),
            certificate: SignedPublicKey::from_bytes(&key_file[..])?,
            key_file,
            keyring,
            now,
            signature,
            digest,
        })
    }

    /// From the list's bytes to the digest of one of its files.
    fn prove(&self) -> bool {
        let data = self.list.as_bytes();
        let text = self.keyring.verify_detached(data, &self.file, self.now);
        let list = text.and_then(|text| text.checksum_list());
        list.and_then(|list| list.digest(&name(LINES - 1))).is_ok()
    }

    fn read(&self) -> bool {
        keyring(&self.pin, &self.key_file).is_ok()
    }

    fn rsa(&self) -> bool {
        let (Some(algorithm), Some(value)) =
            (self.signature.hash_alg(), self.signature.signature())
        else {
            return false;
        };
        let key = &self.certificate.primary_key;
        key.verify(algorithm, &self.digest, value).is_ok()
    }
}

fn keyring(pin: &str, key_file: &[u8]) -> Result<Keyring, Error> {
    let mut keyring = Keyring::new("vendor", [pin.parse()?]);
    keyring.add(key_file)?;
    Ok(keyring)
}

/// A name as long as Ubuntu's.
fn name(line: usize) -> String {
    format!("ubuntu-24.04-server-cloudimg-amd64-{line}.img")
}

/// What is signed (RFC 9580, 5.2.4).
fn digest(list: &str, signature: &Signature) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let config = signature.config().ok_or("its version is known")?;
    let mut hasher = config.hash_alg.new_hasher()?;
    hasher.update(list.as_bytes());
    let length = config.hash_signature_data(&mut hasher)?;
    hasher.update(&config.trailer(length)?);
    Ok(hasher.finalize().into_vec())
}

fn verify(criterion: &mut Criterion) {
    let signed = match Signed::new() {
        Ok(signed) => signed,
        Err(error) => panic!("the signed list: {error}"),
    };
    assert!(signed.prove() && signed.rsa());
    let mut group = criterion.benchmark_group("list of 66 lines, RSA-4096");
    group.bench_function("verified and parsed", |b| {
        b.iter(|| assert!(black_box(&signed).prove()));
    });
    group.bench_function("RSA alone", |b| {
        b.iter(|| assert!(black_box(&signed).rsa()));
    });
    group.bench_function("key file read", |b| {
        b.iter(|| assert!(black_box(&signed).read()));
    });
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
