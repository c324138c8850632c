//! openSUSE: `https://download.opensuse.org/`, Leap in `distribution/leap/`, Tumbleweed and MicroOS
//! in `tumbleweed/`.
//!
//! Each image has a list of one line that names it, `IMAGE.sha256` or, from Leap 16.1 on,
//! `IMAGE.sha512`, with a detached, armored signature in a version 3 packet. The names without a
//! build are aliases that move.

use async_trait::async_trait;
use jiff::civil::{Date, date};

use crate::names::{
    below, listing, newest_of, no_build, not_listed, not_served, of_this_build, word,
};
use crate::{
    Fetch, ImageFile, Product, Release, Serial, SignatureLocation, Source, SourceError,
    VerifiedNames,
};

/// It serves the directory pages itself, and redirects files to mirrors.
const HOST: &str = "download.opensuse.org";
const STABLE_HOST: &str = "downloadcontent.opensuse.org";
const IMAGE: &str = ".qcow2";
/// The stronger digest is used if both exist.
const LISTS: [&str; 2] = [".qcow2.sha512", ".qcow2.sha256"];

/// One of openSUSE's systems on `x86_64`.
///
/// ```
/// use bonafide_sources::{OpenSuse, Source};
///
/// assert_eq!(OpenSuse::leap("16.0")?.product().channel, "opensuse-leap-16.0");
/// assert_eq!(OpenSuse::tumbleweed().product().channel, "opensuse-tumbleweed");
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenSuse {
    product: Product,
    /// The beginning of its images' names.
    stem: String,
    versioned: Versioned,
    /// The text before the build.
    mark: &'static str,
    example: &'static str,
    rolling: bool,
}

/// Whether the version is between the stem and the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Versioned {
    No,
    Yes,
}

impl OpenSuse {
    /// `16.0` and other versions of Leap, `tumbleweed` or `microos`.
    ///
    /// # Errors
    ///
    /// As [`OpenSuse::leap`].
    pub fn new(version: &str) -> Result<Self, SourceError> {
        match version {
            "microos" => Ok(Self::micro_os()),
            "tumbleweed" => Ok(Self::tumbleweed()),
            leap => Self::leap(leap),
        }
    }

    /// A version of Leap, from `15.5` on: channel `opensuse-leap-16.0`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotAWord`] if it can't be part of a URL, and [`SourceError::NotServed`] for
    /// versions whose images have other names, and for Leap Micro, which has no image for
    /// OpenStack.
    pub fn leap(version: &str) -> Result<Self, SourceError> {
        word("version", version)?;
        let numbers: Option<(u32, u32)> = version
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
            .filter(|(major, minor)| format!("{major}.{minor}") == version);
        let (stem, versioned) = match numbers {
            Some((15, 5..)) => ("openSUSE-Leap", Versioned::Yes),
            // Leap 42 was older than Leap 15.
            Some((16..42, _)) => ("Leap", Versioned::No),
            _ => {
                let served = "supported are Leap from `15.5` on, such as `16.0`, `tumbleweed` and `microos`; \
                              Leap Micro has no image for OpenStack";
                return Err(not_served("openSUSE", version, served));
            }
        };
        let path = format!("/distribution/leap/{version}/appliances/");
        Ok(Self {
            product: Product {
                channel: format!("opensuse-leap-{version}"),
                maintained_until: maintained_until(version),
                ..product("openSUSE Leap", version, &path)
            },
            stem: format!("{stem}-{version}-Minimal-VM.x86_64-"),
            versioned,
            mark: "Cloud-Build",
            example: "18.7",
            rolling: false,
        })
    }

    /// The newest snapshot of Tumbleweed: channel `opensuse-tumbleweed`.
    #[must_use]
    pub fn tumbleweed() -> Self {
        Self::rolling(
            "Tumbleweed",
            "openSUSE-Tumbleweed-Minimal-VM.x86_64-",
            "Cloud-Snapshot",
        )
    }

    /// The newest snapshot of MicroOS: channel `opensuse-microos`.
    #[must_use]
    pub fn micro_os() -> Self {
        Self::rolling(
            "MicroOS",
            "openSUSE-MicroOS.x86_64-",
            "OpenStack-Cloud-Snapshot",
        )
    }

    fn rolling(name: &str, stem: &str, mark: &'static str) -> Self {
        Self {
            product: Product {
                channel: format!("opensuse-{}", name.to_lowercase()),
                ..product("openSUSE", name, "/tumbleweed/appliances/")
            },
            stem: stem.to_owned(),
            versioned: Versioned::Yes,
            mark,
            example: "20261005",
            rolling: true,
        }
    }

    /// The build in a file's name.
    fn build(&self, name: &str, suffix: &str) -> Option<Serial> {
        let mut rest = name.strip_prefix(&self.stem)?.strip_suffix(suffix)?;
        if self.versioned == Versioned::Yes {
            let (version, behind) = rest.split_once('-')?;
            let _: Serial = version.parse().ok()?;
            rest = behind;
        }
        rest.strip_prefix(self.mark)?.parse().ok()
    }

