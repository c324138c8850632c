//! Builds in the layout of `dl.fedoraproject.org`.

use jiff::Timestamp;

use super::hosts::{FEDORA, FEDORA_ARCHIVE, FEDORA_REDIRECTOR};
use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of Fedora.
pub type FedoraBuild = Build<Fedora>;

/// Fedora's layout.
#[derive(Clone, Debug)]
pub struct Fedora {
    release: String,
    version: String,
    host: Host,
}

/// Which of the vendor's hosts has the build.
#[derive(Clone, Copy, Debug)]
enum Host {
    Archive,
    Current,
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
    /// `download.fedoraproject.org` redirects to it, until another redirect is set.
    pub fn new(release: &str, version: &str) -> Self {
        Self::of(Fedora {
            release: release.to_owned(),
            version: version.to_owned(),
            host: Host::Current,
        })
    }

    /// Put it where releases go that have ended, `archives.fedoraproject.org`.
    pub const fn archived(mut self) -> Self {
        self.layout.host = Host::Archive;
        self
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
        let path = format!("fedora/linux/releases/{release}/Cloud/x86_64/images");
        let (directory, redirector) = match self.host {
            Host::Archive => (
                Place::new(FEDORA_ARCHIVE, &format!("/pub/archive/{path}")),
                None,
            ),
            Host::Current => (
                Place::new(FEDORA, &format!("/pub/{path}")),
                Some(Place::new(FEDORA_REDIRECTOR, &format!("/pub/{path}"))),
            ),
        };
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
        let mut build = publication.published(&directory, &image, &list_name, &list_name);
        // The redirector is where the vendor tells people to take images from.
        if let Some(redirector) = redirector {
            if publication
                .scratch
                .redirected(&redirector.as_directory())
                .is_none()
            {
                publication.redirect(&redirector, &directory);
            }
            build.image_url = redirector.join(&image).to_url();
        }
        Ok(build)
    }
}
