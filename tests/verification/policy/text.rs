//! Only the text that was verified is ever read.

use bonafide::verify::{Error, Keyring};
use bonafide_testkit::keys::SigningKey;

use crate::policy::{LIST, key, keyring, now, options};

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

/// RFC 9580, 7: only `Hash` headers, only names of digests in them.
#[test]
fn hash_headers_that_name_digests_are_accepted() {
    let (keyring, message) = signed();
    for header in [
        "Hash: SHA256",
        "Hash: SHA512, SHA3-256,SHA1",
        "Hash: SHA256 \t\r\nHash: SHA512",
    ] {
        let changed = message.replacen("Hash: SHA512", header, 1);
        let text = keyring.verify_cleartext(changed.as_bytes(), now()).unwrap();
        assert_eq!(text.as_bytes(), LIST.trim_ascii_end());
    }
}

/// Wherever a line could be put that no key signed, and however it is parted from what is there.
#[test]
fn a_line_that_no_key_signed_is_refused_wherever_it_stands() {
    let (keyring, message) = signed();
    let forged = FORGED.trim_end();
    let bsd = format!("SHA256 (y.img) = {}", &FORGED[..64]);
    let parts = [
        " ",
        ", ",
        "\t",
        "\r",
        "\r\r",
        "\u{b}",
        "\u{c}",
        "\u{1c}",
        "\u{1e}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{2029}",
        "\0",
        "\u{1b}[2K\r",
        "\u{8}",
        "\u{feff}",
    ];
    let mut verdicts = 0;
    for line in [forged, &bsd, &FORGED[..64]] {
        for part in parts {
            for (anchor, changed) in [
                ("Hash: SHA512", format!("Hash: SHA512{part}{line}")),
                ("Hash: SHA512", format!("Hash: SHA512{part}{line}{part}")),
                ("Hash: SHA512", format!("Hash: {line}{part}SHA512")),
                ("MESSAGE-----\n", format!("MESSAGE-----{part}{line}\n")),
                ("\n\n", format!("\n{part}{line}\n\n")),
                ("\n\n", format!("\n\n{part}{line}\n")),
                ("x.img\n", format!("x.img{part}{line}\n")),
                ("x.img\n", format!("x.img\n- {part}{line}\n")),
                ("SIGNATURE-----\n", format!("SIGNATURE-----{part}{line}\n")),
                (
                    "SIGNATURE-----\n",
                    format!("SIGNATURE-----\nComment: x{part}{line}\n"),
                ),
                ("\n=", format!("\n{part}{line}\n=")),
                (
                    "END PGP SIGNATURE-----",
                    format!("END PGP SIGNATURE-----{part}{line}"),
                ),
            ] {
                let forged = message.replacen(anchor, &changed, 1);
                assert_ne!(forged, message);
                let refused = keyring.verify_cleartext(forged.as_bytes(), now());
                assert!(refused.is_err(), "{forged:?}");
                verdicts += 1;
            }
        }
    }
    assert_eq!(verdicts, 3 * parts.len() * 12);
}

/// It may be signed: a list that reads otherwise elsewhere is none.
#[test]
fn a_signed_list_with_other_line_ends_than_ours_is_refused() {
    let key = key();
    let good = LIST.trim_ascii_end();
    for part in [
        "\r", "\u{b}", "\u{c}", "\u{1d}", "\u{85}", "\u{2028}", "\u{2029}", "\0", "\u{1b}",
    ] {
        for list in [
            [good, part.as_bytes(), FORGED.as_bytes()].concat(),
            [b"# x", part.as_bytes(), FORGED.as_bytes()].concat(),
        ] {
            let signature = key.sign_binary(&list, &options()).unwrap();
            let text = keyring(&key).verify_detached(&list, &signature, now());
            let text = text.unwrap();
            let read = text.checksum_list();
            assert!(
                matches!(read, Err(Error::BrokenLine { line: 1, .. })),
                "{part:?}: {read:?}"
            );
            assert!(text.side_car("x.img").is_err());
            let list = std::str::from_utf8(&list).unwrap();
            let message = key.sign_cleartext(list, &options()).unwrap();
            let refused = keyring(&key).verify_cleartext(message.as_bytes(), now());
            assert!(matches!(refused, Err(Error::Malformed { .. })), "{part:?}");
        }
    }
    for part in ["\r", "\u{2028}"] {
        let side_car = format!("# x{part}{FORGED}{}\n", &FORGED[..64]);
        let signature = key.sign_binary(side_car.as_bytes(), &options()).unwrap();
        let text = keyring(&key).verify_detached(side_car.as_bytes(), &signature, now());
        let read = text.unwrap().side_car("y.img");
        assert!(matches!(read, Err(Error::BrokenLine { .. })), "{read:?}");
    }
    let list = [good, b" \t\r\r\n", good, b"\t \n"].concat();
    let signature = key.sign_binary(&list, &options()).unwrap();
    let text = keyring(&key).verify_detached(&list, &signature, now());
    assert_eq!(text.unwrap().checksum_list().unwrap().len(), 1);
}

/// RFC 9580, 6.2 and 7.2: blanks, tabs and carriage returns.
#[test]
fn white_space_behind_the_lines_around_the_text_is_accepted() {
    let (keyring, message) = signed();
    for end in [" \n", "\t\n", "\r\n", " \t\r \r\n"] {
        let changed = message.replace('\n', end);
        let text = keyring.verify_cleartext(changed.as_bytes(), now()).unwrap();
        assert_eq!(text.as_bytes(), LIST.trim_ascii_end());
    }
    let key = key();
    let signature = key.sign(LIST, &options()).unwrap().replace('\n', " \t\r\n");
    let keyring = crate::policy::keyring(&key);
    assert!(
        keyring
            .verify_detached(LIST, signature.as_bytes(), now())
            .is_ok()
    );
    assert!(keyring.file_signature(signature.as_bytes(), now()).is_ok());
}
