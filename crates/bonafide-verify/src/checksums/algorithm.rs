//! The algorithms that a list names, by their names in BSD lines and section headers.

use crate::{Algorithm, Digest};

/// An algorithm that a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// One that proves something.
    Strong(Algorithm),
    /// One that can be forged, or that is not known here.
    Weak {
        name: &'a str,
        /// How many digits its digests have, where that is known.
        digits: Option<usize>,
    },
}

/// What a line says about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// Its digest.
    Digest(Digest),
    /// A digest that proves nothing, of the algorithm that is named so.
    Nothing(&'a str),
}

impl<'a> Named<'a> {
    /// The algorithm of this name; `None` if the text can't be one.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let known = |digits| Self::Weak {
            name,
            digits: Some(digits),
        };
        match name {
            "SHA256" => Some(Self::Strong(Algorithm::Sha256)),
            "SHA512" => Some(Self::Strong(Algorithm::Sha512)),
            "MD5" => Some(known(32)),
            "SHA1" => Some(known(40)),
            _ => is_word(name).then_some(Self::Weak { name, digits: None }),
        }
    }

    /// A digest of this algorithm; `None` if the text can't be one.
    pub(super) fn read(self, digest: &str) -> Option<Said<'a>> {
        match self {
            Self::Strong(algorithm) => {
                let digest: Digest = digest.parse().ok()?;
                (digest.algorithm() == algorithm).then_some(Said::Digest(digest))
            }
            Self::Weak { name, digits } => {
                let fits = digits.is_none_or(|digits| digest.len() == digits);
                (fits && is_hexadecimal(digest)).then_some(Said::Nothing(name))
            }
        }
    }
}

/// `SHA3-256`, `SHA512/256` and `blake2b_512` are in use.
fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
