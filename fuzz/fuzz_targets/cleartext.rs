//! Clear-signed messages. Their text is what stands between header and signature, and no more.

#![no_main]

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
    lines.find(|line| line.trim_end().is_empty());
    let text = lines.take_while(|line| !line.starts_with("-----"));
    let text: Vec<_> = text
        .map(|line| line.strip_prefix("- ").unwrap_or(line))
        .map(|line| line.trim_end_matches([' ', '\t', '\r']))
        .collect();
    text.join("\r\n")
}
