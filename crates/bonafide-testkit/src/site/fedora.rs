//! Builds in the layout of `download.fedoraproject.org`.

use jiff::Timestamp;

use super::build::{Build, Layout};
use super::hosts::FEDORA;
use super::place::Place;
use super::publication::Publication;
use super::sums::{self, Algorithm, Listed};
use super::{PublishedBuild, SiteError, version};
use crate::keys::{SignatureOptions, SigningDigest};

/// A build of Fedora.
pub type FedoraBuild = Build<Fedora>;

/// Fedora's layout.
#[derive(Clone, Debug)]
pub struct Fedora {
    release: String,
    version: String,
}

/// What Fedora builds beside the generic image.
const OTHERS: [(&str, &str); 6] = [
    ("AmazonEC2", "raw.xz"),
    ("Azure", "vhdfixed.xz"),
    ("GCE", "tar.gz"),
    ("UEFI-UKI", "qcow2"),
    ("Vagrant-VirtualBox", "vagrant.virtualbox.box"),
    ("Vagrant-libvirt", "vagrant.libvirt.box"),
];

impl FedoraBuild {
    /// The build of a release, like `44` and `1.7`, in
    /// `/pub/fedora/linux/releases/44/Cloud/x86_64/images/`. Its `CHECKSUM` is clear-signed.
    pub fn new(release: &str, version: &str) -> Self {
        Self::of(Fedora {
            release: release.to_owned(),
            version: version.to_owned(),
        })
    }
}

impl Layout for Fedora {
    fn name(&self) -> String {
        format!("Fedora {} {}", self.release, self.version)
    }

    fn made_at(&self) -> Option<Timestamp> {
        None
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).digest(SigningDigest::Sha256)
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        let (release, version) = (&self.release, &self.version);
        version::expect_like(release, &["44"])?;
        version::expect_like(version, &["1.7"])?;
        let directory = format!("/pub/fedora/linux/releases/{release}/Cloud/x86_64/images");
        let directory = Place::new(FEDORA, &directory);
        let name = |kind: &str, suffix: &str| {
            format!("Fedora-Cloud-Base-{kind}-{release}-{version}.x86_64.{suffix}")
        };
        let image = name("Generic", "qcow2");
        let others = OTHERS.map(|(kind, suffix)| Listed::made_up(&name(kind, suffix)));
        let mut listed = Vec::from(others);
        listed.push(Listed::new(&image, &publication.image()));
        listed.sort_by(|one, other| one.name().cmp(other.name()));

        let list = publication.edited(sums::bsd(&listed, Algorithm::Sha256));
        let list_name = format!("Fedora-Cloud-{release}-{version}-x86_64-CHECKSUM");
        let list_place = directory.join(&list_name);
        if publication.signature.is_some() {
            publication.put_clear_signed(list_place, &list)?;
        } else {
            publication.put(list_place, list);
        }
        publication.put(directory.join(&image), publication.image());
        Ok(publication.published(&directory, &image, &list_name, &list_name))
    }
}
