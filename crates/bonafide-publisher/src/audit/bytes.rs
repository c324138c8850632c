//! The links of the chain for which bytes are downloaded.

use bonafide_glance::{Error as GlanceError, Image};
use bonafide_verify::{DigestCheck, Digester, ExpectedDigest, Verified};
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::Auditor;
use super::links::{Stop, broken, compare};
use crate::error::Error;
use crate::transfer::body::Limits;
use crate::transfer::digests::SignedCheck;
use crate::transfer::download::{CompressionHint, OpenedDownload};
use crate::transfer::pipeline;

/// How long one download may take.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// The largest image that is read, in bytes: 64 GiB.
const MAX_SIZE: u64 = 64 << 30;
/// How many bytes may be lost when a connection breaks off; the number varies.
const BUFFERED: u64 = 1 << 20;

impl Auditor {
    /// Downloads the image from Glance: its bytes must be the vendor's file.
    pub(super) async fn stored_bytes(
        &self,
        image: &Image,
        mut check: DigestCheck,
    ) -> Result<(), Stop> {
        self.download(image, |bytes| check.update(bytes)).await?;
        check.finish().map(|_| ()).map_err(broken)
    }

    /// Reads all bytes of the image; their number must be the one that Glance reports.
    async fn download(&self, image: &Image, take: impl FnMut(&[u8])) -> Result<(), Stop> {
        let said = image.size.unwrap_or_default();
        let bytes = match self.read(image, take).await? {
            Read::Whole { bytes } => bytes,
            // A store that lacks the rest breaks off at the same place again, a bad connection at
            // another one.
            Read::BrokenOff { bytes, error } => match self.read(image, |_| {}).await? {
                Read::BrokenOff { bytes: again, .. } if bytes.abs_diff(again) < BUFFERED => {
                    bytes.max(again)
                }
                _ => return Err(Stop::failed(error.into())),
            },
        };
        match image.size {
            Some(said) if said != bytes => Err(lengths(said, bytes)),
            _ if bytes > MAX_SIZE => Err(lengths(said, bytes)),
            _ => Ok(()),
        }
    }

    async fn read(&self, image: &Image, mut take: impl FnMut(&[u8])) -> Result<Read, Stop> {
        let failed = |error: GlanceError| Stop::failed(error.into());
        let mut download = self.glance.download(image.id).await.map_err(failed)?;
        let until = self.limits().until;
        let most = image.size.unwrap_or(MAX_SIZE).min(MAX_SIZE);
        let mut bytes = 0;
        loop {
            let chunk = match download.try_next().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(Read::Whole { bytes }),
                Err(error @ GlanceError::Transport { .. }) => {
                    return Ok(Read::BrokenOff { bytes, error });
                }
                Err(error) => return Err(failed(error)),
            };
            take(&chunk);
            bytes += chunk.len() as u64;
            if bytes > most {
                return Ok(Read::Whole { bytes });
            }
            if self.clock.now() > until {
                let patience = PATIENCE.as_hours();
                return Err(Stop::Remains(format!(
                    "Glance did not send its bytes within {patience} hours"
                )));
            }
        }
    }

    fn limits(&self) -> Limits {
        let until = self.clock.now().checked_add(PATIENCE);
        Limits {
            until: until.unwrap_or(Timestamp::MAX),
            clock: self.clock.clone(),
            max_size: MAX_SIZE,
        }
    }

    /// Downloads the vendor's file: its content must have the digest that Glance computed, and must
    /// be what Glance sends.
    pub(super) async fn unpacked_bytes(
        &self,
        image: &Image,
        expected: &Verified<ExpectedDigest>,
        check: DigestCheck,
    ) -> Result<(), Stop> {
        let source = image.properties.get("source_url");
        let url = source.and_then(|source| source.parse::<Url>().ok());
        let Some(url) = url.filter(|url| url.scheme() == "https") else {
            return Err(Stop::Remains(
                "it does not say where the vendor's file is".to_owned(),
            ));
        };
        let gone = |error: &dyn std::error::Error| {
            Stop::Remains(format!("the vendor's file can't be read any more: {error}"))
        };
        let download = self.fetch.open(&url).await.map_err(|error| gone(&error))?;
        let opened = OpenedDownload::new(download, &expected.name, CompressionHint::ByName).await;
        let opened = opened.map_err(|error| gone(&error))?;
        let check = SignedCheck::new(expected.clone(), check);
        let passed = pipeline::prove(opened, check, self.limits(), |_| {}).await;
        let image_digests = match passed {
            Ok(passed) => passed.image,
            Err(Error::Unverified { source, .. }) => return Err(broken(*source)),
            Err(error) => return Err(gone(&error)),
        };
        compare(image, &image_digests)?;
        let mut digester = Digester::new();
        self.download(image, |bytes| digester.update(bytes)).await?;
        let stored = digester.finish();
        match stored == image_digests {
            true => Ok(()),
            false => Err(Stop::Broken(format!(
                "Glance sends other bytes than it reports: {} of SHA-512 `{}`, and the vendor's file \
                 has {} of `{}`",
                stored.bytes, stored.sha512, image_digests.bytes, image_digests.sha512
            ))),
        }
    }
}

/// How a download ended.
enum Read {
    BrokenOff {
        bytes: u64,
        error: GlanceError,
    },
    /// At its end, or as soon as there were too many bytes.
    Whole {
        bytes: u64,
    },
}

fn lengths(said: u64, given: u64) -> Stop {
    Stop::Broken(match given > said {
        true => {
            format!("Glance sends more bytes than the {said} that it reports: {given} or more")
        }
        false => format!("Glance sends only {given} bytes, and reports {said}"),
    })
}
