//! openSUSE Leap: `https://download.opensuse.org/distribution/leap/`.
//!
//! Each image has a list of one line that names it, `IMAGE.sha256`, with a detached, armored signature
//! `IMAGE.sha256.asc` in a version 3 packet. The names without a build are aliases that move.

use async_trait::async_trait;

use crate::names::{below, listing, newest, newest_image, no_build, of_this_build, word};
use crate::{Fetch, ImageFile, Product, Release, SignatureLocation, Signed, Source, SourceError};

/// It has the directory pages itself, and redirects files to mirrors.
const HOST: &str = "download.opensuse.org";
const STABLE_HOST: &str = "downloadcontent.opensuse.org";
const IMAGE: &str = ".qcow2";
const LIST: &str = ".qcow2.sha256";

/// One version of openSUSE Leap on `x86_64`: channel `opensuse-leap-16.0`.
#[derive(Clone, Debug)]
pub struct OpenSuse {
    product: Product,
}

impl OpenSuse {
    /// A version of Leap: `16.0`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL.
    pub fn leap(version: &str) -> Result<Self, SourceError> {
        word("version", version)?;
        let path = format!("/distribution/leap/{version}/appliances/");
        let product = Product {
            channel: format!("opensuse-leap-{version}"),
            hosts: [HOST, STABLE_HOST].map(str::to_owned).to_vec(),
            stable_host: Some(STABLE_HOST.to_owned()),
            ..Product::usual("opensuse", "openSUSE Leap", version, HOST, &path)
        };
        Ok(Self { product })
    }

    fn prefix(&self) -> String {
        format!(
            "Leap-{}-Minimal-VM.x86_64-Cloud-Build",
            self.product.version
        )
    }
}

#[async_trait]
impl Source for OpenSuse {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let prefix = self.prefix();
        let names = listing(&self.product, fetch).await?;
        let Some((serial, list)) = newest(names.iter().map(String::as_str), &prefix, LIST) else {
            return Err(no_build(
                page,
                format!("a link such as `{prefix}18.7{LIST}`"),
            ));
        };
        let release = Release::new(
            self.product.channel.clone(),
            page.clone(),
            below(page, list),
            SignatureLocation::Detached(below(page, &format!("{list}.asc"))),
        );
        Ok(release.serial(serial))
    }

    fn select(&self, release: &Release, signed: &Signed<'_>) -> Result<ImageFile, SourceError> {
        let file = newest_image(release, signed, [&self.prefix(), "18.7", IMAGE])?;
        Ok(of_this_build(release, file)?.also_at(&self.product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_car_must_name_the_build_that_it_is_named_after() {
        let leap = OpenSuse::leap("16.0").unwrap();
        let page = leap.product.page.clone();
        let release = Release::new(
            "opensuse-leap-16.0".to_owned(),
            page.clone(),
            page,
            SignatureLocation::ClearSigned,
        );
        let release = release.serial("18.7".parse().unwrap());
        let name = |build: &str| format!("{}{build}{IMAGE}", leap.prefix());
        let select = |name: &str| leap.select(&release, &Signed::names(&[name]));
        assert_eq!(select(&name("18.7")).unwrap().name, name("18.7"));
        let error = select(&name("18.6"));
        assert!(matches!(error, Err(SourceError::ForeignList { .. })));
        let alias = "Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2";
        assert!(matches!(
            select(alias),
            Err(SourceError::ImageNotListed { .. })
        ));
        assert!(OpenSuse::leap("../16.0").is_err());
    }
}
