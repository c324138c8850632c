//! Flatcar Container Linux: `https://stable.release.flatcar-linux.net/amd64-usr/`.
//!
//! `current/version.txt` names the newest version, whose directory has everything: for each file a
//! detached signature over it (`.sig`) and a clear-signed list of its digests (`.DIGESTS.asc`). The
//! digests do not name the version, so the signed `version.txt` of the directory is read too.

use async_trait::async_trait;
use jiff::civil::Date;
use url::Url;

use crate::names::{below, foreign_list, gone, not_listed, not_served, word};
use crate::{
    Fetch, ImageFile, Product, Release, Serial, SignatureLocation, Source, SourceError,
    VerifiedNames, VersionFile,
};

const IMAGE: &str = "flatcar_production_openstack_image.img";
/// The real one is smaller than 300 bytes.
const MAX_VERSION_FILE: u64 = 16 * 1024;

/// Which file of the same image is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlatcarFile {
    /// `….img.bz2`: smaller to download, and decompressed before the upload.
    #[default]
    Bzip2,
    /// `….img`: compressed inside, as qcow2 images can be, and uploaded unchanged.
    Plain,
}

/// One of Flatcar's channels on `x86_64`.
///
/// The default of [`FlatcarFile`] is the smaller `.img.bz2`.
///
/// ```
/// use bonafide_sources::{Flatcar, FlatcarFile, Source};
///
/// assert_eq!(Flatcar::stable(FlatcarFile::default()).product().channel, "flatcar-stable");
/// ```
#[derive(Clone, Debug)]
pub struct Flatcar {
    file: FlatcarFile,
    /// The second number of the channel's versions.
    number: Option<&'static str>,
    product: Product,
}

impl Flatcar {
    /// The stable releases: channel `flatcar-stable`.
    #[must_use]
    pub fn stable(file: FlatcarFile) -> Self {
        Self::of("stable", file)
    }

    /// Another of the vendor's channels, such as `beta` or `lts`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotServed`] for a channel that the vendor does not have.
    pub fn new(channel: &str, file: FlatcarFile) -> Result<Self, SourceError> {
        word("channel", channel)?;
        if number(channel).is_none() {
            let served = "its channels are `alpha`, `beta`, `stable` and `lts`";
            return Err(not_served("Flatcar", channel, served));
        }
        Ok(Self::of(channel, file))
    }

    fn of(channel: &str, file: FlatcarFile) -> Self {
        let host = format!("{channel}.release.flatcar-linux.net");
        let mut letters = channel.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let version: String = first.into_iter().chain(letters).collect();
        let product = Product {
            channel: format!("flatcar-{channel}"),
            default_user: "core".to_owned(),
            ..Product::usual("flatcar", "Flatcar", &version, &host, "/amd64-usr/")
        };
        Self {
            file,
            number: number(channel),
            product,
        }
    }

    fn image_name(&self) -> String {
        match self.file {
            FlatcarFile::Bzip2 => format!("{IMAGE}.bz2"),
            FlatcarFile::Plain => IMAGE.to_owned(),
        }
    }
}

#[async_trait]
impl Source for Flatcar {
    fn product(&self) -> &Product {
        &self.product
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        let page = &self.product.page;
        let current = below(page, "current/version.txt");
        let text = match fetch.read(&current, MAX_VERSION_FILE).await {
            Err(error) if error.is_not_found() => return Err(gone(&self.product, [current])),
            text => text?,
        };
        let serial = version(&String::from_utf8_lossy(&text), &current)?;
        let directory = below(page, &format!("{serial}/"));
        let list = below(&directory, &format!("{}.DIGESTS.asc", self.image_name()));
        let stamp = VersionFile {
            url: below(&directory, "version.txt"),
            signature: below(&directory, "version.txt.sig"),
        };
        let channel = self.product.channel.clone();
        let release = Release::new(channel, directory, list, SignatureLocation::ClearSigned);
        Ok(release.serial(serial).stamp(stamp))
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let stamp_url = below(&release.directory, "version.txt");
        let stamp = signed.stamp.unwrap_or_default();
        let signed_serial = version(stamp, &stamp_url)?;
        if let Some(serial) = &release.serial
            && *serial != signed_serial
        {
            return Err(foreign_list(release, serial, signed_serial.as_str()));
        }
        if let Some(number) = self.number
            && branch(&signed_serial) != Some(number)
        {
            let expected = format!("a version `X.{number}.X` of the own channel");
            return Err(unreadable(&stamp_url, expected));
        }
        let name = self.image_name();
        if !signed.names.contains(&name.as_str()) {
            return Err(not_listed(release, name, signed.names.len()));
        }
        let mut file = ImageFile::new(
            name.as_str(),
            below(&release.directory, &name),
            signed_serial.clone(),
        );
        file.build_date = Some(build_date(stamp, &stamp_url)?);
        file.version = Some(signed_serial.to_string());
        file.signature = Some(below(&release.directory, &format!("{name}.sig")));
        Ok(file)
    }
}

/// The value of a line `KEY=VALUE`, with or without quotes.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.lines().map(str::trim_end);
    let mut values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next().map(|value| value.trim_matches('"'))
}

