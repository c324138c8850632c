//! Rocky Linux: `https://dl.rockylinux.org/pub/rocky/`.
//!
//! One directory for each version with its builds, and one list of them, `CHECKSUM`. Rocky Linux 8
//! and 10 sign it, and the name and the place of the signature have changed: it is `CHECKSUM.asc`
//! or `CHECKSUM.sig`, beside the images or one directory above. Version 9 has its checksums in
//! signed commits of a Git repository instead; its signature is looked for in the same places.

use async_trait::async_trait;
use jiff::civil::date;

use crate::names::{above, below, major, newest_image};
use crate::{
    Fetch, ImageFile, Product, Release, SignatureLocation, SignedList, Signing, Source,
    SourceError, VerifiedNames,
};

const HOST: &str = "dl.rockylinux.org";
const LIST: &str = "CHECKSUM";
const SIGNATURES: [&str; 2] = ["CHECKSUM.asc", "CHECKSUM.sig"];

/// One version of Rocky Linux on `x86_64`: channel `rocky-9`.
///
/// Versions 8 and 10 are signed; of version 9 a signature is looked for.
#[derive(Clone, Debug)]
pub struct Rocky {
    product: Product,
}

impl Rocky {
    /// A version: `8`, `9`, `10`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL, and [`SourceError::NotServed`] if it
    /// is not supported.
    pub fn new(version: &str) -> Result<Self, SourceError> {
        major(
            "Rocky Linux",
            version,
            8,
            "versions are whole numbers from `8` on",
        )?;
        let path = format!("/pub/rocky/{version}/images/x86_64/");
        let product = Product {
            keyring: format!("rocky-{version}"),
            signing: match version {
                "9" => Signing::Unsigned,
                _ => Signing::Signed,
            },
            maintained_until: match version {
                "8" => Some(date(2029, 5, 31)),
                "9" => Some(date(2032, 5, 31)),
                "10" => Some(date(2035, 5, 31)),
                _ => None,
            },
            ..Product::usual("rocky", "Rocky Linux", version, HOST, &path)
        };
        Ok(Self { product })
    }
}

#[async_trait]
impl Source for Rocky {
    fn product(&self) -> &Product {
        &self.product
    }

    /// Sends no request: the list is always in the same place, and it has all builds.
    async fn latest(&self, _: &dyn Fetch) -> Result<Release, SourceError> {
        let beside = self.product.page.clone();
        let above = above(&beside);
        let list = below(&beside, LIST);
        // A signature one directory above is over the list below it, or over a list of its own.
        let places = [(&beside, &beside), (&beside, &above), (&above, &above)];
        let places = places.into_iter().flat_map(|(list, signature)| {
            SIGNATURES.map(|name| SignedList::new(below(list, LIST), below(signature, name)))
        });
        let places = SignatureLocation::AnyOf(places.collect());
        let channel = self.product.channel.clone();
        Ok(Release::new(channel, beside, list, places))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let prefix = format!("Rocky-{}-GenericCloud-Base-", self.product.version);
        let example = "9.8-20260525.0";
        newest_image(release, signed, [&prefix, example, ".x86_64.qcow2"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_base_image_of_the_version_counts() {
        let nine = Rocky::new("9").unwrap();
        let nothing = crate::DirectoryFetch::new("/nonexistent");
        let release = nine.latest(&nothing).await.unwrap();
        let names = [
            "Rocky-9-GenericCloud-Base-9.8-20260525.1.x86_64.qcow2",
            "Rocky-9-GenericCloud-Base-9.8-20260525.0.x86_64.qcow2",
            "Rocky-9-GenericCloud-LVM-9.9-20261125.0.x86_64.qcow2",
            "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2",
            "Rocky-9-GenericCloud.latest.x86_64.qcow2",
        ];
        let file = nine
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.serial.unwrap().as_str(), "9.8-20260525.1");
        assert_eq!(file.build_date, Some(date(2026, 5, 25)));
        assert!(
            nine.select(&release, &VerifiedNames::names(&names[2..]))
                .is_err()
        );
        for other in ["", "9.8", "7"] {
            assert!(Rocky::new(other).is_err(), "{other}");
        }
    }
}
