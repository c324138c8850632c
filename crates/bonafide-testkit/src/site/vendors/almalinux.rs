//! Builds in the layout of `repo.almalinux.org`.

use jiff::Timestamp;

use super::directory::{Directory, Kind};
use super::hosts::ALMALINUX;
use super::sums::{self, Algorithm};
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of AlmaLinux.
pub type AlmaBuild = Build<Alma>;

/// AlmaLinux's layout.
#[derive(Clone, Debug)]
pub struct Alma {
    release: String,
    version: String,
    form: Form,
}

/// The form of the list, which the vendor has changed.
#[derive(Clone, Copy, Debug)]
enum Form {
    Bsd,
    Gnu,
}

impl AlmaBuild {
    /// A build of AlmaLinux `8`, `9` or `10` like `9.8-20260526`, beside all others in
    /// `/almalinux/9/cloud/x86_64/images/`.
    pub fn new(release: &str, version: &str) -> Self {
        Self::of(Alma {
            release: release.to_owned(),
            version: version.to_owned(),
            form: Form::Gnu,
        })
    }

    /// Write the list in BSD's form, as the vendor used to.
    pub fn bsd(mut self) -> Self {
        self.layout.form = Form::Bsd;
        self
    }
}

impl Layout for Alma {
    fn name(&self) -> String {
        format!("AlmaLinux {} {}", self.release, self.version)
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.version)
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).digest(SigningDigest::Sha256)
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        let release = &self.release;
        version::expect_like(release, &["9"])?;
        version::expect_like(&self.version, &["9.8-20260526"])?;
        let path = format!("/almalinux/{release}/cloud/x86_64/images");
        let directory = Place::new(ALMALINUX, &path);
        let kind = |kind| Kind::new(format!("AlmaLinux-{release}-{kind}"), ".x86_64.qcow2");
        let shelf = Directory {
            directory: directory.clone(),
            image: kind("GenericCloud"),
            siblings: vec![kind("GenericCloud-ext4"), kind("OpenNebula")],
            newest: "-latest",
            counts: |_| true,
        };
        let listed = shelf.put(publication, &self.version);
        let list = publication.edited(match self.form {
            Form::Bsd => sums::bsd(&listed, Algorithm::Sha256),
            Form::Gnu => sums::gnu(&listed, Algorithm::Sha256),
        });
        publication.put_armored(directory.join("CHECKSUM.asc"), list.as_bytes())?;
        publication.put(directory.join("CHECKSUM"), list);
        let image = shelf.image.of(&self.version);
        Ok(publication.published(&directory, &image, "CHECKSUM", "CHECKSUM.asc"))
    }
}
