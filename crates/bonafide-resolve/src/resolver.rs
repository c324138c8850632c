//! Finds the newest build of one channel and verifies its list.

use std::fmt;
use std::sync::Arc;

use bonafide_sources::{
    Fetch, Product, Release, Retry, SignatureLocation, Source, SourceError, VerifiedNames,
};
use bonafide_verify::{Error as VerifyError, Evidence, Keyring};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::candidate::{Candidate, Staleness};
use crate::error::Error;
use crate::event::ResolveEvent;
use crate::retries::WatchedFetch;
use crate::seek::Seeking;
use crate::verify::{ReleaseVerifier, VerifiedList};

/// The real pages have some kilobytes.
const MAX_PAGE: u64 = 1024 * 1024;
/// How far apart the signatures of one build may be that do not name each other.
const SIGNED_TOGETHER: SignedDuration = SignedDuration::from_hours(48);
/// The vendor of custom images: their files are given, so a missing one does not mean that the product has ended.
const OPERATOR: &str = "operator";

/// Takes events; a closure that ignores them is `|_| {}`.
type OnEvent<'a> = dyn Fn(&ResolveEvent<'_>) + Send + Sync + 'a;

/// Finds the newest build of one channel: `source` says where the vendor publishes, `keyring` whose signatures are
/// valid.
pub struct Resolver {
    source: Box<dyn Source>,
    keyring: Keyring,
    age_limit: Option<SignedDuration>,
}

impl Resolver {
    /// A resolver without an age limit.
    #[must_use]
    pub fn new(source: impl Source + 'static, keyring: Keyring) -> Self {
        Self {
            source: Box::new(source),
            keyring,
            age_limit: None,
        }
    }

    /// How old the vendor's newest list may be before [`Candidate::stale`] and [`ResolveEvent::Stale`] raise an alarm;
    /// by default any age is accepted silently.
    #[must_use]
    pub const fn age_limit(mut self, limit: SignedDuration) -> Self {
        self.age_limit = Some(limit);
        self
    }

    /// Where the vendor publishes.
    #[must_use]
    pub fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    /// Whose signatures are valid.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// What the channel offers.
    #[must_use]
    pub fn product(&self) -> &Product {
        self.source.product()
    }

    /// Asks the vendor for the newest build and verifies its list. Nothing is written.
    ///
    /// `now` is the time of the check, UTC.
    ///
    /// # Errors
    ///
    /// [`Error`] if the vendor can't be read, or if anything about the list is not verified.
    pub async fn find(
        &self,
        fetch: &dyn Fetch,
        now: Timestamp,
        on_event: &OnEvent<'_>,
    ) -> Result<Candidate, Error> {
        let Some(watched) = WatchedFetch::of(fetch) else {
            return self.find_through(fetch, now, on_event).await;
        };
        let fetch = watched.fetch();
        let report = |retry: &Retry| on_event(&ResolveEvent::Retrying { retry });
        let finding = self.find_through(fetch.as_ref(), now, on_event);
        watched.reporting(&report, finding).await
    }

    async fn find_through(
        &self,
        fetch: &dyn Fetch,
        now: Timestamp,
        on_event: &OnEvent<'_>,
    ) -> Result<Candidate, Error> {
        let product = self.product();
        if self.keyring.vendor() != product.vendor {
            return Err(Error::KeyringMismatch {
                vendor: self.keyring.vendor().to_owned(),
                channel: product.channel.clone(),
            });
        }
        let release = self.source.latest(fetch).await;
        let mut release = release.map_err(|error| ended(product, error.into(), now))?;
        on_event(&ResolveEvent::Found { release: &release });
        let verified = self.list_or_end(&release, fetch, now, on_event).await?;
        let (list, mut files) = (verified.list, verified.files);
        // From here on the list is at the place where it was found.
        if let Some((list, signature)) = verified.found {
            release.list = list;
            release.signature = signature;
        }
        let verifier = self.verifier(&release, fetch, now);
        on_event(&ResolveEvent::Verified {
            evidence: list.evidence(),
        });
        let signed_at = list.evidence().signed_at;
        let stale = self.staleness(signed_at, now);
        if let Some(stale) = &stale {
            on_event(&ResolveEvent::Stale {
                list: &release.list,
                signed_at,
                limit: stale.limit,
            });
        }
        let version_file = verifier.stamp().await?;
        // A build that is listed with MD5 only is refused for that, and not skipped as unlisted.
        let names: Vec<_> = list.names().chain(list.weak_names()).collect();
        let mut signed = VerifiedNames::names(&names);
        if let Some((text, stamped_at)) = &version_file {
            signed_together(&release.list, signed_at, *stamped_at)?;
            signed = signed.stamp(text);
        }
        let file = self.source.select(&release, &signed)?;
        let signed_on = day(signed_at);
        if let Some(built) = file.build_date {
            not_signed_before_its_build(&release.list, list.evidence(), built)?;
        }
        let file_signature = match &file.signature {
            Some(url) => {
                let (signature, bytes) = verifier.file_signature(url).await?;
                files = files.file_signature(Some(bytes));
                Some(signature)
            }
            None => None,
        };
        let expected = list
            .digest(&file.name)
            .map_err(|source| Error::unverified(&release.list, source))?;
        Ok(Candidate {
            serial: file.serial.clone().unwrap_or_else(|| signed_on.into()),
            build_date: file.build_date.unwrap_or(signed_on),
            keyring: product.keyring.clone(),
            release,
            file,
            expected,
            file_signature,
            files: Arc::new(files),
            stale,
        })
    }

