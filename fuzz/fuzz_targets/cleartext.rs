//! Clear-signed messages. Their text is what stands between header and signature, and no more; and
//! whoever reads the message line by line finds nothing else that could be a line of a list.

#![no_main]

use std::collections::HashSet;

use bonafide_fuzz::{bounded, counts, keyrings, nobody, now};
use bonafide_verify::fuzzing::cleartext;
use libfuzzer_sys::fuzz_target;
use pgp::composed::CleartextSignedMessage;

/// rpgp needs quadratic time for a message.
const SMALL: usize = 2048;

fuzz_target!(|data: &[u8]| bounded(data, || {
    assert!(nobody().verify_cleartext(data, now()).is_err());
    let Some((text, signatures)) = cleartext(data) else {
        assert!(keyrings()[0].verify_cleartext(data, now()).is_err());
        return;
    };
    let message = std::str::from_utf8(data).expect("what is no text is no message");
    assert!((1..=16).contains(&signatures));
    assert_eq!(text, framed(message));
    assert_no_line_beside(message, &text);
    if data.len() <= SMALL
        && let Ok((by_rpgp, _)) = CleartextSignedMessage::from_string(message)
    {
        assert_eq!(text, by_rpgp.signed_text());
    }
    for keyring in keyrings() {
        let Ok(proven) = keyring.verify_cleartext(data, now()) else {
            continue;
        };
        assert_eq!(proven.as_bytes(), text.replace("\r\n", "\n").as_bytes());
        counts(keyring, proven.evidence(), text.as_bytes());
    }
}));

/// The lines between the empty one below the header and the signature, as they are signed.
fn framed(message: &str) -> String {
    let mut lines = message.split('\n');
    lines.find(|line| line.trim_end_matches([' ', '\t', '\r']).is_empty());
    let text = lines.take_while(|line| !line.starts_with("-----"));
    let text: Vec<_> = text
        .map(|line| line.strip_prefix("- ").unwrap_or(line))
        .map(|line| line.trim_end_matches([' ', '\t', '\r']))
        .collect();
    text.join("\r\n")
}

/// Each line that Python's `splitlines` finds is framing, base64, or signed.
fn assert_no_line_beside(message: &str, text: &str) {
    let signed: HashSet<_> = text.split("\r\n").collect();
    let breaks = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    for line in message.split(breaks) {
        let line = line.trim_end_matches([' ', '\t']);
        let unescaped = line.strip_prefix("- ").unwrap_or(line);
        let unescaped = unescaped.trim_end_matches([' ', '\t']);
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        let has_digest = line
            .split(|c: char| !c.is_ascii_hexdigit())
            .any(|run| run.len() >= 32);
        let is_header = ["Charset:", "Comment:", "Hash:", "MessageID:", "Version:"]
            .iter()
            .any(|key| line.starts_with(key));
        let is_framing = line.is_empty() || line.starts_with("-----");
        let is_silent = is_header && !has_digest;
        let is_data = line.chars().all(is_base64) && !line.chars().all(|c| c.is_ascii_hexdigit());
        assert!(
            is_framing || is_silent || is_data || line.len() < 32 || signed.contains(unescaped),
            "{line:?} is not signed"
        );
    }
}
