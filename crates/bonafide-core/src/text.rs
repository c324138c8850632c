//! Foreign text as it may be shown.
//!
//! Image owners, servers and vendors write names, properties and messages. A terminal obeys some of
//! their characters: it clears the screen, moves its cursor or turns the direction of a line.

/// How many characters [`excerpt`] has at most, before some of them are escaped.
const EXCERPT: usize = 80;

/// Whether a character controls how a terminal shows other characters, or has no width: control
/// characters, separators of lines and paragraphs, marks of direction, zero-width characters and
/// the byte order mark U+FEFF.
///
/// Unicode has most of them in categories other than *control*, so [`char::is_control`] alone
/// misses them.
#[must_use]
pub fn controls(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// The text with each character that [`controls`] written as `\u{…}`. Other characters stay as
/// they are, quotes and backslashes too.
///
/// ```
/// use bonafide_core::text;
///
/// assert_eq!(text::printable("für \"alle\"\u{202e}"), "für \"alle\"\\u{202e}");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match controls(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

/// The first 80 characters, escaped as [`str::escape_debug`] does: for a text that is quoted inside
/// a message.
///
/// ```
/// use bonafide_core::text;
///
/// assert_eq!(text::excerpt("a\n`b`"), "a\\n`b`");
/// ```
#[must_use]
pub fn excerpt(text: &str) -> String {
    let beginning = text.chars().take(EXCERPT);
    beginning.flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_that_steer_a_terminal_are_escaped() {
        for (given, shown) in [
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("one\ntwo\r", "one\\u{a}two\\u{d}"),
            ("a\u{200b}b", "a\\u{200b}b"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{202e}txt.exe\u{2066}", "\\u{202e}txt.exe\\u{2066}"),
            ("\u{feff}name", "\\u{feff}name"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(printable(given), shown);
        }
    }

    #[test]
    fn every_other_character_stays() {
        for text in ["", "Ubuntu Noble 24.04", "Größe: \"5\" \\ '6'", "日本 🦀"] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn an_excerpt_is_escaped_and_cut_at_80_characters() {
        assert_eq!(excerpt("tab\tand \"quotes\""), "tab\\tand \\\"quotes\\\"");
        assert_eq!(excerpt("\u{feff}\u{200b}"), "\\u{feff}\\u{200b}");
        assert_eq!(excerpt(&"é".repeat(81)), "é".repeat(80));
    }

    proptest! {
        #[test]
        fn no_text_controls_a_terminal(text: String) {
            prop_assert!(!printable(&text).contains(controls));
            prop_assert!(!excerpt(&text).contains(controls));
        }
    }
}
