//! What a signature marks as critical and is not known here makes it invalid (RFC 9580, 5.2.3.7).

use bonafide::verify::{Algorithm, Digest, DigestCheck, Error};
use bonafide_testkit::keys::{
    DirectOptions, Required, RevocationReason, SignatureOptions, SigningKey, SubkeyOptions,
};

use crate::policy::{
    DAY, LIST, created, key, keyring, keyring_of, now, options, signed_at, time, verify_by,
    verify_with, with_subkey,
};

/// What is known: it is judged, or says nothing of whether a signature is valid.
fn known() -> Vec<Required> {
    [
        (4, &[1][..]),
        (7, &[1]),
        (11, &[9]),
        (21, &[10]),
        (22, &[2]),
        (23, &[0x80]),
        (24, b"hkps://keys.vendor.test"),
        (25, &[1]),
        (26, b"https://vendor.test/policy"),
        (28, b"Vendor <images@vendor.test>"),
        (30, &[1]),
    ]
    .map(|(kind, body)| Required::subpacket(kind, body))
    .into()
}

/// With what an error calls it.
fn unknown() -> Vec<(Required, String)> {
    let mut unknown = vec![
        (
            Required::notation("must@vendor.test"),
            "the notation `must@vendor.test`".to_owned(),
        ),
        (
            Required::notation("\u{1b}[2J"),
            "the notation `\\u{1b}[2J`".to_owned(),
        ),
        (
            Required::subpacket(5, &[1, 60]),
            "a level of trust".to_owned(),
        ),
        (
            Required::subpacket(6, b"<[^>]+[@.]vendor\\.test>$\0"),
            "a regular expression".to_owned(),
        ),
        (
            Required::subpacket(31, &[[1, 8].as_slice(), &[7; 32]].concat()),
            "a signature that it is about".to_owned(),
        ),
        (
            Required::subpacket(35, &[[4].as_slice(), &[7; 20]].concat()),
            "an intended recipient".to_owned(),
        ),
    ];
    let reserved = [0, 1, 8, 10, 13, 14, 15, 17, 18, 19, 36, 37, 38, 40, 60, 99];
    let private = 100..=110;
    unknown.extend(
        reserved
            .into_iter()
            .chain(private)
            .chain([111, 127])
            .map(|kind| {
                let required = Required::subpacket(kind, b"x");
                (required, format!("a subpacket of type {kind}"))
            }),
    );
    unknown
}

fn must() -> Required {
    Required::notation("must@vendor.test")
}

/// One of each way in which rpgp reads them.
fn some() -> [Required; 3] {
    [
        must(),
        Required::subpacket(100, b"x"),
        Required::subpacket(60, b"x"),
    ]
}

