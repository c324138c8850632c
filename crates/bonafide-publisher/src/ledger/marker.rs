//! How the publisher recognizes its own images: by id, and by properties.
//!
//! There is no database: the state of an image, and how far it came, is stored on the image itself.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bonafide_core::PROPERTY_PREFIX;
use bonafide_glance::{Image, Status, Visibility};
use bonafide_image::Compression;
use bonafide_properties::ImageProperties;
use bonafide_sources::{ListFormat, Serial};
use bonafide_verify::{Algorithm, Digest, Digests};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::Candidate;
use crate::ledger::heartbeat::Watched;

/// The default namespace of image ids: a UUIDv5 of `bonafide` in the namespace of DNS names.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x751c_ca7e_dabd_570a_ac0b_473e_686b_8345);

/// A build that waits longer than this for another run is overdue.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// How far the clocks of two runs may be apart.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(15);
/// No lease lasts longer than this after the image was created, whatever its property says.
const MAX_LEASE: SignedDuration = SignedDuration::from_hours(24);

/// The prefix of the publisher's own properties.
pub(crate) const PREFIX: &str = PROPERTY_PREFIX;
/// The channel that the image belongs to; its presence marks an image as the publisher's.
pub(crate) const CHANNEL: &str = "bonafide_channel";
/// `uploading` from create until the image is public.
pub(crate) const STATE: &str = "bonafide_state";
pub(crate) const UPLOADING: &str = "uploading";
/// Until when another run must leave an incomplete image alone; RFC 3339, UTC.
pub(crate) const LEASE: &str = "bonafide_lease_until";
/// The run that is uploading: a random number, so that a run recognizes its own image.
pub(crate) const RUN: &str = "bonafide_run";
/// The image by which the uploading run shows that it is alive.
pub(crate) const HEARTBEAT: &str = "bonafide_heartbeat";
/// How long that image must be unchanged before the run is considered dead: `PT3M`.
pub(crate) const GONE_AFTER: &str = "bonafide_gone_after";
/// How often a heartbeat image was renewed; its presence marks one.
pub(crate) const BEATS: &str = "bonafide_beats";
/// The vendor's serial of the build.
pub(crate) const SERIAL: &str = "bonafide_serial";
/// The digest that the vendor signed: `sha256:…`.
pub(crate) const DIGEST: &str = "bonafide_vendor_digest";
/// The digest of what Glance stores, which is not the vendor's where the file was decompressed:
/// `sha512:…`.
pub(crate) const STORED: &str = "bonafide_image_digest";
/// The name of the keyring whose keys signed.
pub(crate) const KEYRING: &str = "bonafide_keyring";
/// The file's name in the signed list.
pub(crate) const FILE: &str = "bonafide_file";
/// Where the signed list was, and in which form.
pub(crate) const LIST_URL: &str = "bonafide_list_url";
const FORMAT: &str = "bonafide_list_format";
/// When the list was signed.
pub(crate) const SIGNED_AT: &str = "bonafide_signed_at";
/// The pinned primary key, the key that signed, and the digest of what it signed.
pub(crate) const CERTIFICATE: &str = "bonafide_certificate";
pub(crate) const SIGNER: &str = "bonafide_signer";
pub(crate) const LIST_SHA256: &str = "bonafide_list_sha256";
/// The program that verified it.
pub(crate) const VERIFIER: &str = "bonafide_verifier";
/// Since when a newer build is public; RFC 3339, UTC.
pub(crate) const SUPERSEDED: &str = "bonafide_superseded_at";
/// How many members the image can have, after the cloud has refused more.
pub(crate) const MOST_MEMBERS: &str = "bonafide_most_members";
/// Only the members themselves can accept: `alone`.
pub(crate) const MEMBERS_ACCEPT: &str = "bonafide_members_accept";
pub(crate) const ALONE: &str = "alone";
/// Since when the cloud refuses members of the image, by its policy; RFC 3339, UTC.
pub(crate) const MEMBERS_REFUSED: &str = "bonafide_members_refused_at";
/// Since when the cloud refuses the visibility `community`, by its policy; RFC 3339, UTC.
pub(crate) const COMMUNITY_REFUSED: &str = "bonafide_community_refused_at";
/// The names that the cloud does not allow to be restored, by its policy.
pub(crate) const REPAIR_REFUSED: &str = "bonafide_repair_refused";
/// How often the cloud did not let the image become public, and when that is tried again: `2 2026-12-01T06:00:00Z`.
pub(crate) const PUBLISH_REFUSED: &str = "bonafide_publish_refused";
/// Why the image was not verified.
pub(crate) const UNVERIFIED: &str = "bonafide_unverified";
pub(crate) const TAG: &str = "managed_by_bonafide";

