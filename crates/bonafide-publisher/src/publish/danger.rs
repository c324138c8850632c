//! Functions that weaken the rule that only verified images are uploaded.
//!
//! They upload private images of one's own project that are unsigned or whose signature was not
//! checked. They take a [`Reason`], which is stored on the image (`bonafide_unverified`). No
//! function makes such an image public.

use std::collections::BTreeMap;

use bonafide_glance::Traffic;
use bonafide_properties::Gibibytes;
use bonafide_sources::{Fetch, FetchError, ListFormat, Release, VerifiedNames, without_secrets};
use bonafide_verify::{ExpectedDigest, danger};
use jiff::tz::TimeZone;
use url::Url;

pub use bonafide_verify::danger::Reason;

use crate::channel::Channel;
use crate::error::Error;
use crate::event::{EventSink, counted};
use crate::ledger::keys;
use crate::publish::private::Failed;
use crate::publish::publisher::Publisher;
use crate::publish::report::UploadReport;
use crate::spec::image_spec::ImageSpec;
use crate::transfer::digests::Unproven;
use crate::transfer::download::{CompressionHint, OpenedDownload};
use crate::transfer::upload::Uploads;

/// The real lists have up to 30 kilobytes.
const MAX_LIST: u64 = 4 * 1024 * 1024;
/// Prefixes of properties that an uploader must not set.
const RESERVED: [&str; 3] = [keys::PREFIX, "os_glance", "os_hash_"];

/// An image that will be uploaded without verification.
#[derive(Debug)]
pub struct Unverified<'a> {
    reason: Reason,
    url: Url,
    packing: CompressionHint,
    /// A digest from an unsigned list: it detects a damaged download and does not verify the
    /// origin.
    expected: Option<ExpectedDigest>,
    /// The channel and the build's own version, if it is a vendor's.
    channel: Option<(&'a Channel, Option<String>)>,
    name: Option<String>,
    properties: BTreeMap<String, String>,
}

impl<'a> Unverified<'a> {
    /// The file at this URL: an https URL, or a `file:` one with
    /// [`LocalFiles`](bonafide_sources::LocalFiles). It is decompressed if its first bytes are
    /// those of a compressed file.
    #[must_use]
    pub const fn at(url: Url, reason: Reason) -> Self {
        Self {
            reason,
            url,
            packing: CompressionHint::ByContent,
            expected: None,
            channel: None,
            name: None,
            properties: BTreeMap::new(),
        }
    }

    /// The newest build of a vendor that does not sign. Its bytes are compared with the unsigned
    /// list, which detects only a damaged download.
    ///
    /// # Errors
    ///
    /// [`Error`] if the vendor can't be read, or lists no image.
    pub async fn newest(
        channel: &'a Channel,
        fetch: &dyn Fetch,
        reason: Reason,
    ) -> Result<Self, Error> {
        let release = channel.source().latest(fetch).await?;
        let text = fetch.read(&release.list, MAX_LIST).await?;
        let unproven = |source| Error::unverified(&release.list, source);
        if !is_plain(&release) {
            return Err(Error::NotWithoutSignature { list: release.list });
        }
        let list = danger::unsigned_list(&text, &reason).map_err(unproven)?;
        let names: Vec<_> = list.names().chain(list.weak_names()).collect();
        let file = channel
            .source()
            .select(&release, &VerifiedNames::names(&names))?;
        let expected = danger::unsigned_digest(&list, &file.name, &reason).map_err(unproven)?;
        Ok(Self {
            packing: CompressionHint::ByName,
            expected: Some(expected),
            channel: Some((channel, file.version.clone())),
            ..Self::at(file.url, reason)
        })
    }

    /// The image's name in Glance.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// A property of the image.
    ///
    /// # Errors
    ///
    /// [`Error::Properties`] if the name is reserved.
    pub fn property(mut self, name: &str, value: &str) -> Result<Self, Error> {
        if RESERVED.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(Error::Properties {
                channel: without_secrets(&self.url).to_string(),
                violations: format!("`{name}` is reserved"),
            });
        }
        self.properties.insert(name.to_owned(), value.to_owned());
        Ok(self)
    }

    fn file_name(&self) -> &str {
        let segments = self.url.path_segments();
        let name = segments.and_then(|mut segments| segments.next_back());
        name.unwrap_or_default()
    }
}