/// The second number of a channel's versions.
fn number(channel: &str) -> Option<&'static str> {
    match channel {
        "alpha" => Some("0"),
        "beta" => Some("1"),
        "stable" => Some("2"),
        "lts" => Some("3"),
        _ => None,
    }
}

/// `2` of `4593.2.5`: the channel of a version.
fn branch(serial: &Serial) -> Option<&str> {
    serial.as_str().split('.').nth(1)
}

fn version(text: &str, url: &Url) -> Result<Serial, SourceError> {
    let serial = value(text, "FLATCAR_VERSION").and_then(|version| version.parse().ok());
    serial.ok_or_else(|| unreadable(url, "`FLATCAR_VERSION=4593.2.5` or the like"))
}

/// `FLATCAR_BUILD_ID="2026-08-11-2350"`: the day and the time.
fn build_date(text: &str, url: &Url) -> Result<Date, SourceError> {
    let id = value(text, "FLATCAR_BUILD_ID");
    let date = id.and_then(|id| id.get(..10)?.parse().ok());
    date.ok_or_else(|| unreadable(url, "`FLATCAR_BUILD_ID=\"2026-08-11-2350\"` or the like"))
}

fn unreadable(url: &Url, expected: impl Into<String>) -> SourceError {
    SourceError::Unreadable {
        url: Box::new(url.clone()),
        expected: expected.into(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const STAMP: &str = "FLATCAR_BUILD=4593\nFLATCAR_BRANCH=2\nFLATCAR_PATCH=5\n\
        FLATCAR_VERSION=4593.2.5\nFLATCAR_VERSION_ID=4593.2.5\n\
        FLATCAR_BUILD_ID=\"2026-08-11-2350\"\nFLATCAR_SDK_VERSION=4593.0.0\n";

    fn release(source: &Flatcar, serial: &str) -> Release {
        let page = source.product.page.clone();
        let release = Release::new(
            source.product.channel.clone(),
            below(&page, &format!("{serial}/")),
            page,
            SignatureLocation::ClearSigned,
        );
        release.serial(serial.parse().unwrap())
    }

    #[test]
    fn both_files_of_a_build_can_be_taken() {
        for (file, name) in [
            (
                FlatcarFile::Bzip2,
                "flatcar_production_openstack_image.img.bz2",
            ),
            (FlatcarFile::Plain, "flatcar_production_openstack_image.img"),
        ] {
            let stable = Flatcar::stable(file);
            let names = [name];
            let signed = VerifiedNames::names(&names).stamp(STAMP);
            let image = stable
                .select(&release(&stable, "4593.2.5"), &signed)
                .unwrap();
            assert_eq!(image.build_date, Some(date(2026, 8, 11)));
            assert_eq!(image.version.as_deref(), Some("4593.2.5"));
            let signature = image.signature.unwrap();
            assert_eq!(signature.as_str(), format!("{}.sig", image.url));
            let other = ["flatcar_production_image.bin.bz2"];
            let signed = VerifiedNames::names(&other).stamp(STAMP);
            assert!(
                stable
                    .select(&release(&stable, "4593.2.5"), &signed)
                    .is_err()
            );
        }
    }

    #[test]
    fn the_signed_stamp_must_be_that_of_the_directory() {
        let stable = Flatcar::stable(FlatcarFile::Plain);
        let names = [IMAGE];
        let select = |stamp| {
            let signed = VerifiedNames::names(&names).stamp(stamp);
            stable.select(&release(&stable, "4593.2.6"), &signed)
        };
        assert!(matches!(
            select(STAMP),
            Err(SourceError::ForeignList { .. })
        ));
        for unreadable in ["", "<html>", "FLATCAR_VERSION=current\n"] {
            let error = select(unreadable).unwrap_err().to_string();
            assert!(error.contains("4593.2.6/version.txt"), "{error}");
        }
        let unstamped = VerifiedNames::names(&names);
        assert!(
            stable
                .select(&release(&stable, "4593.2.5"), &unstamped)
                .is_err()
        );
    }

    #[test]
    fn a_version_of_another_channel_is_refused_although_the_vendor_signed_it() {
        let stable = Flatcar::stable(FlatcarFile::Plain);
        for (version, fits) in [
            ("4700.0.0", false),
            ("4628.1.0", false),
            ("3510.3.9", false),
            ("4593.2.5", true),
        ] {
            let stamp = STAMP.replace("4593.2.5", version);
            let names = [IMAGE];
            let signed = VerifiedNames::names(&names).stamp(&stamp);
            let selected = stable.select(&release(&stable, version), &signed);
            assert_eq!(selected.is_ok(), fits, "{version}");
        }
    }

    #[test]
    fn nightly_versions_are_no_releases() {
        let nightly = "FLATCAR_VERSION=4799.0.0+nightly-20260821-2100\n";
        let url = crate::urls::at("stable.release.flatcar-linux.net", "/version.txt");
        assert!(version(nightly, &url).is_err());
    }

    #[test]
    fn a_channel_is_part_of_a_host_name() {
        let lts = Flatcar::new("lts", FlatcarFile::Plain).unwrap();
        assert_eq!(lts.product().hosts, ["lts.release.flatcar-linux.net"]);
        assert_eq!(lts.product().version, "Lts");
        for other in ["evil.example", "edge", "Stable"] {
            assert!(Flatcar::new(other, FlatcarFile::Plain).is_err(), "{other}");
        }
    }
}
