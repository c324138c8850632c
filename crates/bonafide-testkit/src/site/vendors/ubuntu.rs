//! Builds in the layout of `cloud-images.ubuntu.com`.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::hosts::UBUNTU;
use super::sums::{Algorithm, seed};
use super::version;
use crate::keys::{SignatureOptions, SigningKey};
use crate::qcow2::{CLUSTER_SIZE, Qcow2Image};
use crate::site::VendorSite;
use crate::site::build::{Build, Layout};
use crate::site::content::Content;
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

mod listing;
pub(crate) mod products;
mod serial;
mod streams;

use listing::Listing;
use serial::Serial;

/// The disk in Ubuntu's server images.
const VIRTUAL_SIZE: u64 = 3584 * 1024 * 1024;
const DATA_CLUSTERS: u64 = 2 * 1024 * 1024 / CLUSTER_SIZE;

/// A build of Ubuntu.
pub type UbuntuBuild = Build<Ubuntu>;

/// Ubuntu's layout.
#[derive(Clone, Debug)]
pub struct Ubuntu {
    tree: Tree,
    version: String,
    codename: String,
    serial: String,
    architecture: String,
    more_images: Vec<(String, Arc<Qcow2Image>)>,
    previous: Option<String>,
    streams: Streams,
}

/// Where the vendor puts a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tree {
    Daily,
    Release,
}

/// Whether the build is in the simplestreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    Absent,
    Present,
}

impl UbuntuBuild {
    /// A build of the release tree: `/releases/noble/release-20261110/`, also reached through
    /// `/releases/24.04/`.
    pub fn release(version: &str, codename: &str, serial: &str) -> Self {
        Self::new(Tree::Release, version, codename, serial)
    }

    /// A build of the daily tree: `/noble/20261110/`.
    pub fn daily(version: &str, codename: &str, serial: &str) -> Self {
        Self::new(Tree::Daily, version, codename, serial)
    }

    fn new(tree: Tree, version: &str, codename: &str, serial: &str) -> Self {
        Self::of(Ubuntu {
            tree,
            version: version.to_owned(),
            codename: codename.to_owned(),
            serial: serial.to_owned(),
            architecture: "amd64".to_owned(),
            more_images: Vec::new(),
            previous: None,
            streams: Streams::Absent,
        })
    }

    /// The architecture of the image in the vendor's words; `amd64` without it.
    pub fn arch(mut self, architecture: &str) -> Self {
        self.layout.architecture = architecture.to_owned();
        self
    }

    /// An image of another architecture beside it.
    pub fn also(mut self, architecture: &str, image: impl Into<Arc<Qcow2Image>>) -> Self {
        let image = (architecture.to_owned(), image.into());
        self.layout.more_images.push(image);
        self
    }

    /// The serial before this one, of which the lists have a change log; without it the newest of
    /// the site, else one from twenty days before.
    pub fn previous(mut self, serial: &str) -> Self {
        self.layout.previous = Some(serial.to_owned());
        self
    }

    /// Also name a released build in the simplestreams below `/releases/streams/v1/`:
    /// `index.sjson` and `com.ubuntu.cloud:released:download.sjson`, which are clear-signed, and
    /// their plain twins, `.json`. They name all builds that were published so; a daily build is
    /// in neither.
    pub fn streams(mut self) -> Self {
        self.layout.streams = Streams::Present;
        self
    }
}

impl Layout for Ubuntu {
    fn name(&self) -> String {
        let (tree, version) = (self.tree.prefix(), &self.version);
        format!("Ubuntu {version} {}{}", tree, self.serial)
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.serial)
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at)
    }

    fn digests(&self) -> &'static [Algorithm] {
        &[Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512]
    }

    fn default_image(&self) -> Qcow2Image {
        let seed = seed(&format!("{} {}", self.name(), self.architecture));
        Qcow2Image::new(VIRTUAL_SIZE, DATA_CLUSTERS, seed)
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        let serial = Serial::parse(&self.serial).ok_or_else(|| SiteError::Serial {
            serial: self.serial.clone(),
        })?;
        let previous = match &self.previous {
            Some(previous) => previous.clone(),
            None => self.previous_serial(publication, serial),
        };
        let directory = self.shelf().join(&self.directory());
        publication.remove(directory.clone());
        let images = self.images(publication);
        let listing = Listing {
            stem: &self.stem(),
            serial: &self.serial,
            previous: &previous,
        };
        let lists = [
            (
                "SHA256SUMS",
                publication.edited(listing.list(Algorithm::Sha256, &images)),
            ),
            ("MD5SUMS", listing.list(Algorithm::Md5, &images)),
        ];
        for (name, list) in lists {
            publication.put_armored(directory.join(&format!("{name}.gpg")), list.as_bytes())?;
            publication.put(directory.join(name), list);
        }
        let serial_line = format!("SERIAL={}\n", self.serial);
        publication.put(directory.join("unpacked/build-info.txt"), serial_line);
        for (name, image) in &images {
            publication.put(directory.join(name), image.clone());
        }
        self.shelve(publication, &directory);
        if self.streams == Streams::Present && self.tree == Tree::Release {
            self.publish_streams(publication, &listing)?;
        }
        let image = self.image_name(&self.architecture);
        Ok(publication.published(&directory, &image, "SHA256SUMS", "SHA256SUMS.gpg"))
    }
}

