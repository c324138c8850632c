//! Where a channel of the catalog comes from.

use bonafide_sources::{
    AlmaLinux, Centos, CustomImage, Debian, Fedora, Flatcar, FlatcarFile, OpenSuse, Rocky, Source,
    SourceError, Ubuntu, UbuntuBuilds,
};
use serde::Deserialize;

use super::place::Place;

/// A vendor and one of its channels.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceTable {
    /// AlmaLinux.
    Almalinux(Version),
    /// CentOS 7, or a CentOS Stream.
    Centos(CentosTable),
    /// Debian: signed up to version 10, unsigned after it.
    Debian(DebianTable),
    /// Fedora Cloud.
    Fedora(Version),
    /// Flatcar Container Linux.
    Flatcar(FlatcarTable),
    /// openSUSE: Leap by its number, `tumbleweed` or `microos`.
    Opensuse(Version),
    /// A custom image.
    Own(Box<OwnTable>),
    /// Rocky Linux.
    Rocky(Version),
    /// Ubuntu.
    Ubuntu(UbuntuTable),
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    /// The version as the vendor writes it in URLs.
    version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CentosTable {
    /// `7`, or `8-stream`, `9-stream`, `10-stream`.
    version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct DebianTable {
    /// `12`.
    version: String,
    /// `bookworm`.
    codename: String,
    /// Which of Debian's images.
    #[serde(default)]
    images: DebianImages,
}

/// Debian's two kinds of images.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum DebianImages {
    /// The unsigned ones of version 11 and later.
    #[default]
    Cloud,
    /// The signed OpenStack images of versions 9 and 10.
    Openstack,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FlatcarTable {
    /// The vendor's channel; `stable` by default.
    #[serde(default = "stable")]
    channel: String,
    /// Which of the image's files is used.
    #[serde(default)]
    file: FlatcarFileName,
}

fn stable() -> String {
    "stable".to_owned()
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
enum FlatcarFileName {
    /// Decompressed before the upload.
    #[default]
    #[serde(rename = "img.bz2")]
    Bzip2,
    /// Uploaded unchanged.
    #[serde(rename = "img")]
    Plain,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct UbuntuTable {
    /// `24.04`.
    version: String,
    /// `noble`.
    codename: String,
    /// Which builds, and how they are found.
    #[serde(default)]
    builds: BuildsName,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum BuildsName {
    /// Daily builds.
    Daily,
    /// Released builds, from the directory page.
    #[default]
    Released,
    /// Released builds, from the signed simplestreams index.
    Simplestreams,
}

/// A custom image, which the operator made or modified and signed with his own key.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnTable {
    /// The channel's short name.
    channel: String,
    /// The image: an https URL, or a path relative to the catalog's directory.
    image: String,
    /// The list of checksums that names it: a URL or a path.
    list: String,
    /// The list's detached signature: a URL or a path; without it the list must be clear-signed.
    signature: Option<String>,
    /// `os_distro`, for example `ubuntu`.
    distribution: String,
    /// `os_version`, for example `18.04`.
    version: String,
    /// The code name, if there is one.
    codename: Option<String>,
    /// The login name that the image comes with; `none` by default.
    #[serde(default = "none")]
    user: String,
    /// `x86_64` by default.
    #[serde(default = "x86_64")]
    architecture: String,
    /// The build, for example `20261101`; without it, the day of the signature is used.
    build: Option<String>,
}

fn none() -> String {
    "none".to_owned()
}

fn x86_64() -> String {
    "x86_64".to_owned()
}

impl SourceTable {
    /// The source that the table describes.
    pub(super) fn source(&self, place: &Place) -> Result<Box<dyn Source>, String> {
        let words = |error: SourceError| error.to_string();
        Ok(match self {
            Self::Almalinux(table) => Box::new(AlmaLinux::new(&table.version).map_err(words)?),
            Self::Centos(table) => match table.version.strip_suffix("-stream") {
                Some(version) => Box::new(Centos::stream(version).map_err(words)?),
                None if table.version == "7" => Box::new(Centos::seven()),
                None => {
                    return Err(format!(
                        "CentOS `{}` is not supported: there are `7` and `8-stream`, `9-stream`, …",
                        table.version
                    ));
                }
            },
            Self::Debian(table) => {
                let (version, codename) = (&table.version, &table.codename);
                let debian = match table.images {
                    DebianImages::Cloud => Debian::cloud(version, codename),
                    DebianImages::Openstack => Debian::openstack(version, codename),
                };
                Box::new(debian.map_err(words)?)
            }
            Self::Fedora(table) => Box::new(Fedora::new(&table.version).map_err(words)?),
            Self::Flatcar(table) => {
                let file = match table.file {
                    FlatcarFileName::Bzip2 => FlatcarFile::Bzip2,
                    FlatcarFileName::Plain => FlatcarFile::Plain,
                };
                Box::new(Flatcar::new(&table.channel, file).map_err(words)?)
            }
            Self::Opensuse(table) => Box::new(OpenSuse::new(&table.version).map_err(words)?),
            Self::Own(table) => Box::new(table.source(place)?),
            Self::Rocky(table) => Box::new(Rocky::new(&table.version).map_err(words)?),
            Self::Ubuntu(table) => {
                let tree = match table.builds {
                    BuildsName::Daily => UbuntuBuilds::Daily,
                    BuildsName::Released => UbuntuBuilds::Release,
                    BuildsName::Simplestreams => UbuntuBuilds::Streams,
                };
                let ubuntu = Ubuntu::new(&table.version, &table.codename, tree);
                Box::new(ubuntu.map_err(words)?)
            }
        })
    }
}

impl OwnTable {
    fn source(&self, place: &Place) -> Result<CustomImage, String> {
        let signature = self.signature.as_deref();
        let own = CustomImage::new(
            &self.channel,
            place.url(&self.image)?,
            place.url(&self.list)?,
            signature
                .map(|signature| place.url(signature))
                .transpose()?,
        );
        let mut own = own
            .map_err(|error| error.to_string())?
            .system(&self.distribution, &self.version, self.codename.as_deref())
            .default_user(&self.user)
            .architecture(&self.architecture);
        if let Some(build) = &self.build {
            let serial = build.parse();
            own = own.serial(serial.map_err(|error| format!("{error}"))?);
        }
        Ok(own)
    }
}
