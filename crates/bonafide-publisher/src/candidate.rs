//! Finds the newest build and proves its list.

use bonafide_sources::{Fetch, FetchError, ImageFile, Release, SignatureLocation};
use bonafide_verify::{ChecksumList, Error as VerifyError, Evidence, ExpectedDigest, Verified};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::{Channel, Error, Event, Observe};

/// The real lists have up to 30 kilobytes.
const MAX_LIST: u64 = 4 * 1024 * 1024;
/// The real signatures have below a kilobyte.
const MAX_SIGNATURE: u64 = 64 * 1024;

/// A build whose list is proven: what may be published, and which digest its bytes must have.
#[derive(Clone, Debug)]
pub struct Candidate {
    release: Release,
    file: ImageFile,
    expected: Verified<ExpectedDigest>,
}

impl Candidate {
    /// Asks the vendor for the newest build and proves its list. Nothing is written anywhere.
    ///
    /// `now` is the time of the check, UTC.
    ///
    /// # Errors
    ///
    /// [`Error`] if the vendor can't be read, or if anything about the list is not proven.
    pub async fn find(
        channel: &Channel,
        fetch: &dyn Fetch,
        now: Timestamp,
        observer: &dyn Observe,
    ) -> Result<Self, Error> {
        if channel.keyring.vendor() != channel.product().vendor {
            return Err(Error::Foreign {
                found: format!("the keyring of {}", channel.keyring.vendor()),
                channel: channel.name().to_owned(),
            });
        }
        let release = channel.source.latest(fetch).await?;
        observer.observe(&Event::Found { release: &release });
        let list = match prove(channel, &release, fetch, now).await {
            // The list and its signature are two files that a mirror copies one after the other.
            Err(Error::Unproven { source, .. })
                if matches!(*source, VerifyError::BadSignature { .. }) =>
            {
                observer.observe(&Event::Rereading {
                    list: &release.list,
                });
                prove(channel, &release, fetch, now).await?
            }
            other => other?,
        };
        observer.observe(&Event::Proven {
            evidence: list.evidence(),
        });
        not_signed_before_its_build(&release, list.evidence())?;
        let names: Vec<_> = list.names().collect();
        let file = channel.source.select(&release, &names)?;
        let expected = list
            .digest(&file.name)
            .map_err(|source| Error::unproven(&release.list, source))?;
        Ok(Self {
            release,
            file,
            expected,
        })
    }

    /// The build.
    #[must_use]
    pub const fn release(&self) -> &Release {
        &self.release
    }

    /// The image file at the vendor's.
    #[must_use]
    pub const fn file(&self) -> &ImageFile {
        &self.file
    }

    /// The digest that the vendor signed for it.
    #[must_use]
    pub const fn expected(&self) -> &Verified<ExpectedDigest> {
        &self.expected
    }

    /// Who signed the list, when and how.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        self.expected.evidence()
    }
}

async fn prove(
    channel: &Channel,
    release: &Release,
    fetch: &dyn Fetch,
    now: Timestamp,
) -> Result<Verified<ChecksumList>, Error> {
    let list = fetch.read(&release.list, MAX_LIST).await?;
    if looks_like_html(&list) {
        return Err(Error::HtmlInsteadOfList {
            url: release.list.clone(),
        });
    }
    let SignatureLocation::Detached(url) = &release.signature else {
        return Err(Error::UnknownSignatureLocation {
            channel: channel.name().to_owned(),
        });
    };
    let signature = match fetch.read(url, MAX_SIGNATURE).await {
        Err(FetchError::NotFound { url }) => return Err(Error::Unsigned { url }),
        other => other?,
    };
    channel
        .keyring
        .verify_detached(&list, &signature, now)
        .and_then(|text| text.checksum_list())
        .map_err(|source| Error::unproven(&release.list, source))
}

/// Nobody signs a build before it exists. A list that is older than its directory was put there
/// by somebody else.
fn not_signed_before_its_build(release: &Release, evidence: &Evidence) -> Result<(), Error> {
    let built = release.serial.date();
    // Dates are UTC; a day of tolerance covers builders in other time zones.
    let tolerant = evidence.signed_at + SignedDuration::from_hours(24);
    if tolerant.to_zoned_datetime(jiff::tz::TimeZone::UTC).date() < built {
        return Err(Error::SignedBeforeBuild {
            list: release.list.clone(),
            signed_at: evidence.signed_at,
            built,
        });
    }
    Ok(())
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes))
        .trim_start()
        .to_lowercase();
    head.starts_with("<!doctype") || head.starts_with("<html")
}

impl Error {
    fn unproven(list: &Url, source: VerifyError) -> Self {
        Self::Unproven {
            url: list.clone(),
            source: Box::new(source),
        }
    }
}