    fn expected(&self, suffix: &str) -> String {
        let version = match self.versioned {
            Versioned::No => "",
            Versioned::Yes => "1.0.0-",
        };
        let Self {
            stem,
            mark,
            example,
            ..
        } = self;
        format!("{stem}{version}{mark}{example}{suffix}")
    }
}

fn product(title: &str, version: &str, path: &str) -> Product {
    Product {
        hosts: [HOST, STABLE_HOST].map(str::to_owned).to_vec(),
        stable_host: Some(STABLE_HOST.to_owned()),
        ..Product::usual("opensuse", title, version, HOST, path)
    }
}

fn maintained_until(version: &str) -> Option<Date> {
    match version {
        "15.5" => Some(date(2024, 12, 31)),
        "15.6" => Some(date(2026, 4, 30)),
        _ => None,
    }
}

#[async_trait]
impl Source for OpenSuse {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let names = listing(&self.product, fetch).await?;
        let lists = names.iter().filter_map(|name| {
            let (rank, suffix) = (1..).zip(LISTS).find(|(_, list)| name.ends_with(list))?;
            let serial = self.build(name, suffix)?;
            Some(((serial, std::cmp::Reverse(rank)), name))
        });
        let Some(((serial, _), list)) = lists.max() else {
            let expected = format!("a link such as `{}`", self.expected(LISTS[1]));
            return Err(no_build(page, expected));
        };
        let release = Release::new(
            self.product.channel.clone(),
            page.clone(),
            below(page, list),
            SignatureLocation::Detached(below(page, &format!("{list}.asc"))),
        );
        Ok(release.serial(serial))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let names = signed.names.iter().copied();
        let Some((serial, name)) = newest_of(names, |name| self.build(name, IMAGE)) else {
            let expected = self.expected(IMAGE);
            return Err(not_listed(release, expected, signed.names.len()));
        };
        let url = below(&release.directory, name);
        let mut file = ImageFile::new(name, url, serial);
        if self.rolling {
            // As the system itself says: `VERSION_ID` is the snapshot.
            file.version = file.serial.as_ref().map(ToString::to_string);
        }
        Ok(of_this_build(release, file)?.also_at(&self.product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_car_must_name_the_build_that_it_is_named_after() {
        let leap = OpenSuse::leap("16.0").unwrap();
        let page = leap.product.page.clone();
        let release = Release::new(
            "opensuse-leap-16.0".to_owned(),
            page.clone(),
            page,
            SignatureLocation::ClearSigned,
        );
        let release = release.serial("18.7".parse().unwrap());
        let name = |build: &str| leap.expected(IMAGE).replace("18.7", build);
        let select = |name: &str| leap.select(&release, &VerifiedNames::names(&[name]));
        assert_eq!(select(&name("18.7")).unwrap().name, name("18.7"));
        let error = select(&name("18.6"));
        assert!(matches!(error, Err(SourceError::ForeignList { .. })));
        let alias = "Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2";
        assert!(matches!(
            select(alias),
            Err(SourceError::ImageNotListed { .. })
        ));
        for other in [
            "../16.0",
            "16",
            "15.4",
            "42.3",
            "16.00",
            "leap-micro-6.2",
            "6.2",
        ] {
            assert!(OpenSuse::new(other).is_err(), "{other}");
        }
    }

    #[test]
    fn each_system_has_names_of_its_own() {
        for (source, name, build) in [
            (
                "15.6",
                "openSUSE-Leap-15.6-Minimal-VM.x86_64-15.6.0-Cloud-Build19.146",
                "19.146",
            ),
            (
                "16.1",
                "Leap-16.1-Minimal-VM.x86_64-Cloud-Build2.16",
                "2.16",
            ),
            (
                "tumbleweed",
                "openSUSE-Tumbleweed-Minimal-VM.x86_64-1.0.0-Cloud-Snapshot20261005",
                "20261005",
            ),
            (
                "microos",
                "openSUSE-MicroOS.x86_64-16.0.0-OpenStack-Cloud-Snapshot20260207",
                "20260207",
            ),
        ] {
            let source = OpenSuse::new(source).unwrap();
            let serial = source.build(&format!("{name}{IMAGE}"), IMAGE);
            assert_eq!(serial.unwrap().as_str(), build);
            assert_eq!(source.build(&name.replace("x86_64", "aarch64"), ""), None);
            assert_eq!(
                source.build(&name.replace("Cloud", "kvm-and-xen"), ""),
                None
            );
            let shown = source.expected("");
            assert!(source.build(&shown, "").is_some(), "{shown}");
        }
        let container =
            "openSUSE-MicroOS.x86_64-16.0.0-ContainerHost-OpenStack-Cloud-Snapshot20260207";
        assert_eq!(OpenSuse::micro_os().build(container, ""), None);
    }
}
