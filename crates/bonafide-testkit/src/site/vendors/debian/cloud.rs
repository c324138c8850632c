//! The cloud team's images.

use super::Debian;
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::vendors::hosts::DEBIAN_CLOUD;
use crate::site::vendors::sums::{self, Algorithm, Listed};
use crate::site::vendors::version;
use crate::site::{PublishedBuild, SiteError};

const LIST: &str = "SHA512SUMS";

/// What there is of each flavour, and for which architectures.
const FLAVOURS: [(&str, &[&str], &[&str]); 5] = [
    ("azure", &["amd64", "arm64"], &["json", "tar.xz"]),
    ("ec2", &["amd64", "arm64"], &["json", "tar.xz"]),
    (
        "generic",
        &["amd64", "arm64", "ppc64el"],
        &["json", "qcow2", "raw", "tar.xz"],
    ),
    (
        "genericcloud",
        &["amd64", "arm64"],
        &["json", "qcow2", "raw", "tar.xz"],
    ),
    (
        "nocloud",
        &["amd64", "arm64", "ppc64el"],
        &["json", "qcow2", "raw", "tar.xz"],
    ),
];

impl Debian {
    pub(crate) fn lay_out_cloud(
        &self,
        codename: &str,
        publication: &mut Publication<'_>,
    ) -> Result<PublishedBuild, SiteError> {
        version::expect_like(codename, &["bookworm"])?;
        version::expect_like(&self.version, &["20260712-2537"])?;
        let shelf = Place::new(DEBIAN_CLOUD, &format!("/images/cloud/{codename}"));
        let directory = shelf.join(&self.version);
        let dated = format!("-{}", self.version);
        let image = self.put_cloud(publication, &directory, &dated)?;
        if publication.versions(&shelf).last() == Some(&self.version) {
            self.put_cloud(publication, &shelf.join("latest"), "")?;
        }
        publication.title(
            &Place::new(DEBIAN_CLOUD, "/images/cloud"),
            "Debian Official Cloud Images",
        );
        Ok(publication.published(&directory, &image, LIST, "SHA512SUMS.sign"))
    }

    /// Fills a directory anew, and gives the name of the image in it. `dated` ends the names.
    fn put_cloud(
        &self,
        publication: &mut Publication<'_>,
        directory: &Place,
        dated: &str,
    ) -> Result<String, SiteError> {
        publication.remove(directory.clone());
        let image = self.cloud_name("genericcloud", "amd64", "qcow2", dated);
        let mut listed = Vec::new();
        for (flavour, architectures, suffixes) in FLAVOURS {
            for architecture in architectures {
                for suffix in suffixes {
                    let name = self.cloud_name(flavour, architecture, suffix, dated);
                    // The files of `latest/` are the dated ones.
                    let file = self.cloud_name(flavour, architecture, suffix, &self.version);
                    listed.push(if name == image {
                        Listed::new(&name, &publication.image())
                    } else {
                        Listed::made_up(&file).also_as(&name)
                    });
                }
            }
        }
        let list = publication.edited(sums::gnu(&listed, Algorithm::Sha512));
        publication.put_armored(directory.join("SHA512SUMS.sign"), list.as_bytes())?;
        publication.put(directory.join(LIST), list);
        publication.put(directory.join(&image), publication.image());
        Ok(image)
    }

    fn cloud_name(&self, flavour: &str, architecture: &str, suffix: &str, dated: &str) -> String {
        let release = &self.release;
        format!("debian-{release}-{flavour}-{architecture}{dated}.{suffix}")
    }
}
