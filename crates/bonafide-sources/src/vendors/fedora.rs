//! Fedora Cloud: `https://dl.fedoraproject.org/pub/fedora/linux/releases/`.
//!
//! One directory for each release, with a clear-signed list that is named after the compose:
//! `Fedora-Cloud-44-1.7-x86_64-CHECKSUM`. Each release has a key of its own.
//!
//! Three hosts are involved. `dl.fedoraproject.org` has the directory and the list.
//! `download.fedoraproject.org` redirects each request to some mirror, with or without directory
//! pages, so it is used only for the image, and `dl` if the mirror fails. A release that has ended
//! is at `archives.fedoraproject.org`.

use async_trait::async_trait;
use url::Url;

use crate::names::{below, gone, major, names_on, newest, newest_image, no_build, of_this_build};
use crate::urls::at;
use crate::{
    Fetch, ImageFile, Product, Release, SignatureLocation, Source, SourceError, VerifiedNames,
};

const HOST: &str = "dl.fedoraproject.org";
const REDIRECTOR: &str = "download.fedoraproject.org";
const ARCHIVE_HOST: &str = "archives.fedoraproject.org";

/// One release of Fedora Cloud on `x86_64`: channel `fedora-44`.
///
/// ```
/// use bonafide_sources::{Fedora, Source};
///
/// assert_eq!(Fedora::new("44")?.product().keyring, "fedora-44");
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fedora {
    product: Product,
    archive: Url,
    /// The parts of the image's name before and after the compose.
    image: [String; 2],
}

impl Fedora {
    /// A release: `44`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL, and [`SourceError::NotServed`] if it
    /// is not supported.
    pub fn new(version: &str) -> Result<Self, SourceError> {
        let served =
            "releases are whole numbers from `35` on: images of older ones have other names";
        let number = major("Fedora", version, 35, served)?;
        let path = format!("/linux/releases/{version}/Cloud/x86_64/images/");
        let product = Product {
            keyring: format!("fedora-{version}"),
            hosts: [HOST, REDIRECTOR, ARCHIVE_HOST].map(str::to_owned).to_vec(),
            stable_host: Some(HOST.to_owned()),
            ..Product::usual(
                "fedora",
                "Fedora",
                version,
                HOST,
                &format!("/pub/fedora{path}"),
            )
        };
        Ok(Self {
            product,
            image: image(number),
            archive: at(ARCHIVE_HOST, &format!("/pub/archive/fedora{path}")),
        })
    }

    /// The newest list in a directory, if it has any.
    fn newest_in(&self, directory: &Url, names: &[String]) -> Option<Release> {
        let prefix = format!("Fedora-Cloud-{}-", self.product.version);
        let names = names.iter().map(String::as_str);
        let (serial, list) = newest(names, &prefix, LIST)?;
        let list = below(directory, list);
        let channel = self.product.channel.clone();
        let signature = SignatureLocation::ClearSigned;
        Some(Release::new(channel, directory.clone(), list, signature).serial(serial))
    }
}

/// The name has changed twice.
fn image(release: u32) -> [String; 2] {
    let name = |kind: &str, suffix: &str| {
        [
            format!("Fedora-Cloud-Base{kind}-{release}-"),
            suffix.to_owned(),
        ]
    };
    match release {
        ..=39 => name("", ".x86_64.qcow2"),
        40 => name("-Generic.x86_64", ".qcow2"),
        _ => name("-Generic", ".x86_64.qcow2"),
    }
}

/// The end of the list's name.
const LIST: &str = "-x86_64-CHECKSUM";

#[async_trait]
impl Source for Fedora {
    fn product(&self) -> &Product {
        &self.product
    }

    /// Looks at the place of current releases, and then at the archive.
    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let mut is_there = false;
        for directory in [page, &self.archive] {
            match names_on(directory, fetch).await {
                Err(error) if error.is_not_found() => {}
                names => {
                    if let Some(release) = self.newest_in(directory, &names?) {
                        return Ok(release);
                    }
                    is_there = true;
                }
            }
        }
        let looked = [page.clone(), self.archive.clone()];
        let expected = format!(
            "a link such as `Fedora-Cloud-{}-1.7{LIST}`, here or at {ARCHIVE_HOST},",
            self.product.version
        );
        Err(match is_there {
            true => no_build(page, expected),
            false => gone(&self.product, looked),
        })
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let [prefix, suffix] = &self.image;
        let file = newest_image(release, signed, [prefix, "1.7", suffix])?;
        let mut file = of_this_build(release, file)?;
        if release.directory.host_str() != Some(HOST) {
            return Ok(file);
        }
        file.url = at(REDIRECTOR, file.url.path());
        Ok(file.also_at(&self.product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_must_be_of_the_compose_that_the_list_is_named_after() {
        let fedora = Fedora::new("44").unwrap();
        let page = fedora.product.page.clone();
        let release = Release::new(
            "fedora-44".to_owned(),
            page.clone(),
            below(&page, "Fedora-Cloud-44-1.7-x86_64-CHECKSUM"),
            SignatureLocation::ClearSigned,
        );
        let release = release.serial("1.7".parse().unwrap());
        let names = [
            "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2",
            "Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
            "Fedora-Cloud-Base-UEFI-UKI-44-1.7.x86_64.qcow2",
            "Fedora-Cloud-Base-AmazonEC2-44-1.7.x86_64.raw.xz",
        ];
        let file = fedora
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.name, names[0]);
        // The bytes come from a mirror, and from the vendor's own host if necessary.
        assert_eq!(file.url.host_str(), Some(REDIRECTOR));
        assert_eq!(file.also_at.unwrap().host_str(), Some(HOST));
        assert_eq!(file.build_date, None, "only the signature knows");
        let old = ["Fedora-Cloud-Base-Generic-44-1.6.x86_64.qcow2"];
        let error = fedora.select(&release, &VerifiedNames::names(&old));
        assert!(matches!(error, Err(SourceError::ForeignList { .. })));
        assert!(
            fedora
                .select(&release, &VerifiedNames::names(&names[1..]))
                .is_err()
        );
        for other in ["4 4", "rawhide", "44.1", "28"] {
            assert!(Fedora::new(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_image_is_named_as_its_release_names_it() {
        for (version, name) in [
            ("39", "Fedora-Cloud-Base-39-1.5.x86_64.qcow2"),
            ("40", "Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2"),
            ("41", "Fedora-Cloud-Base-Generic-41-1.4.x86_64.qcow2"),
        ] {
            let fedora = Fedora::new(version).unwrap();
            let directory = fedora.archive.clone();
            let release = Release::new(
                format!("fedora-{version}"),
                directory.clone(),
                below(&directory, "list"),
                SignatureLocation::ClearSigned,
            );
            let file = fedora
                .select(&release, &VerifiedNames::names(&[name]))
                .unwrap();
            assert_eq!(
                file.url,
                below(&directory, name),
                "what is archived stays there"
            );
            assert_eq!(file.also_at, None);
        }
    }
}
