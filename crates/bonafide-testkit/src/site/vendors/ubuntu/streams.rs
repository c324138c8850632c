//! Ubuntu's simplestreams: one signed document that names all released builds.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::ser::PrettyFormatter;

use super::Ubuntu;
use super::listing::Listing;
use super::products::{Item, Product, Products, Version};
use crate::site::SiteError;
use crate::site::content::Content;
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::vendors::hosts::UBUNTU;
use crate::site::vendors::sums::Algorithm;

const DOWNLOADS: &str = "com.ubuntu.cloud:released:download";
const ELSEWHERE: &str = "com.ubuntu.cloud:released:aws";
/// What is in the documents beside the image: item and end of the file's name.
const MORE_ITEMS: [(&str, &str); 4] = [
    ("manifest", ".manifest"),
    ("root.tar.xz", "-root.tar.xz"),
    ("squashfs", ".squashfs"),
    ("squashfs.manifest", ".squashfs.manifest"),
];

#[derive(Debug, Serialize)]
struct Downloads<'a> {
    content_id: &'static str,
    datatype: &'static str,
    format: &'static str,
    products: &'a Products,
    updated: &'a str,
}

#[derive(Debug, Serialize)]
struct Index<'a> {
    index: BTreeMap<&'static str, Stream<'a>>,
    updated: &'a str,
    format: &'static str,
}

#[derive(Debug, Serialize)]
struct Stream<'a> {
    datatype: &'static str,
    path: String,
    updated: &'a str,
    products: Vec<&'a String>,
    format: &'static str,
}

impl Ubuntu {
    /// Adds the build to the documents and publishes them anew.
    pub(super) fn publish_streams(
        &self,
        publication: &mut Publication<'_>,
        listing: &Listing<'_>,
    ) -> Result<(), SiteError> {
        let mut products = publication.scratch.streams.clone();
        let own = (self.architecture.clone(), publication.image());
        let more = self.more_images.iter();
        let more =
            more.map(|(architecture, image)| (architecture.clone(), Content::Image(image.clone())));
        for (architecture, image) in std::iter::once(own).chain(more) {
            products.add(self, &architecture, &image, listing);
        }
        let updated = publication
            .signed_at
            .strftime("%a, %d %b %Y %H:%M:%S +0000")
            .to_string();
        let downloads = json(&Downloads {
            content_id: DOWNLOADS,
            datatype: "image-downloads",
            format: "products:1.0",
            products: &products,
            updated: &updated,
        });
        // The vendor's index has blanks at the ends of its lines, which a verifier must not hash.
        let index = json(&products.index(&updated)).replace(",\n", ", \n");
        let directory = Place::new(UBUNTU, "/releases/streams/v1");
        for (name, document) in [(DOWNLOADS, downloads), ("index", index)] {
            let signed = directory.join(&format!("{name}.sjson"));
            publication.put_clear_signed(signed, &document)?;
            publication.put(directory.join(&format!("{name}.json")), document);
        }
        // Paths begin above `streams/`; the vendor's servers have the same files there and below `/`.
        let releases = Place::new(UBUNTU, "/releases");
        publication.link(releases.join("server/releases"), releases.clone());
        publication.link(Place::new(UBUNTU, "/server/releases"), releases);
        publication.streams(products);
        Ok(())
    }
}

impl Products {
    fn add(&mut self, build: &Ubuntu, architecture: &str, image: &Content, listing: &Listing<'_>) {
        let (version, codename) = (&build.version, &build.codename);
        let name = format!("com.ubuntu.cloud:server:{version}:{architecture}");
        let initial: String = codename.chars().take(1).collect();
        let product = self.0.entry(name).or_insert_with(|| Product {
            aliases: format!("{version},{initial},{codename}"),
            arch: architecture.to_owned(),
            os: "ubuntu",
            release: codename.clone(),
            release_codename: codename.clone(),
            release_title: format!("{version} LTS"),
            supported: true,
            version: version.clone(),
            versions: BTreeMap::new(),
        });
        let stem = format!("{}-{architecture}", build.stem());
        let directory = format!("server/releases/{codename}/{}", build.directory());
        let item = |ftype: &str, name: String, content: &Content| {
            let item = Item {
                ftype: ftype.to_owned(),
                md5: Algorithm::Md5.of(content),
                path: format!("{directory}/{name}"),
                sha256: Algorithm::Sha256.of(content),
                size: content.len(),
            };
            (ftype.to_owned(), item)
        };
        let more = MORE_ITEMS.into_iter().map(|(ftype, suffix)| {
            let name = format!("{stem}{suffix}");
            let content = listing.made_up(&name);
            item(ftype, name, &content)
        });
        let disk = item("disk1.img", format!("{stem}.img"), image);
        let serial = &build.serial;
        let version = Version {
            items: more.chain([disk]).collect(),
            label: "release",
            pubname: format!("ubuntu-{codename}-{version}-{architecture}-server-{serial}"),
        };
        product.versions.insert(serial.clone(), version);
    }

    /// The index names a stream for another purpose, too.
    fn index<'a>(&'a self, updated: &'a str) -> Index<'a> {
        let stream = |name: &'static str, datatype| {
            let stream = Stream {
                datatype,
                path: format!("streams/v1/{name}.sjson"),
                updated,
                products: self.0.keys().collect(),
                format: "products:1.0",
            };
            (name, stream)
        };
        Index {
            index: BTreeMap::from([
                stream(ELSEWHERE, "image-ids"),
                stream(DOWNLOADS, "image-downloads"),
            ]),
            updated,
            format: "index:1.0",
        }
    }
}

/// As Python writes it with an indent of one. Strings and numbers have nothing to refuse.
fn json(document: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    let written = document.serialize(&mut serializer);
    bytes.push(b'\n');
    match written {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
