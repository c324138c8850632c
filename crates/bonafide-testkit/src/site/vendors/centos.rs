//! Builds in the layout of `cloud.centos.org`.

use jiff::Timestamp;
use jiff::civil::Date;

use super::directory::{Directory, Kind};
use super::hosts::CENTOS;
use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of CentOS.
pub type CentosBuild = Build<Centos>;

/// CentOS's layout.
#[derive(Clone, Debug)]
pub struct Centos {
    tree: Tree,
    version: String,
}

#[derive(Clone, Debug)]
enum Tree {
    Seven,
    Stream(String),
}

/// Names that were in CentOS 7's list before its builds were called after their months, and those
/// of other systems.
const ODD_NAMES: [&str; 12] = [
    "CentOS-7-aarch64-GenericCloud-2009.qcow2",
    "CentOS-7-aarch64-GenericCloud-2009.qcow2c",
    "CentOS-7-ppc64le-GenericCloud-2009.qcow2",
    "CentOS-7-x86_64-Atomic-1910.qcow2",
    "CentOS-7-x86_64-Azure-1907.qcow2",
    "CentOS-7-x86_64-Azure-1907.vhd",
    "CentOS-7-x86_64-GenericCloud-1804_02.qcow2",
    "CentOS-7-x86_64-GenericCloud-1907.raw.tar.gz",
    "CentOS-7-x86_64-GenericCloud-20140929_01.qcow2",
    "CentOS-7-x86_64-GenericCloud-20150628_01.qcow2",
    "CentOS-7-x86_64-GenericCloud-20150628_01.qcow2.xz",
    "CentOS-7-x86_64-OracleCloud.raw.tar.gz",
];

impl CentosBuild {
    /// A build of CentOS 7 like `2211`, beside all others in `/centos/7/images/`. Its list
    /// `sha256sum.txt` has a clear-signed copy, `sha256sum.txt.asc`, with a version 3 signature.
    ///
    /// Odd builds like `20150628_01` are taken too; the name without a version never leads to them.
    pub fn seven(version: &str) -> Self {
        Self::of(Centos {
            tree: Tree::Seven,
            version: version.to_owned(),
        })
    }

    /// A build of CentOS Stream `8`, `9` or `10` like `20260714.1`, beside all others in
    /// `/centos/9-stream/x86_64/images/`. Nobody signs its `CHECKSUM`;
    /// [`signed`](Build::signed) adds a `CHECKSUM.asc` as the installation images have it.
    pub fn stream(release: &str, version: &str) -> Self {
        Self::of(Centos {
            tree: Tree::Stream(release.to_owned()),
            version: version.to_owned(),
        })
    }
}

impl Layout for Centos {
    fn name(&self) -> String {
        match &self.tree {
            Tree::Seven => format!("CentOS 7 {}", self.version),
            Tree::Stream(release) => format!("CentOS Stream {release} {}", self.version),
        }
    }

    fn made_at(&self) -> Option<Timestamp> {
        match self.tree {
            // A month's build came out in its middle.
            Tree::Seven => {
                let month = self.version.get(..4)?;
                let day = Date::strptime("%Y%m%d", format!("20{month}12")).ok()?;
                version::evening_of(day)
            }
            Tree::Stream(_) => version::evening(&self.version),
        }
    }

    fn is_signed(&self) -> bool {
        matches!(self.tree, Tree::Seven)
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at)
            .digest(SigningDigest::Sha256)
            .version_3()
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        match &self.tree {
            Tree::Seven => self.lay_out_seven(publication),
            Tree::Stream(release) => self.lay_out_stream(release, publication),
        }
    }
}

impl Centos {
    fn lay_out_seven(
        &self,
        publication: &mut Publication<'_>,
    ) -> Result<PublishedBuild, SiteError> {
        version::expect_like(&self.version, &["2211", "1801-01", "1804_02"])?;
        let stem = "CentOS-7-x86_64-GenericCloud";
        let directory = Place::new(CENTOS, "/centos/7/images");
        let shelf = Directory {
            directory: directory.clone(),
            image: Kind::new(stem, ".qcow2"),
            siblings: vec![Kind::new(stem, ".qcow2c")],
            newest: "",
            counts: |version| version.first().is_some_and(|month| *month < 10_000),
        };
        let mut listed = shelf.put(publication, &self.version);
        for name in ODD_NAMES {
            if !listed.iter().any(|other| other.name() == name) {
                listed.push(Listed::made_up(name));
            }
        }
        let list = publication.edited(sums::gnu(&listed, Algorithm::Sha256));
        publication.put_clear_signed(directory.join("sha256sum.txt.asc"), &list)?;
        publication.put(directory.join("sha256sum.txt"), list);
        let (image, list) = (shelf.image.of(&self.version), "sha256sum.txt.asc");
        Ok(publication.published(&directory, &image, list, list))
    }

    fn lay_out_stream(
        &self,
        release: &str,
        publication: &mut Publication<'_>,
    ) -> Result<PublishedBuild, SiteError> {
        version::expect_like(release, &["9"])?;
        version::expect_like(&self.version, &["20260714.1"])?;
        let path = format!("/centos/{release}-stream/x86_64/images");
        let directory = Place::new(CENTOS, &path);
        let kind =
            |kind: &str, suffix| Kind::new(format!("CentOS-Stream-{kind}-{release}"), suffix);
        let shelf = Directory {
            directory: directory.clone(),
            image: kind("GenericCloud", ".x86_64.qcow2"),
            siblings: vec![
                kind("Container-Base", ".x86_64.tar.xz"),
                kind("Container-Minimal", ".x86_64.tar.xz"),
                kind("GenericCloud-x86_64", ".x86_64.qcow2"),
                kind("Vagrant", ".x86_64.vagrant-libvirt.box"),
                kind("ec2", ".x86_64.raw.xz"),
            ],
            newest: "-latest",
            counts: |_| true,
        };
        let listed = shelf.put(publication, &self.version);
        let list = publication.edited(sums::bsd(&listed, Algorithm::Sha256));
        publication.put_armored(directory.join("CHECKSUM.asc"), list.as_bytes())?;
        publication.put(directory.join("CHECKSUM"), list);
        let image = shelf.image.of(&self.version);
        let alone = Listed::new(&image, &publication.image());
        let beside = directory.join(&format!("{image}.SHA256SUM"));
        publication.put(beside, sums::bsd(&[alone], Algorithm::Sha256));
        Ok(publication.published(&directory, &image, "CHECKSUM", "CHECKSUM.asc"))
    }
}
