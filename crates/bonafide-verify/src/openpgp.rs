//! Everything that uses rpgp: signatures are parsed here, clear-signed messages in `cleartext` and
//! key files in `key_file`, both from their `armor`. The self-signatures of a certificate are
//! verified once, in `checked`. The policy is in `policy`, that of certificates in `certificate`
//! with `last_words`, that of streamed files in `candidate`; the critical parts of signatures are
//! in `critical`.
//!
//! rpgp does the mathematics and enforces no policy, so every rule is here.

use std::borrow::Cow;

use bonafide_core::html;
use pgp::composed::{Deserializable, DetachedSignature};
use pgp::packet::Signature;

use crate::{Error, Issuer, kind};

mod armor;
mod candidate;
mod certificate;
mod checked;
mod cleartext;
mod critical;
#[cfg(fuzzing)]
mod facts;
mod key_file;
mod last_words;
mod policy;

pub(crate) use candidate::SignatureCandidate;
pub(crate) use checked::Certificate;
pub(crate) use cleartext::cleartext;
pub(crate) use key_file::{KeyFile, certificates};
pub(crate) use policy::verify;

/// More signatures than any vendor puts on one file; Debian's archive has three.
const MAX_SIGNATURES: usize = 16;
/// More bytes than those signatures have, armored.
const MAX_SIGNATURE_FILE: usize = 64 * 1024;
const SIGNATURE: &str = "PGP SIGNATURE";
const HEADER: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// A signature packet that could be read, not yet checked.
#[derive(Debug)]
pub(crate) struct ParsedSignature(Signature);

impl ParsedSignature {
    /// The issuer and the time that the signature names.
    pub(crate) fn issuer(&self) -> Issuer {
        issuer(&self.0)
    }
}

fn issuer(signature: &Signature) -> Issuer {
    let fingerprint = signature.issuer_fingerprint().into_iter().next();
    let fingerprint = fingerprint.map(|fingerprint| format!("{fingerprint:X}"));
    let id = signature.issuer_key_id().into_iter().next();
    Issuer {
        key: fingerprint.or_else(|| id.map(|id| id.to_string().to_uppercase())),
        signed_at: signature.created().map(certificate::timestamp),
    }
}

/// Reads a detached signature file, armored or binary.
pub(crate) fn detached_signatures(file: &[u8]) -> Result<Vec<ParsedSignature>, Error> {
    let read = || {
        let mut signatures = Vec::new();
        for content in &signature_contents(file)? {
            signatures.extend(packets(content).map_err(malformed)?);
        }
        signatures.truncate(MAX_SIGNATURES);
        Ok(signatures)
    };
    read().map_err(|error| match error {
        Error::Malformed { what, reason } => Error::Malformed {
            what,
            reason: kind::no_signature(file, reason),
        },
        other => other,
    })
}

/// The signatures of a file without anything around them: one armored block without headers.
///
/// Text that a server put around the armor, between its blocks or in its headers is not signed, so
/// it should not be stored for others to read. Nothing is verified here.
///
/// # Errors
///
/// [`Error::Unsigned`] and [`Error::Malformed`] as
/// [`Keyring::verify_detached`](crate::Keyring::verify_detached).
pub fn bare_signature(file: &[u8]) -> Result<String, Error> {
    detached_signatures(file)?;
    let content = signature_contents(file)?.concat();
    Ok(armor::write(&content, SIGNATURE))
}

fn malformed(reason: String) -> Error {
    Error::Malformed {
        what: "the signature",
        reason,
    }
}

/// The binary form of each armored block, or the binary file as it is. Text around armored blocks
/// is not read: another file is signed, so this text can't be mistaken for signed text.
fn signature_contents(file: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, Error> {
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Unsigned {
            reason: "the signature file is empty; fetch it anew".to_owned(),
        });
    }
    if is_binary(file) {
        bounded(file, MAX_SIGNATURE_FILE).map_err(malformed)?;
        return Ok(vec![file.into()]);
    }
    let mut contents = Vec::new();
    let mut left = MAX_SIGNATURE_FILE;
    // Each block has at least one signature.
    for block in armor::blocks(file, HEADER).take(MAX_SIGNATURES) {
        let block = armor::block(block);
        left = bounded(block, left).map_err(malformed)?;
        contents.push(armor::content(block, SIGNATURE).map_err(malformed)?.into());
    }
    Ok(contents)
}

/// The signatures of a binary file or of the content of one armored block.
fn packets(file: &[u8]) -> Result<Vec<ParsedSignature>, String> {
    let parsed =
        DetachedSignature::from_bytes_many(file).map_err(|error| describe(file, &error))?;
    let signatures = parsed
        .take(MAX_SIGNATURES)
        .map(|signature| signature.map(|s| ParsedSignature(s.signature)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| describe(file, &error))?;
    if signatures.is_empty() {
        return Err("it is cut short or holds no signature packet".to_owned());
    }
    Ok(signatures)
}

/// How many bytes remain of this number after these.
fn bounded(file: &[u8], most: usize) -> Result<usize, String> {
    let size = file.len();
    most.checked_sub(size).ok_or_else(|| match kind_of(file) {
        "OpenPGP data" => format!(
            "it has {size} bytes, and no more than {MAX_SIGNATURE_FILE} are read of signatures"
        ),
        kind => format!("it is {kind}"),
    })
}

/// Binary packets begin with their highest bit set (RFC 9580, 4.2); armor is text.
fn is_binary(file: &[u8]) -> bool {
    file.first().is_some_and(|byte| byte & 0x80 != 0)
}

/// Why a file could not be read, by what it looks like.
pub(crate) fn describe(file: &[u8], error: &pgp::errors::Error) -> String {
    match kind_of(file) {
        "OpenPGP data" => reason(error).to_owned(),
        kind => format!("it is {kind}"),
    }
}

/// rpgp's own texts contain whole packets and backtraces, and take milliseconds to write.
fn reason(error: &pgp::errors::Error) -> &'static str {
    use pgp::errors::Error as E;
    match error {
        E::InvalidPacketContent { source } => reason(source),
        E::Unimplemented { .. } | E::Unsupported { .. } => {
            "it has a packet of a version or kind that is not supported"
        }
        E::IO { .. } | E::PacketIncomplete { .. } | E::RequestedSizeTooLarge => {
            "it is cut short or damaged"
        }
        _ => "it has a packet that is damaged or not known here",
    }
}

fn kind_of(file: &[u8]) -> &'static str {
    let head = file.get(..512).unwrap_or(file);
    let lower = String::from_utf8_lossy(head).trim_start().to_lowercase();
    if lower.is_empty() {
        "an empty file"
    } else if html::is_page(file) {
        "an HTML page"
    } else if lower.contains("-----begin pgp") || is_binary(head) {
        "OpenPGP data"
    } else {
        "neither armored nor binary OpenPGP data"
    }
}
