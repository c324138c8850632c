//! What the properties of an image say of it.
//!
//! There is no database: what an image is, and how far it came, is stored on the image.

use std::cmp::Reverse;

use bonafide_glance::{Image, Status, Visibility};
use bonafide_image::Compression;
use bonafide_properties::ImageProperties;
use bonafide_resolve::Candidate;
use bonafide_sources::Serial;
use bonafide_verify::{Algorithm, Digests};
use jiff::Timestamp;
use uuid::Uuid;

use crate::ledger::{evidence, keys};

/// The tags that SCS-0102 recommends.
pub(crate) fn tags(properties: &ImageProperties) -> Vec<String> {
    let system = &properties.system.distribution;
    vec![keys::TAG.to_owned(), format!("os:{system}")]
}

/// Whether the image belongs to the publisher, in this project, and to this channel.
pub(crate) fn is_own(image: &Image, channel: &str, project: &str) -> bool {
    image.owner.as_deref() == Some(project)
        && image
            .properties
            .get(keys::CHANNEL)
            .is_some_and(|own| own == channel)
}

/// The channel of one of the publisher's images in this project.
pub(crate) fn own_channel<'a>(image: &'a Image, project: &str) -> Option<&'a str> {
    let channel = image.properties.get(keys::CHANNEL)?;
    (image.owner.as_deref() == Some(project)).then_some(channel)
}

/// Whether the image was published once, whatever became of it since.
pub(crate) fn was_accepted(image: &Image) -> bool {
    matches!(image.status, Status::Active | Status::Deactivated)
        && !image.properties.contains_key(keys::STATE)
}

/// Whether a newer build has taken the image's place.
pub(crate) fn is_superseded(image: &Image) -> bool {
    image.properties.contains_key(keys::SUPERSEDED)
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
    image.properties.get(keys::STORED) == Some(&stored)
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
    remembered(image, keys::MOST_MEMBERS)?.parse().ok()
}

/// Whether members have to accept the image themselves, if that is known.
pub(crate) fn members_accept_alone(image: &Image) -> bool {
    remembered(image, keys::MEMBERS_ACCEPT).is_some_and(|how| how == keys::ALONE)
}

/// The build of the image, if its property can be read.
pub(crate) fn serial(image: &Image) -> Option<Serial> {
    image.properties.get(keys::SERIAL)?.parse().ok()
}

/// How new the image's build is: its serial, when its list was signed, and of two images of one
/// build the one that was created first.
pub(crate) fn age(image: &Image) -> impl Ord + use<> {
    let made = image.created_at.map(Reverse);
    (serial(image), signed_at(image), made, Reverse(image.id))
}

/// When the list was signed by which the image was accepted, if that can be read.
pub(crate) fn signed_at(image: &Image) -> Option<Timestamp> {
    image.properties.get(keys::SIGNED_AT)?.parse().ok()
}

/// Since when the image is superseded; `None` if that can't be read.
pub(crate) fn superseded_at(image: &Image) -> Option<Timestamp> {
    image.properties.get(keys::SUPERSEDED)?.parse().ok()
}

/// Whether this run created the image.
pub(crate) fn is_by(image: &Image, run: Uuid) -> bool {
    image.properties.get(keys::RUN) == Some(&run.to_string())
}

/// Whether the image is of the candidate's build.
pub(crate) fn is_of(image: &Image, candidate: &Candidate) -> bool {
    image.properties.get(keys::DIGEST) == Some(&evidence::digest(candidate))
}

/// The verified digest of the stored bytes, in the algorithm that Glance uses.
pub(crate) fn stored(image: &Image, digests: &Digests) -> Option<(String, String)> {
    let algorithm: Algorithm = image.os_hash_algo.as_deref()?.parse().ok()?;
    let digest = digests.digest(algorithm);
    Some((keys::STORED.to_owned(), format!("{algorithm}:{digest}")))
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
        && image.properties.get(keys::STORED) == Some(&format!("{algorithm}:{value}"))
}
