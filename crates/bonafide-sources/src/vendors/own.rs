//! Custom images: at any place, signed by the operator's own key.

use async_trait::async_trait;
use url::Url;

use crate::names::{not_listed, word};
use crate::{
    Fetch, ImageFile, ListFormat, Product, Release, Serial, SignatureLocation, Signing, Source,
    SourceError, VerifiedNames,
};

/// One image that the operator made or modified.
///
/// It is not discovered: the URLs of the image, its list and its signature are given. They may be
/// `file:` URLs, which [`LocalFiles`](crate::LocalFiles) reads. The operator's signatures are
/// checked as strictly as the vendors'.
#[derive(Clone, Debug)]
pub struct CustomImage {
    product: Product,
    image: Url,
    name: String,
    list: Url,
    signature: SignatureLocation,
    file_signature: Option<Url>,
    format: ListFormat,
    serial: Option<Serial>,
}

impl CustomImage {
    /// An image with the list that names it and the list's signature, detached or around the list
    /// itself (`None`).
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if the channel's name or the image's file name can't be one,
    /// [`SourceError::SecretsInUrl`] if a URL has user information, a query or a fragment: it is
    /// published.
    pub fn new(
        channel: &str,
        image: Url,
        list: Url,
        signature: Option<Url>,
    ) -> Result<Self, SourceError> {
        word("channel", channel)?;
        for url in [Some(&image), Some(&list), signature.as_ref()]
            .into_iter()
            .flatten()
        {
            let anonymous = url.username().is_empty() && url.password().is_none();
            if !anonymous || url.query().is_some() || url.fragment().is_some() {
                return Err(SourceError::SecretsInUrl {
                    host: url.host_str().unwrap_or_default().to_owned(),
                });
            }
        }
        let segments = image.path_segments();
        let name = segments.and_then(|mut segments| segments.next_back());
        let name = name.unwrap_or_default().to_owned();
        word("file name", &name)?;
        let product = Product {
            channel: channel.to_owned(),
            vendor: "operator".to_owned(),
            keyring: "operator".to_owned(),
            signing: Signing::Signed,
            title: channel.to_owned(),
            distribution: "linux".to_owned(),
            version: "1".to_owned(),
            codename: None,
            architecture: "x86_64".to_owned(),
            default_user: "none".to_owned(),
            page: image.clone(),
            hosts: image.host_str().map(str::to_owned).into_iter().collect(),
            stable_host: None,
            maintained_until: None,
        };
        Ok(Self {
            product,
            image,
            name,
            list,
            signature: signature
                .map_or(SignatureLocation::ClearSigned, SignatureLocation::Detached),
            file_signature: None,
            format: ListFormat::Checksums,
            serial: None,
        })
    }

    /// The operating system: `os_distro`, `os_version` and the code name.
    #[must_use]
    pub fn system(mut self, distribution: &str, version: &str, codename: Option<&str>) -> Self {
        distribution.clone_into(&mut self.product.distribution);
        version.clone_into(&mut self.product.version);
        self.product.codename = codename.map(str::to_owned);
        self
    }

    /// The title in the image's name.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.product.title);
        self
    }

    /// A local copy of another vendor's image: it is verified by that vendor's key.
    ///
    /// Without it, the operator's key must have signed the list.
    #[must_use]
    pub fn of_vendor(mut self, vendor: &str) -> Self {
        vendor.clone_into(&mut self.product.vendor);
        self
    }

    /// The image's name in the list; by default the one in its URL.
    #[must_use]
    pub fn listed_as(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// A detached signature over the image itself, which must be valid too.
    #[must_use]
    pub fn file_signature(mut self, signature: Url) -> Self {
        self.file_signature = Some(signature);
        self
    }

    /// Detects the form of the list: lines, simplestreams, or one bare digest.
    #[must_use]
    pub const fn any_form(mut self) -> Self {
        self.format = ListFormat::AnyForm;
        self
    }

    /// The login name that the image comes with; `none` by default.
    #[must_use]
    pub fn default_user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.product.default_user);
        self
    }

    /// The processor; `x86_64` by default.
    #[must_use]
    pub fn architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.product.architecture);
        self
    }

    /// The build. Without it, the day of the signature is used.
    ///
    /// Set it if several builds are made on one day.
    #[must_use]
    pub fn serial(mut self, serial: Serial) -> Self {
        self.serial = Some(serial);
        self
    }
}

#[async_trait]
impl Source for CustomImage {
    fn product(&self) -> &Product {
        &self.product
    }

    /// Sends no request: all places are given.
    async fn latest(&self, _: &dyn Fetch) -> Result<Release, SourceError> {
        let mut directory = self.list.clone();
        if let Ok(mut segments) = directory.path_segments_mut() {
            segments.pop().push("");
        }
        let channel = self.product.channel.clone();
        let mut release = Release::new(
            channel,
            directory,
            self.list.clone(),
            self.signature.clone(),
        );
        release.serial = self.serial.clone();
        release.side_car_of = Some(self.name.clone());
        Ok(release.format(self.format))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        // A bare digest names no file.
        let is_named = self.format == ListFormat::AnyForm || signed.names.contains(&&*self.name);
        if !is_named {
            return Err(not_listed(release, &*self.name, signed.names.len()));
        }
        Ok(ImageFile {
            name: self.name.clone(),
            url: self.image.clone(),
            also_at: None,
            serial: self.serial.clone(),
            build_date: self.serial.as_ref().and_then(Serial::date),
            version: None,
            signature: self.file_signature.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn everything_is_where_it_was_said() {
        let image = url("file:///srv/images/rescue.qcow2");
        let list = url("file:///srv/images/SHA256SUMS");
        let signature = url("file:///srv/images/SHA256SUMS.asc");
        let own = CustomImage::new("rescue", image.clone(), list, Some(signature)).unwrap();
        let nothing = crate::DirectoryFetch::new("/nonexistent");
        let release = own.latest(&nothing).await.unwrap();
        assert_eq!(release.directory, url("file:///srv/images/"));
        let file = own.select(&release, &VerifiedNames::names(&["rescue.qcow2"]));
        assert_eq!(file.unwrap().url, image);
        let error = own.select(&release, &VerifiedNames::names(&["other.qcow2"]));
        assert!(error.unwrap_err().to_string().contains("rescue.qcow2"));
    }

    #[test]
    fn urls_that_may_hold_secrets_are_refused_and_not_shown() {
        let plain = || url("https://images.test/x");
        for secret in [
            "https://robot:hunter2@images.test/x",
            "https://:hunter2@images.test/x",
            "https://images.test/x?token=hunter2",
            "https://images.test/x#hunter2",
        ] {
            for refused in [
                CustomImage::new("own", url(secret), plain(), None),
                CustomImage::new("own", plain(), url(secret), None),
                CustomImage::new("own", plain(), plain(), Some(url(secret))),
            ] {
                let error = refused.unwrap_err().to_string();
                assert!(
                    error.contains("images.test") && !error.contains("hunter2"),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn what_names_no_file_is_refused() {
        let list = url("https://images.test/SHA256SUMS");
        for image in ["https://images.test/", "https://images.test/a%2fb"] {
            let refused = CustomImage::new("rescue", url(image), list.clone(), None);
            assert!(
                matches!(refused, Err(SourceError::NotAWord { .. })),
                "{image}"
            );
        }
    }
}
