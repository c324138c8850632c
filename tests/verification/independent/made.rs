//! Pairs that were made to break one rule each, and those that keep it.

use std::time::Duration;

use bonafide_testkit::keys::{
    DirectOptions, Required, RevocationReason, SignatureOptions, SigningDigest, SigningKey,
    SubkeyOptions, Version6Key,
};
use jiff::Timestamp;

use crate::independent::Pair;
use crate::policy::dsa;

const LIST: &[u8] = dsa::LIST;
const VENDOR: &str = "Vendor <images@vendor.test>";
const DAY: Duration = Duration::from_secs(24 * 3600);

// All times are long past, so that `gpgv` does not find them in the future wherever the clock of
// this machine stands.
fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn created() -> Timestamp {
    time("2024-01-01T00:00:00Z")
}

/// Ten days and a half after the key was made.
fn signed() -> SignatureOptions {
    SignatureOptions::at(time("2024-01-11T12:00:00Z"))
}

fn at() -> SubkeyOptions {
    SubkeyOptions::at(created())
}

struct Pairs(Vec<Pair>);

impl Pairs {
    fn add(&mut self, name: &str, keys: Vec<u8>, signature: Vec<u8>, data: Option<&[u8]>) {
        self.0.push(Pair {
            name: name.to_owned(),
            keys,
            signature,
            data: data.map(<[u8]>::to_vec),
            now: time("2024-02-01T00:00:00Z"),
        });
    }

    fn signed(&mut self, name: &str, key: &SigningKey, options: &SignatureOptions) {
        let signature = key.sign_binary(LIST, options).unwrap();
        self.add(
            name,
            key.public_key_binary().unwrap(),
            signature,
            Some(LIST),
        );
    }

    fn message(&mut self, name: &str, key: &SigningKey, message: &str) {
        let keys = key.public_key_binary().unwrap();
        self.add(name, keys, message.as_bytes().to_vec(), None);
    }
}

/// All that are made, with names that say what is done.
pub(crate) fn pairs() -> Vec<Pair> {
    let mut pairs = Pairs(Vec::new());
    let key = SigningKey::generate(VENDOR, created()).unwrap();
    let rsa = SigningKey::generate_rsa(VENDOR, created(), 2048).unwrap();
    forms(&mut pairs, &key);
    digests(&mut pairs, &rsa);
    keys(&mut pairs, &key, &rsa);
    subkeys(&mut pairs, &key, &rsa);
    times(&mut pairs, &key);
    direct(&mut pairs, &key);
    revocations(&mut pairs, &key);
    companies(&mut pairs, &key);
    critical(&mut pairs, &key);
    pairs.0
}

fn forms(pairs: &mut Pairs, key: &SigningKey) {
    pairs.signed("binary", key, &signed());
    pairs.signed("text", key, &signed().text());
    pairs.signed("version 3", key, &signed().version_3());
    pairs.signed("key id only", key, &signed().without_issuer_fingerprint());
    pairs.signed("no issuer named", key, &signed().without_issuer());
    pairs.signed("standalone", key, &signed().standalone());
    pairs.signed("time stamp", key, &signed().timestamp());
    let text = std::str::from_utf8(LIST).unwrap();
    let message = key.sign_cleartext(text, &signed()).unwrap();
    let line = format!("{}  y.img\n", "0".repeat(64));
    pairs.message("clear-signed", key, &message);
    pairs.message(
        "clear-signed, a line before",
        key,
        &format!("{line}{message}"),
    );
    pairs.message(
        "clear-signed, a line after",
        key,
        &format!("{message}{line}"),
    );
    let header = message.replacen("\n\n", &format!("\n{line}\n"), 1);
    pairs.message("clear-signed, a line among the headers", key, &header);
    let inside = message.replacen("\n\n", &format!("\n\n{line}"), 1);
    pairs.message("clear-signed, a line inside", key, &inside);
    let twice = format!("{message}{message}");
    pairs.message("clear-signed, twice", key, &twice);
}

