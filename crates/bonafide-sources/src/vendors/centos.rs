//! CentOS: `https://cloud.centos.org/centos/`.
//!
//! One directory has all builds of a version and one list of them. CentOS 7 clear-signs its list,
//! `sha256sum.txt.asc`; the unsigned `sha256sum.txt` beside it may be newer and proves nothing. The
//! Stream versions have a `CHECKSUM`; a signature of it is looked for beside it, under each name
//! that vendors use, and none was there when this was written.

use async_trait::async_trait;
use jiff::civil::{Date, date};

use crate::names::{below, beside, major, newest_image, not_listed};
use crate::{
    Fetch, ImageFile, Product, Release, Serial, SignatureLocation, Signing, Source, SourceError,
    VerifiedNames,
};

const HOST: &str = "cloud.centos.org";

/// CentOS on `x86_64`: version 7, or one of the Streams.
///
/// CentOS 7 is signed; of the Streams a signature is looked for.
///
/// ```
/// use bonafide_sources::{Centos, Source};
///
/// assert_eq!(Centos::seven().product().channel, "centos-7");
/// assert_eq!(Centos::stream("9")?.product().channel, "centos-stream-9");
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Centos {
    line: Line,
    product: Product,
}

#[derive(Clone, Debug)]
enum Line {
    Seven,
    Stream(String),
}

impl Centos {
    /// CentOS 7: channel `centos-7`. Its last build is of November 2022.
    #[must_use]
    pub fn seven() -> Self {
        let product = Product {
            keyring: "centos-7".to_owned(),
            maintained_until: Some(date(2024, 6, 30)),
            ..Product::usual("centos", "CentOS", "7", HOST, "/centos/7/images/")
        };
        Self {
            line: Line::Seven,
            product,
        }
    }

    /// CentOS Stream: channel `centos-stream-9`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL, and [`SourceError::NotServed`] if it
    /// is not supported.
    pub fn stream(version: &str) -> Result<Self, SourceError> {
        let served = "there are version `7` and the Streams from `8` on";
        major("CentOS Stream", version, 8, served)?;
        // Stream 8 still has the old name.
        let (user, maintained_until) = match version {
            "8" => ("centos", Some(date(2024, 5, 31))),
            "9" => ("cloud-user", Some(date(2027, 5, 31))),
            "10" => ("cloud-user", Some(date(2030, 1, 1))),
            _ => ("cloud-user", None),
        };
        let path = format!("/centos/{version}-stream/x86_64/images/");
        let product = Product {
            channel: format!("centos-stream-{version}"),
            signing: Signing::Unsigned,
            default_user: user.to_owned(),
            maintained_until,
            ..Product::usual("centos", "CentOS Stream", version, HOST, &path)
        };
        Ok(Self {
            line: Line::Stream(version.to_owned()),
            product,
        })
    }
}

#[async_trait]
impl Source for Centos {
    fn product(&self) -> &Product {
        &self.product
    }

    /// Sends no request: the list is always in the same place, and it has all builds.
    async fn latest(&self, _: &dyn Fetch) -> Result<Release, SourceError> {
        if let Line::Stream(_) = self.line {
            let page = self.product.page.clone();
            let list = below(&page, "CHECKSUM");
            let places = beside(&list, ".asc");
            return Ok(Release::new(
                self.product.channel.clone(),
                page,
                list,
                places,
            ));
        }
        let page = self.product.page.clone();
        let list = below(&page, "sha256sum.txt.asc");
        let channel = self.product.channel.clone();
        Ok(Release::new(
            channel,
            page,
            list,
            SignatureLocation::ClearSigned,
        ))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        match &self.line {
            Line::Seven => select_seven(release, signed.names),
            Line::Stream(version) => {
                let prefix = format!("CentOS-Stream-GenericCloud-{version}-");
                newest_image(release, signed, [&prefix, "20260714.1", ".x86_64.qcow2"])
            }
        }
    }
}

