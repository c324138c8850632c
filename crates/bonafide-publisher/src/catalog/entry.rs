//! One channel of a catalog, with every value parsed.

use std::fmt;
use std::str::FromStr;

use bonafide_properties::{
    DiskBus, Gibibytes, LifecyclePolicy, Mebibytes, OsPurpose, Rescue, RescueBus, RescueDevice,
};
use bonafide_resolve::KeySources;
use bonafide_sources::{Fetch, Mirror, Product, Source};
use bonafide_verify::Keyring;
use jiff::SignedDuration;
use jiff::civil::date;
use toml::Spanned;
use url::Url;

use super::error::CatalogProblem;
use super::file::{self, File};
use super::place::{Place, is_open};
use super::source::SourceTable;
use crate::channel::{Channel, ImageNames, Profile, PropertyOverrides, default_lifecycle};
use crate::error::Error;

/// A channel of a catalog: everything but its keys, which may have to be fetched.
///
/// [`Catalog::entries`](crate::Catalog::entries) lists them.
#[derive(Clone)]
pub struct ChannelConfig {
    product: Product,
    table: SourceTable,
    place: Place,
    profile: Profile,
    naming: ImageNames,
    lifecycle: LifecyclePolicy,
    settings: PropertyOverrides,
    mirror: Option<Mirror>,
    trust: KeySources,
    age_limit: Option<SignedDuration>,
    pub(super) grace: Option<SignedDuration>,
}

impl ChannelConfig {
    /// What the channel offers.
    #[must_use]
    pub const fn product(&self) -> &Product {
        &self.product
    }

