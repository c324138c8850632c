use super::super::{certificates, detached_signatures};

const KEY: &str = include_str!("../../keys/RPM-GPG-KEY-Rocky-9.asc");

fn refusal(file: &str) -> String {
    match certificates(file.as_bytes(), |_| true) {
        Ok(_) => panic!("it was read: {file:.300}"),
        Err(reason) => reason,
    }
}

fn assert_read(file: &str) {
    let read = certificates(file.as_bytes(), |_| true).unwrap();
    assert_eq!(read.unreadable, None, "{file:.300}");
    assert_eq!(read.certificates.len(), 1, "{file:.300}");
}

#[test]
fn a_key_is_read_with_headers_and_with_text_behind_it() {
    let headers = "Version: 1\nComment: at 12:30:00, see https://vendor.test/\nComment:\n\n";
    let with_headers = KEY.replacen("\n\n", &format!("\n{headers}"), 1);
    let before = format!("Key: of a vendor\n\n{KEY}");
    let behind = format!("{KEY}\nSee also: https://vendor.test/\n");
    let far_behind = format!("{KEY}{}", "a: b\n=\n".repeat(1000));
    for file in [KEY, &with_headers, &before, &behind, &far_behind] {
        assert_read(file);
    }
}

/// RFC 9580, 6.2: "MUST NOT have text other than whitespace following them on the same line".
#[test]
fn white_space_behind_every_line_is_passed_over() {
    let with_headers = KEY.replacen("\n\n", "\nVersion: 1\nComment: x\n\n", 1);
    for end in [" \n", "\t\n", "\r\n", " \t \r\n", "\r\r\n", "  \r \t\r\n"] {
        assert_read(&KEY.replace('\n', end));
        assert_read(&with_headers.replace('\n', end));
    }
    // One line at a time, and the last one without any end.
    for number in 0..KEY.lines().count() {
        let mut lines: Vec<_> = KEY.lines().map(str::to_owned).collect();
        lines[number] += " \t";
        assert_read(&lines.join("\n"));
    }
}

#[test]
fn empty_lines_a_missing_checksum_and_missing_padding_do_not_matter() {
    let (head, tail) = KEY.split_once("\n=").unwrap();
    let (checksum, last) = tail.split_once('\n').unwrap();
    assert_read(&format!("{head}\n{last}"));
    assert_read(&format!("{head}\n\n \n={checksum}\n\n{last}"));
    assert_read(&format!("{head}\n=AAAA\n{last}"));
    assert_read(&format!("{}\n{last}", head.trim_end_matches('=')));
}

#[test]
fn what_is_no_white_space_behind_a_line_is_refused() {
    for strange in [
        "x", " x", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2028}", "\0", "-",
    ] {
        for (number, line) in KEY.lines().enumerate() {
            let mut lines: Vec<_> = KEY.lines().map(str::to_owned).collect();
            // Headers may hold anything, and an `x` more is base64 as well.
            if line.contains(':') || strange == "x" && !line.starts_with(['-', '=']) {
                continue;
            }
            lines[number] += strange;
            let file = lines.join("\n");
            assert!(!refusal(&file).is_empty(), "{number} {strange:?}");
        }
    }
}

#[test]
fn armor_of_another_kind_or_without_its_parts_is_refused() {
    for (file, reason) in [
        (KEY.replace("PUBLIC KEY BLOCK", "MESSAGE"), "does not begin"),
        (KEY.replacen("\n\n", "\n", 1), "no empty line"),
        (KEY.replace("-----END PGP PUBLIC KEY BLOCK-----", ""), "cut"),
        (
            KEY.replace("END PGP PUBLIC KEY", "END PGP PRIVATE KEY"),
            "does not end",
        ),
        (KEY.replacen("\n=", "\n=AAAA\n=", 1), "after its checksum"),
        (KEY.replacen("\n\n", "\n\n*", 1), "base64"),
        (KEY.replacen("\n\n", "\n\n ", 1), "base64"),
    ] {
        assert!(refusal(&file).contains(reason), "{}", refusal(&file));
    }
}

/// A mebibyte of them took ten minutes.
#[test]
fn headers_without_end_are_refused() {
    let headers = "a: b\n".repeat(1 << 18);
    for (file, reason) in [
        (
            KEY.replacen("\n\n", &format!("\n{headers}\n"), 1),
            "64 headers",
        ),
        (KEY.replacen("\n\n", &format!("\n\n{headers}"), 1), "base64"),
        (
            format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n{headers}"),
            "64 headers",
        ),
    ] {
        assert!(refusal(&file).contains(reason), "{}", refusal(&file));
    }
    let signature = format!("-----BEGIN PGP SIGNATURE-----\n{}", "a: b\n".repeat(65));
    let error = detached_signatures(signature.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("64 headers"), "{error}");
}

#[test]
fn what_is_larger_than_a_signature_is_refused() {
    for file in [
        format!("{}-----BEGIN PGP SIGNATURE-----\n\n", " ".repeat(70_000)),
        format!("-----BEGIN PGP SIGNATURE-----\n{}", " ".repeat(70_000)),
        format!("-----BEGIN PGP SIGNATURE-----\n\n{}", "A".repeat(70_000)),
    ] {
        assert!(detached_signatures(file.as_bytes()).is_err());
    }
    let mut binary = vec![b'a'; 70_000];
    binary[0] = 0xC2;
    let error = detached_signatures(&binary).unwrap_err().to_string();
    assert!(error.contains("70000 bytes"), "{error}");
    let page = format!("<html>{}", "a: b\n".repeat(20_000));
    let error = detached_signatures(page.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("it is an HTML page"), "{error}");
}

/// rpgp took hours, since it searched for the end again with every piece.
#[test]
fn an_end_that_does_not_come_is_refused() {
    let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
    for run in ["=".repeat(1 << 20), "\r\n".repeat(1 << 20)] {
        for file in [format!("{begin}{run}"), format!("{begin}AAAA\n=AAAA{run}")] {
            assert!(refusal(&file).contains("cut"), "{}", refusal(&file));
        }
    }
    let equals = KEY.replacen("-----END", &format!("{}-----END", "=".repeat(1 << 20)), 1);
    assert!(!refusal(&equals).is_empty());
}
