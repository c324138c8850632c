#![doc = include_str!("../README.md")]

mod advice;
mod check;
mod checksums;
pub mod danger;
mod digester;
mod error;
mod evidence;
mod file_signature;
mod fingerprint;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod keyring;
mod kind;
mod nearest;
mod openpgp;
mod signature_check;
mod text;
#[doc = include_str!("../docs/trust.md")]
pub mod trust {}
mod verified;

pub use bonafide_core::{Algorithm, Digest, Digests, ParseDigestError};
pub use check::{DigestCheck, FileDigests};
pub use checksums::{ChecksumList, ExpectedDigest};
pub use digester::{Digester, SingleDigester};
pub use error::Error;
pub use evidence::{AcceptedWeakness, Evidence, Issuer};
pub use file_signature::FileSignature;
pub use fingerprint::Fingerprint;
pub use gate::{BodyError, Commit, Gate, GatedBody, Step};
pub use keyring::Keyring;
pub use openpgp::bare_signature;
pub use signature_check::SignatureCheck;
pub use text::SignedText;
pub use verified::Verified;