fn digests(pairs: &mut Pairs, rsa: &SigningKey) {
    for (digest, name) in [
        (SigningDigest::Md5, "MD5"),
        (SigningDigest::Ripemd160, "RIPEMD-160"),
        (SigningDigest::Sha1, "SHA-1"),
        (SigningDigest::Sha224, "SHA-224"),
        (SigningDigest::Sha256, "SHA-256"),
        (SigningDigest::Sha384, "SHA-384"),
    ] {
        pairs.signed(&format!("{name} over data"), rsa, &signed().digest(digest));
        let own = rsa.clone().self_signed_with(digest).unwrap();
        pairs.signed(&format!("{name} over the own key"), &own, &signed());
        let bound = rsa.add_signing_subkey(&at().bound_with(digest)).unwrap();
        pairs.signed(&format!("{name} in a binding"), &bound, &signed());
        let back = rsa.add_signing_subkey(&at().signed_back_with(digest));
        let name = format!("{name} in a back-signature");
        pairs.signed(&name, &back.unwrap(), &signed());
    }
}

fn keys(pairs: &mut Pairs, key: &SigningKey, rsa: &SigningKey) {
    let ecdsa = SigningKey::generate_ecdsa(VENDOR, created()).unwrap();
    pairs.signed("ECDSA", &ecdsa, &signed());
    pairs.signed("RSA of 2048 bits", rsa, &signed());
    let short = SigningKey::generate_rsa(VENDOR, created(), 1024).unwrap();
    pairs.signed("RSA of 1024 bits", &short, &signed());
    let below = key.add_signing_subkey(&at().rsa(1024)).unwrap();
    pairs.signed("subkey of RSA of 1024 bits", &below, &signed());
    let signature = dsa::SIGNATURE.as_bytes().to_vec();
    pairs.add("DSA", dsa::key(), signature, Some(LIST));
    let other = SigningKey::generate(VENDOR, created()).unwrap();
    let unknown = other.sign_binary(LIST, &signed()).unwrap();
    let keys = key.public_key_binary().unwrap();
    pairs.add("unknown key", keys, unknown, Some(LIST));
    let flagless = key.clone().without_signing_flag().unwrap();
    pairs.signed("primary without the signing flag", &flagless, &signed());
    let old = key.clone().without_key_flags().unwrap();
    pairs.signed("primary without any flags", &old, &signed());
    let six = Version6Key::generate(created()).unwrap();
    let (keys, at) = (
        six.public_key_binary().unwrap(),
        time("2024-01-11T12:00:00Z"),
    );
    pairs.add(
        "version 6",
        keys,
        six.sign_binary(LIST, at).unwrap(),
        Some(LIST),
    );
}

fn subkeys(pairs: &mut Pairs, key: &SigningKey, rsa: &SigningKey) {
    for (name, binding) in [
        ("subkey", at()),
        (
            "subkey that did not sign back",
            at().without_back_signature(),
        ),
        (
            "subkey without the signing flag",
            at().without_signing_flag(),
        ),
    ] {
        for (kind, key) in [("Ed25519", key), ("RSA", rsa)] {
            let bound = key.add_signing_subkey(&binding).unwrap();
            pairs.signed(&format!("{kind} {name}"), &bound, &signed());
        }
    }
}

/// The signature is ten days and a half younger than the key.
fn times(pairs: &mut Pairs, key: &SigningKey) {
    pairs.signed("signature expired", key, &signed().expires_after(DAY));
    let early = SignatureOptions::at(time("2023-12-31T00:00:00Z"));
    pairs.signed("older than the key", key, &early);
    let future = SignatureOptions::at(time("2100-01-01T00:00:00Z"));
    pairs.signed("from the future", key, &future);
    for (name, days) in [("before", 9), ("after", 20)] {
        let name = |what: &str| format!("{what} expired {name} the signature");
        let primary = key.clone().expires_after(days * DAY).unwrap();
        pairs.signed(&name("primary"), &primary, &signed());
        let below = primary.add_signing_subkey(&at()).unwrap();
        pairs.signed(&name("the subkey's primary"), &below, &signed());
        let subkey = key.add_signing_subkey(&at().expires_after(days * DAY));
        pairs.signed(&name("subkey"), &subkey.unwrap(), &signed());
        let primary = key.clone().self_signature_expires_after(days * DAY);
        pairs.signed(&name("self-signature"), &primary.unwrap(), &signed());
        let binding = at().binding_expires_after(days * DAY);
        let subkey = key.add_signing_subkey(&binding).unwrap();
        pairs.signed(&name("binding"), &subkey, &signed());
    }
}

