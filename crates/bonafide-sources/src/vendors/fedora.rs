//! Fedora Cloud: `https://download.fedoraproject.org/pub/fedora/linux/releases/`.
//!
//! One directory a release, with a clear-signed list that is named after the compose:
//! `Fedora-Cloud-44-1.7-x86_64-CHECKSUM`. Each release has a key of its own. Releases move to
//! another host when they end.

use async_trait::async_trait;

use crate::names::{below, names_on, newest, newest_image, no_build, of_this_build, word};
use crate::{Fetch, ImageFile, Product, Release, SignatureLocation, Signed, Source, SourceError};

const HOST: &str = "download.fedoraproject.org";

/// One release of Fedora Cloud on `x86_64`: channel `fedora-44`.
#[derive(Clone, Debug)]
pub struct Fedora {
    product: Product,
}

impl Fedora {
    /// A release: `44`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL.
    pub fn new(version: &str) -> Result<Self, SourceError> {
        word("version", version)?;
        let path = format!("/pub/fedora/linux/releases/{version}/Cloud/x86_64/images/");
        let product = Product {
            keyring: format!("fedora-{version}"),
            ..Product::usual("fedora", "Fedora", version, HOST, &path)
        };
        Ok(Self { product })
    }
}

#[async_trait]
impl Source for Fedora {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let prefix = format!("Fedora-Cloud-{}-", self.product.version);
        let suffix = "-x86_64-CHECKSUM";
        let names = names_on(page, fetch).await?;
        let Some((serial, list)) = newest(names.iter().map(String::as_str), &prefix, suffix) else {
            return Err(no_build(
                page,
                format!("a link such as `{prefix}1.7{suffix}`"),
            ));
        };
        let channel = self.product.channel.clone();
        let list = below(page, list);
        let release = Release::new(channel, page.clone(), list, SignatureLocation::ClearSigned);
        Ok(release.serial(serial))
    }

    fn select(&self, release: &Release, signed: &Signed<'_>) -> Result<ImageFile, SourceError> {
        let prefix = format!("Fedora-Cloud-Base-Generic-{}-", self.product.version);
        let file = newest_image(release, signed, [&prefix, "1.7", ".x86_64.qcow2"])?;
        of_this_build(release, file)
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
        let file = fedora.select(&release, &Signed::names(&names)).unwrap();
        assert_eq!(file.name, names[0]);
        assert_eq!(file.build_date, None, "only the signature knows");
        let old = ["Fedora-Cloud-Base-Generic-44-1.6.x86_64.qcow2"];
        let error = fedora.select(&release, &Signed::names(&old));
        assert!(matches!(error, Err(SourceError::ForeignList { .. })));
        assert!(
            fedora
                .select(&release, &Signed::names(&names[1..]))
                .is_err()
        );
        assert!(Fedora::new("4 4").is_err());
    }
}
