//! Fingerprints of OpenPGP keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The full fingerprint of an OpenPGP key: 20 bytes (version 4) or 32 bytes (version 6).
///
/// Printed and parsed as upper-case hexadecimal; blanks are ignored when parsing. Short and long
/// key ids are refused: they can be forged.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// The bytes of the fingerprint, 20 or 32.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<pgp::types::Fingerprint> for Fingerprint {
    fn from(fingerprint: pgp::types::Fingerprint) -> Self {
        Self(fingerprint.as_bytes().to_vec())
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let refused = || Error::Fingerprint {
            text: text.to_owned(),
        };
        let bytes = hex::decode(&digits).map_err(|_| refused())?;
        if matches!(bytes.len(), 20 | 32) {
            Ok(Self(bytes))
        } else {
            Err(refused())
        }
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_case_do_not_matter() {
        let spaced: Fingerprint = "d2eb 4462 6fdd c30b 513d  5bb7 1a5d 6c4c 7db8 7c81"
            .parse()
            .unwrap();
        assert_eq!(
            spaced.to_string(),
            "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81"
        );
    }

    #[test]
    fn key_ids_are_refused() {
        for short in ["1A5D6C4C7DB87C81", "7DB87C81", "", "not a fingerprint"] {
            assert!(short.parse::<Fingerprint>().is_err(), "{short}");
        }
    }
}
