//! The desired image: at its create, and again before it becomes public.

use std::collections::BTreeMap;

use bonafide_glance::{Image, ImagePatch, NewImage, Status, Visibility};
use bonafide_image::Head;
use bonafide_properties::{CiRun, Gibibytes};
use bonafide_resolve::Candidate;
use bonafide_verify::{Algorithm, Digests};
use jiff::civil::Date;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::{evidence, keys, marker};
use crate::spec::properties::properties;

const CONTAINER_FORMAT: &str = "bare";

/// Everything about a new image but its id and its bytes.
#[derive(Debug)]
pub(crate) struct ImageSpec {
    staging_name: String,
    disk_format: &'static str,
    min_disk: u32,
    min_ram: u32,
    tags: Vec<String>,
    properties: BTreeMap<String, String>,
    /// Properties that the image may have only after its bytes are compared.
    last: BTreeMap<String, String>,
}

impl ImageSpec {
    pub(crate) fn new(
        channel: &Channel,
        candidate: &Candidate,
        head: Head,
        added: Date,
        ci: &CiRun,
    ) -> Result<Self, Error> {
        let min_disk = Gibibytes::holding(head.virtual_size);
        let mut wanted = properties(channel, candidate, added, min_disk)?;
        wanted.ci = ci.clone();
        let mut map = wanted
            .to_map()
            .map_err(|error| Error::properties(channel.name(), &error.violations))?;
        map.extend(evidence::lasting(channel.name(), candidate));
        let serial = candidate.serial();
        Ok(Self {
            staging_name: format!("{} {serial} (being uploaded)", channel.name()),
            disk_format: head.format.name(),
            min_disk: wanted.min_disk.0,
            min_ram: wanted.min_ram.0,
            tags: marker::tags(&wanted),
            properties: map,
            last: BTreeMap::new(),
        })
    }

    /// Makes this a private image: with its final name, without the mark of the images that the
    /// publisher looks after. Its evidence comes last, since it is not compared later.
    pub(crate) fn make_private(&mut self, name: &str, marks: BTreeMap<String, String>) {
        name.clone_into(&mut self.staging_name);
        let ours = |property: &String| property.starts_with(keys::PREFIX);
        self.properties.retain(|property, _| !ours(property));
        self.last = marks;
        self.tags.retain(|tag| tag != keys::TAG);
    }

    /// A private image with the uploader's name and properties.
    pub(crate) fn private(
        name: &str,
        head: Head,
        min_ram: u32,
        properties: BTreeMap<String, String>,
        marks: BTreeMap<String, String>,
    ) -> Self {
        Self {
            last: marks,
            staging_name: name.to_owned(),
            disk_format: head.format.name(),
            min_disk: Gibibytes::holding(head.virtual_size).0,
            min_ram,
            tags: Vec::new(),
            properties,
        }
    }

    /// A private image, still without the marks of the run that creates it.
    pub(crate) fn new_image(&self, id: Uuid) -> NewImage {
        let image = NewImage::new(id, self.staging_name.clone())
            .visibility(Visibility::Private)
            .disk_format(self.disk_format)
            .container_format(CONTAINER_FORMAT)
            .min_disk(self.min_disk)
            .min_ram(self.min_ram)
            .properties(self.properties.clone());
        self.tags
            .iter()
            .fold(image, |image, tag| image.tag(tag.clone()))
    }

    /// Whether Glance stores exactly the verified bytes, in their format.
    pub(crate) fn compare(&self, image: &Image, proven: &Digests) -> Result<(), Error> {
        let named = image.os_hash_algo.as_deref();
        let algorithm = match named.and_then(|name| name.parse().ok()) {
            Some(algorithm) => algorithm,
            None if image.status == Status::Active => {
                return Err(Error::UnknownHashAlgorithm {
                    id: image.id,
                    algorithm: named.unwrap_or("none").to_owned(),
                });
            }
            None => Algorithm::Sha512,
        };
        let ours = proven.digest(algorithm);
        let theirs = image.os_hash_value.as_deref().unwrap_or_default();
        // An image whose upload was refused keeps the digest of the refused bytes, but is not
        // active.
        let whole = image.status == Status::Active && image.size == Some(proven.bytes);
        let as_made = image.disk_format.as_deref() == Some(self.disk_format)
            && image.container_format.as_deref() == Some(CONTAINER_FORMAT);
        if whole && as_made && theirs.eq_ignore_ascii_case(&ours.to_string()) {
            return Ok(());
        }
        let format = format!("{} in {CONTAINER_FORMAT}", self.disk_format);
        Err(Error::mismatch(image, proven.bytes, ours, &format))
    }

    /// The patch from `image` to this spec: the digests are added, the marks of its run are
    /// removed, and so are foreign properties.
    pub(crate) fn patch(&self, image: &Image, file: &Digests, stored: &Digests) -> ImagePatch {
        let mut wanted = self.properties.clone();
        wanted.extend(self.last.clone());
        wanted.extend(marker::stored(image, stored));
        wanted.insert("source_sha256sum".to_owned(), file.sha256.to_string());
        wanted.insert("source_sha512sum".to_owned(), file.sha512.to_string());
        let mut patch = ImagePatch::new().hidden(false);
        for (name, value) in &wanted {
            if image.properties.get(name) != Some(value) {
                patch = patch.set(name.clone(), value.clone());
            }
        }
        for name in image.properties.keys() {
            // `os_glance_*` is Glance's own and can't be changed.
            if !wanted.contains_key(name) && !name.starts_with("os_glance") {
                patch = patch.remove(name.clone());
            }
        }
        if image.min_disk != u64::from(self.min_disk) {
            patch = patch.min_disk(self.min_disk);
        }
        if image.min_ram != u64::from(self.min_ram) {
            patch = patch.min_ram(self.min_ram);
        }
        if !self.tags.iter().all(|tag| image.tags.contains(tag))
            || image.tags.len() != self.tags.len()
        {
            patch = patch.tags(self.tags.clone());
        }
        patch
    }
}
