//! The evidence of an image's origin, as it is written on the image.

use std::collections::BTreeMap;

use bonafide_glance::Image;
use bonafide_resolve::Candidate;
use bonafide_sources::ListFormat;

use crate::ledger::keys;
use crate::ledger::proof::proof_properties;

/// The properties that mark an image and carry the evidence of its origin.
pub(crate) fn lasting(channel: &str, candidate: &Candidate) -> BTreeMap<String, String> {
    let mut map = evidence(candidate);
    map.insert(keys::CHANNEL.to_owned(), channel.to_owned());
    map
}

/// The properties with the evidence.
pub(crate) fn evidence(candidate: &Candidate) -> BTreeMap<String, String> {
    let evidence = candidate.evidence();
    let mut map = BTreeMap::new();
    let mut set = |name: &str, value: String| map.insert(name.to_owned(), value);
    set(keys::SERIAL, candidate.serial().to_string());
    set(keys::DIGEST, digest(candidate));
    set(keys::CERTIFICATE, evidence.certificate.to_string());
    set(keys::SIGNER, evidence.signer.to_string());
    set(keys::SIGNED_AT, evidence.signed_at.to_string());
    set(keys::LIST_SHA256, evidence.signed_sha256.to_string());
    // A path on the operator's disk is private.
    if candidate.release().list.scheme() != "file" {
        set(keys::LIST_URL, candidate.release().list.to_string());
    }
    set(
        keys::FORMAT,
        format_name(candidate.release().format).to_owned(),
    );
    set(keys::FILE, candidate.file().name.clone());
    set(keys::KEYRING, candidate.keyring().to_owned());
    set(
        keys::VERIFIER,
        concat!("bonafide ", env!("CARGO_PKG_VERSION")).to_owned(),
    );
    map.extend(proof_properties(candidate.signed_files()));
    map
}

/// The form of the signed list.
const fn format_name(format: ListFormat) -> &'static str {
    match format {
        ListFormat::AnyForm => "any",
        ListFormat::Simplestreams => "simplestreams",
        _ => "checksums",
    }
}

/// The form of the list of an image that carries one.
pub(crate) fn format(image: &Image) -> ListFormat {
    match image.properties.get(keys::FORMAT).map(String::as_str) {
        Some("any") => ListFormat::AnyForm,
        Some("simplestreams") => ListFormat::Simplestreams,
        _ => ListFormat::Checksums,
    }
}

/// Whether the image was accepted by a list of the same form as the candidate's.
pub(crate) fn has_format_of(image: &Image, candidate: &Candidate) -> bool {
    let format = format_name(candidate.release().format);
    image
        .properties
        .get(keys::FORMAT)
        .is_some_and(|own| own == format)
}

/// The candidate's digest as the marker writes it.
pub(crate) fn digest(candidate: &Candidate) -> String {
    let digest = &candidate.expected().digest;
    format!("{}:{digest}", digest.algorithm())
}