/// The id of an image: the same for every run of one operator that publishes this build, so that
/// Glance itself arbitrates between two of them. Ids can't be used twice, not even after a
/// deletion; `attempt` starts at 0.
#[must_use]
pub fn image_id(namespace: &Uuid, channel: &str, vendor_digest: &Digest, attempt: u32) -> Uuid {
    let algorithm = vendor_digest.algorithm();
    let name = format!("{channel}\n{algorithm}:{vendor_digest}\n{attempt}");
    Uuid::new_v5(namespace, name.as_bytes())
}

/// The properties that say how far an image came and which run works on it.
pub(crate) fn passing(run: Uuid, lease_until: Timestamp) -> BTreeMap<String, String> {
    [
        (STATE, UPLOADING.to_owned()),
        (LEASE, lease_until.to_string()),
        (RUN, run.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The properties that mark an image and carry the evidence of its origin.
pub(crate) fn lasting(channel: &str, candidate: &Candidate) -> BTreeMap<String, String> {
    let mut map = evidence(candidate);
    map.insert(CHANNEL.to_owned(), channel.to_owned());
    map
}

/// The properties with the evidence.
pub(crate) fn evidence(candidate: &Candidate) -> BTreeMap<String, String> {
    let evidence = candidate.evidence();
    let mut map = BTreeMap::new();
    let mut set = |name: &str, value: String| map.insert(name.to_owned(), value);
    set(SERIAL, candidate.serial().to_string());
    set(DIGEST, digest(candidate));
    set(CERTIFICATE, evidence.certificate.to_string());
    set(SIGNER, evidence.signer.to_string());
    set(SIGNED_AT, evidence.signed_at.to_string());
    set(LIST_SHA256, evidence.signed_sha256.to_string());
    // A path on the operator's disk is private.
    if candidate.release().list.scheme() != "file" {
        set(LIST_URL, candidate.release().list.to_string());
    }
    set(FORMAT, format_name(candidate.release().format).to_owned());
    set(FILE, candidate.file().name.clone());
    set(KEYRING, candidate.keyring().to_owned());
    set(
        VERIFIER,
        concat!("bonafide ", env!("CARGO_PKG_VERSION")).to_owned(),
    );
    map.extend(candidate.signed_files().to_properties());
    map
}

/// The tags that SCS-0102 recommends.
pub(crate) fn tags(properties: &ImageProperties) -> Vec<String> {
    let system = &properties.system.distribution;
    vec![TAG.to_owned(), format!("os:{system}")]
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
    match image.properties.get(FORMAT).map(String::as_str) {
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
        .get(FORMAT)
        .is_some_and(|own| own == format)
}

/// The candidate's digest as the marker writes it.
pub(crate) fn digest(candidate: &Candidate) -> String {
    let digest = &candidate.expected().digest;
    format!("{}:{digest}", digest.algorithm())
}

/// Whether the image belongs to the publisher, in this project, and to this channel.
pub(crate) fn is_own(image: &Image, channel: &str, project: &str) -> bool {
    image.owner.as_deref() == Some(project)
        && image
            .properties
            .get(CHANNEL)
            .is_some_and(|own| own == channel)
}

/// The channel of one of the publisher's images in this project.
pub(crate) fn own_channel<'a>(image: &'a Image, project: &str) -> Option<&'a str> {
    let channel = image.properties.get(CHANNEL)?;
    (image.owner.as_deref() == Some(project)).then_some(channel)
}

/// Whether the image was published once, whatever became of it since.
pub(crate) fn was_accepted(image: &Image) -> bool {
    matches!(image.status, Status::Active | Status::Deactivated)
        && !image.properties.contains_key(STATE)
}

/// Whether a newer build has taken the image's place.
pub(crate) fn is_superseded(image: &Image) -> bool {
    image.properties.contains_key(SUPERSEDED)
}

/// Whether the image is public.
pub(crate) fn is_public(image: &Image) -> bool {
    was_accepted(image) && image.visibility == Visibility::Public
}

/// Whether Glance stores what was compared before the image became public. The image of another
/// owner does not have this property.
pub(crate) fn is_unchanged(image: &Image) -> bool {
    let (Some(algorithm), Some(value)) = (&image.os_hash_algo, &image.os_hash_value) else {
        return false;
    };
    let stored = format!("{algorithm}:{}", value.to_lowercase());
    image.properties.get(STORED) == Some(&stored)
}

/// A refusal that was stored on the image under this name, in a property or in a tag.
pub(crate) fn remembered<'a>(image: &'a Image, name: &str) -> Option<&'a str> {
    let property = image.properties.get(name).map(String::as_str);
    property.or_else(|| {
        let mut tags = image.tags.iter();
        tags.find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='))
    })
}

