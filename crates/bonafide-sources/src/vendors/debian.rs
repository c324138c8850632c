//! Debian.
//!
//! Version 9 and 10 have OpenStack images at `https://cdimage.debian.org/cdimage/openstack/`, in
//! directories named after the build, signed by the Debian CD key. Old builds move to `archive/`.
//! From version 11 on, images are at `https://cloud.debian.org/images/cloud/`; their page says that
//! the lists are signed; a signature is looked for beside the list, under each name that vendors
//! use, and none was there when this was written. Both hosts redirect to other hosts of Debian.

use async_trait::async_trait;
use jiff::civil::{Date, date};
use url::Url;

use crate::names::{
    below, beside, has_day, listing, major, names_on, newest, no_build, not_listed, not_served,
    of_this_build, word,
};
use crate::{
    Fetch, ImageFile, Product, Release, Serial, SignatureLocation, Signing, Source, SourceError,
    VerifiedNames,
};

const OPENSTACK_HOST: &str = "cdimage.debian.org";
const CLOUD_HOST: &str = "cloud.debian.org";
const OPENSTACK: &str =
    "OpenStack images are of versions `9` and `10`; later ones have cloud images";
const CODENAMES: [(&str, &str); 5] = [
    ("9", "stretch"),
    ("10", "buster"),
    ("11", "bullseye"),
    ("12", "bookworm"),
    ("13", "trixie"),
];

