//! Only the text that was verified is ever read.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::SigningKey;

use crate::{LIST, key, keyring, now, options};

const FORGED: &str = "0000000000000000000000000000000000000000000000000000000000000000  y.img\n";

/// A keyring, and a message that is clear-signed by its key.
fn signed() -> (Keyring, String) {
    let key: SigningKey = key();
    let message = key.sign_cleartext(std::str::from_utf8(LIST).unwrap(), &options());
    (keyring(&key), message.unwrap())
}

#[test]
fn the_signed_text_is_what_is_read() {
    let (keyring, message) = signed();
    let text = keyring.verify_cleartext(message.as_bytes(), now()).unwrap();
    assert_eq!(text.as_bytes(), LIST.trim_ascii_end());
    let list = text.checksum_list().unwrap();
    assert_eq!(list.names().collect::<Vec<_>>(), ["x.img"]);
    assert_eq!(list.evidence(), text.evidence());
}

#[test]
fn text_around_a_clear_signed_message_is_refused() {
    let (keyring, message) = signed();
    for changed in [
        format!("{FORGED}{message}"),
        format!("{message}{FORGED}"),
        message.replacen("\n\n", &format!("\n{FORGED}\n"), 1),
        message.replacen(
            "-----BEGIN PGP SIGNATURE",
            &format!("-----\n{FORGED}-----BEGIN PGP SIGNATURE"),
            1,
        ),
        format!("{message}{message}"),
    ] {
        let refused = keyring.verify_cleartext(changed.as_bytes(), now());
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{changed}");
    }
}

#[test]
fn a_line_more_in_the_signed_text_is_refused() {
    let (keyring, message) = signed();
    let changed = message.replacen(
        "-----BEGIN PGP SIGNATURE",
        &format!("{FORGED}-----BEGIN PGP SIGNATURE"),
        1,
    );
    let refused = keyring.verify_cleartext(changed.as_bytes(), now());
    assert!(matches!(refused, Err(Error::BadSignature { .. })));
}

#[test]
fn a_message_without_its_signature_is_refused() {
    let (keyring, message) = signed();
    let (text, _) = message.split_once("-----BEGIN PGP SIGNATURE").unwrap();
    let refused = keyring.verify_cleartext(text.as_bytes(), now());
    assert!(matches!(refused, Err(Error::Malformed { .. })));
    let refused = keyring.verify_cleartext(LIST, now());
    assert!(matches!(refused, Err(Error::Unsigned { .. })));
}