#[track_caller]
fn assert_unknown<T: std::fmt::Debug>(verdict: Result<T, Error>, over: &str, what: &str) {
    let Err(error @ Error::UnknownCritical { .. }) = verdict else {
        panic!("{over}, {what}: {verdict:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains(&format!("over {over} marks {what}")),
        "{text}"
    );
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[test]
fn what_is_known_may_be_critical() {
    for required in known() {
        let signed = options().requires(required.clone());
        let verdict = verify_with(&key(), &signed);
        assert!(verdict.is_ok(), "{required:?}: {verdict:?}");
        let own = key().self_signature_requires(required.clone()).unwrap();
        assert!(verify_with(&own, &options()).is_ok(), "{required:?}");
        let binding = SubkeyOptions::at(created())
            .binding_requires(required.clone())
            .back_signature_requires(required.clone());
        let bound = key().add_signing_subkey(&binding).unwrap();
        assert!(verify_with(&bound, &options()).is_ok(), "{required:?}");
    }
}

#[test]
fn unknown_critical_subpackets_and_notations_over_data_are_refused() {
    let key = key();
    for (required, what) in unknown() {
        let signed = options().requires(required.clone());
        assert_unknown(verify_with(&key, &signed), "the file", &what);
        let beside = options().requires(known().remove(0)).requires(required);
        assert_unknown(verify_with(&key, &beside), "the file", &what);
        let message = key.sign_cleartext(std::str::from_utf8(LIST).unwrap(), &signed);
        let verdict = keyring(&key).verify_cleartext(message.unwrap().as_bytes(), now());
        assert_unknown(verdict, "the file", &what);
    }
}

#[test]
fn unknown_critical_subpackets_and_notations_over_a_stream_are_refused_at_once() {
    for (required, what) in unknown() {
        let key = key();
        let signature = key.sign_binary(b"image", &options().requires(required));
        let verdict = keyring(&key).file_signature(&signature.unwrap(), now());
        assert_unknown(verdict, "the file", &what);
    }
}

#[test]
fn a_good_signature_beside_one_with_an_unknown_critical_thing_suffices() {
    let key = key();
    let sign = |options: &SignatureOptions| key.sign_binary(LIST, options).unwrap();
    let (good, other) = (sign(&options()), sign(&options().requires(must())));
    for both in [[&good[..], &other].concat(), [&other[..], &good].concat()] {
        let proven = keyring(&key).verify_detached(LIST, &both, now()).unwrap();
        assert_eq!(proven.evidence().others.len(), 1);
    }
    let list = format!("{}  x\n", Digest::of(Algorithm::Sha256, LIST));
    let signed = key.sign_binary(list.as_bytes(), &options()).unwrap();
    let text = keyring(&key).verify_detached(list.as_bytes(), &signed, now());
    let expected = text.unwrap().checksum_list().unwrap().digest("x").unwrap();
    let file = keyring(&key).file_signature(&[other, good].concat(), now());
    let mut check = DigestCheck::new(&expected).signed_by(file.unwrap());
    check.update(LIST);
    assert!(check.finish().is_ok());
}

#[test]
fn unknown_critical_things_in_what_a_key_says_of_itself_are_refused() {
    for (required, what) in unknown() {
        let own = key().self_signature_requires(required.clone()).unwrap();
        assert_unknown(verify_with(&own, &options()), "the key itself", &what);
        let subkey = own.add_signing_subkey(&SubkeyOptions::at(created()));
        let verdict = verify_with(&subkey.unwrap(), &options());
        assert_unknown(verdict, "the key itself", &what);
        let said = DirectOptions::at(created()).requires(required);
        let direct = key().says_directly(&said).unwrap();
        assert_unknown(verify_with(&direct, &options()), "the key itself", &what);
    }
}

#[test]
fn unknown_critical_things_in_a_binding_and_back_are_refused() {
    for (required, what) in unknown() {
        let at = || SubkeyOptions::at(created());
        let bound = key().add_signing_subkey(&at().binding_requires(required.clone()));
        let verdict = verify_with(&bound.unwrap(), &options());
        assert_unknown(verdict, "its subkey", &what);
        let back = key().add_signing_subkey(&at().back_signature_requires(required));
        let verdict = verify_with(&back.unwrap(), &options());
        assert_unknown(verdict, "its primary key", &what);
    }
}

/// Else a shorter life, or flags that were taken away, would be passed over by not knowing a part of it.
#[test]
fn an_older_word_does_not_step_in_for_one_that_is_not_understood() {
    for required in some() {
        let old = key();
        let new = old.clone().expires_after(DAY).unwrap();
        let new = new.self_signed_at(time("2026-10-01T00:00:00Z")).unwrap();
        let new = new.self_signature_requires(required.clone()).unwrap();
        let files = [&old, &new].map(|key| key.public_key_binary().unwrap());
        for file in [files.concat(), [&files[1][..], &files[0]].concat()] {
            let verdict = verify_by(&keyring_of(&old, &file), &old, &options());
            assert!(matches!(verdict, Err(Error::UnknownCritical { .. })));
        }
        // The newest word is understood.
        let newest = new.self_signed_at(time("2026-10-02T00:00:00Z")).unwrap();
        assert!(verify_with(&newest, &options()).is_err());
        let both = [&files[1][..], &renewed(&old)].concat();
        assert!(verify_by(&keyring_of(&old, &both), &old, &options()).is_ok());
        // Nor does an older binding.
        let later = SubkeyOptions::at(time("2026-10-01T00:00:00Z")).binding_requires(required);
        let bound = with_subkey().bind_subkey(&later).unwrap();
        let verdict = verify_with(&bound, &options());
        assert!(matches!(verdict, Err(Error::UnknownCritical { .. })));
    }
}

fn renewed(key: &SigningKey) -> Vec<u8> {
    let renewed = key.clone().self_signed_at(time("2026-10-02T00:00:00Z"));
    renewed.unwrap().public_key_binary().unwrap()
}

/// The owner has given the key up, whatever else is said. What is not known may restrict the reason, so
/// nothing that the key signed is valid.
#[test]
fn a_revocation_with_an_unknown_critical_thing_is_heard_and_for_good() {
    let later = time("2026-11-10T00:00:00Z");
    assert!(signed_at() < later);
    for required in some() {
        for reason in [
            RevocationReason::Compromised,
            RevocationReason::NoReason,
            RevocationReason::Retired,
            RevocationReason::Superseded,
        ] {
            let primary = key().revoke_requiring(reason, later, &required);
            let subkey = with_subkey().revoke_subkey_requiring(reason, later, &required);
            let above = with_subkey().revoke_requiring(reason, later, &required);
            for key in [primary, subkey, above] {
                let verdict = verify_with(&key.unwrap(), &options());
                assert!(
                    matches!(&verdict, Err(Error::KeyRevoked { reason, .. })
                        if reason.contains("marked as critical")),
                    "{verdict:?}"
                );
            }
        }
    }
}

/// Only the owner can make one: a revocation by another key is ignored.
#[test]
fn a_revocation_by_another_key_is_not_heard_with_a_critical_thing_either() {
    for required in some() {
        let (own, other) = (key(), key());
        let reason = RevocationReason::Compromised;
        let revoked = other.revoke_requiring(reason, signed_at(), &required);
        let without = other.public_key_binary().unwrap();
        let with = revoked.unwrap().public_key_binary().unwrap();
        let foreign = crate::policy::packets::added(&without, &with).concat();
        let file = [own.public_key_binary().unwrap(), foreign].concat();
        assert!(verify_by(&keyring_of(&own, &file), &own, &options()).is_ok());
    }
}

/// Everyone can add to the unhashed area.
#[test]
fn what_is_not_signed_requires_nothing() {
    let key = key();
    let signature = key.sign_binary(LIST, &options().without_issuer()).unwrap();
    // Version 4 without a key id: the length of the unhashed area is the zero behind the hashed one.
    let body = crate::policy::packets::packets(&signature)[0];
    let start = 2 + 4;
    let hashed = usize::from(u16::from_be_bytes([body[start], body[start + 1]]));
    let place = start + 2 + hashed;
    assert_eq!(body[place..place + 2], [0, 0]);
    for kind in [20 | 0x80, 60 | 0x80, 100 | 0x80] {
        let added: &[u8] = if kind == 20 | 0x80 {
            &[11, kind, 0x80, 0, 0, 0, 0, 1, 0, 1, b'n', b'v']
        } else {
            &[2, kind, b'x']
        };
        let length = u8::try_from(added.len()).unwrap();
        let changed = [&body[2..place], &[0, length], added, &body[place + 2..]].concat();
        let changed = crate::policy::packets::packet(2, &changed);
        let verdict = keyring(&key).verify_detached(LIST, &changed, now());
        assert!(verdict.is_ok(), "{kind}: {verdict:?}");
    }
}