/// Debian on `x86_64`: the OpenStack images of versions 9 and 10, or the cloud images after them.
///
/// ```
/// use bonafide_sources::{Debian, Source};
///
/// assert_eq!(Debian::openstack("10", "buster")?.product().channel, "debian-10");
/// assert!(Debian::cloud("12", "buster").is_err(), "another version's code name");
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Debian {
    version: String,
    tree: Tree,
    product: Product,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tree {
    Cloud,
    OpenStack,
}

impl Debian {
    /// The signed OpenStack images of version 9 or 10: channel `debian-10`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if version or code name can't be part of a URL, and
    /// [`SourceError::NotServed`] if the tree has no such version.
    pub fn openstack(version: &str, codename: &str) -> Result<Self, SourceError> {
        let place = (OPENSTACK_HOST, "/cdimage/openstack/");
        Self::new(version, codename, Tree::OpenStack, place)
    }

    /// The unsigned cloud images of version 11 and later: channel `debian-12`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if version or code name can't be part of a URL, and
    /// [`SourceError::NotServed`] if the tree has no such version.
    pub fn cloud(version: &str, codename: &str) -> Result<Self, SourceError> {
        let path = format!("/images/cloud/{codename}/");
        Self::new(version, codename, Tree::Cloud, (CLOUD_HOST, &path))
    }

    fn new(
        version: &str,
        codename: &str,
        tree: Tree,
        (host, path): (&str, &str),
    ) -> Result<Self, SourceError> {
        word("code name", codename)?;
        let (least, served) = match tree {
            Tree::Cloud => (10, "cloud images exist from version `10` on"),
            Tree::OpenStack => (9, OPENSTACK),
        };
        let number = major("Debian", version, least, served)?;
        if tree == Tree::OpenStack && number > 10 {
            return Err(not_served("Debian", version, served));
        }
        crate::names::codename("Debian", &CODENAMES, version, codename)?;
        let product = Product {
            signing: match tree {
                Tree::Cloud => Signing::Unsigned,
                Tree::OpenStack => Signing::Signed,
            },
            codename: Some(codename.to_owned()),
            maintained_until: maintained_until(version),
            ..Product::usual("debian", "Debian", version, host, path)
        };
        Ok(Self {
            version: version.to_owned(),
            tree,
            product,
        })
    }

    /// The newest build among the versioned directories, including the archive.
    async fn newest_directory(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let names = listing(&self.product, fetch).await?;
        let mut found = self.newest_below(page, &names);
        // Follows only links of the page: a page that is not a listing has none.
        if names.iter().any(|name| name == "archive/") {
            let archive = below(page, "archive/");
            let names = names_on(&archive, fetch).await?;
            found = found.max(self.newest_below(&archive, &names));
        }
        if let Some((serial, directory)) = found {
            return Ok(self.release(directory).serial(serial));
        }
        // Its files are named after the build too, so the link may move: the names decide.
        let current = format!("current-{}/", self.version);
        if names.contains(&current) {
            return Ok(self.release(below(page, &current)));
        }
        let version = &self.version;
        let expected =
            format!("links such as `{version}.13.0/` or `{current}`, here or in archive/");
        Err(no_build(page, expected))
    }

    /// `10.13.0/`; `101.0/` would be another version.
    fn newest_below(&self, shelf: &Url, names: &[String]) -> Option<(Serial, Url)> {
        let prefix = format!("{}.", self.version);
        let names = names.iter().filter(|name| name.starts_with(&prefix));
        let (serial, name) = newest(names.map(String::as_str), "", "/")?;
        Some((serial, below(shelf, name)))
    }

    fn release(&self, directory: Url) -> Release {
        let list = below(&directory, "SHA512SUMS");
        let signature = match self.tree {
            Tree::Cloud => beside(&list, ".sign"),
            Tree::OpenStack => SignatureLocation::Detached(below(&directory, "SHA512SUMS.sign")),
        };
        Release::new(self.product.channel.clone(), directory, list, signature)
    }
}

/// The end of long-term support.
const fn maintained_until(version: &str) -> Option<Date> {
    Some(match version.as_bytes() {
        b"9" => date(2022, 6, 30),
        b"10" => date(2024, 6, 30),
        b"11" => date(2026, 8, 31),
        b"12" => date(2028, 6, 30),
        b"13" => date(2030, 6, 30),
        _ => return None,
    })
}

#[async_trait]
impl Source for Debian {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        if self.tree == Tree::OpenStack {
            return self.newest_directory(fetch).await;
        }
        let page = &self.product.page;
        let names = listing(&self.product, fetch).await?;
        // `20260712-2537/`: the day, and a count over all builds.
        let dated = names.iter().map(String::as_str);
        let dated = dated.filter(|name| name.contains('-') && has_day(name.trim_end_matches('/')));
        let Some((serial, name)) = newest(dated, "", "/") else {
            return Err(no_build(page, "links such as `20260712-2537/`"));
        };
        Ok(self.release(below(page, name)).serial(serial))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let (prefix, suffix) = match self.tree {
            Tree::Cloud => (
                format!("debian-{}-genericcloud-amd64-", self.version),
                ".qcow2",
            ),
            Tree::OpenStack => ("debian-".to_owned(), "-openstack-amd64.qcow2"),
        };
        // Of this version, and dated: not the `debian-10-…` beside `debian-10.13.0-…`.
        let own = match self.tree {
            Tree::Cloud => prefix.clone(),
            Tree::OpenStack => format!("{prefix}{}.", self.version),
        };
        let names = signed.names.iter().copied();
        let names = names.filter(|name| name.starts_with(&own));
        let Some((serial, name)) = newest(names, &prefix, suffix) else {
            let example = release.serial.as_ref().map_or("10.13.0", Serial::as_str);
            let expected = format!("{prefix}{example}{suffix}");
            return Err(not_listed(release, expected, signed.names.len()));
        };
        let url = below(&release.directory, name);
        of_this_build(release, ImageFile::new(name, url, serial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(source: &Debian, serial: &str) -> Release {
        let directory = source.product.page.clone();
        source.release(directory).serial(serial.parse().unwrap())
    }

    #[test]
    fn the_name_must_be_that_of_the_directory() {
        let buster = Debian::openstack("10", "buster").unwrap();
        let names = [
            "debian-10.13.0-openstack-amd64.qcow2",
            "debian-10.13.0-openstack-amd64.raw",
            "debian-10-openstack-amd64.qcow2",
            "debian-10.13.0-openstack-arm64.qcow2",
        ];
        let signed = VerifiedNames::names(&names);
        let file = buster
            .select(&release(&buster, "10.13.0"), &signed)
            .unwrap();
        assert_eq!(file.name, names[0]);
        assert_eq!(file.build_date, None, "only the signature knows");
        let error = buster.select(&release(&buster, "10.14.0"), &signed);
        assert!(
            matches!(error, Err(SourceError::ForeignList { signed, .. }) if signed == "10.13.0")
        );
        let none = VerifiedNames::names(&names[1..]);
        let error = buster.select(&release(&buster, "10.13.0"), &none);
        assert!(matches!(error, Err(SourceError::ImageNotListed { .. })));
    }

    #[test]
    fn another_version_by_the_same_key_is_not_taken() {
        let buster = Debian::openstack("10", "buster").unwrap();
        let current = buster.release(below(&buster.product.page, "current-10/"));
        for name in [
            "debian-9.13.0-openstack-amd64.qcow2",
            "debian-11.0.0-openstack-amd64.qcow2",
            "debian-101.0.0-openstack-amd64.qcow2",
            "debian-10-openstack-amd64.qcow2",
        ] {
            let error = buster.select(&current, &VerifiedNames::names(&[name]));
            assert!(
                matches!(error, Err(SourceError::ImageNotListed { .. })),
                "{name}"
            );
        }
    }

    #[test]
    fn a_day_in_the_serial_is_the_day_of_the_build() {
        let buster = Debian::openstack("10", "buster").unwrap();
        let names = ["debian-10.1.5-20191015-openstack-amd64.qcow2"];
        let release = release(&buster, "10.1.5-20191015");
        let file = buster
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.build_date, Some(date(2019, 10, 15)));
    }

    #[test]
    fn of_the_cloud_images_the_generic_cloud_flavour_is_taken() {
        let bookworm = Debian::cloud("12", "bookworm").unwrap();
        let names = [
            "debian-12-generic-amd64-20260712-2537.qcow2",
            "debian-12-genericcloud-amd64-20260712-2537.qcow2",
            "debian-12-genericcloud-arm64-20260712-2537.qcow2",
        ];
        let release = release(&bookworm, "20260712-2537");
        let file = bookworm
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.name, names[1]);
        assert_eq!(file.build_date, Some(date(2026, 7, 12)));
        assert!(Debian::cloud("12", "book/worm").is_err());
        for (version, codename) in [("12.5", "bookworm"), ("9", "stretch"), ("sid", "sid")] {
            assert!(Debian::cloud(version, codename).is_err(), "{version}");
        }
        for (version, codename) in [("11", "bullseye"), ("8", "jessie")] {
            assert!(Debian::openstack(version, codename).is_err(), "{version}");
        }
    }
}
