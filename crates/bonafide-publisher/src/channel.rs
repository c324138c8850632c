//! What the operator wants to publish of one vendor.

use std::fmt;
use std::num::NonZeroU32;

use bonafide_properties::{
    Architecture, Gibibytes, ImageProperties, ImageSource, InvalidValue, LifecyclePolicy,
    OperatingSystem, OsPurpose, ProvidedUntil, ReplaceFrequency, UuidValidity,
};
use bonafide_resolve::{Candidate, ResolveEvent, Resolver};
use bonafide_sources::{Fetch, ImageFile, Mirror, Product, Source};
use bonafide_verify::Keyring;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::error::Error;
use crate::event::{Event, EventSink};

mod settings;

pub use settings::{ImageNames, PropertyOverrides};

/// The vendor name of custom images.
pub(crate) const OPERATOR: &str = "operator";

/// How images are named and dated.
///
/// Both satisfy SCS-0102; see [`ImageNames`] for other names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// SCS: the plain name `Ubuntu 24.04`, with the date of the vendor's build.
    Scs,
    /// The operator's table: `Ubuntu Noble 24.04 (2026-11-23)`, with the day on which it was added.
    #[default]
    Stack,
}

/// One image that is kept published: its source, its keyring and its lifecycle.
///
/// ```
/// use bonafide_publisher::{Channel, Profile};
/// use bonafide_sources::{Ubuntu, UbuntuRelease};
/// use bonafide_verify::Keyring;
///
/// let noble = Channel::new(Ubuntu::released(UbuntuRelease::Noble), Keyring::ubuntu())
///     .profile(Profile::Scs);
/// assert_eq!((noble.name(), &*noble.title()), ("ubuntu-24.04", "Ubuntu 24.04"));
/// ```
pub struct Channel {
    resolver: Resolver,
    pub(crate) profile: Profile,
    lifecycle: LifecyclePolicy,
    naming: ImageNames,
    settings: PropertyOverrides,
    mirror: Option<Mirror>,
    grace: SignedDuration,
}

