//! The algorithms of a list, by their names in BSD lines and section headers.

use std::borrow::Cow;

use crate::{Algorithm, Digest};

/// Algorithms in use that prove nothing here: an alias, the name, and the number of digits. The
/// first three can be forged; SHA-384 is not computed.
const WEAK: [(&str, &str, usize); 4] = [
    ("MD-5", "MD5", 32),
    ("SHA-1", "SHA1", 40),
    ("SHA-224", "SHA224", 56),
    ("SHA-384", "SHA384", 96),
];

/// An algorithm that a list names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// An algorithm that proves something.
    Strong(Algorithm),
    /// An algorithm that can be forged, or that is not computed here.
    Weak {
        name: Cow<'a, str>,
        /// The number of digits of its digests, if that is known.
        digits: Option<usize>,
    },
}

/// What a line states for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// Its digest.
    Digest(Digest),
    /// A digest that proves nothing, of the algorithm with this name.
    Nothing(Cow<'a, str>),
}

impl<'a> Named<'a> {
    /// The algorithm with this name; `None` if the text can't be one.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let known = |(_, name, digits): &(&str, &'static str, usize)| Self::Weak {
            name: Cow::Borrowed(*name),
            digits: Some(*digits),
        };
        match &name.to_ascii_uppercase()[..] {
            "SHA256" | "SHA-256" => Some(Self::Strong(Algorithm::Sha256)),
            "SHA512" | "SHA-512" => Some(Self::Strong(Algorithm::Sha512)),
            upper => {
                let weak = WEAK.iter().find(|weak| weak.1 == upper || weak.0 == upper);
                let other = || Self::Weak {
                    name: Cow::Borrowed(name),
                    digits: None,
                };
                weak.map(known).or_else(|| is_word(name).then(other))
            }
        }
    }

    /// A digest of this algorithm; `None` if the text can't be one.
    pub(super) fn read(&self, digest: &str) -> Option<Said<'a>> {
        match self {
            Self::Strong(algorithm) => {
                let digest: Digest = digest.parse().ok()?;
                (digest.algorithm() == *algorithm).then_some(Said::Digest(digest))
            }
            Self::Weak { name, digits } => {
                let fits = digits.is_none_or(|digits| digest.len() == digits);
                (fits && is_hexadecimal(digest)).then(|| Said::Nothing(name.clone()))
            }
        }
    }
}

/// The algorithm of a digest without a name, by its length, if it is one that proves nothing.
pub(super) fn of_length(digest: &str) -> Option<&'static str> {
    let mut weak = WEAK.iter();
    let (_, name, _) = weak.find(|(_, _, digits)| *digits == digest.len())?;
    is_hexadecimal(digest).then_some(name)
}

/// `SHA3-256`, `SHA512/256` and `blake2b_512` are in use.
fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
