//! Everything that touches rpgp: parsing here, the policy in `policy`, certificates in
//! `certificate`.
//!
//! rpgp does the mathematics and enforces no policy, so every rule is spelled out there.

use std::io::Read;

use pgp::armor::{BlockType, Dearmor};
use pgp::composed::{
    CleartextSignedMessage, Deserializable, DetachedSignature, SignedPublicKey,
    SignedPublicKeyParser,
};
use pgp::packet::{Packet, PacketParser, Signature};

use crate::Error;

mod certificate;
mod policy;

pub(crate) use policy::verify;

/// More packets than any vendor's key file has; Debian's largest keyrings have some hundreds.
const MAX_KEY_PACKETS: usize = 20_000;
/// More signatures than any vendor puts on one file; Debian's archive has three.
const MAX_SIGNATURES: usize = 16;

/// A signature packet that could be read, not yet checked.
#[derive(Debug)]
pub(crate) struct ParsedSignature(Signature);

impl ParsedSignature {
    /// Whom the signature names: a fingerprint if it has one, else a key id.
    pub(crate) fn issuer(&self) -> String {
        if let Some(fingerprint) = self.0.issuer_fingerprint().first() {
            return format!("{fingerprint:X}");
        }
        match self.0.issuer_key_id().first() {
            Some(id) => id.to_string().to_uppercase(),
            None => "that is not named".to_owned(),
        }
    }
}

/// Reads the certificates of a key file, armored or binary, and says what could not be read of it.
///
/// GnuPG's own keyrings have trust packets between a user id and its signatures; they mean
/// nothing to others and would part what belongs together. A packet that can't be read (a newer
/// version, an unknown algorithm) does not spoil the others.
pub(crate) fn certificates(file: &[u8]) -> Result<(Vec<SignedPublicKey>, Option<String>), String> {
    let mut binary = Vec::new();
    if file.first().is_some_and(|byte| byte & 0x80 != 0) {
        binary.extend_from_slice(file);
    } else {
        let mut armor = Dearmor::new(file);
        armor
            .read_header()
            .map_err(|error| describe(file, &error))?;
        if !matches!(armor.typ, Some(BlockType::PublicKey)) {
            return Err("it is no public key block".to_owned());
        }
        let read = armor.read_to_end(&mut binary);
        read.map_err(|error| describe(file, &error.into()))?;
    }
    let mut unreadable = None;
    let packets = PacketParser::new(&binary[..]).take(MAX_KEY_PACKETS);
    let packets = packets.filter_map(|packet| match packet {
        Ok(Packet::Trust(_)) => None,
        Ok(packet) => Some(Ok(packet)),
        Err(error) => {
            unreadable.get_or_insert_with(|| describe(file, &error));
            None
        }
    });
    let parsed = SignedPublicKeyParser::from_packets(packets.peekable());
    let certificates = parsed.filter_map(Result::ok).collect();
    Ok((certificates, unreadable))
}

/// Reads a detached signature file, armored or binary.
pub(crate) fn detached_signatures(file: &[u8]) -> Result<Vec<ParsedSignature>, Error> {
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Unsigned {
            reason: "the signature file is empty".to_owned(),
        });
    }
    let malformed = |error: &pgp::errors::Error| Error::Malformed {
        what: "the signature",
        reason: describe(file, error),
    };
    let (parsed, _) = DetachedSignature::from_reader_many(file).map_err(|e| malformed(&e))?;
    let signatures = parsed
        .take(MAX_SIGNATURES)
        .map(|signature| signature.map(|s| ParsedSignature(s.signature)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| malformed(&e))?;
    if signatures.is_empty() {
        return Err(Error::Malformed {
            what: "the signature",
            reason: "it is cut short or holds no signature packet".to_owned(),
        });
    }
    Ok(signatures)
}

/// Reads a clear-signed message: its canonical text (CR LF line ends) and its signatures.
pub(crate) fn cleartext(message: &[u8]) -> Result<(String, Vec<ParsedSignature>), Error> {
    let malformed = |reason: String| Error::Malformed {
        what: "the clear-signed message",
        reason,
    };
    let text = std::str::from_utf8(message).map_err(|error| malformed(error.to_string()))?;
    if !text.contains("-----BEGIN PGP SIGNED MESSAGE-----") {
        return Err(Error::Unsigned {
            reason: format!("no clear-signed message, but {}", kind_of(message)),
        });
    }
    let (parsed, _) = CleartextSignedMessage::from_string(text)
        .map_err(|error| malformed(describe(message, &error)))?;
    let signatures: Vec<_> = parsed
        .signatures()
        .iter()
        .take(MAX_SIGNATURES)
        .map(|signature| ParsedSignature(signature.clone()))
        .collect();
    if signatures.is_empty() {
        return Err(Error::Unsigned {
            reason: "the clear-signed message has no signature".to_owned(),
        });
    }
    Ok((parsed.signed_text(), signatures))
}

/// Why a file could not be read, in words that fit what it looks like.
pub(crate) fn describe(file: &[u8], error: &pgp::errors::Error) -> String {
    match kind_of(file) {
        "OpenPGP data" => {
            // rpgp's errors may hold a whole packet.
            let detail: String = error.to_string().chars().take(200).collect();
            match error {
                pgp::errors::Error::IO { .. } => format!("it is cut short or damaged ({detail})"),
                _ => detail,
            }
        }
        kind => format!("it is {kind}"),
    }
}

fn kind_of(file: &[u8]) -> &'static str {
    let head = file.get(..512).unwrap_or(file);
    let lower = String::from_utf8_lossy(head).trim_start().to_lowercase();
    if lower.is_empty() {
        "an empty file"
    } else if lower.starts_with("<!doctype") || lower.starts_with("<html") {
        "an HTML page"
    } else if lower.contains("-----begin pgp") || head.first().is_some_and(|byte| byte & 0x80 != 0)
    {
        "OpenPGP data"
    } else {
        "neither armored nor binary OpenPGP data"
    }
}
