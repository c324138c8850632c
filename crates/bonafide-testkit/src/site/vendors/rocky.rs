//! Builds in the layout of `dl.rockylinux.org`.

use jiff::Timestamp;

use super::directory::{Directory, Kind};
use super::hosts::ROCKY;
use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of Rocky Linux.
pub type RockyBuild = Build<Rocky>;

/// Rocky Linux's layout.
#[derive(Clone, Debug)]
pub struct Rocky {
    release: String,
    version: String,
    signature: &'static str,
    shelf: SignatureShelf,
}

/// The directory that the signature is in.
#[derive(Clone, Copy, Debug)]
enum SignatureShelf {
    /// One above the images, over the list beside them.
    Above,
    /// One above the images, with a copy of the list.
    AboveWithList,
    Beside,
}

impl RockyBuild {
    /// A build of Rocky Linux `8`, `9` or `10` like `9.8-20260525.0`, beside all others in
    /// `/pub/rocky/9/images/x86_64/`. The `CHECKSUM` of 8 and 10 has a detached signature,
    /// `CHECKSUM.asc` beside it; that of 9 has none, unless it is made [`signed`](Build::signed).
    pub fn new(release: &str, version: &str) -> Self {
        Self::of(Rocky {
            release: release.to_owned(),
            version: version.to_owned(),
            signature: "CHECKSUM.asc",
            shelf: SignatureShelf::Beside,
        })
    }

    /// Call the signature `CHECKSUM.sig`, as the vendor used to.
    pub const fn sig(mut self) -> Self {
        self.layout.signature = "CHECKSUM.sig";
        self
    }

    /// Put the signature one directory above.
    pub const fn signed_above(mut self) -> Self {
        self.layout.shelf = SignatureShelf::Above;
        self
    }

    /// Put the signature one directory above, beside another list: that one is signed, and the one
    /// beside the images, which has a line more, is not.
    pub const fn listed_above(mut self) -> Self {
        self.layout.shelf = SignatureShelf::AboveWithList;
        self
    }
}

impl Layout for Rocky {
    fn name(&self) -> String {
        format!("Rocky Linux {} {}", self.release, self.version)
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.version)
    }

    fn is_signed(&self) -> bool {
        self.release != "9"
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).digest(SigningDigest::Sha256)
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        let release = &self.release;
        version::expect_like(release, &["9"])?;
        version::expect_like(&self.version, &["9.8-20260525.0"])?;
        let directory = Place::new(ROCKY, &format!("/pub/rocky/{release}/images/x86_64"));
        let kind = |kind, suffix| Kind::new(format!("Rocky-{release}-{kind}"), suffix);
        let shelf = Directory {
            directory: directory.clone(),
            image: kind("GenericCloud-Base", ".x86_64.qcow2"),
            siblings: vec![
                kind("Azure-Base", ".x86_64.vhd.xz"),
                kind("EC2-Base", ".x86_64.qcow2"),
                kind("GenericCloud-LVM", ".x86_64.qcow2"),
                kind("OCP-Base", ".x86_64.qcow2"),
            ],
            newest: ".latest",
            counts: |_| true,
        };
        let listed = shelf.put(publication, &self.version);
        let image = shelf.image.of(&self.version);
        let newest = shelf.image.called(shelf.newest);
        for file in &listed {
            if file.name() == image || file.name() == newest {
                self.put_own_list(publication, &directory, file);
            }
        }
        let list = publication.edited(sums::bsd(&listed, Algorithm::Sha256));
        let above = Place::new(ROCKY, &format!("/pub/rocky/{release}/images"));
        let (shelf, listed) = match self.shelf {
            SignatureShelf::Above => (&above, &directory),
            SignatureShelf::AboveWithList => (&above, &above),
            SignatureShelf::Beside => (&directory, &directory),
        };
        let signature = shelf.join(self.signature);
        publication.put_armored(signature.clone(), list.as_bytes())?;
        publication.put(listed.join("CHECKSUM"), list.clone());
        if listed != &directory {
            publication.put(directory.join("CHECKSUM"), format!("{list}# unsigned\n"));
        }
        let mut build = publication.published(&directory, &image, "CHECKSUM", self.signature);
        build.list_url = listed.join("CHECKSUM").to_url();
        build.signature_url = signature.to_url();
        Ok(build)
    }
}

impl Rocky {
    /// Each image has a list of its own, which nobody signs either.
    fn put_own_list(&self, publication: &mut Publication<'_>, directory: &Place, file: &Listed) {
        let list = sums::bsd(std::slice::from_ref(file), Algorithm::Sha256);
        publication.put(directory.join(&format!("{}.CHECKSUM", file.name())), list);
    }
}
