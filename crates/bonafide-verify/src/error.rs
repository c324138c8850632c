//! Reasons why something is not verified.

use jiff::Timestamp;

use crate::advice::{hint, key_advice, unknown_signer, why_bad, why_other};
use crate::{Algorithm, Digest, Fingerprint, Issuer};

/// Why a check failed. Every variant means: do not use the data.
///
/// Each text has the computed and the expected values, and what to do next. The keys are named by
/// their full fingerprints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signature does not match the data: one of them was changed, or they do not belong
    /// together.
    #[error(
        "bad signature: the data is not what key {signer} signed at {signed_at}; {}",
        why_bad(*converted)
    )]
    BadSignature {
        /// The key that the signature names.
        signer: Fingerprint,
        /// When that signature was made.
        signed_at: Timestamp,
        /// What a program changed in the text, if the signature matches the text without that
        /// change.
        converted: Option<&'static str>,
    },
    /// A list with other lines for one program than for another.
    #[error(
        "line {line} of the list has the character {character}, at which other programs begin a new \
         line or show something else; report it to the vendor"
    )]
    BrokenLine {
        /// The line, counted from 1.
        line: usize,
        /// The character in Unicode notation: `U+000D`.
        character: String,
    },
    /// One file name is listed with different digests.
    #[error(
        "`{name}` is listed twice with different digests: `{first}` and `{second}`; report it to the \
         vendor"
    )]
    ConflictingDuplicate {
        /// The file name.
        name: String,
        /// The digest listed first.
        first: Digest,
        /// The digest that contradicts it.
        second: Digest,
    },
    /// One file name is listed with different sizes.
    #[error(
        "`{name}` is listed with two sizes: {first} and {second} bytes; report it to the vendor"
    )]
    ConflictingSizes {
        /// The file name.
        name: String,
        /// The size listed first, in bytes.
        first: u64,
        /// The size that contradicts it, in bytes.
        second: u64,
    },
    /// The bytes are not those that the vendor lists.
    #[error(
        "`{name}` is not the vendor's file: {algorithm} expected `{expected}`, computed \
         `{computed}` over {bytes} bytes; {}",
        why_other(*bytes, *listed)
    )]
    DigestMismatch {
        /// The file name in the signed list.
        name: String,
        /// The digest algorithm.
        algorithm: Algorithm,
        /// What the signed list says.
        expected: Digest,
        /// The digest of the bytes.
        computed: Digest,
        /// How many bytes were read.
        bytes: u64,
        /// The number of bytes that the signed list states, if it states one.
        listed: Option<u64>,
    },
    /// The list states two digests of one file, and the bytes match only one of them.
    #[error(
        "the signed list contradicts itself about `{name}`: {bytes} bytes have its {fitting}, and \
         for {algorithm} it says `{expected}`, computed `{computed}`; do not use the file, and \
         report it to the vendor"
    )]
    DigestContradiction {
        /// The file name in the signed list.
        name: String,
        /// The algorithm whose digest matches.
        fitting: Algorithm,
        /// The algorithm whose digest does not match.
        algorithm: Algorithm,
        /// The digest in the signed list.
        expected: Digest,
        /// The digest of the bytes.
        computed: Digest,
        /// How many bytes were read.
        bytes: u64,
    },
    /// Not a full fingerprint.
    #[error(
        "`{text}` is not a fingerprint: 40 (or 64) hexadecimal digits are needed, not a key id; \
         `gpg --show-keys FILE` prints it"
    )]
    Fingerprint {
        /// What was given.
        text: String,
    },
    /// The signature claims a time in the future.
    #[error(
        "the signature of key {signer} is from the future: made at {signed_at}, now it is {now}; \
         check this machine's clock"
    )]
    FromTheFuture {
        /// The signing key.
        signer: Fingerprint,
        /// When the signature claims to be made.
        signed_at: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// The gate waits for a proof and was asked to open without one.
    #[error(
        "the gate waits for the proof of `{expected}` and opens with nothing else; only a gate \
         made by `danger::gate` opens without a proof"
    )]
    GateAwaitsProof {
        /// The digest for which the gate was made.
        expected: Digest,
    },
    /// The gate was asked to open with the proof of another file.
    #[error("the gate waits for the proof of `{expected}` and was given that of `{proven}`")]
    GateMismatch {
        /// The digest for which the gate was made.
        expected: Digest,
        /// The digest that was verified.
        proven: Digest,
    },
    /// The gate was made without an expected file, and was given a proof.
    #[error(
        "the gate was made by `danger::gate`, for no file, and can't take the proof of `{proven}`; \
         make it with `Gate::new`"
    )]
    GateWithoutFile {
        /// The digest that was verified.
        proven: Digest,
    },
    /// The key had expired before the signature was made.
    #[error(
        "key {key} expired at {expired_at}, before the signature was made at {signed_at}; add a newer \
         copy of the key, in which the vendor may have extended it"
    )]
    KeyExpired {
        /// The key or subkey.
        key: Fingerprint,
        /// When it expired.
        expired_at: Timestamp,
        /// When the signature was made.
        signed_at: Timestamp,
    },
    /// A key file without the pinned key, or without any key.
    #[error(
        "no pinned key of {vendor} in the key file: {reason}{}",
        key_advice(reason, pinned)
    )]
    KeyFile {
        /// The vendor of the keyring.
        vendor: String,
        /// What was found instead.
        reason: String,
        /// The pinned primary fingerprints.
        pinned: Vec<Fingerprint>,
    },
    /// The key was created after the signature that it is said to have made.
    #[error(
        "key {key} was created at {created_at}, after its signature of {signed_at}; report it to the \
         vendor"
    )]
    KeyNewerThanSignature {
        /// The key or subkey.
        key: Fingerprint,
        /// When it was created.
        created_at: Timestamp,
        /// When the signature claims to be made.
        signed_at: Timestamp,
    },
    /// The key was revoked by its owner.
    #[error(
        "key {key} was revoked at {revoked_at} ({reason}), so its signature of {signed_at} is not \
         valid; take a build that the vendor has signed with another key"
    )]
    KeyRevoked {
        /// The key or subkey.
        key: Fingerprint,
        /// When it was revoked.
        revoked_at: Timestamp,
        /// The reason that the owner stated.
        reason: String,
        /// When the signature was made.
        signed_at: Timestamp,
    },
    /// Neither an OpenPGP signature nor a clear-signed message.
    #[error("{what} is not readable as OpenPGP data: {reason}")]
    Malformed {
        /// What was read: the signature or the message.
        what: &'static str,
        /// What it looks like instead, or where reading failed.
        reason: String,
    },
    /// A line that is not in a known form of a checksum list.
    #[error(
        "line {line} of the signed list is not `DIGEST  NAME`, `DIGEST *NAME` or `SHA256 (NAME) = \
         DIGEST`, or its digest has another length than its algorithm: `{text}`"
    )]
    NotAChecksumList {
        /// The line, counted from 1.
        line: usize,
        /// Its text, shortened.
        text: String,
    },
    /// A side-car file that does not contain exactly one digest.
    #[error(
        "the signed side-car file has {lines} lines with digests, exactly one is needed; read it \
         as a list"
    )]
    NotASideCar {
        /// How many lines are neither empty nor a comment.
        lines: usize,
    },
    /// The key must not make such signatures.
    #[error(
        "key {key} may not sign files, as it did at {signed_at}: {reason}; add a newer copy of the key, \
         or report it to the vendor"
    )]
    NotASigningKey {
        /// The key or subkey.
        key: Fingerprint,
        /// What is missing.
        reason: String,
        /// When the signature was made.
        signed_at: Timestamp,
    },
    /// A clear-signed message, given as the signature of another file.
    #[error(
        "the signature file is a clear-signed message, whose signature is over the text in it: give it \
         as the list, without a signature"
    )]
    NotDetached,
    /// The list does not name the file.
    #[error(
        "`{name}` is not in the signed list, which has {entries} {}{}",
        if *entries == 1 { "name" } else { "names" },
        hint(name, similar)
    )]
    NotListed {
        /// The file name that was looked for.
        name: String,
        /// How many names the list has.
        entries: usize,
        /// The nearest listed names, nearest first.
        similar: Vec<String>,
    },
    /// Text that is not a list of images in the simplestreams form.
    #[error(
        "the signed text is not a simplestreams document `products:1.0` of `image-downloads`: {reason}; \
         use the one with the images"
    )]
    NotSimplestreams {
        /// What was found instead, or where reading failed.
        reason: String,
    },
    /// A signature that can't be checked while its file streams by.
    #[error(
        "the signature of key {signer} of {signed_at} can't be checked while the file is read: \
         {reason}; a binary (0x00) signature of version 4 over SHA-256 or SHA-512 is needed"
    )]
    NotStreamable {
        /// The key that the signature names.
        signer: Fingerprint,
        /// When the signature claims to be made.
        signed_at: Timestamp,
        /// Why it can't be checked.
        reason: String,
    },
    /// The stated reason for an upload without verification is not acceptable.
    #[error(
        "`{text}` is not a reason for an upload without verification: {problem}; say in one line of at most \
         200 characters why these bytes can't be verified"
    )]
    Reason {
        /// What was given, shortened.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The signature itself has expired.
    #[error(
        "the signature of key {signer} of {signed_at} expired at {expired_at}, now it is {now}; fetch a \
         newer one from the vendor"
    )]
    SignatureExpired {
        /// The signing key.
        signer: Fingerprint,
        /// When the signature was made.
        signed_at: Timestamp,
        /// When the signature expired.
        expired_at: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// A signature over something else than a file, such as a time stamp.
    #[error(
        "the signature of key {signer} of {signed_at} is of type {found}; only binary (0x00) and \
         text (0x01) ones are over a file: is it the right signature?"
    )]
    SignatureType {
        /// The key that the signature names.
        signer: Fingerprint,
        /// When the signature claims to be made.
        signed_at: Timestamp,
        /// The type found.
        found: String,
    },
    /// The digest matches and the size does not: the vendor's list contradicts itself.
    #[error(
        "`{name}` has the digest of the signed list, but {found} bytes and not {expected}; \
         report it to the vendor"
    )]
    SizeMismatch {
        /// The file name in the signed list.
        name: String,
        /// The size that the list states, in bytes.
        expected: u64,
        /// How many bytes were read.
        found: u64,
    },
    /// The input is larger than the limit.
    #[error("{what} has {bytes} bytes, more than the {most} that are read")]
    TooLarge {
        /// The input.
        what: &'static str,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        most: usize,
    },
    /// A signature with an unknown critical part, which makes it invalid.
    #[error(
        "the signature of key {signer} of {signed_at} over {over} marks {required} as critical, which \
         is not known here, so it is not valid (RFC 9580, 5.2.3.7); ask the vendor for one without it, \
         or use a newer version of this program"
    )]
    UnknownCritical {
        /// The key that the signature names.
        signer: Fingerprint,
        /// What is signed: the file, or a key.
        over: &'static str,
        /// The critical part that is unknown here.
        required: String,
        /// When the signature claims to be made.
        signed_at: Timestamp,
    },
    /// The signature was made by a key that is not pinned for this vendor.
    #[error("{}", unknown_signer(vendor, found, pinned))]
    UnknownSigner {
        /// The vendor of the keyring.
        vendor: String,
        /// The issuers that the signatures name, one for each.
        found: Vec<Issuer>,
        /// The pinned primary fingerprints.
        pinned: Vec<Fingerprint>,
    },
    /// There is no signature at all.
    #[error("unsigned: {reason}")]
    Unsigned {
        /// What was found instead of a signature.
        reason: String,
    },
    /// A digest that can be forged today.
    #[error(
        "weak digest: the signature of key {signer} of {signed_at} uses {algorithm}; SHA-256 or \
         stronger is required: take a newer build, or ask the vendor to sign with SHA-256 or stronger"
    )]
    WeakDigest {
        /// The key that the signature names.
        signer: Fingerprint,
        /// The digest algorithm of the signature.
        algorithm: String,
        /// When the signature claims to be made.
        signed_at: Timestamp,
    },
    /// A key that can be broken, or of a kind that is not accepted.
    #[error(
        "weak key: {key}, which signed at {signed_at}, is {algorithm}; RSA with 2048 bits or more, \
         or an elliptic curve, is required"
    )]
    WeakKey {
        /// The key or subkey.
        key: Fingerprint,
        /// Its algorithm and size.
        algorithm: String,
        /// When the signature claims to be made.
        signed_at: Timestamp,
    },
    /// The list has the file, but without a digest that proves anything.
    #[error(
        "`{name}` is listed with {} only, which proves nothing: MD5 and SHA1 can be forged, others are \
         not supported; SHA256 or SHA512 is required: ask the vendor for one",
        algorithms.join(", ")
    )]
    WeakListing {
        /// The file name in the signed list.
        name: String,
        /// The algorithms, as the list names them.
        algorithms: Vec<String>,
    },
}
