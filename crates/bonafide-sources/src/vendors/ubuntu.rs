//! Ubuntu: `https://cloud-images.ubuntu.com/`.
//!
//! Released images are in `/releases/CODENAME/release-SERIAL/`, daily builds in
//! `/CODENAME/SERIAL/`. Each dated directory has a `SHA256SUMS` in GNU form with a detached,
//! armored signature `SHA256SUMS.gpg`. `release/` and `current/` change while mirrors copy, so only
//! dated directories are used.
//!
//! The released builds are listed a second time, in the clear-signed simplestreams index: one
//! signed document that names all builds with their digests and sizes ([`UbuntuBuilds::Streams`]).

use async_trait::async_trait;
use jiff::civil::{Date, date};

use crate::names::{
    below, foreign_list, has_day, listing, newest, no_build, not_listed, not_served, word,
};
use crate::urls::at;
use crate::{
    Fetch, ImageFile, ListFormat, Product, Release, Serial, SignatureLocation, Source, SourceError,
    VerifiedNames,
};

const HOST: &str = "cloud-images.ubuntu.com";
const STREAMS: &str = "/releases/streams/v1/";
const STREAMS_INDEX: &str = "com.ubuntu.cloud:released:download.sjson";

/// The Ubuntu versions that are offered: those with long-term support.
///
/// [`Ubuntu::new`] accepts other versions, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UbuntuRelease {
    /// 18.04 Bionic Beaver.
    Bionic,
    /// 20.04 Focal Fossa.
    Focal,
    /// 22.04 Jammy Jellyfish.
    Jammy,
    /// 24.04 Noble Numbat.
    Noble,
    /// 26.04 Resolute Raccoon.
    Resolute,
}

impl UbuntuRelease {
    /// All, oldest first.
    pub const ALL: [Self; 5] = [
        Self::Bionic,
        Self::Focal,
        Self::Jammy,
        Self::Noble,
        Self::Resolute,
    ];

    /// The version number, as in `os_version`.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Bionic => "18.04",
            Self::Focal => "20.04",
            Self::Jammy => "22.04",
            Self::Noble => "24.04",
            Self::Resolute => "26.04",
        }
    }

    /// The code name, as in URLs.
    ///
    /// For example `noble`, in lower case.
    #[must_use]
    pub const fn codename(self) -> &'static str {
        match self {
            Self::Bionic => "bionic",
            Self::Focal => "focal",
            Self::Jammy => "jammy",
            Self::Noble => "noble",
            Self::Resolute => "resolute",
        }
    }

    /// The last day of standard support: Canonical's policy is five years from the April of the
    /// version, to the last day of May.
    const fn maintained_until(self) -> Date {
        match self {
            Self::Bionic => date(2023, 5, 31),
            Self::Focal => date(2025, 5, 31),
            Self::Jammy => date(2027, 5, 31),
            Self::Noble => date(2029, 5, 31),
            Self::Resolute => date(2031, 5, 31),
        }
    }
}

/// Which of Ubuntu's builds a channel follows, and how they are found.
///
/// The vendor recommends released builds; daily ones are untested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UbuntuBuilds {
    /// Daily builds, not tested by Canonical.
    Daily,
    /// Builds that Canonical has released, found in the directory page.
    Release,
    /// The same builds, found in the signed simplestreams index.
    Streams,
}

/// One Ubuntu version on `x86_64`, released or daily.
///
/// ```
/// use bonafide_sources::{Source, Ubuntu, UbuntuRelease};
///
/// let noble = Ubuntu::released(UbuntuRelease::Noble);
/// assert_eq!(noble.product().channel, "ubuntu-24.04");
/// ```
#[derive(Clone, Debug)]
pub struct Ubuntu {
    version: String,
    codename: String,
    tree: UbuntuBuilds,
    product: Product,
}

impl Ubuntu {
    /// The released builds of a version: channel `ubuntu-24.04`.
    #[must_use]
    pub fn released(release: UbuntuRelease) -> Self {
        Self::of(release.version(), release.codename(), UbuntuBuilds::Release)
    }

    /// The daily builds of a version: channel `ubuntu-24.04-daily`.
    #[must_use]
    pub fn daily(release: UbuntuRelease) -> Self {
        Self::of(release.version(), release.codename(), UbuntuBuilds::Daily)
    }

    /// The released builds through simplestreams: channel `ubuntu-24.04`.
    #[must_use]
    pub fn streams(release: UbuntuRelease) -> Self {
        Self::of(release.version(), release.codename(), UbuntuBuilds::Streams)
    }

