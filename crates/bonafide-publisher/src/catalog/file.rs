//! The form of a catalog's file. `entry` interprets its values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::source::SourceTable;

/// A catalog of channels.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "bonafide catalog"))]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// How images are named and dated, unless a channel says otherwise.
    #[serde(default)]
    pub(super) profile: Profile,
    /// The lifecycle of each channel that has none of its own.
    #[serde(default)]
    pub(super) lifecycle: Lifecycle,
    /// Properties of each channel's images; those of the channel override them.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub(super) properties: Properties,
    /// Keys by the name of their keyring, for example `flatcar` or `fedora-46`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, KeySources>"))]
    pub(super) trust: BTreeMap<Spanned<String>, KeySources>,
    /// The channels, in the order in which they are published.
    #[serde(default, rename = "channel")]
    pub(super) channels: Vec<Channel>,
}

/// Names and values of properties, each with its place in the file.
pub(super) type Properties = BTreeMap<Spanned<String>, Spanned<String>>;

/// One channel.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    /// Where its images come from.
    #[cfg_attr(feature = "schema", schemars(with = "SourceTable"))]
    pub(super) source: Spanned<SourceTable>,
    /// How its images are named and dated.
    pub(super) profile: Option<Profile>,
    /// Names other than those made of the vendor's names.
    #[serde(default)]
    pub(super) naming: ImageNames,
    /// The minimum memory of a server, in MiB.
    pub(super) min_ram: Option<u32>,
    /// The lifecycle that is promised.
    #[serde(default)]
    pub(super) lifecycle: Lifecycle,
    /// Properties of its images: `os_purpose`, `os_distro`, `image_description`, `hw_disk_bus`,
    /// `hw_rescue_bus` with `hw_rescue_device`, and any that are not in the model.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub(super) properties: Properties,
    /// The keys of this channel alone.
    #[cfg_attr(feature = "schema", schemars(with = "Option<KeySources>"))]
    pub(super) trust: Option<Spanned<KeySources>>,
    /// Another place for the images' bytes. Lists and signatures still come from the vendor.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Mirror>"))]
    pub(super) mirror: Option<Spanned<Mirror>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Profile {
    /// `Ubuntu 24.04`, with the date of the vendor's build.
    Scs,
    /// `Ubuntu Noble 24.04 (2026-11-23)`, with the day on which it was added.
    #[default]
    Stack,
}

/// The base of the image's name in each profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ImageNames {
    /// Followed by the day on which it was added, in brackets.
    pub(super) stack: Option<String>,
    /// The whole name.
    pub(super) scs: Option<String>,
}

/// The lifecycle that is promised for the images (SCS-0102).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Lifecycle {
    /// `daily`, `weekly`, `monthly`, `quarterly`, `yearly`, `critical_bug` or `never`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) replace_frequency: Option<Spanned<String>>,
    /// A date `YYYY-MM-DD`, `notice` or `none`; by default until when the vendor maintains it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) provided_until: Option<Spanned<String>>,
    /// `last-N`, a date, `notice`, `forever` or `none`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) uuid_validity: Option<Spanned<String>>,
    /// How many days a superseded build stays public; 30 by default. Then it is visible only in the
    /// projects that use it.
    pub(super) grace_days: Option<u32>,
    /// Hours until a critical fix is included; 0 is best effort.
    pub(super) hotfix_hours: Option<u32>,
    /// An alarm is raised if the vendor's newest signed list is older than this number of days; 0
    /// is never.
    pub(super) alarm_after_days: Option<u32>,
}

/// Keys: only pinned ones are accepted, wherever they come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct KeySources {
    /// Full fingerprints of primary keys; if empty, the known ones of the vendor.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) pinned: Vec<Spanned<String>>,
    /// Key files, as paths relative to the catalog's directory.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<PathBuf>"))]
    pub(super) key_files: Vec<Spanned<PathBuf>>,
    /// URLs where keys are published; https only.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) key_urls: Vec<Spanned<String>>,
}

/// A mirror of the files below a vendor's URL.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Mirror {
    /// The vendor's URL, with a slash at its end.
    pub(super) of: String,
    /// The mirror's URL, with a slash at its end.
    pub(super) at: String,
}