    /// The channel's short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.product.channel
    }

    /// Where its keys come from, and which are pinned.
    #[must_use]
    pub const fn trust(&self) -> &KeySources {
        &self.trust
    }

    /// Uses other keys.
    #[must_use]
    pub fn with_trust(mut self, trust: KeySources) -> Self {
        self.trust = trust;
        self
    }

    /// Uses another profile for names and dates.
    #[must_use]
    pub const fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The channel with its keys, which are fetched if they are not loaded yet.
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`] if there are none.
    pub async fn channel(&self, fetch: &dyn Fetch) -> Result<Channel, Error> {
        let keyring = self.trust.keyring(fetch).await?;
        Ok(self.unlocked(keyring))
    }

    /// The image's name without the day on which it was added.
    #[must_use]
    pub fn title(&self) -> String {
        self.unlocked(self.empty_keyring()).title()
    }

    /// The properties that no cloud would accept, whatever the build is.
    fn violations(&self) -> Vec<String> {
        let channel = self.unlocked(self.empty_keyring());
        let page = &self.product.page;
        let properties = channel.properties_of(page, None, date(2000, 1, 1), Gibibytes(1));
        match properties.map(|properties| properties.to_map()) {
            Ok(Ok(_)) => Vec::new(),
            Ok(Err(error)) => {
                // The build determines where the image comes from.
                let all = error.violations.iter();
                let own = all.filter(|violation| violation.property != "image_source");
                own.map(ToString::to_string).collect()
            }
            Err(violation) => vec![violation.to_string()],
        }
    }

    /// A keyring without keys, for questions that do not concern keys.
    fn empty_keyring(&self) -> Keyring {
        Keyring::new(self.product.vendor.clone(), [])
    }

    fn unlocked(&self, keyring: Keyring) -> Channel {
        let Ok(source) = self.table.source(&self.place) else {
            unreachable!("the entry was made of this very source");
        };
        let channel = Channel::new(source, keyring)
            .profile(self.profile)
            .lifecycle(self.lifecycle.clone())
            .naming(self.naming.clone())
            .settings(self.settings.clone());
        let channel = match self.age_limit {
            Some(limit) => channel.age_limit(limit),
            None => channel,
        };
        let channel = match self.grace {
            Some(grace) => channel.grace(grace),
            None => channel,
        };
        match &self.mirror {
            Some(mirror) => channel.mirror(mirror.clone()),
            None => channel,
        }
    }
}

impl fmt::Debug for ChannelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelConfig")
            .field("product", &self.product)
            .field("profile", &self.profile)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}

/// Parses the channels of one file; all mistakes are collected.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a File,
    pub(super) place: &'a Place,
    pub(super) problems: Vec<CatalogProblem>,
}

impl Reading<'_> {
    fn problem(&mut self, byte: usize, reason: impl Into<String>) {
        self.problems
            .push(CatalogProblem::at(self.text, byte, reason));
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&mut self, value: &Spanned<String>) -> Option<T> {
        match value.get_ref().parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.problem(value.span().start, error.to_string());
                None
            }
        }
    }

    pub(super) fn entry(&mut self, channel: &file::Channel) -> Option<ChannelConfig> {
        let at = channel.source.span().start;
        let source = match channel.source.get_ref().source(self.place) {
            Ok(source) => source,
            Err(reason) => {
                self.problem(at, reason);
                return None;
            }
        };
        let product = source.product().clone();
        for name in [&channel.naming.stack, &channel.naming.scs]
            .into_iter()
            .flatten()
        {
            if let Err(reason) = image_name(name) {
                self.problem(at, reason);
            }
        }
        let naming = ImageNames {
            stack: channel.naming.stack.clone(),
            scs: channel.naming.scs.clone(),
        };
        let profile = match channel.profile.unwrap_or(self.file.profile) {
            file::Profile::Scs => Profile::Scs,
            file::Profile::Stack => Profile::Stack,
        };
        let entry = ChannelConfig {
            lifecycle: self.lifecycle(channel, &product),
            settings: self.settings(channel),
            mirror: self.mirror(channel, &product),
            trust: self.trust(channel, &product)?,
            age_limit: self.age_limit(channel),
            grace: self.grace(channel),
            table: channel.source.get_ref().clone(),
            place: self.place.clone(),
            product,
            profile,
            naming,
        };
        if matches!(entry.table, SourceTable::Own(_)) && entry.settings.description.is_none() {
            let reason = "an image of your own needs `properties.image_description`: say what it is, \
                          and what was modified";
            self.problem(at, reason);
        }
        for violation in entry.violations() {
            self.problem(at, violation);
        }
        Some(entry)
    }

    fn lifecycle(&mut self, channel: &file::Channel, product: &Product) -> LifecyclePolicy {
        let common = &self.file.lifecycle;
        let own = &channel.lifecycle;
        let frequency = own.replace_frequency.as_ref();
        let frequency = frequency.or(common.replace_frequency.as_ref());
        let until = own
            .provided_until
            .as_ref()
            .or(common.provided_until.as_ref());
        let validity = own.uuid_validity.as_ref().or(common.uuid_validity.as_ref());
        let mut lifecycle = default_lifecycle(product);
        if let Some(frequency) = frequency.and_then(|text| self.parse(text)) {
            lifecycle.replace_frequency = frequency;
        }
        if let Some(until) = until.and_then(|text| self.parse(text)) {
            lifecycle.provided_until = until;
        }
        if let Some(validity) = validity.and_then(|text| self.parse(text)) {
            lifecycle.uuid_validity = validity;
        }
        lifecycle.hotfix_hours = own.hotfix_hours.or(common.hotfix_hours);
        lifecycle
    }

    fn age_limit(&self, channel: &file::Channel) -> Option<SignedDuration> {
        let own = channel.lifecycle.alarm_after_days;
        let days = own.or(self.file.lifecycle.alarm_after_days)?;
        (days != 0).then(|| SignedDuration::from_hours(i64::from(days) * 24))
    }

    fn grace(&self, channel: &file::Channel) -> Option<SignedDuration> {
        let own = channel.lifecycle.grace_days;
        let days = own.or(self.file.lifecycle.grace_days)?;
        Some(SignedDuration::from_hours(i64::from(days) * 24))
    }

    fn settings(&mut self, channel: &file::Channel) -> PropertyOverrides {
        let mut settings = PropertyOverrides {
            min_ram: channel.min_ram.map(Mebibytes),
            ..PropertyOverrides::default()
        };
        let (mut bus, mut device) = (None, None);
        let common = self.file.properties.iter();
        // Those of the channel are read last, so they override the defaults.
        for (name, value) in common.chain(&channel.properties) {
            let text = value.get_ref();
            match name.get_ref().as_str() {
                "hw_disk_bus" => settings.disk_bus = self.parse::<DiskBus>(value),
                "hw_rescue_bus" => bus = self.parse::<RescueBus>(value).map(|bus| (bus, value)),
                "hw_rescue_device" => {
                    device = self
                        .parse::<RescueDevice>(value)
                        .map(|device| (device, value));
                }
                "image_description" => settings.description = Some(text.clone()),
                "os_distro" => settings.distribution = Some(text.clone()),
                "os_purpose" => settings.purpose = self.parse::<OsPurpose>(value),
                other => {
                    if let Err(violation) = settings.extra.set(other, text) {
                        self.problem(name.span().start, violation.to_string());
                    }
                }
            }
        }
        match (bus, device) {
            (Some((bus, _)), Some((device, _))) => settings.rescue = Some(Rescue::new(bus, device)),
            (None, None) => {}
            (bus, device) => {
                let at = bus.map(|(_, at)| at).or(device.map(|(_, at)| at));
                let at = at.map_or(0, |at| at.span().start);
                self.problem(
                    at,
                    "`hw_rescue_bus` and `hw_rescue_device` must be used together",
                );
            }
        }
        settings
    }

    fn mirror(&mut self, channel: &file::Channel, product: &Product) -> Option<Mirror> {
        let table = channel.mirror.as_ref()?;
        let file::Mirror { of, at } = table.get_ref();
        let mirror = https(of).and_then(|of| {
            let mirror = Mirror::new(of, https(at)?);
            mirror.map_err(|error| error.to_string())
        });
        let mirror = mirror.and_then(|mirror| {
            let host = mirror.of().host_str().unwrap_or_default();
            if product.hosts.iter().any(|own| own == host) {
                return Ok(mirror);
            }
            let hosts = product.hosts.join(", ");
            Err(format!(
                "`{host}` is not a host of this vendor: {hosts}; the mirror would have no effect"
            ))
        });
        match mirror {
            Ok(mirror) => Some(mirror),
            Err(reason) => {
                self.problem(table.span().start, reason);
                None
            }
        }
    }

    fn trust(&mut self, channel: &file::Channel, product: &Product) -> Option<KeySources> {
        let common = self.file.trust.iter();
        let mut common = common.filter(|(name, _)| *name.get_ref() == product.keyring);
        let own = channel.trust.as_ref().map(Spanned::get_ref);
        let table = own.or(common.next().map(|(_, table)| table));
        let known = KeySources::known(&product.keyring);
        let Some(table) = table else {
            if known.is_none() {
                let reason = format!(
                    "no key of `{}` is known: pin one with `trust.pinned`, and give it with \
                     `trust.key_files` or `trust.key_urls`",
                    product.keyring
                );
                self.problem(channel.source.span().start, reason);
            }
            return known;
        };
        let pinned: Vec<_> = table.pinned.iter().map(|pin| self.parse(pin)).collect();
        let pinned: Vec<_> = pinned.into_iter().flatten().collect();
        let mut trust = match known {
            Some(known) if table.pinned.is_empty() => known,
            None if table.pinned.is_empty() => {
                let reason = format!("no key of `{}` is known: pin one", product.keyring);
                self.problem(channel.source.span().start, reason);
                return None;
            }
            _ => KeySources::pinned(&product.vendor, pinned),
        };
        for path in &table.key_files {
            let file = self.place.path(path.get_ref());
            if !file.is_file() {
                let reason = format!("there is no key file `{}`", file.display());
                self.problem(path.span().start, reason);
            }
            trust = trust.file(file);
        }
        for url in &table.key_urls {
            match https(url.get_ref()) {
                Ok(url) => trust = trust.url(url),
                Err(reason) => self.problem(url.span().start, reason),
            }
        }
        Some(trust)
    }
}

fn https(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && is_open(&url) => Ok(url),
        Ok(_) => Err("an https URL without user information is needed".to_owned()),
        Err(error) => Err(format!("this is not a URL: {error}")),
    }
}

/// Glance accepts names of up to 255 characters; the day that is appended has 13.
fn image_name(name: &str) -> Result<(), String> {
    let odd = |c: char| c.is_control() || c as u32 > 0xFFFF;
    let length = name.chars().count();
    if name.trim() != name || length == 0 || length > 240 || name.chars().any(odd) {
        let name = name.escape_debug();
        return Err(format!(
            "`{name}` can't be the name of an image: use 1 to 240 printable characters up to U+FFFF, no blanks around"
        ));
    }
    Ok(())
}