    /// Any version, including later ones than this library.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if version or code name can't be part of a URL, and
    /// [`SourceError::NotServed`] for versions before 16.10, whose images have other names.
    pub fn new(version: &str, codename: &str, tree: UbuntuBuilds) -> Result<Self, SourceError> {
        word("version", version)?;
        word("code name", codename)?;
        if !has_these_names(version) {
            let served =
                "versions are like `24.04`, from `16.10` on: images of older ones have other names";
            return Err(not_served("Ubuntu", version, served));
        }
        let known = UbuntuRelease::ALL.map(|release| (release.version(), release.codename()));
        crate::names::codename("Ubuntu", &known, version, codename)?;
        Ok(Self::of(version, codename, tree))
    }

    fn of(version: &str, codename: &str, tree: UbuntuBuilds) -> Self {
        let (suffix, path) = match tree {
            UbuntuBuilds::Daily => ("-daily", format!("/{codename}/")),
            UbuntuBuilds::Release | UbuntuBuilds::Streams => ("", format!("/releases/{codename}/")),
        };
        let known = UbuntuRelease::ALL.into_iter();
        let known = known.filter(|release| release.version() == version);
        let product = Product {
            channel: format!("ubuntu-{version}{suffix}"),
            title: match tree {
                UbuntuBuilds::Daily => "Ubuntu Daily".to_owned(),
                UbuntuBuilds::Release | UbuntuBuilds::Streams => "Ubuntu".to_owned(),
            },
            codename: Some(codename.to_owned()),
            maintained_until: known.map(UbuntuRelease::maintained_until).next(),
            ..Product::usual("ubuntu", "Ubuntu", version, HOST, &path)
        };
        Self {
            version: version.to_owned(),
            codename: codename.to_owned(),
            tree,
            product,
        }
    }

    /// The beginning of a dated directory's name.
    const fn prefix(&self) -> &'static str {
        match self.tree {
            UbuntuBuilds::Daily => "",
            UbuntuBuilds::Release | UbuntuBuilds::Streams => "release-",
        }
    }

    fn image_name(&self) -> String {
        match self.tree {
            UbuntuBuilds::Daily => format!("{}-server-cloudimg-amd64.img", self.codename),
            UbuntuBuilds::Release | UbuntuBuilds::Streams => {
                format!("ubuntu-{}-server-cloudimg-amd64.img", self.version)
            }
        }
    }

    /// Selects the newest build in the signed index.
    fn select_stream(&self, release: &Release, names: &[&str]) -> Result<ImageFile, SourceError> {
        // As in the index: paths below the site, where `server/` is the site itself.
        let prefix = format!("server/releases/{}/release-", self.codename);
        let suffix = format!("/{}", self.image_name());
        let Some((serial, path)) = newest(names.iter().copied(), &prefix, &suffix) else {
            let expected = format!("{prefix}20260725{suffix}");
            return Err(not_listed(release, expected, names.len()));
        };
        // The standards identify images by the URL below the code name.
        let canonical = path.strip_prefix("server").unwrap_or(path);
        Ok(ImageFile::new(path, at(HOST, canonical), serial))
    }
}

/// `NN.04` or `NN.10`, from 16.10 on.
fn has_these_names(version: &str) -> bool {
    let Some((year, month)) = version.split_once('.') else {
        return false;
    };
    let year: Option<u32> = year.parse().ok().filter(|_| year.len() == 2);
    year.is_some_and(|year| match month {
        "04" => year >= 17,
        "10" => year >= 16,
        _ => false,
    })
}

#[async_trait]
impl Source for Ubuntu {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let channel = self.product.channel.clone();
        if self.tree == UbuntuBuilds::Streams {
            let directory = at(HOST, STREAMS);
            let index = below(&directory, STREAMS_INDEX);
            let release = Release::new(channel, directory, index, SignatureLocation::ClearSigned);
            return Ok(release.format(ListFormat::Simplestreams));
        }
        let page = &self.product.page;
        let names = listing(&self.product, fetch).await?;
        // A serial without a day could not be compared with the time of the signature.
        let dated = names.iter().map(String::as_str).filter(|name| {
            let serial = name.strip_prefix(self.prefix());
            serial.is_some_and(|serial| has_day(serial.trim_end_matches('/')))
        });
        let Some((serial, name)) = newest(dated, self.prefix(), "/") else {
            let expected = format!("links such as `{}20260725/`", self.prefix());
            return Err(no_build(page, expected));
        };
        let directory = below(page, name);
        let list = below(&directory, "SHA256SUMS");
        let signature = SignatureLocation::Detached(below(&directory, "SHA256SUMS.gpg"));
        Ok(Release::new(channel, directory, list, signature).serial(serial))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        if self.tree == UbuntuBuilds::Streams {
            return self.select_stream(release, signed.names);
        }
        let name = self.image_name();
        let Some(serial) = &release.serial else {
            return Err(no_build(&release.directory, "a build's own directory"));
        };
        if !signed.names.contains(&name.as_str()) {
            return Err(not_listed(release, name, signed.names.len()));
        }
        if let Some(signed) = foreign_serial(signed.names, serial) {
            return Err(foreign_list(release, serial, signed));
        }
        let url = below(&release.directory, &name);
        Ok(ImageFile::new(name, url, serial.clone()))
    }
}