/// A list in a file of its own, so that it can be read without its signature.
fn is_plain(release: &Release) -> bool {
    release.format == ListFormat::Checksums
        && matches!(
            release.signature,
            bonafide_sources::SignatureLocation::AnyOf(_)
                | bonafide_sources::SignatureLocation::Detached(_)
        )
}

impl Publisher {
    /// Uploads an unverified image as a private one that says so.
    ///
    /// # Errors
    ///
    /// [`Error`]; then no image of this upload is left, or the error names it.
    pub async fn upload_unverified(
        &self,
        image: &Unverified<'_>,
        observer: &dyn EventSink,
    ) -> Result<UploadReport, Error> {
        let traffic = Traffic::new();
        let uploading = Box::pin(self.upload_without_proof(image, observer));
        let uploaded = counted(&traffic, observer, uploading).await?;
        let requests = traffic.requests();
        Ok(UploadReport {
            requests,
            ..uploaded
        })
    }

    async fn open_unverified(&self, image: &Unverified<'_>) -> Result<OpenedDownload, Error> {
        let download = self.unless_cancelled(self.fetch.open(&image.url)).await?;
        let limit = self.max_size;
        if download.length().is_some_and(|length| length > limit) {
            let url = image.url.clone();
            return Err(FetchError::TooLarge { url, limit }.into());
        }
        OpenedDownload::new(download, image.file_name(), image.packing).await
    }

    async fn upload_without_proof(
        &self,
        image: &Unverified<'_>,
        observer: &dyn EventSink,
    ) -> Result<UploadReport, Error> {
        let unsettled = self.unless_cancelled(self.remove_given_up(observer));
        let unsettled = unsettled.await?;
        let opened = self.open_unverified(image).await?;
        let head = opened.head()?;
        let today = self.clock.now().to_zoned_datetime(TimeZone::UTC).date();
        let mut properties = BTreeMap::new();
        let mut min_ram = 0;
        if let Some((channel, version)) = &image.channel {
            let min_disk = Gibibytes::holding(head.virtual_size);
            let wanted = channel
                .properties_of(&image.url, version.as_deref(), today, min_disk)
                .map_err(|invalid| Error::properties(channel.name(), &[invalid]))?;
            min_ram = wanted.min_ram.0;
            properties = wanted
                .to_map()
                .map_err(|error| Error::properties(channel.name(), &error.violations))?;
        } else {
            let source = match image.url.scheme() {
                "file" => "private".to_owned(),
                _ => without_secrets(&image.url).to_string(),
            };
            properties.insert("image_source".to_owned(), source);
        }
        properties.extend(image.properties.clone());
        properties.insert(keys::UNVERIFIED.to_owned(), image.reason.to_string());
        let mut marks = BTreeMap::new();
        marks.insert(keys::UPLOAD.to_owned(), "unverified".to_owned());
        let named = image
            .channel
            .as_ref()
            .map(|(channel, _)| channel.image_name(today));
        let name = image.name.clone().or(named);
        let name = name.unwrap_or_else(|| image.file_name().to_owned());
        let wanted = ImageSpec::private(&name, head, min_ram, properties, marks);
        let mut uploads = Uploads::new(&self.glance, observer);
        let mut opened = Some(opened);
        let uploaded = loop {
            let opened = match opened.take() {
                Some(opened) => opened,
                None => self.open_unverified(image).await?,
            };
            let expected = image.expected.clone();
            let check = Unproven::new(image.reason.clone(), expected);
            let upload = self.upload_privately(opened, &wanted, check, observer);
            match Box::pin(upload).await? {
                Ok(uploaded) => break uploaded,
                Err(Failed { id, error }) => {
                    self.unless_cancelled(uploads.again(id, error)).await?;
                }
            }
        };
        self.look_again(unsettled, observer).await;
        Ok(UploadReport {
            image: uploaded.id,
            name,
            source: without_secrets(&image.url),
            file: Some(uploaded.file),
            stored: Some(uploaded.stored),
            evidence: None,
            unverified: Some(image.reason.to_string()),
            no_heartbeat: self.pulses.refusal(),
            passed_over: Vec::new(),
            requests: 0,
        })
    }
}
