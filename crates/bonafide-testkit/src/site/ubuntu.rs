//! Builds in the layout of `cloud-images.ubuntu.com`.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::UBUNTU;
use super::place::Place;
use crate::keys::{KeyError, SignatureOptions, SigningKey};
use crate::qcow2::{CLUSTER_SIZE, Qcow2Image};

/// The disk in Ubuntu's server images.
const VIRTUAL_SIZE: u64 = 3584 * 1024 * 1024;
const DATA_CLUSTERS: u64 = 2 * 1024 * 1024 / CLUSTER_SIZE;

/// What is done to a list before it is signed.
type Edit = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A build that a site can publish.
#[derive(Clone)]
#[must_use]
pub struct UbuntuBuild {
    pub(super) tree: Tree,
    pub(super) version: String,
    codename: String,
    pub(super) serial: String,
    architecture: String,
    image: Option<Arc<Qcow2Image>>,
    more_images: Vec<(String, Arc<Qcow2Image>)>,
    signing: Signing,
    pub(super) signed_at: Option<Timestamp>,
    pub(super) previous: Option<String>,
    edit: Option<Edit>,
}

/// Where the vendor puts a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Daily,
    Release,
}

#[derive(Clone, Debug)]
enum Signing {
    AsTheVendor,
    As(SignatureOptions),
    None,
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
        Self {
            tree,
            version: version.to_owned(),
            codename: codename.to_owned(),
            serial: serial.to_owned(),
            architecture: "amd64".to_owned(),
            image: None,
            more_images: Vec::new(),
            signing: Signing::AsTheVendor,
            signed_at: None,
            previous: None,
            edit: None,
        }
    }

    /// The image; without it one of 3.5 GiB with 2 MiB of data that differs from build to build.
    pub fn image(mut self, image: impl Into<Arc<Qcow2Image>>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// The architecture of the image in the vendor's words; `amd64` without it.
    pub fn arch(mut self, architecture: &str) -> Self {
        self.architecture = architecture.to_owned();
        self
    }

    /// An image of another architecture beside it.
    pub fn also(mut self, architecture: &str, image: impl Into<Arc<Qcow2Image>>) -> Self {
        self.more_images
            .push((architecture.to_owned(), image.into()));
        self
    }

    /// When the lists were signed; 18:00 UTC on the serial's day without it. The files were
    /// modified then too.
    pub fn signed_at(mut self, at: Timestamp) -> Self {
        self.signed_at = Some(at);
        self
    }

    /// Sign the lists in another way than Canonical does.
    pub fn signature(mut self, options: SignatureOptions) -> Self {
        self.signing = Signing::As(options);
        self
    }

    /// Publish lists without signatures.
    pub fn without_signature(mut self) -> Self {
        self.signing = Signing::None;
        self
    }

    /// The serial before this one, of which the lists have a change log; without it the newest of
    /// the site, else one from twenty days before.
    pub fn previous(mut self, serial: &str) -> Self {
        self.previous = Some(serial.to_owned());
        self
    }

    /// Changes `SHA256SUMS` before it is signed: to leave the image out, to list it twice.
    pub fn edit_list(mut self, edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.edit = Some(Arc::new(edit));
        self
    }

    /// File names and images, the build's own first.
    pub(super) fn images(&self) -> Vec<(String, Arc<Qcow2Image>)> {
        let own = match &self.image {
            Some(image) => Arc::clone(image),
            None => Arc::new(self.default_image()),
        };
        let name = |architecture: &str| format!("{}-{architecture}.img", self.stem());
        let more = self.more_images.iter();
        std::iter::once((name(&self.architecture), own))
            .chain(more.map(|(architecture, image)| (name(architecture), Arc::clone(image))))
            .collect()
    }

    fn default_image(&self) -> Qcow2Image {
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(format!("{self:?}")));
        let seed = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        Qcow2Image::new(VIRTUAL_SIZE, DATA_CLUSTERS, seed)
    }

    pub(super) fn edited(&self, list: String) -> String {
        match &self.edit {
            Some(edit) => edit(&list),
            None => list,
        }
    }

    /// The signature of a list, unless the build has none.
    pub(super) fn sign(
        &self,
        list: &str,
        key: &SigningKey,
        signed_at: Timestamp,
    ) -> Result<Option<String>, KeyError> {
        let options = match &self.signing {
            Signing::AsTheVendor => &SignatureOptions::at(signed_at),
            Signing::As(options) => options,
            Signing::None => return Ok(None),
        };
        key.sign(list.as_bytes(), options).map(Some)
    }

    /// `/releases/noble` or `/noble`.
    pub(super) fn shelf(&self) -> Place {
        match self.tree {
            Tree::Daily => Place::new(UBUNTU, &format!("/{}", self.codename)),
            Tree::Release => Place::new(UBUNTU, &format!("/releases/{}", self.codename)),
        }
    }

    pub(super) fn stem(&self) -> String {
        match self.tree {
            Tree::Daily => format!("{}-server-cloudimg", self.codename),
            Tree::Release => format!("ubuntu-{}-server-cloudimg", self.version),
        }
    }

    /// The headings of the shelf and of the dated directory.
    pub(super) fn titles(&self) -> (String, String) {
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
}

impl Tree {
    /// The dated directories' names before the serial.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Daily => "",
            Self::Release => "release-",
        }
    }

    /// The link to the newest.
    pub(super) fn newest(self) -> &'static str {
        match self {
            Self::Daily => "current",
            Self::Release => "release",
        }
    }
}

impl fmt::Debug for UbuntuBuild {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UbuntuBuild")
            .field("tree", &self.tree)
            .field("version", &self.version)
            .field("serial", &self.serial)
            .field("architecture", &self.architecture)
            .finish_non_exhaustive()
    }
}
