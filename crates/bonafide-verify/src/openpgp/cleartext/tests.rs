use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use pgp::composed::CleartextSignedMessage;
use proptest::prelude::*;

use super::*;

fn signed(text: &str) -> String {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let key = SigningKey::generate("Test <test@vendor.test>", now).unwrap();
    key.sign_cleartext(text, &SignatureOptions::at(now))
        .unwrap()
}

fn refusal(message: &str) -> String {
    cleartext(message.as_bytes()).unwrap_err().to_string()
}

#[test]
fn text_is_unescaped_and_brought_into_canonical_form() {
    let message = signed("one \t\n- two\n-----three\n\n four\n");
    for message in [message.replace('\n', "\r\n"), message] {
        let (text, signatures) = cleartext(message.as_bytes()).unwrap();
        assert_eq!(text, "one\r\n- two\r\n-----three\r\n\r\n four");
        assert_eq!(signatures.len(), 1);
    }
    assert_eq!(cleartext(signed("").as_bytes()).unwrap().0, "");
}

#[test]
fn text_around_the_signed_text_is_refused() {
    let message = signed("one\ntwo\n");
    for (changed, reason) in [
        (format!("zero\n{message}"), "before"),
        (format!("\n{message}"), "before"),
        (format!("{message}three\n"), "after"),
        (format!("{message}{message}"), "after"),
        (message.replacen("Hash:", "Comment: x\nHash:", 1), "header"),
        (message.replacen("\n\none", "\nzero\n\none", 1), "header"),
        (message.replacen("one", "-----one", 1), "no escape"),
        (message.replacen(SIGNATURE, BEGIN, 1), "no escape"),
    ] {
        let refused = refusal(&changed);
        assert!(refused.contains(reason), "{changed}: {refused}");
    }
    assert!(cleartext(format!("{message}\r\n \n").as_bytes()).is_ok());
}

#[test]
fn no_cut_of_a_message_is_read() {
    let message = signed("one\ntwo\n");
    for length in 0..message.trim_end().len() {
        assert!(
            cleartext(&message.as_bytes()[..length]).is_err(),
            "{length}"
        );
    }
    let without = message.split(SIGNATURE).next().unwrap();
    assert!(refusal(without).contains("taken away"));
    assert!(refusal("<html>").contains("an HTML page"));
}

#[test]
fn a_message_of_a_million_lines_is_read() {
    let text = "x\n".repeat(1_000_000);
    let message = signed("x").replacen("\nx\n", &format!("\n{text}"), 1);
    let (text, _) = cleartext(message.as_bytes()).unwrap();
    assert_eq!(text.len(), 2_999_998);
}

/// Each line that Python's `splitlines` finds is framing, base64 or signed.
fn assert_no_line_beside(message: &str, text: &str) {
    let signed: Vec<_> = text.split("\r\n").map(str::trim_end).collect();
    let breaks = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    for line in message.split(breaks).map(str::trim_end) {
        let unescaped = line.strip_prefix("- ").unwrap_or(line).trim_end();
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        let digits = line.chars().filter(char::is_ascii_hexdigit).count();
        assert!(
            line.is_empty()
                || [BEGIN, SIGNATURE, END].contains(&line)
                || signed.contains(&unescaped)
                || line.starts_with("Hash: ") && line.len() < 100 && digits < 64
                || line.chars().all(is_base64) && (line.len() < 32 || digits < line.len()),
            "{line:?} in {message:?}"
        );
    }
}

/// Every character that a reader may take for a line end or a blank, or that moves a cursor.
fn odd_characters() -> impl Iterator<Item = char> {
    let controls = (0..0x20).chain(0x7f..0xa1).filter_map(char::from_u32);
    let controls = controls.filter(|c| !"\t\n\r".contains(*c));
    let blanks = "\u{a0}\u{1680}\u{180e}\u{2000}\u{2003}\u{2009}\u{200a}\u{200b}\u{2028}\u{2029}\u{202f}\u{205f}\u{2060}\u{3000}\u{feff}\u{202e}";
    controls.chain(blanks.chars())
}

