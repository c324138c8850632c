//! Finds the newest build and verifies its list.

use std::sync::Arc;

use bonafide_sources::{
    Fetch, ImageFile, Release, Serial, SignatureLocation, SourceError, VerifiedNames,
};
use bonafide_verify::{
    DigestCheck, Error as VerifyError, Evidence, ExpectedDigest, FileSignature, Verified,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::channel::OPERATOR;
use crate::ledger::marker;
use crate::resolve::retries;
use crate::resolve::verify::ReleaseVerifier;
use crate::{Build, Channel, Error, Event, EventSink, SignedFiles};

/// The real pages have some kilobytes.
const MAX_PAGE: u64 = 1024 * 1024;
/// How far apart the signatures of one build may be that do not name each other.
const SIGNED_TOGETHER: SignedDuration = SignedDuration::from_hours(48);

/// A build whose list is verified: what may be published, and which digest its bytes must have.
///
/// It is not published yet; its bytes are verified during the upload.
#[derive(Clone, Debug)]
pub struct Candidate {
    release: Release,
    file: ImageFile,
    serial: Serial,
    build_date: Date,
    expected: Verified<ExpectedDigest>,
    file_signature: Option<FileSignature>,
    keyring: String,
    files: Arc<SignedFiles>,
}

impl Candidate {
    /// Asks the vendor for the newest build and verifies its list. Nothing is written.
    ///
    /// `now` is the time of the check, UTC.
    ///
    /// # Errors
    ///
    /// [`Error`] if the vendor can't be read, or if the list can't be verified.
    pub async fn find(
        channel: &Channel,
        fetch: &dyn Fetch,
        now: Timestamp,
        observer: &dyn EventSink,
    ) -> Result<Self, Error> {
        match retries::watch_borrowed(fetch) {
            Some(watched) => {
                let fetch = watched.fetch.clone();
                let finding = Self::find_through(channel, fetch.as_ref(), now, observer);
                watched.told(observer, finding).await
            }
            None => Self::find_through(channel, fetch, now, observer).await,
        }
    }

    async fn find_through(
        channel: &Channel,
        fetch: &dyn Fetch,
        now: Timestamp,
        observer: &dyn EventSink,
    ) -> Result<Self, Error> {
        if channel.keyring.vendor() != channel.product().vendor {
            return Err(Error::ChannelMismatch {
                found: format!("the keyring of {}", channel.keyring.vendor()),
                channel: channel.name().to_owned(),
            });
        }
        let release = channel.source.latest(fetch).await;
        let mut release = release.map_err(|error| ended(channel, error.into(), now))?;
        observer.emit(&Event::Found { release: &release });
        let proving = ReleaseVerifier {
            channel,
            release: &release,
            fetch,
            now,
        };
        let proven = match proving.list().await {
            // The list and its signature are two files that a mirror copies one after the other.
            Err(Error::Unverified { source, .. })
                if matches!(*source, VerifyError::BadSignature { .. }) =>
            {
                observer.emit(&Event::Rereading {
                    list: &release.list,
                });
                proving.list().await?
            }
            // The list is in the directory of all builds, so there is no newer place.
            Err(Error::Fetch(error)) if error.is_not_found() && release.serial.is_none() => {
                return Err(ended(channel, Error::Fetch(error), now));
            }
            Err(error @ Error::Unsigned { .. })
                if matches!(release.signature, SignatureLocation::ClearSigned) =>
            {
                // The list is its own signature. Check that the directory of it exists.
                let page = fetch.read(&channel.product().page, MAX_PAGE).await;
                return Err(match page {
                    Err(gone) if gone.is_not_found() => ended(channel, gone.into(), now),
                    _ => error,
                });
            }
            other => other?,
        };
        let (list, mut files) = (proven.list, proven.files);
        // From here on the list is at the place where it was found.
        if let Some((list, signature)) = proven.found {
            release.list = list;
            release.signature = signature;
        }
        let proving = ReleaseVerifier {
            channel,
            release: &release,
            fetch,
            now,
        };
        observer.emit(&Event::Verified {
            evidence: list.evidence(),
        });
        let signed_at = list.evidence().signed_at;
        if let Some(limit) = channel.stale(signed_at, now) {
            observer.emit(&Event::Stale {
                list: &release.list,
                signed_at,
                limit,
            });
        }
        let stamp = proving.stamp().await?;
        // A build that is listed with MD5 only is refused as such, and not skipped as not listed.
        let names: Vec<_> = list.names().chain(list.weak_names()).collect();
        let mut signed = VerifiedNames::names(&names);
        if let Some((stamp, stamped_at)) = &stamp {
            signed_together(&release.list, signed_at, *stamped_at)?;
            signed = signed.stamp(stamp);
        }
        let file = channel.source.select(&release, &signed)?;
        let signed_on = day(signed_at);
        if let Some(built) = file.build_date {
            not_signed_before_its_build(&release.list, list.evidence(), built)?;
        }
        let file_signature = match &file.signature {
            Some(url) => {
                let (signature, bytes) = proving.file_signature(url).await?;
                files.file_signature = Some(bytes);
                Some(signature)
            }
            None => None,
        };
        let expected = list
            .digest(&file.name)
            .map_err(|source| Error::unverified(&release.list, source))?;
        Ok(Self {
            serial: file.serial.clone().unwrap_or_else(|| signed_on.into()),
            build_date: file.build_date.unwrap_or(signed_on),
            release,
            file,
            expected,
            file_signature,
            keyring: channel.product().keyring.clone(),
            files: Arc::new(files),
        })
    }

    /// The build in the form that plans use.
    #[must_use]
    pub fn build(&self) -> Build {
        Build {
            serial: self.serial.to_string(),
            digest: marker::digest(self),
            url: self.file.url.clone(),
        }
    }

    /// Where the build is described.
    ///
    /// Its URLs name the build, and do not change.
    #[must_use]
    pub const fn release(&self) -> &Release {
        &self.release
    }

    /// The vendor's URL of the image file.
    #[must_use]
    pub const fn file(&self) -> &ImageFile {
        &self.file
    }

    /// The serial of the build. If neither names nor pages have it, it is the day of the signature.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// When it was built, UTC; the day of the signature if the vendor does not say.
    #[must_use]
    pub const fn build_date(&self) -> Date {
        self.build_date
    }

    /// The digest that the vendor signed for it.
    ///
    /// The image's bytes must match it before they become public.
    #[must_use]
    pub const fn expected(&self) -> &Verified<ExpectedDigest> {
        &self.expected
    }

    /// Who signed the list, when and how.
    ///
    /// It is written on the image.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        self.expected.evidence()
    }

    /// The files that the vendor signed, as they were fetched: with them the image can be verified
    /// again.
    #[must_use]
    pub fn signed_files(&self) -> &SignedFiles {
        &self.files
    }

    /// The name of the keyring.
    #[must_use]
    pub fn keyring(&self) -> &str {
        &self.keyring
    }

    /// Whether the vendor still signs the same digest for it, in the same place. A list that was
    /// removed or changed while the image was fetched belongs to another time than the image.
    pub(crate) async fn still_stands(
        &self,
        channel: &Channel,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let proving = ReleaseVerifier {
            channel,
            release: &self.release,
            fetch,
            now,
        };
        match proving.list().await {
            Ok(proven) => Ok(proven
                .list
                .digest(&self.file.name)
                .is_ok_and(|digest| digest.value() == self.expected.value())),
            // Between two states, or gone: different from before.
            Err(
                Error::Unverified { .. } | Error::Unsigned { .. } | Error::HtmlInsteadOfList { .. },
            ) => Ok(false),
            Err(Error::Fetch(error)) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the image's bytes must match: the signed digest, and the image's own signature if the
    /// vendor makes one.
    pub(crate) fn check(&self) -> DigestCheck {
        let check = DigestCheck::new(&self.expected);
        match &self.file_signature {
            Some(signature) => check.signed_by(signature.clone()),
            None => check,
        }
    }
}

/// A build that is missing after the end of the vendor's support is not a failure.
fn ended(channel: &Channel, error: Error, now: Timestamp) -> Error {
    let product = channel.product();
    let looked = match &error {
        Error::Source(SourceError::Gone { looked, .. }) => looked.clone(),
        Error::Fetch(_) if product.vendor != OPERATOR => vec![product.page.clone()],
        _ => return error,
    };
    let product_name = format!("{} {}", product.title, product.version);
    match product.maintained_until {
        Some(since) if since < day(now) => Error::Ended {
            product: product_name,
            since,
            looked,
        },
        _ => SourceError::Gone {
            product: product_name,
            looked,
        }
        .into(),
    }
}

fn day(time: Timestamp) -> Date {
    time.to_zoned_datetime(TimeZone::UTC).date()
}

/// A version file and a list that do not name each other must at least be of the same days. That
/// narrows which of a vendor's signed files can be combined, and does not rule it out.
fn signed_together(list: &Url, signed_at: Timestamp, stamped_at: Timestamp) -> Result<(), Error> {
    if signed_at.duration_since(stamped_at).abs() > SIGNED_TOGETHER {
        return Err(Error::SignatureTimesDiffer {
            list: Box::new(list.clone()),
            signed_at,
            stamped_at,
        });
    }
    Ok(())
}

/// A build is signed after it is made. A list that is older than its build was put there by an
/// attacker.
fn not_signed_before_its_build(list: &Url, evidence: &Evidence, built: Date) -> Result<(), Error> {
    // Dates are UTC; a day of tolerance covers builders in other time zones.
    let tolerant = evidence.signed_at + SignedDuration::from_hours(24);
    if day(tolerant) < built {
        return Err(Error::SignedBeforeBuild {
            list: list.clone(),
            signed_at: evidence.signed_at,
            built,
        });
    }
    Ok(())
}
