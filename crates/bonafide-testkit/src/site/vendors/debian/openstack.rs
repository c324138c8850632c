//! The CD team's images for OpenStack.

use super::{Debian, Where};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::vendors::hosts::{DEBIAN_CD, DEBIAN_CLOUD};
use crate::site::vendors::sums::{self, Algorithm, Listed};
use crate::site::vendors::version;
use crate::site::vendors::version::numbers;
use crate::site::{PublishedBuild, SiteError};

/// Of each architecture.
const SUFFIXES: [&str; 4] = ["qcow2", "qcow2.index", "raw", "raw.index"];
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha256,
    Algorithm::Sha512,
];

impl Debian {
    pub(super) fn lay_out_openstack(
        &self,
        place: Where,
        publication: &mut Publication<'_>,
    ) -> Result<PublishedBuild, SiteError> {
        version::expect_like(&self.version, &["10.13.0", "10.1.5-20191015"])?;
        let top = Place::new(DEBIAN_CD, "/cdimage/openstack");
        let archive = top.join("archive");
        publication.remove(top.join(&self.version));
        publication.remove(archive.join(&self.version));
        let directory = match place {
            Where::Archive => archive.join(&self.version),
            Where::Top => top.join(&self.version),
        };
        let name = |architecture: &str, suffix: &str| {
            format!("debian-{}-openstack-{architecture}.{suffix}", self.version)
        };
        let image = name("amd64", "qcow2");
        let mut listed = vec![Listed::new(&image, &publication.image())];
        for architecture in ["amd64", "arm64"] {
            let names = SUFFIXES.map(|suffix| name(architecture, suffix));
            let others = names.iter().filter(|name| **name != image);
            listed.extend(others.map(|name| Listed::made_up(name)));
        }
        publication.put(directory.join(&image), publication.image());
        for algorithm in ALGORITHMS {
            let name = format!("{}SUMS", algorithm.name());
            let list = publication.edited(sums::gnu(&listed, algorithm));
            publication.put_armored(directory.join(&format!("{name}.sign")), list.as_bytes())?;
            publication.put(directory.join(&name), list);
        }
        point_to_newest(publication, &top, &archive);
        publication.title(&top, "Debian Official Cloud Images for OpenStack");
        publication.link(Place::new(DEBIAN_CLOUD, "/images/cloud/OpenStack"), top);
        Ok(publication.published(&directory, &image, "SHA512SUMS", "SHA512SUMS.sign"))
    }
}

/// `current-10` and its like lead to the newest of each release, and `current` to the newest.
fn point_to_newest(publication: &mut Publication<'_>, top: &Place, archive: &Place) {
    let mut builds: Vec<(Vec<u64>, Place)> = Vec::new();
    for directory in [archive, top] {
        let versions = publication.versions(directory).into_iter();
        builds.extend(versions.map(|name| (numbers(&name), directory.join(&name))));
    }
    builds.sort();
    for (version, build) in builds {
        if let Some(release) = version.first() {
            publication.link(top.join(&format!("current-{release}")), build.clone());
        }
        publication.link(top.join("current"), build);
    }
}