const FORGED: &str =
    "SHA256 (x.img) = 0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn a_hash_header_names_digests_and_nothing_else() {
    let message = signed("one\n");
    let with = |header: &str| message.replacen("Hash: SHA512", header, 1);
    assert_ne!(with("x"), message);
    for fine in [
        "Hash: SHA256",
        "Hash: SHA512 \t\r",
        "Hash: SHA1, SHA3-256,SHA512 , MD5",
        "Hash: SHA256\r\nHash: SHA3-512",
        "Hash: SHA512,SHA3-512,SHA384,SHA3-256,SHA256,SHA224,SHA1,RIPEMD160,MD5",
    ] {
        assert!(cleartext(with(fine).as_bytes()).is_ok(), "{fine:?}");
    }
    let mut wrong = vec![
        format!("Hash: {FORGED}"),
        format!("Hash: SHA256 {FORGED}"),
        format!("Hash: SHA256, {FORGED}"),
        format!("Hash: SHA256\r{FORGED}"),
        format!("Hash: SHA256\r\r{FORGED}"),
        format!("Hash: SHA256\n{FORGED}"),
        format!("Hash: {}", "0".repeat(64)),
        format!("Hash: {}SHA256", " ".repeat(200)),
        format!("Hash: {}", ["SHA256"; 20].join(",")),
        ["Hash: SHA256"; 17].join("\n"),
    ];
    wrong.extend(
        [
            "Hash:",
            "Hash: ",
            "Hash:SHA256",
            "Hash:  ",
            "Hash: ,",
            "Hash: SHA256,",
            "hash: SHA256",
            "Hash: sha256",
            "Hash: SHA999",
            "Hash: SHA256 SHA512",
            "Hash: SHA256;SHA512",
            " Hash: SHA256",
            "Hash : SHA256",
            "Hash: SHA-256",
            "Hash: SHA256\tSHA512",
            "Comment: x",
            "NotDashEscaped: x",
            "Charset: UTF-8",
            ":",
            "x",
        ]
        .map(str::to_owned),
    );
    for odd in odd_characters() {
        wrong.extend([
            format!("Hash: SHA256{odd}"),
            format!("Hash: SHA256{odd}{FORGED}"),
            format!("Hash: {odd}SHA256"),
            format!("Hash:{odd}SHA256"),
            format!("Hash: SHA256,{odd}SHA512"),
            format!("{odd}Hash: SHA256"),
            format!("Hash: SHA256{odd}\r"),
        ]);
    }
    for wrong in wrong {
        let refused = refusal(&with(&wrong));
        assert!(refused.contains("header"), "{wrong:?}: {refused}");
        assert!(!refused.contains(char::is_control), "{refused:?}");
        assert!(refused.len() < 400, "{refused}");
    }
}

#[test]
fn only_blanks_tabs_and_carriage_returns_are_white_space() {
    let message = signed("one\ntwo\n");
    let lines: Vec<_> = message.lines().collect();
    let with = |number: usize, tail: &str| {
        let mut lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[number] += tail;
        lines.join("\n")
    };
    for number in 0..lines.len() {
        for tail in [" ", "\t", "\r", " \t\r \r", "    \t"] {
            let (text, _) = cleartext(with(number, tail).as_bytes()).unwrap();
            assert_eq!(text, "one\r\ntwo", "{number} {tail:?}");
        }
        for odd in odd_characters() {
            for tail in [odd.to_string(), format!(" {odd}"), format!("{odd} \r")] {
                let read = cleartext(with(number, &tail).as_bytes());
                // After a line of the text it is text, which is then different.
                let is_text = (3..5).contains(&number) && text::breaks(&odd.to_string()).is_none();
                match read {
                    Ok((text, _)) => assert!(is_text && text != "one\r\ntwo", "{number} {odd:?}"),
                    Err(_) => assert!(!is_text, "{number} {odd:?}"),
                }
            }
        }
    }
    // White space after the last line.
    assert!(cleartext(format!("{message}\r\n \t\n").as_bytes()).is_ok());
    for odd in odd_characters() {
        assert!(refusal(&format!("{message}{odd}\n")).contains("after"));
    }
}

#[test]
fn text_that_others_part_into_other_lines_is_refused() {
    for odd in odd_characters().chain(['\r']) {
        let is_text = text::breaks(&odd.to_string()).is_none();
        for (line, number) in [
            (format!("# x{odd}{FORGED}\ntwo\n"), 1),
            (format!("one\n- # x {odd}y\n"), 2),
            (format!("one\n\n{odd}x\n"), 3),
        ] {
            let read = cleartext(signed(&line).as_bytes());
            assert_eq!(read.is_ok(), is_text, "{odd:?}");
            if let Err(error) = read {
                let error = error.to_string();
                let wanted = format!("line {number} of its text has {}", text::code_point(odd));
                assert!(error.contains(&wanted), "{error}");
            }
        }
    }
    // A tab separates nothing.
    assert!(cleartext(signed("one\ttwo\n").as_bytes()).is_ok());
}

