//! AlmaLinux: `https://repo.almalinux.org/almalinux/`.
//!
//! One directory for each version with its current builds, and one list of them, `CHECKSUM`, with a
//! detached, armored signature `CHECKSUM.asc`. Each version has a key of its own.

use async_trait::async_trait;
use jiff::civil::date;

use crate::names::{lasting_list, major, newest_image};
use crate::{Fetch, ImageFile, Product, Release, Source, SourceError, VerifiedNames};

const HOST: &str = "repo.almalinux.org";

/// One version of AlmaLinux on `x86_64`: channel `almalinux-9`.
///
/// ```
/// use bonafide_sources::{AlmaLinux, Source};
///
/// assert_eq!(AlmaLinux::new("9")?.product().channel, "almalinux-9");
/// assert!(AlmaLinux::new("9.4").is_err(), "versions are whole numbers");
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AlmaLinux {
    product: Product,
}

impl AlmaLinux {
    /// A version: `8`, `9`, `10`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL, and [`SourceError::NotServed`] if it
    /// is not supported.
    pub fn new(version: &str) -> Result<Self, SourceError> {
        major(
            "AlmaLinux",
            version,
            8,
            "versions are whole numbers from `8` on",
        )?;
        let path = format!("/almalinux/{version}/cloud/x86_64/images/");
        let product = Product {
            keyring: format!("almalinux-{version}"),
            maintained_until: match version {
                "8" => Some(date(2029, 5, 31)),
                "9" => Some(date(2032, 5, 31)),
                "10" => Some(date(2035, 5, 31)),
                _ => None,
            },
            ..Product::usual("almalinux", "AlmaLinux", version, HOST, &path)
        };
        Ok(Self { product })
    }
}

#[async_trait]
impl Source for AlmaLinux {
    fn product(&self) -> &Product {
        &self.product
    }

    /// Sends no request: the list is always in the same place, and it has all builds.
    async fn latest(&self, _: &dyn Fetch) -> Result<Release, SourceError> {
        Ok(lasting_list(&self.product, "CHECKSUM", "CHECKSUM.asc"))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let prefix = format!("AlmaLinux-{}-GenericCloud-", self.product.version);
        newest_image(release, signed, [&prefix, "9.8-20260526", ".x86_64.qcow2"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_plain_image_of_the_version_counts() {
        let nine = AlmaLinux::new("9").unwrap();
        let nothing = crate::DirectoryFetch::new("/nonexistent");
        let release = nine.latest(&nothing).await.unwrap();
        let names = [
            "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-9.10-20260525.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-ext4-9.11-20261126.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2",
            "AlmaLinux-9-OpenNebula-9.11-20261126.x86_64.qcow2",
            "AlmaLinux-10-GenericCloud-10.1-20261126.x86_64.qcow2",
        ];
        let file = nine
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.name, names[1], "by number: 9.10 is after 9.8");
        assert_eq!(file.build_date, Some(date(2026, 5, 25)));
        let error = nine.select(&release, &VerifiedNames::names(&names[2..]));
        assert!(matches!(error, Err(SourceError::ImageNotListed { .. })));
        for other in ["9/x", "9.8", "7", "kitten-10"] {
            assert!(AlmaLinux::new(other).is_err(), "{other}");
        }
    }
}