    /// Whether the vendor still signs the same digest for the candidate, in the same place. If the list was removed
    /// or changed while the image was fetched, list and image are of different times.
    ///
    /// # Errors
    ///
    /// [`Error`] if that can't be determined.
    pub async fn still_signs(
        &self,
        candidate: &Candidate,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match self.list(&candidate.release, fetch, now).await {
            Ok(verified) => Ok(verified
                .list
                .digest(&candidate.file.name)
                .is_ok_and(|digest| digest.value() == candidate.expected.value())),
            // Between two states of a mirror, or removed: not what it was.
            Err(
                Error::Unverified { .. } | Error::Unsigned { .. } | Error::HtmlInsteadOfList { .. },
            ) => Ok(false),
            Err(Error::Fetch(error)) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn verifier<'a>(
        &'a self,
        release: &'a Release,
        fetch: &'a dyn Fetch,
        now: Timestamp,
    ) -> ReleaseVerifier<'a> {
        ReleaseVerifier {
            product: self.source.product(),
            keyring: &self.keyring,
            release,
            fetch,
            now,
        }
    }

    /// The release's list, verified by its signature.
    async fn list(
        &self,
        release: &Release,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<VerifiedList, Error> {
        let verifier = self.verifier(release, fetch, now);
        match &release.signature {
            SignatureLocation::AnyOf(places) => Seeking::new(&verifier, places).list().await,
            _ => verifier.list().await,
        }
    }

    /// As [`Resolver::list`]; a list that is missing because the product has ended is reported as that.
    async fn list_or_end(
        &self,
        release: &Release,
        fetch: &dyn Fetch,
        now: Timestamp,
        on_event: &OnEvent<'_>,
    ) -> Result<VerifiedList, Error> {
        let product = self.product();
        match self.list(release, fetch, now).await {
            // The list and its signature are two files that a mirror copies one after the other.
            Err(Error::Unverified { source, .. })
                if matches!(*source, VerifyError::BadSignature { .. }) =>
            {
                on_event(&ResolveEvent::Rereading {
                    list: &release.list,
                });
                self.list(release, fetch, now).await
            }
            // The list is in the directory of all builds, so there is no build.
            Err(Error::Fetch(error)) if error.is_not_found() && release.serial.is_none() => {
                Err(ended(product, Error::Fetch(error), now))
            }
            Err(error @ Error::Unsigned { .. })
                if matches!(release.signature, SignatureLocation::ClearSigned) =>
            {
                // The list contains its signature. Does the directory exist that it should be in?
                let page = fetch.read(&product.page, MAX_PAGE).await;
                Err(match page {
                    Err(gone) if gone.is_not_found() => ended(product, gone.into(), now),
                    _ => error,
                })
            }
            other => other,
        }
    }

    /// Whether a list that was signed then is older than the age limit.
    #[must_use]
    pub fn staleness(&self, signed_at: Timestamp, now: Timestamp) -> Option<Staleness> {
        let limit = self.age_limit?;
        let age = now.duration_since(signed_at);
        (age > limit).then_some(Staleness { limit, age })
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("channel", &self.product().channel)
            .field("keyring", &self.keyring)
            .field("age_limit", &self.age_limit)
            .finish_non_exhaustive()
    }
}

/// A missing file is not a failure once the vendor's support has ended.
fn ended(product: &Product, error: Error, now: Timestamp) -> Error {
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

/// A version file and a list that do not name each other are at least of the same days. That narrows which of a
/// vendor's signed files can be combined, and does not prevent it.
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

/// A build exists before its list is signed. A list that is older than its build was put there by an attacker or by
/// mistake.
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
