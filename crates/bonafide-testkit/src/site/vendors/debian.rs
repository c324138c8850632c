//! Builds in the layouts of `cdimage.debian.org` and `cloud.debian.org`.

use jiff::Timestamp;

use super::sums::Algorithm;
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

mod cloud;
mod openstack;

/// A build of Debian.
pub type DebianBuild = Build<Debian>;

/// Debian's layouts: the CD team's, which is signed, and the cloud team's, which is not.
#[derive(Clone, Debug)]
pub struct Debian {
    tree: Tree,
    release: String,
    version: String,
}

#[derive(Clone, Debug)]
enum Tree {
    /// With the codename.
    Cloud(String),
    OpenStack(Where),
}

/// Builds are moved when they are no longer the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Archive,
    Top,
}

impl DebianBuild {
    /// A signed build of Debian `9` or `10`, like `10.13.0` or `10.1.5-20191015`, in
    /// `/cdimage/openstack/10.13.0/` on `cdimage.debian.org`, with lists over four digests, each
    /// with a detached signature, `.sign`.
    pub fn openstack(release: &str, version: &str) -> Self {
        Self::of(Debian {
            tree: Tree::OpenStack(Where::Top),
            release: release.to_owned(),
            version: version.to_owned(),
        })
    }

    /// A build of Debian since `10`, like `12`, `bookworm` and `20260712-2537`, in
    /// `/images/cloud/bookworm/20260712-2537/` on `cloud.debian.org`, and in `latest/` without the
    /// date in its names if none is newer. Nobody signs its `SHA512SUMS`;
    /// [`signed`](Build::signed) adds the `SHA512SUMS.sign` of which the vendor's page speaks.
    pub fn cloud(release: &str, codename: &str, version: &str) -> Self {
        Self::of(Debian {
            tree: Tree::Cloud(codename.to_owned()),
            release: release.to_owned(),
            version: version.to_owned(),
        })
    }

    /// Put a build of the OpenStack images into `archive/`, where old ones go. If it was
    /// published before it moves.
    pub fn archived(mut self) -> Self {
        if let Tree::OpenStack(place) = &mut self.layout.tree {
            *place = Where::Archive;
        }
        self
    }
}

impl Layout for Debian {
    fn name(&self) -> String {
        match self.tree {
            Tree::Cloud(_) => format!("Debian {} {}", self.release, self.version),
            Tree::OpenStack(_) => format!("Debian {} for OpenStack {}", self.release, self.version),
        }
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.version)
    }

    fn is_signed(&self) -> bool {
        matches!(self.tree, Tree::OpenStack(_))
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).digest(SigningDigest::Sha256)
    }

    fn digests(&self) -> &'static [Algorithm] {
        match self.tree {
            Tree::Cloud(_) => &[Algorithm::Sha256, Algorithm::Sha512],
            Tree::OpenStack(_) => &[Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512],
        }
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        version::expect_like(&self.release, &["10"])?;
        match &self.tree {
            Tree::Cloud(codename) => self.lay_out_cloud(codename, publication),
            Tree::OpenStack(place) => self.lay_out_openstack(*place, publication),
        }
    }
}
