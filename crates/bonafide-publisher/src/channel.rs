//! What the operator wants published.

use std::fmt;
use std::num::NonZeroU32;

use bonafide_properties::{
    Architecture, Gibibytes, ImageProperties, ImageSource, Mebibytes, OperatingSystem, Promises,
    ProvidedUntil, ReplaceFrequency, UuidValidity, Violation,
};
use bonafide_sources::{Product, Source};
use bonafide_verify::Keyring;
use jiff::civil::Date;

use crate::Candidate;

/// How images are named and dated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// SCS: the plain name `Ubuntu 24.04`, dated by the vendor's build.
    Scs,
    /// The operator's catalogue: `Ubuntu Noble 24.04 (2026-11-23)`, dated by the day it was added.
    #[default]
    Stack,
}

/// One image that is kept published: where it comes from, whose keys count, what is promised.
pub struct Channel {
    pub(crate) source: Box<dyn Source>,
    pub(crate) keyring: Keyring,
    pub(crate) profile: Profile,
    promises: Promises,
    min_ram: Mebibytes,
}

impl Channel {
    /// A channel with the defaults: profile [`Profile::Stack`], replaced monthly, provided as long
    /// as the vendor maintains it, the last three builds kept by their id, 512 MiB of memory.
    #[must_use]
    pub fn new(source: impl Source + 'static, keyring: Keyring) -> Self {
        let maintained_until = source.product().maintained_until;
        let three = NonZeroU32::MIN.saturating_add(2);
        Self {
            source: Box::new(source),
            keyring,
            profile: Profile::default(),
            promises: Promises::new(
                ReplaceFrequency::Monthly,
                ProvidedUntil::Date(maintained_until),
                UuidValidity::Last(three),
            ),
            min_ram: Mebibytes(512),
        }
    }

    /// Names and dates after another profile.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Other promises.
    #[must_use]
    pub fn promises(mut self, promises: Promises) -> Self {
        self.promises = promises;
        self
    }

    /// Another `min_ram`.
    #[must_use]
    pub const fn min_ram(mut self, min_ram: Mebibytes) -> Self {
        self.min_ram = min_ram;
        self
    }

    /// The channel's short name: `ubuntu-24.04`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.product().channel
    }

    /// What the channel offers.
    #[must_use]
    pub fn product(&self) -> &Product {
        self.source.product()
    }

    /// The image's public name if it is added on this day.
    #[must_use]
    pub fn image_name(&self, added: Date) -> String {
        let product = self.product();
        let (title, version) = (product.title, product.version);
        match (self.profile, product.codename) {
            (Profile::Scs, _) => format!("{title} {version}"),
            (Profile::Stack, None) => format!("{title} {version} ({added})"),
            (Profile::Stack, Some(codename)) => {
                format!("{title} {} {version} ({added})", capitalised(codename))
            }
        }
    }

    /// The properties of a candidate that is added on this day and needs this much disk.
    pub(crate) fn properties(
        &self,
        candidate: &Candidate,
        added: Date,
        min_disk: Gibibytes,
    ) -> Result<ImageProperties, Violation> {
        let product = self.product();
        let architecture: Architecture = product.architecture.parse()?;
        let mut system = OperatingSystem::linux(
            product.distribution,
            product.version,
            architecture,
            product.default_user,
        );
        if let Some(codename) = product.codename {
            system = system.codename(codename);
        }
        let build_date = match self.profile {
            Profile::Scs => candidate.release().serial.date(),
            Profile::Stack => added,
        };
        let mut properties = ImageProperties::new(
            system,
            self.promises.clone(),
            ImageSource::Url(candidate.file().url.clone()),
            product.page.to_string(),
            build_date,
            min_disk,
        );
        properties.min_ram = self.min_ram;
        Ok(properties)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("name", &self.name())
            .field("keyring", &self.keyring)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
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
    }
}