/// Builds are named after year and month, `2211`. The oldest are named after a day, `20150628_01`,
/// and would be the newest if they were read as numbers.
fn select_seven(release: &Release, names: &[&str]) -> Result<ImageFile, SourceError> {
    const PREFIX: &str = "CentOS-7-x86_64-GenericCloud-";
    const SUFFIX: &str = ".qcow2";
    let builds = names.iter().filter_map(|name| {
        let month = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        Some((first_of_month(month)?, month, *name))
    });
    let Some((first, month, name)) = builds.max() else {
        let expected = format!("{PREFIX}2211{SUFFIX}");
        return Err(not_listed(release, expected, names.len()));
    };
    let serial: Serial = month
        .parse()
        .map_err(|_| not_listed(release, name, names.len()))?;
    let mut file = ImageFile::new(name, below(&release.directory, name), serial);
    // The day is unknown; an image must not look newer than it is.
    file.build_date = Some(first);
    Ok(file)
}

/// `2211` as the first of November 2022.
fn first_of_month(month: &str) -> Option<Date> {
    if month.len() != 4 || !month.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month) = month.split_at(2);
    Date::new(2000 + year.parse::<i16>().ok()?, month.parse().ok()?, 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn select(source: &Centos, names: &[&str]) -> Result<ImageFile, SourceError> {
        let nothing = crate::DirectoryFetch::new("/nonexistent");
        let release = source.latest(&nothing).await.unwrap();
        source.select(&release, &VerifiedNames::names(names))
    }

    #[tokio::test]
    async fn the_newest_month_counts_and_old_days_do_not() {
        let names = [
            "CentOS-7-x86_64-GenericCloud-2009.qcow2",
            "CentOS-7-x86_64-GenericCloud-2211.qcow2",
            "CentOS-7-x86_64-GenericCloud-2211.qcow2c",
            "CentOS-7-x86_64-GenericCloud-20150628_01.qcow2",
            "CentOS-7-x86_64-GenericCloud-20150628.qcow2",
            "CentOS-7-x86_64-GenericCloud-9913.qcow2",
            "CentOS-7-x86_64-GenericCloud.qcow2",
            "CentOS-7-aarch64-GenericCloud-2512.qcow2",
            "CentOS-7-x86_64-Azure-2512.qcow2",
        ];
        let file = select(&Centos::seven(), &names).await.unwrap();
        assert_eq!(file.name, "CentOS-7-x86_64-GenericCloud-2211.qcow2");
        assert_eq!(file.build_date, Some(date(2022, 11, 1)));
        assert_eq!(
            file.url.as_str(),
            "https://cloud.centos.org/centos/7/images/CentOS-7-x86_64-GenericCloud-2211.qcow2"
        );
        let error = select(&Centos::seven(), &names[2..]).await.unwrap_err();
        assert!(error.to_string().contains("sha256sum.txt.asc"), "{error}");
    }

    #[tokio::test]
    async fn of_a_stream_the_newest_day_and_respin_count() {
        let names = [
            "CentOS-Stream-GenericCloud-9-20260714.1.x86_64.qcow2",
            "CentOS-Stream-GenericCloud-9-20260714.0.x86_64.qcow2",
            "CentOS-Stream-GenericCloud-9-20260630.10.x86_64.qcow2",
            "CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2",
            "CentOS-Stream-GenericCloud-x86_64-9-20270101.0.x86_64.qcow2",
            "CentOS-Stream-Container-Base-9-20270101.0.x86_64.tar.xz",
            "CentOS-Stream-GenericCloud-10-20270101.0.x86_64.qcow2",
        ];
        let stream = Centos::stream("9").unwrap();
        let file = select(&stream, &names).await.unwrap();
        assert_eq!(file.serial.unwrap().as_str(), "20260714.1");
        assert_eq!(file.build_date, Some(date(2026, 7, 14)));
        assert!(select(&stream, &names[3..]).await.is_err());
        for other in ["../9", "7", "9.1"] {
            assert!(Centos::stream(other).is_err(), "{other}");
        }
    }
}
