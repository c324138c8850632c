//! What goes wrong with keys, and the two conversions into OpenPGP's units.

use std::time::Duration;

use jiff::Timestamp;

/// Why a key or a signature could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key's algorithm refuses so short a digest.
    #[error(
        "a key on an elliptic curve can't sign a `{digest}` digest, which is shorter than 256 bits: make the \
         key with `SigningKey::generate_rsa`"
    )]
    DigestTooShort {
        /// The digest asked for.
        digest: String,
    },
    /// A duration of more seconds than 32 bits hold.
    #[error("OpenPGP durations are seconds in 32 bits: `{duration:?}` is too long")]
    Duration {
        /// The duration asked for.
        duration: Duration,
    },
    /// A subkey was to be revoked where there is none.
    #[error("the key `{fingerprint}` has no subkey to revoke: add one with `add_signing_subkey`")]
    NoSubkey {
        /// The primary key.
        fingerprint: String,
    },
    /// rpgp refused.
    #[error("could not {doing}")]
    OpenPgp {
        /// What was being done.
        doing: &'static str,
        /// What rpgp says.
        #[source]
        source: Box<pgp::errors::Error>,
    },
    /// A time before 1970 or after 2106.
    #[error("OpenPGP times are seconds since 1970 in 32 bits: `{time}` is out of range")]
    Time {
        /// The time asked for.
        time: Timestamp,
    },
}

/// Says what was being done when rpgp refused.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, KeyError>;
}

impl<T> Doing<T> for Result<T, pgp::errors::Error> {
    fn doing(self, doing: &'static str) -> Result<T, KeyError> {
        self.map_err(|source| KeyError::OpenPgp {
            doing,
            source: Box::new(source),
        })
    }
}

pub(super) fn openpgp_time(time: Timestamp) -> Result<pgp::types::Timestamp, KeyError> {
    u32::try_from(time.as_second())
        .map(pgp::types::Timestamp::from_secs)
        .map_err(|_| KeyError::Time { time })
}

pub(super) fn openpgp_duration(duration: Duration) -> Result<pgp::types::Duration, KeyError> {
    pgp::types::Duration::try_from(duration).map_err(|_| KeyError::Duration { duration })
}