/// The tag that replaces a property.
pub(crate) fn tag_of(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// How many members the image can have, if that is known.
pub(crate) fn most_members(image: &Image) -> Option<usize> {
    remembered(image, MOST_MEMBERS)?.parse().ok()
}

/// Whether members have to accept the image themselves, if that is known.
pub(crate) fn members_accept_alone(image: &Image) -> bool {
    remembered(image, MEMBERS_ACCEPT).is_some_and(|how| how == ALONE)
}

/// The build of the image, if its property can be read.
pub(crate) fn serial(image: &Image) -> Option<Serial> {
    image.properties.get(SERIAL)?.parse().ok()
}

/// How new the image's build is: its serial, when its list was signed, and of two images of one
/// build the one that was created first.
pub(crate) fn age(image: &Image) -> impl Ord + use<> {
    let made = image.created_at.map(Reverse);
    (serial(image), signed_at(image), made, Reverse(image.id))
}

/// When the list was signed by which the image was accepted, if that can be read.
pub(crate) fn signed_at(image: &Image) -> Option<Timestamp> {
    image.properties.get(SIGNED_AT)?.parse().ok()
}

/// Since when the image is superseded; `None` if that can't be read.
pub(crate) fn superseded_at(image: &Image) -> Option<Timestamp> {
    image.properties.get(SUPERSEDED)?.parse().ok()
}

/// Whether this run created the image.
pub(crate) fn is_by(image: &Image, run: Uuid) -> bool {
    image.properties.get(RUN) == Some(&run.to_string())
}

/// Whether the image is of the candidate's build.
pub(crate) fn is_of(image: &Image, candidate: &Candidate) -> bool {
    image.properties.get(DIGEST) == Some(&digest(candidate))
}

/// The verified digest of the stored bytes, in the algorithm that Glance uses.
pub(crate) fn stored(image: &Image, digests: &Digests) -> Option<(String, String)> {
    let algorithm: Algorithm = image.os_hash_algo.as_deref()?.parse().ok()?;
    let digest = digests.digest(algorithm);
    Some((STORED.to_owned(), format!("{algorithm}:{digest}")))
}

/// Whether Glance's digest is the one on the image, and that one is from the vendor's file.
pub(crate) fn is_whole(image: &Image, candidate: &Candidate) -> bool {
    let vendor = &candidate.expected().digest;
    let source = format!("source_{}sum", vendor.algorithm());
    let (Some(algorithm), Some(value)) = (&image.os_hash_algo, &image.os_hash_value) else {
        return false;
    };
    let value = value.to_lowercase();
    // If Glance computes the digest that the vendor signed, nothing else is needed.
    let packed = Compression::of_name(&candidate.file().name).is_some();
    if !packed && algorithm == vendor.algorithm().name() && value != vendor.to_string() {
        return false;
    }
    image.properties.get(&source) == Some(&vendor.to_string())
        && image.properties.get(STORED) == Some(&format!("{algorithm}:{value}"))
}

/// The end of the image's lease; a lease that can't be read has ended.
pub(crate) fn lease(image: &Image) -> Option<Timestamp> {
    image.properties.get(LEASE)?.parse().ok()
}

/// Whether a build has waited too long for an image that was created then.
pub(crate) fn is_overdue(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| now.duration_since(since) > LONGEST_WAIT)
}

/// Until when the run that created an unfinished image may be working on it, if that time is not
/// over. `gone` are the heartbeats of runs that are known to be dead.
pub(crate) fn busy_until(
    image: &Image,
    now: Timestamp,
    gone: &BTreeSet<Uuid>,
) -> Option<Timestamp> {
    // No clock decides about a run with a heartbeat.
    if let Some(watched) = Watched::of(image) {
        let until = lease(image).unwrap_or(now);
        return (!gone.contains(&watched.heartbeat)).then_some(until);
    }
    let later = |time: Timestamp, by| time.checked_add(by).unwrap_or(Timestamp::MAX);
    // Glance's own clock bounds what a run with a wrong clock may have written.
    let latest = image.created_at.map(|made| later(made, MAX_LEASE));
    let until = match (lease(image), latest) {
        (Some(until), Some(latest)) => Some(until.min(latest)),
        (until, _) => until,
    };
    let until = later(until?, CLOCK_MARGIN);
    (until > now).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_what_it_says() {
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"bonafide"));
    }

    #[test]
    fn each_channel_build_and_attempt_has_an_id_of_its_own() {
        let digest = |text: &[u8]| Digest::of(Algorithm::Sha256, text);
        let id = image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 0);
        assert_eq!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-22.04", &digest(b"a"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"b"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 1));
    }
}