/// The build that the signed list itself names, if it is another one.
///
/// Image names contain no date, so nothing else ties a signed list to its directory: an attacker
/// who can rename directories could offer an old build as a new one. Current lists name change
/// logs, `….PREVIOUS.SERIAL.image_changelog.json`; older lists name none and are accepted.
fn foreign_serial(signed_names: &[&str], serial: &Serial) -> Option<String> {
    let logs = signed_names
        .iter()
        .filter_map(|name| name.strip_suffix(".image_changelog.json"));
    let mut other = None;
    for log in logs {
        if log.ends_with(&format!(".{serial}")) {
            return None;
        }
        other = other.or_else(|| log.rsplit('.').find(|part| part.len() == 8));
    }
    other.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str =
        "ubuntu-24.04-server-cloudimg-amd64.release.20260705.20260725.image_changelog.json";

    #[test]
    fn every_channel_has_a_name_of_its_own() {
        let channels: std::collections::BTreeSet<_> = UbuntuRelease::ALL
            .into_iter()
            .flat_map(|release| [Ubuntu::released(release), Ubuntu::daily(release)])
            .map(|source| source.product().channel.clone())
            .collect();
        assert_eq!(channels.len(), 10);
    }

    #[test]
    fn a_version_of_tomorrow_needs_no_code_but_must_be_words() {
        let ubuntu = Ubuntu::new("28.04", "zesty", UbuntuBuilds::Release).unwrap();
        assert_eq!(ubuntu.product().channel, "ubuntu-28.04");
        assert!(ubuntu.product().page.path().ends_with("/releases/zesty/"));
        assert_eq!(ubuntu.product().maintained_until, None);
        assert!(Ubuntu::new("24.04", "jammy", UbuntuBuilds::Release).is_err());
        for (version, codename) in [("28.04", ".."), ("28/04", "zesty"), ("", "zesty")] {
            let refused = Ubuntu::new(version, codename, UbuntuBuilds::Daily);
            assert!(matches!(refused, Err(SourceError::NotAWord { .. })));
        }
    }

    #[test]
    fn a_list_that_was_signed_for_another_build_is_noticed() {
        let serial = "20260725".parse().unwrap();
        assert_eq!(foreign_serial(&["x.img", LOG], &serial), None);
        assert_eq!(foreign_serial(&["x.img"], &serial), None);
        let newer = "20270101".parse().unwrap();
        let found = foreign_serial(&["x.img", LOG], &newer);
        assert_eq!(found.unwrap(), "20260725");
    }

    #[test]
    fn the_newest_build_of_the_own_version_is_chosen_among_the_signed_paths() {
        let noble = Ubuntu::streams(UbuntuRelease::Noble);
        let release = Release::new(
            "ubuntu-24.04".to_owned(),
            at(HOST, STREAMS),
            at(HOST, STREAMS),
            SignatureLocation::ClearSigned,
        );
        let path = |release: &str, file: &str| format!("server/releases/{release}/{file}");
        let image = "ubuntu-24.04-server-cloudimg-amd64.img";
        let names = [
            path("noble", &format!("release-20260705/{image}")),
            path("noble", &format!("release-20260705.1/{image}")),
            path("noble", &format!("release-20270101/{image}.manifest")),
            path("noble", &format!("alpha-2/{image}")),
            path("jammy", &format!("release-20270101/{image}")),
            format!("../server/releases/noble/release-20270101/{image}"),
        ];
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let file = noble
            .select(&release, &VerifiedNames::names(&names))
            .unwrap();
        assert_eq!(file.serial.unwrap().as_str(), "20260705.1");
        assert_eq!(
            file.url.as_str(),
            format!("https://{HOST}/releases/noble/release-20260705.1/{image}")
        );
        let error = noble.select(&release, &VerifiedNames::names(&names[2..]));
        assert!(matches!(error, Err(SourceError::ImageNotListed { .. })));
    }
}