/// A direct-key signature that says nothing, like that with a revoker, and one that says something.
fn direct(pairs: &mut Pairs, key: &SigningKey) {
    let said = DirectOptions::at(created());
    let mut add = |name: &str, key: &SigningKey, said: &DirectOptions| {
        pairs.signed(name, &key.says_directly(said).unwrap(), &signed());
    };
    add("a word beside the key", key, &said);
    let flagless = key.clone().without_signing_flag().unwrap();
    add("a word beside missing flags", &flagless, &said);
    let ended = key.clone().expires_after(9 * DAY).unwrap();
    add("a word beside an end", &ended, &said);
    let flagged = said.clone().flagged(false);
    let old = key.clone().without_key_flags().unwrap();
    add("certifies, said directly", &old, &flagged);
    add("an end, said directly", key, &said.expires_after(9 * DAY));
}

fn revocations(pairs: &mut Pairs, key: &SigningKey) {
    let subkey = key.add_signing_subkey(&at()).unwrap();
    for (name, day) in [("before", "2024-01-05"), ("after", "2024-01-20")] {
        let day = time(&format!("{day}T00:00:00Z"));
        for reason in [
            RevocationReason::Compromised,
            RevocationReason::NoReason,
            RevocationReason::Retired,
            RevocationReason::Superseded,
        ] {
            let name = |what| format!("{what} revoked {name} the signature, {reason:?}");
            let primary = key.revoke(reason, day).unwrap();
            pairs.signed(&name("primary"), &primary, &signed());
            let below = subkey.revoke(reason, day).unwrap();
            pairs.signed(&name("the subkey's primary"), &below, &signed());
            let revoked = subkey.revoke_subkey(reason, day).unwrap();
            pairs.signed(&name("subkey"), &revoked, &signed());
        }
    }
}

/// What a signature marks as critical, in every place.
fn critical(pairs: &mut Pairs, key: &SigningKey) {
    let day = time("2024-01-20T00:00:00Z");
    for (what, required) in [
        ("notation", Required::notation("must@vendor.test")),
        ("private subpacket", Required::subpacket(100, b"x")),
        ("unknown subpacket", Required::subpacket(60, b"x")),
    ] {
        let name = |place: &str| format!("critical {what} {place}");
        let required = || required.clone();
        pairs.signed(&name("over data"), key, &signed().requires(required()));
        let own = key.clone().self_signature_requires(required()).unwrap();
        pairs.signed(&name("over the own key"), &own, &signed());
        let later = own.self_signed_at(time("2024-01-02T00:00:00Z")).unwrap();
        let both = [key, &later].map(|key| key.public_key_binary().unwrap());
        let signature = key.sign_binary(LIST, &signed()).unwrap();
        let older = name("over the own key, with an older word");
        pairs.add(&older, both.concat(), signature, Some(LIST));
        for (place, options) in [
            ("in a binding", at().binding_requires(required())),
            (
                "in a back-signature",
                at().back_signature_requires(required()),
            ),
        ] {
            let bound = key.add_signing_subkey(&options).unwrap();
            pairs.signed(&name(place), &bound, &signed());
        }
        let reason = RevocationReason::Compromised;
        let revoked = key.revoke_requiring(reason, day, &required()).unwrap();
        pairs.signed(&name("in a revocation"), &revoked, &signed());
    }
    let policy = Required::subpacket(26, b"https://vendor.test/policy");
    pairs.signed("critical policy over data", key, &signed().requires(policy));
}

fn companies(pairs: &mut Pairs, key: &SigningKey) {
    let other = SigningKey::generate(VENDOR, created()).unwrap();
    let keys = key.public_key_binary().unwrap();
    let sign =
        |key: &SigningKey, options: &SignatureOptions| key.sign_binary(LIST, options).unwrap();
    let good = sign(key, &signed());
    let bad = key.sign_binary(b"other", &signed()).unwrap();
    for (name, beside) in [
        ("an unknown one", sign(&other, &signed())),
        ("a bad one", bad),
    ] {
        for (place, both) in [("after", [&good, &beside]), ("before", [&beside, &good])] {
            let name = format!("{name} {place} a good one");
            pairs.add(
                &name,
                keys.clone(),
                both.map(Vec::as_slice).concat(),
                Some(LIST),
            );
        }
    }
    let both = [keys, other.public_key_binary().unwrap()].concat();
    pairs.add("two keys in the file", both, good, Some(LIST));
}
