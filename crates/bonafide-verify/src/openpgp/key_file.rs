//! Key files: certificates in any order, beside anything else.

use std::collections::HashSet;

use pgp::composed::{SignedPublicKey, SignedPublicKeyParser};
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};
use pgp::types::KeyDetails;

use super::{armor, certificate, checked, describe, is_binary};

/// More packets than any vendor's key file has; Debian's largest keyrings have some hundreds.
const MAX_KEY_PACKETS: usize = 2_000;
/// More bytes than any key file has; Debian's keyring of all developers has some 30 MiB.
const MAX_KEY_FILE: usize = 64 * 1024 * 1024;
/// More revocations than any key has; each costs a verification.
const MAX_REVOCATIONS: usize = 64;
/// Any PGP armor; `dearmor` rejects blocks that are not public keys.
const HEADER: &[u8] = b"-----BEGIN PGP ";

/// The contents of a key file.
pub(crate) struct KeyFile {
    pub(crate) certificates: Vec<SignedPublicKey>,
    /// The parts that could not be read.
    pub(crate) unreadable: Option<String>,
    /// The limit after which nothing was read, if there is more.
    pub(crate) bound: Option<String>,
}

/// Reads the certificates of a key file, binary or of one or more armored blocks, and reports what
/// could not be read.
///
/// GnuPG's own keyrings have trust packets between a user id and its signatures; they have no
/// meaning outside and would separate related packets. A packet or block that can't be read (a
/// newer version, an unknown algorithm) does not affect the others.
///
/// Only the wanted certificates get their revocations: a file with thousands of others must not
/// cost a verification for each pair.
pub(crate) fn certificates(
    file: &[u8],
    wanted: impl Fn(&SignedPublicKey) -> bool,
) -> Result<KeyFile, String> {
    if file.len() > MAX_KEY_FILE {
        return Err(format!(
            "it has {} bytes, more than the {MAX_KEY_FILE} that are read of a key file",
            file.len()
        ));
    }
    let (binary, mut unreadable) = decode(file)?;
    let mut packets = Vec::new();
    let mut revocations = Vec::new();
    let mut all = binary.iter().flat_map(|part| PacketParser::new(&part[..]));
    for packet in all.by_ref().take(MAX_KEY_PACKETS) {
        match packet {
            Ok(Packet::Trust(_)) => {}
            Ok(Packet::Signature(revocation)) if is_revocation(&revocation) => {
                revocations.push(revocation);
            }
            Ok(packet) => packets.push(Ok(packet)),
            Err(error) => {
                unreadable.get_or_insert_with(|| describe(file, &error));
            }
        }
    }
    let parsed = SignedPublicKeyParser::from_packets(packets.into_iter().peekable());
    let mut certificates: Vec<_> = parsed.filter_map(Result::ok).collect();
    // The statements of the copies of one certificate are merged, so one of them is enough.
    let mut seen = HashSet::new();
    for certificate in &mut certificates {
        if wanted(certificate) && seen.insert(certificate.fingerprint()) {
            revoke(certificate, &revocations);
        }
    }
    let bound = all.next().map(|_| {
        format!(
            "it has more than the {MAX_KEY_PACKETS} packets that are read of a key file; give the vendor's \
             key alone"
        )
    });
    Ok(KeyFile {
        certificates,
        unreadable,
        bound,
    })
}

/// Of a primary key or of a subkey; those of user ids do not revoke keys.
fn is_revocation(signature: &Signature) -> bool {
    matches!(
        signature.typ(),
        Some(SignatureType::KeyRevocation | SignatureType::SubkeyRevocation)
    )
}

/// The binary form, one part for each block.
fn decode(file: &[u8]) -> Result<(Vec<Vec<u8>>, Option<String>), String> {
    if is_binary(file) {
        return Ok((vec![file.to_vec()], None));
    }
    let mut parts = Vec::new();
    let mut unreadable = None;
    for block in armor::blocks(file, HEADER) {
        match armor::content(armor::block(block), "PGP PUBLIC KEY BLOCK") {
            Ok(part) => parts.push(part),
            Err(reason) => {
                unreadable.get_or_insert(reason);
            }
        }
    }
    match unreadable {
        Some(reason) if parts.is_empty() => Err(reason),
        unreadable => Ok((parts, unreadable)),
    }
}

/// Gives a certificate its revocations, wherever they are in the file: appended at its end they
/// would seem to belong to its last subkey, and be lost. Those of its subkeys are among them. None
/// is verified yet; copies of one revocation are merged, whatever hints they have.
fn revoke(certificate: &mut SignedPublicKey, revocations: &[Signature]) {
    let primary = &certificate.primary_key;
    let named = |revocation: &&Signature| certificate::names(revocation, primary);
    let nameless = |revocation: &&Signature| certificate::names_nobody(revocation);
    let candidates = revocations.iter().filter(named);
    let candidates = candidates.chain(revocations.iter().filter(nameless));
    let mut own = Vec::new();
    for revocation in candidates.filter_map(checked::bare) {
        if own.len() < MAX_REVOCATIONS && !own.contains(&revocation) {
            own.push(revocation);
        }
    }
    certificate.details.revocation_signatures = own;
}
