//! Signed text, and how text is printed.

/// Bytes exactly as a pinned key signed them; held as [`Verified<SignedText>`](crate::Verified).
///
/// Only such text is ever parsed: an unsigned sibling of a signed list is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    bytes: Vec<u8>,
}

impl SignedText {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The signed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The first character of a line at which other programs begin a new one or display something else:
/// a control character other than a tab, or Unicode's separators of lines and paragraphs. Python's
/// `splitlines` splits text at a dozen of them, and a terminal moves its cursor.
pub(crate) fn breaks(line: &str) -> Option<char> {
    line.chars().find(|c| match c {
        '\t' => false,
        '\u{2028}' | '\u{2029}' => true,
        c => c.is_control(),
    })
}

/// Unicode's notation for a character that can't be printed.
pub(crate) fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}
