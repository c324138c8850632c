//! The links of the chain that need no network.

use bonafide_glance::Image;
use bonafide_resolve::{SignedFiles, read_list};
use bonafide_verify::{Digests, Error as VerifyError, ExpectedDigest, Keyring, Verified};
use jiff::Timestamp;

use crate::error::Error;
use crate::ledger::proof::proof_files;
use crate::ledger::{evidence, keys};

/// Properties by which a server boots something other than the image, or with another command line.
const BESIDE: [&str; 5] = [
    "block_device_mapping",
    "kernel_id",
    "mappings",
    "os_command_line",
    "ramdisk_id",
];

/// Why a chain ends early.
pub(super) enum Stop {
    Broken(String),
    Failed(Box<Error>),
    Remains(String),
}

impl Stop {
    pub(super) fn failed(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

pub(super) fn broken(error: VerifyError) -> Stop {
    Stop::Broken(error.to_string())
}

pub(super) fn files(image: &Image) -> Result<SignedFiles, Stop> {
    match proof_files(&image.properties) {
        Ok(Some(files)) => Ok(files),
        Ok(None) => Err(Stop::Remains(match image.properties.get(keys::LIST_URL) {
            Some(url) => format!("it carries no signed list; the vendor had it at {url}"),
            None => "it carries no signed list".to_owned(),
        })),
        Err(property) => Err(Stop::Broken(format!("`{property}` can't be read"))),
    }
}

/// The digest of the image's file in the list on the image, verified by the signature on the image.
pub(super) fn prove(
    image: &Image,
    files: &SignedFiles,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Verified<ExpectedDigest>, Stop> {
    let Some(file) = image.properties.get(keys::FILE) else {
        return Err(Stop::Remains(
            "it does not say which file of the list it is".to_owned(),
        ));
    };
    let text = match &files.signature {
        Some(signature) => keyring.verify_detached(&files.list, signature, now),
        None => keyring.verify_cleartext(&files.list, now),
    };
    text.and_then(|text| read_list(&text, evidence::format(image), file))
        .and_then(|list| list.digest(file))
        .map_err(broken)
}

/// The properties of the image must be what was signed.
pub(super) fn claims(image: &Image, expected: &Verified<ExpectedDigest>) -> Result<(), Stop> {
    if image.properties.contains_key(keys::UNVERIFIED) {
        return Err(Stop::Broken(format!(
            "`{}` says that it was not verified",
            keys::UNVERIFIED
        )));
    }
    let evidence = expected.evidence();
    let digest = &expected.digest;
    let sum = format!("source_{}sum", digest.algorithm());
    for (property, signed) in [
        (sum.as_str(), digest.to_string()),
        (keys::CERTIFICATE, evidence.certificate.to_string()),
        (keys::DIGEST, format!("{}:{digest}", digest.algorithm())),
        (keys::LIST_SHA256, evidence.signed_sha256.to_string()),
        (keys::SIGNED_AT, evidence.signed_at.to_string()),
        (keys::SIGNER, evidence.signer.to_string()),
    ] {
        let claimed = image.properties.get(property).map(String::as_str);
        if claimed != Some(&*signed) {
            return Err(Stop::Broken(format!(
                "`{property}` is `{}`, but the signed value is `{signed}`",
                claimed.unwrap_or("nothing")
            )));
        }
    }
    Ok(())
}

/// The digest that the publisher wrote must be the one that Glance reports.
pub(super) fn claimed_digest(image: &Image) -> Result<(), Stop> {
    let stored = image.properties.get(keys::STORED);
    let glance = image
        .os_hash_algo
        .as_deref()
        .zip(image.os_hash_value.as_deref());
    let glance = glance.map(|(algorithm, value)| format!("{algorithm}:{}", value.to_lowercase()));
    match stored {
        Some(stored) if Some(stored) != glance.as_ref() => Err(Stop::Broken(format!(
            "`{}` is `{stored}`, and Glance reports `{}`",
            keys::STORED,
            glance.as_deref().unwrap_or("nothing")
        ))),
        _ => Ok(()),
    }
}

/// Whether a server boots the content of the image, and nothing that was added beside it.
pub(super) fn boots_alone(image: &Image) -> Result<(), Stop> {
    let beside = BESIDE.iter().find(|name| {
        let value = image.properties.get(**name);
        value.is_some_and(|value| !value.is_empty())
    });
    match beside {
        Some(name) => Err(Stop::Remains(format!(
            "its bytes are the vendor's, but `{name}` makes servers boot with something else"
        ))),
        None => Ok(()),
    }
}

/// Glance computes the same digest as the vendor, or one that can't be compared.
pub(super) fn stored_digest(image: &Image, expected: &ExpectedDigest) -> Result<(), Stop> {
    let algorithm = image.os_hash_algo.as_deref().unwrap_or("no digest");
    let digest = &expected.digest;
    if algorithm != digest.algorithm().name() {
        return Err(Stop::Remains(format!(
            "the vendor signed {}, and Glance computes {algorithm}; to compare the stored image with the \
             vendor's file takes a download of the image",
            digest.algorithm()
        )));
    }
    let stored = image.os_hash_value.as_deref().unwrap_or_default();
    if stored.eq_ignore_ascii_case(&digest.to_string()) {
        return Ok(());
    }
    Err(Stop::Broken(format!(
        "Glance stores other bytes: {algorithm} expected `{digest}`, Glance reports `{stored}`"
    )))
}

pub(super) fn compare(image: &Image, unpacked: &Digests) -> Result<(), Stop> {
    let named = image.os_hash_algo.as_deref().unwrap_or("no digest");
    let Ok(algorithm) = named.parse() else {
        return Err(Stop::Remains(format!(
            "Glance computes {named}, which can't be compared"
        )));
    };
    let digest = unpacked.digest(algorithm);
    let stored = image.os_hash_value.as_deref().unwrap_or_default();
    if stored.eq_ignore_ascii_case(&digest.to_string()) {
        return Ok(());
    }
    Err(Stop::Broken(format!(
        "Glance stores something other than the content of the vendor's file: {algorithm} expected \
         `{digest}`, Glance reports `{stored}`"
    )))
}
