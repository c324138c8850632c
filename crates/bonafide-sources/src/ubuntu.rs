//! Ubuntu: `https://cloud-images.ubuntu.com/`.
//!
//! Released images are in `/releases/CODENAME/release-SERIAL/`, daily builds in
//! `/CODENAME/SERIAL/`. Each dated directory has a `SHA256SUMS` in GNU form with a detached,
//! armored signature `SHA256SUMS.gpg`. `release/` and `current/` are moved while mirrors copy, so
//! only dated directories are used.

use async_trait::async_trait;
use jiff::civil::{Date, date};
use url::Url;

use crate::listing::linked_names;
use crate::{Fetch, ImageFile, Product, Release, Serial, SignatureLocation, Source, SourceError};

const SITE: &str = "https://cloud-images.ubuntu.com/";
/// The real pages have a few kilobytes.
const MAX_PAGE: u64 = 1024 * 1024;

/// The Ubuntu versions that are offered: those with long-term support.
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

/// Which of Ubuntu's two trees a channel follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tree {
    /// Daily builds, not tested by Canonical.
    Daily,
    /// Builds that Canonical has released.
    Release,
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
    release: UbuntuRelease,
    tree: Tree,
    product: Product,
}

impl Ubuntu {
    /// The released builds of a version: channel `ubuntu-24.04`.
    #[must_use]
    pub fn released(release: UbuntuRelease) -> Self {
        Self::new(release, Tree::Release)
    }

    /// The daily builds of a version: channel `ubuntu-24.04-daily`.
    #[must_use]
    pub fn daily(release: UbuntuRelease) -> Self {
        Self::new(release, Tree::Daily)
    }

    /// Both trees of every version.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let released = UbuntuRelease::ALL.into_iter().map(Self::released);
        let daily = UbuntuRelease::ALL.into_iter().map(Self::daily);
        released.chain(daily).collect()
    }

    fn new(release: UbuntuRelease, tree: Tree) -> Self {
        let (version, codename) = (release.version(), release.codename());
        let (suffix, path) = match tree {
            Tree::Daily => ("-daily", format!("{codename}/")),
            Tree::Release => ("", format!("releases/{codename}/")),
        };
        let product = Product {
            channel: format!("ubuntu-{version}{suffix}"),
            vendor: "ubuntu",
            title: "Ubuntu",
            distribution: "ubuntu",
            version,
            codename: Some(codename),
            architecture: "x86_64",
            default_user: "ubuntu",
            page: below(&site(), &path),
            maintained_until: release.maintained_until(),
        };
        Self {
            release,
            tree,
            product,
        }
    }

    /// What a dated directory's name starts with.
    const fn prefix(&self) -> &'static str {
        match self.tree {
            Tree::Daily => "",
            Tree::Release => "release-",
        }
    }

    fn image_name(&self) -> String {
        match self.tree {
            Tree::Daily => format!("{}-server-cloudimg-amd64.img", self.release.codename()),
            Tree::Release => format!(
                "ubuntu-{}-server-cloudimg-amd64.img",
                self.release.version()
            ),
        }
    }

    /// The newest dated directory that a page links to.
    fn newest(&self, page: &str) -> Option<Serial> {
        let names = linked_names(page);
        let serials = names.iter().filter_map(|name| {
            let name = name.strip_prefix(self.prefix())?.strip_suffix('/')?;
            name.parse().ok()
        });
        serials.max()
    }
}

fn site() -> Url {
    let Ok(url) = Url::parse(SITE) else {
        unreachable!("`{SITE}` is a URL: a test asks for every product")
    };
    url
}

fn below(directory: &Url, name: &str) -> Url {
    let mut url = directory.clone();
    url.set_path(&format!("{}{name}", directory.path()));
    url
}

#[async_trait]
impl Source for Ubuntu {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let text = fetch.read(page, MAX_PAGE).await?;
        let Some(serial) = self.newest(&String::from_utf8_lossy(&text)) else {
            return Err(SourceError::NoBuild {
                page: Box::new(page.clone()),
                expected: format!("links such as `{}20260725/`", self.prefix()),
            });
        };
        let directory = below(page, &format!("{}{serial}/", self.prefix()));
        Ok(Release {
            channel: self.product.channel.clone(),
            serial,
            list: below(&directory, "SHA256SUMS"),
            signature: SignatureLocation::Detached(below(&directory, "SHA256SUMS.gpg")),
            directory,
        })
    }

    fn select(&self, release: &Release, signed_names: &[&str]) -> Result<ImageFile, SourceError> {
        let name = self.image_name();
        if !signed_names.contains(&name.as_str()) {
            return Err(SourceError::ImageNotListed {
                list: Box::new(release.list.clone()),
                expected: name,
                listed: signed_names.len(),
            });
        };
        if let Some(signed) = foreign_serial(signed_names, release.serial) {
            return Err(SourceError::ForeignList {
                list: Box::new(release.list.clone()),
                serial: release.serial.to_string(),
                signed,
            });
        }
        Ok(ImageFile {
            url: below(&release.directory, &name),
            name,
        })
    }
}

/// The build that the signed list itself names, if that is another one.
///
/// Image names carry no date, so nothing else ties a signed list to its directory: whoever can
/// rename directories could offer an old build as a new one. Lists of today name change logs,
/// `….PREVIOUS.SERIAL.image_changelog.json`; older lists name none and pass.
fn foreign_serial(signed_names: &[&str], serial: Serial) -> Option<String> {
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

    const PAGE: &str = r#"<a href="?C=N;O=D">Name</a><a href="/">Parent Directory</a>
        <a href="20260307/">20260307/</a><a href="20260705/">20260705/</a>
        <a href="20260705.1/">20260705.1/</a><a href="current/">current/</a>
        <a href="20991399/">no date</a><a href="release-20270101/">other tree</a>"#;

    #[test]
    fn the_newest_dated_directory_of_the_own_tree_is_chosen() {
        let newest = |source: &Ubuntu, page| source.newest(page).map(|serial| serial.to_string());
        let daily = Ubuntu::daily(UbuntuRelease::Noble);
        assert_eq!(newest(&daily, PAGE).unwrap(), "20260705.1");
        let released = Ubuntu::released(UbuntuRelease::Noble);
        assert_eq!(newest(&released, PAGE).unwrap(), "20270101");
        assert_eq!(newest(&released, "<html>moved</html>"), None);
    }

    #[test]
    fn every_channel_has_a_name_of_its_own() {
        let channels: std::collections::BTreeSet<_> = Ubuntu::all()
            .into_iter()
            .map(|source| source.product().channel.clone())
            .collect();
        assert_eq!(channels.len(), 10);
    }

    #[test]
    fn a_list_that_was_signed_for_another_build_is_noticed() {
        let serial = "20260725".parse().unwrap();
        let log =
            "ubuntu-24.04-server-cloudimg-amd64.release.20260705.20260725.image_changelog.json";
        assert_eq!(foreign_serial(&["x.img", log], serial), None);
        assert_eq!(foreign_serial(&["x.img"], serial), None);
        let newer = "20270101".parse().unwrap();
        assert_eq!(foreign_serial(&["x.img", log], newer).unwrap(), "20260725");
    }
}
