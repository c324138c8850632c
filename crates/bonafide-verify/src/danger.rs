//! Functions that weaken the rule that only a proof ends a body. For **private** images only: an
//! unsigned image must not become public.
//!
//! Every function takes a [`Reason`], which belongs on the image and in the log, so that a later
//! reader knows why the image was not verified.
//!
//! ```
//! use bonafide_verify::danger::{self, Reason};
//! use bytes::Bytes;
//!
//! # fn main() -> Result<(), bonafide_verify::Error> {
//! let reason: Reason = "built here, never published".parse()?;
//! let mut gate = danger::gate(&reason);
//! assert_eq!(gate.pass(Bytes::from_static(b"image")), None);
//! let commit = danger::open(gate, &reason)?; // ends a `GatedBody`, as a verified one does
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::str::FromStr;

use bonafide_core::text::{controls, excerpt};
use serde::{Deserialize, Serialize};

use crate::{ChecksumList, Commit, Error, ExpectedDigest, Gate};

/// The longest reason, in characters; people read it.
const MAX_CHARACTERS: usize = 200;

/// Why an image is used without verification: one line of 1 to 200 characters, without control
/// characters and without surrounding blanks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = Error;

    /// Reads a reason; surrounding blanks are removed.
    fn from_str(given: &str) -> Result<Self, Error> {
        let reason = given.trim();
        // Some of these are not control characters in Unicode, but they would make a reason look
        // like another one, or like none.
        let problem = if reason.is_empty() {
            "it is empty"
        } else if reason.chars().any(controls) {
            "it has several lines or control characters"
        } else if reason.chars().count() > MAX_CHARACTERS {
            "it is too long"
        } else {
            return Ok(Self(reason.to_owned()));
        };
        Err(Error::Reason {
            text: excerpt(reason),
            problem,
        })
    }
}

impl TryFrom<String> for Reason {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A gate for an unsigned image. It holds the newest chunk back like every gate, and opens only by
/// [`open`].
#[must_use]
pub const fn gate(_reason: &Reason) -> Gate {
    Gate::without_file()
}

/// Opens a gate made by [`gate`] without a proof; returns the held bytes as a [`Commit`].
///
/// # Errors
///
/// [`Error::GateAwaitsProof`] if the gate waits for the proof of a file. The held bytes are lost
/// then, and the body can't be completed.
pub fn open(gate: Gate, _reason: &Reason) -> Result<Commit, Error> {
    gate.open_without_proof()
}

/// Reads an unsigned list of checksums. It detects a damaged download and does not verify the
/// origin, so no [`Verified`](crate::Verified) value can be derived from it.
///
/// # Errors
///
/// As [`checksum_list`](crate::Verified::checksum_list) of a signed one.
pub fn unsigned_list(text: &[u8], _reason: &Reason) -> Result<ChecksumList, Error> {
    ChecksumList::unsigned(text)
}

/// The digests of exactly this name in an unsigned list.
///
/// # Errors
///
/// As [`digest`](crate::Verified::digest) of a signed one.
pub fn unsigned_digest(
    list: &ChecksumList,
    name: &str,
    _reason: &Reason,
) -> Result<ExpectedDigest, Error> {
    list.expected(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_without_the_blanks_around_it() {
        let reason: Reason = "  built here, für Tests \n".parse().unwrap();
        assert_eq!(reason.to_string(), "built here, für Tests");
        assert_eq!(
            serde_json::to_string(&reason).unwrap(),
            "\"built here, für Tests\""
        );
        assert!("é".repeat(200).parse::<Reason>().is_ok());
    }

    #[test]
    fn an_unsigned_list_gives_digests_and_refuses_as_a_signed_one_does() {
        let reason: Reason = "the vendor signs nothing".parse().unwrap();
        let digest = "ab".repeat(32);
        let list = unsigned_list(format!("{digest}  x\n").as_bytes(), &reason).unwrap();
        let found = unsigned_digest(&list, "x", &reason).unwrap();
        assert_eq!(found.digest.to_string(), digest);
        assert!(unsigned_digest(&list, "y", &reason).is_err());
        assert!(unsigned_list(b"<html>", &reason).is_err());
        assert!(unsigned_list(b"\xFF", &reason).is_err());
    }

    #[test]
    fn what_says_nothing_or_too_much_is_no_reason() {
        let long = "x".repeat(201);
        for (text, problem) in [
            ("", "empty"),
            (" \t\n", "empty"),
            ("one\ntwo", "several lines"),
            ("one\u{2028}two", "several lines"),
            ("\u{200b}", "control characters"),
            ("yllaer \u{202e}", "control characters"),
            ("bell\u{7}", "control characters"),
            ("\u{1b}[31mred", "control characters"),
            (long.as_str(), "too long"),
        ] {
            let error = text.parse::<Reason>().unwrap_err().to_string();
            assert!(error.contains(problem), "{text:?}: {error}");
            assert!(!error.contains(char::is_control), "{error:?}");
            assert!(serde_json::from_value::<Reason>(text.into()).is_err());
        }
    }
}