#[test]
fn the_armor_of_the_signature_holds_nothing_that_looks_signed() {
    let message = signed("one\n");
    let with = |headers: &str| {
        message.replacen(
            &format!("{SIGNATURE}\n"),
            &format!("{SIGNATURE}\n{headers}\n"),
            1,
        )
    };
    for fine in [
        "Version: GnuPG v2.0.22 (GNU/Linux)",
        "Version: GnuPG v1\nComment: Signed by the build host, see https://vendor.test/\nHash: SHA256",
        "Comment: \r",
        "Comment:",
        "Comment: key 36F6 12DC F27F 7D1A 48A8 35E4 DBFC 71C6 D9F9 0A6B",
    ] {
        let read = cleartext(with(fine).as_bytes());
        assert!(read.is_ok(), "{fine:?}: {read:?}");
    }
    let mut wrong = vec![
        FORGED.to_owned(),
        format!("Comment: {FORGED}"),
        format!("Comment: x\r{FORGED}"),
        format!("Comment: x\n{FORGED}"),
        format!("{FORGED}: x"),
        format!("x: {FORGED}"),
        format!("Comment: {}  y.img", "0".repeat(32)),
        format!("Comment: {}", "x ".repeat(200)),
        ["Comment: x"; 17].join("\n"),
        "Comment".to_owned(),
        "Remark: x".to_owned(),
        "0000  x.img: y".to_owned(),
    ];
    wrong.extend(odd_characters().flat_map(|odd| {
        [
            format!("Comment: x{odd}{FORGED}"),
            format!("Comment:{odd}"),
            format!("Version: x{odd}y"),
        ]
    }));
    for wrong in wrong {
        let refused = refusal(&with(&wrong));
        assert!(!refused.contains(char::is_control), "{refused:?}");
    }
}

/// An unsigned notation can make a line of base64 arbitrary.
#[test]
fn no_line_of_the_base64_is_a_bare_digest() {
    let message = signed("one\n");
    for digits in [32, 40, 64, 96, 128] {
        for digest in ["0".repeat(digits), "aB3".repeat(50)[..digits].to_owned()] {
            let changed = message.replacen("\n=", &format!("\n{digest}\n="), 1);
            assert!(
                refusal(&changed).contains("looks like a digest"),
                "{changed}"
            );
        }
    }
    let spaced = message.replacen("\n=", &format!("\n{}  x.img\n=", "0".repeat(64)), 1);
    assert!(refusal(&spaced).contains("base64"));
}

proptest! {
    #[test]
    fn messages_are_read_as_rpgp_does(
        text in "([-a \t\u{e9}]{0,6}\n){0,8}[-a ]{0,3}",
        end in "\r?\n",
    ) {
        let message = signed(&text).replace('\n', &end);
        let (read, signatures) = cleartext(message.as_bytes()).unwrap();
        let (by_rpgp, _) = CleartextSignedMessage::from_string(&message).unwrap();
        prop_assert_eq!(read, by_rpgp.signed_text());
        prop_assert_eq!(signatures.len(), 1);
    }

    /// As Python splits them, which has the most line ends: what is not framing is signed.
    #[test]
    fn a_reader_of_lines_sees_no_line_that_is_not_signed(
        seed in "(Hash: )?[A-Z0-9, -]{0,12}",
        odd in prop_oneof![Just(String::new()), "\\PC{1,2}", "[\r\t\u{b}\u{c}\0\u{85}\u{a0}\u{2028}\u{2029}\u{1c}]{1,2}"],
        place in 0_usize..14,
    ) {
        let message = signed("one\n- two\n\nthree\n");
        let mut lines: Vec<_> = message.split('\n').map(str::to_owned).collect();
        let place = place % lines.len();
        lines[place] = format!("{}{odd}{seed}", lines[place]);
        let changed = lines.join("\n");
        if let Ok((text, _)) = cleartext(changed.as_bytes()) {
            assert_no_line_beside(&changed, &text);
        }
    }

    #[test]
    fn reading_never_panics(
        text in "(-----BEGIN PGP SIGNED MESSAGE-----\r?\n)?(Hash: SHA512\n)?\n?[-a\n\r ]{0,40}(-----BEGIN PGP SIGNATURE-----\n)?.{0,40}",
    ) {
        let _ = cleartext(text.as_bytes());
    }
}