impl Ubuntu {
    /// File names and images, the build's own first.
    fn images(&self, publication: &Publication<'_>) -> Vec<(String, Content)> {
        let own = (self.image_name(&self.architecture), publication.image());
        let more = self.more_images.iter().map(|(architecture, image)| {
            (
                self.image_name(architecture),
                Content::from(Arc::clone(image)),
            )
        });
        std::iter::once(own).chain(more).collect()
    }

    fn image_name(&self, architecture: &str) -> String {
        format!("{}-{architecture}.img", self.stem())
    }

    /// `/releases/noble` or `/noble`.
    fn shelf(&self) -> Place {
        match self.tree {
            Tree::Daily => Place::new(UBUNTU, &format!("/{}", self.codename)),
            Tree::Release => Place::new(UBUNTU, &format!("/releases/{}", self.codename)),
        }
    }

    /// The name of the dated directory.
    fn directory(&self) -> String {
        format!("{}{}", self.tree.prefix(), self.serial)
    }

    fn stem(&self) -> String {
        match self.tree {
            Tree::Daily => format!("{}-server-cloudimg", self.codename),
            Tree::Release => format!("ubuntu-{}-server-cloudimg", self.version),
        }
    }

    /// The headings of the shelf and of the dated directory.
    fn titles(&self) -> (String, String) {
        let (version, codename, serial) = (&self.version, &self.codename, &self.serial);
        match self.tree {
            Tree::Daily => (
                format!("Ubuntu Server {version} ({codename}) Daily Builds"),
                format!("Ubuntu Server {version} ({codename}) Daily Build [{serial}]"),
            ),
            Tree::Release => (
                format!("Ubuntu {version} ({codename})"),
                format!("Ubuntu {version} ({codename}) Release [{serial}]"),
            ),
        }
    }

    /// The serials on the shelf with their texts.
    fn serials(&self, publication: &Publication<'_>) -> Vec<(Serial, String)> {
        let directories = publication.directories(&self.shelf());
        directories
            .iter()
            .filter_map(|name| name.strip_prefix(self.tree.prefix()))
            .filter_map(|text| Some((Serial::parse(text)?, text.to_owned())))
            .collect()
    }

    fn previous_serial(&self, publication: &Publication<'_>, serial: Serial) -> String {
        let older = self
            .serials(publication)
            .into_iter()
            .filter(|(other, _)| *other < serial);
        if let Some((_, text)) = older.max() {
            return text;
        }
        let before = serial.date.checked_sub(20.days()).unwrap_or(serial.date);
        before.strftime("%Y%m%d").to_string()
    }

    /// Headings, the links to the newest build, and the files that lie about.
    fn shelve(&self, publication: &mut Publication<'_>, directory: &Place) {
        let shelf = self.shelf();
        let (shelf_title, directory_title) = self.titles();
        publication.title(&shelf, &shelf_title);
        publication.title(directory, &directory_title);
        if let Some((_, newest)) = self.serials(publication).into_iter().max() {
            let newest = shelf.join(&format!("{}{newest}", self.tree.prefix()));
            publication.link(shelf.join(self.tree.newest()), newest);
        }
        if self.tree == Tree::Release {
            let by_version = Place::new(UBUNTU, &format!("/releases/{}", self.version));
            publication.link(by_version, shelf.clone());
            publication.put(shelf.join("published-ec2-release.txt"), "not a build\n");
        }
    }
}

impl Tree {
    /// The dated directories' names before the serial.
    fn prefix(self) -> &'static str {
        match self {
            Self::Daily => "",
            Self::Release => "release-",
        }
    }

    /// The link to the newest.
    fn newest(self) -> &'static str {
        match self {
            Self::Daily => "current",
            Self::Release => "release",
        }
    }
}

impl VendorSite {
    /// [`publish`](VendorSite::publish) for a build of Ubuntu.
    ///
    /// # Errors
    /// The serial is not a date, or the key can't sign as the build asks.
    pub fn publish_ubuntu(
        &self,
        build: &UbuntuBuild,
        key: &SigningKey,
    ) -> Result<PublishedBuild, SiteError> {
        self.publish(build, key)
    }
}