/// A month in which a superseded build is still visible to all projects.
const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Channel {
    /// A channel with the defaults: profile [`Profile::Stack`], replaced monthly, provided as long
    /// as the vendor maintains it (until further notice if that is unknown), the last three builds
    /// kept by their id.
    #[must_use]
    pub fn new(source: impl Source + 'static, keyring: Keyring) -> Self {
        Self {
            lifecycle: default_lifecycle(source.product()),
            resolver: Resolver::new(source, keyring),
            profile: Profile::default(),
            naming: ImageNames::default(),
            settings: PropertyOverrides::default(),
            mirror: None,
            grace: GRACE,
        }
    }

    /// Uses another profile for names and dates.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets another lifecycle.
    ///
    /// It is written on new images; a promise on an existing image is never shortened.
    #[must_use]
    pub fn lifecycle(mut self, lifecycle: LifecyclePolicy) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// Overrides the image names.
    ///
    /// By default, the names are made of the vendor's title, code name and version.
    #[must_use]
    pub fn naming(mut self, naming: ImageNames) -> Self {
        self.naming = naming;
        self
    }

    /// Overrides property values.
    ///
    /// They apply to images of this channel that are published or repaired later.
    #[must_use]
    pub fn settings(mut self, settings: PropertyOverrides) -> Self {
        self.settings = settings;
        self
    }

    /// Fetches images from a mirror, and from the vendor if the mirror lacks a file or has a wrong
    /// one. Lists and signatures still come from the vendor, and the images' `image_source` stays
    /// the vendor's URL.
    #[must_use]
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.mirror = Some(mirror);
        self
    }

    /// How old the vendor's newest list may be before [`Event::Stale`](crate::Event::Stale) raises
    /// an alarm; by default there is none.
    #[must_use]
    pub fn age_limit(mut self, limit: SignedDuration) -> Self {
        self.resolver = self.resolver.age_limit(limit);
        self
    }

    /// How long a superseded build stays public; 30 days by default. Then it is visible only in the
    /// projects that use it.
    #[must_use]
    pub const fn grace(mut self, grace: SignedDuration) -> Self {
        self.grace = grace;
        self
    }

    /// When a build that was superseded at this time is no longer public.
    pub(crate) fn grace_end(&self, superseded_at: Timestamp) -> Timestamp {
        superseded_at
            .checked_add(self.grace)
            .unwrap_or(Timestamp::MAX)
    }

    pub(crate) const fn lifecycle_policy(&self) -> &LifecyclePolicy {
        &self.lifecycle
    }

    /// The end of the last day of `provided_until`, UTC, if it is a day.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        let ProvidedUntil::Date(last) = self.lifecycle.provided_until else {
            return None;
        };
        let midnight = last.tomorrow().ok()?.at(0, 0, 0, 0);
        TimeZone::UTC.to_timestamp(midnight).ok()
    }

    /// Whether `provided_until` has passed at this time, so that no new builds are published.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.end().is_some_and(|end| end <= now)
    }

    /// Where the vendor publishes.
    pub(crate) fn source(&self) -> &dyn Source {
        self.resolver.source()
    }

    /// The age limit, if a list of this time exceeds it.
    pub(crate) fn stale(&self, signed_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        self.resolver
            .staleness(signed_at, now)
            .map(|stale| stale.limit)
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
        observer: &dyn EventSink,
    ) -> Result<Candidate, Error> {
        let on_event = |event: &ResolveEvent<'_>| {
            if let Some(event) = Event::of_resolve(event) {
                observer.emit(&event);
            }
        };
        Ok(self.resolver.find(fetch, now, &on_event).await?)
    }

    /// Whether the vendor still signs the same digest for the candidate.
    pub(crate) async fn still_signs(
        &self,
        candidate: &Candidate,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<bool, Error> {
        Ok(self.resolver.still_signs(candidate, fetch, now).await?)
    }

    /// The channel's short name: `ubuntu-24.04`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.product().channel
    }

    /// What the channel offers.
    #[must_use]
    pub fn product(&self) -> &Product {
        self.resolver.product()
    }

    /// The image's public name if it is added on this day.
    ///
    /// Without an older image of the same name; see the names of replaced images in
    /// `docs/lifecycle.md`.
    #[must_use]
    pub fn image_name(&self, added: Date) -> String {
        let product = self.product();
        let (title, version) = (&product.title, &product.version);
        match self.profile {
            Profile::Scs => match &self.naming.scs {
                Some(name) => name.clone(),
                None => format!("{title} {version}"),
            },
            Profile::Stack => match (&self.naming.stack, &product.codename) {
                (Some(name), _) => format!("{name} ({added})"),
                (None, Some(codename)) => {
                    format!("{title} {} {version} ({added})", capitalised(codename))
                }
                (None, None) => format!("{title} {version} ({added})"),
            },
        }
    }

    /// The name without the day on which it was added.
    #[must_use]
    pub fn title(&self) -> String {
        let day = Date::default();
        let name = self.image_name(day);
        let title = name.strip_suffix(&format!(" ({day})"));
        title.unwrap_or(&name).to_owned()
    }

    /// The places of a vendor's image, in the order in which they are asked: the mirror, then the
    /// vendor's hosts.
    pub(crate) fn places(&self, file: &ImageFile) -> Vec<Url> {
        let vendor = [Some(&file.url), file.also_at.as_ref()];
        let vendor = vendor.into_iter().flatten();
        let mirror = self.mirror.as_ref();
        let mirrored = vendor.clone().find_map(|url| mirror?.url(url));
        mirrored.into_iter().chain(vendor.cloned()).collect()
    }

    /// The properties of an image of this channel; `version` if each build has its own.
    pub(crate) fn properties_of(
        &self,
        url: &Url,
        version: Option<&str>,
        build_date: Date,
        min_disk: Gibibytes,
    ) -> Result<ImageProperties, InvalidValue> {
        let product = self.product();
        let architecture: Architecture = product.architecture.parse()?;
        let mut system = OperatingSystem::linux(
            &product.distribution,
            version.unwrap_or(&product.version),
            architecture,
            &product.default_user,
        );
        if let Some(codename) = &product.codename {
            system = system.codename(codename);
        }
        let source = match url.scheme() {
            "file" => ImageSource::Private,
            _ => ImageSource::Url(url.clone()),
        };
        let mut properties = ImageProperties::new(
            system,
            self.lifecycle.clone(),
            source,
            product.page.to_string(),
            build_date,
            min_disk,
        );
        properties.maintained_until = product.maintained_until;
        // An image that the operator has changed is not the vendor's image any more.
        if product.vendor == OPERATOR || !properties.may_be_generic() {
            properties.purpose = OsPurpose::Custom;
        }
        self.settings.apply(&mut properties);
        Ok(properties)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("name", &self.name())
            .field("keyring", self.resolver.keyring())
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

pub(crate) fn default_lifecycle(product: &Product) -> LifecyclePolicy {
    let until = product.maintained_until;
    let three = NonZeroU32::MIN.saturating_add(2);
    LifecyclePolicy::new(
        ReplaceFrequency::Monthly,
        until.map_or(ProvidedUntil::Notice, ProvidedUntil::Date),
        UuidValidity::Last(three),
    )
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bonafide_sources::{Ubuntu, UbuntuRelease};
    use jiff::civil::date;

    use super::*;

    #[test]
    fn both_profiles_name_an_image_their_way() {
        let noble = || Channel::new(Ubuntu::released(UbuntuRelease::Noble), Keyring::ubuntu());
        let added = date(2026, 11, 23);
        assert_eq!(noble().image_name(added), "Ubuntu Noble 24.04 (2026-11-23)");
        assert_eq!(
            noble().profile(Profile::Scs).image_name(added),
            "Ubuntu 24.04"
        );
        let naming = ImageNames {
            stack: Some("Noble".to_owned()),
            scs: Some("Ubuntu LTS".to_owned()),
        };
        let named = noble().naming(naming);
        assert_eq!(named.image_name(added), "Noble (2026-11-23)");
        assert_eq!(named.title(), "Noble");
        let named = named.profile(Profile::Scs);
        assert_eq!(named.image_name(added), "Ubuntu LTS");
        assert_eq!(named.title(), "Ubuntu LTS");
    }
}
