//! Puts a build where the vendor would.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

use super::content::Content;
use super::listing::Listing;
use super::place::Place;
use super::store::Store;
use super::ubuntu::{Tree, UbuntuBuild};
use super::{Shared, UBUNTU};
use crate::keys::{KeyError, SigningKey};
use crate::qcow2::Qcow2Image;

/// Where a published build is and what its image is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedBuild {
    /// The dated directory, with a slash at its end.
    pub directory_url: String,
    /// The image.
    pub image_url: String,
    /// `SHA256SUMS`.
    pub list_url: String,
    /// `SHA256SUMS.gpg`, which is not there if the build has no signature.
    pub signature_url: String,
    /// SHA-256 of the image, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The bytes of the image file.
    pub size: u64,
}

/// Why a build could not be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The serial is not what Ubuntu's look like.
    #[error("`{serial}` is no serial: write `YYYYMMDD` or `YYYYMMDD.N`")]
    Serial {
        /// The serial given.
        serial: String,
    },
    /// The lists could not be signed.
    #[error("could not sign the lists of `{serial}`")]
    Signature {
        /// The serial of the build.
        serial: String,
        /// Why.
        #[source]
        source: KeyError,
    },
}

/// A serial as Ubuntu counts: the day, and the how-manieth build of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Serial {
    date: Date,
    respin: u32,
}

impl Serial {
    fn parse(text: &str) -> Option<Self> {
        let (day, respin) = match text.split_once('.') {
            Some((day, respin)) => (day, respin.parse().ok()?),
            None => (text, 0),
        };
        let date = Date::strptime("%Y%m%d", day)
            .ok()
            .filter(|_| day.len() == 8)?;
        Some(Self { date, respin })
    }

    fn evening(self) -> Option<Timestamp> {
        let evening = self.date.at(18, 0, 0, 0);
        Offset::UTC.to_timestamp(evening).ok()
    }
}

pub(super) fn publish(
    shared: &Shared,
    build: &UbuntuBuild,
    key: &SigningKey,
) -> Result<PublishedBuild, SiteError> {
    let no_serial = || SiteError::Serial {
        serial: build.serial.clone(),
    };
    let serial = Serial::parse(&build.serial).ok_or_else(no_serial)?;
    let signed_at = match build.signed_at {
        Some(at) => at,
        None => serial.evening().ok_or_else(no_serial)?,
    };
    let images = build.images();
    let (image_name, image) = &images[0];
    let previous = match &build.previous {
        Some(previous) => previous.clone(),
        None => previous_serial(&shared.lock(), build, serial),
    };
    let listing = Listing {
        stem: &build.stem(),
        serial: &build.serial,
        previous: &previous,
    };
    let [sha256, md5] = digests(&images);
    let lists = [
        ("SHA256SUMS", build.edited(listing.sha256sums(&sha256))),
        ("MD5SUMS", listing.md5sums(&md5)),
    ];

    let directory = build
        .shelf()
        .join(&format!("{}{}", build.tree.prefix(), build.serial));
    let mut files: Vec<(String, Content)> = images
        .iter()
        .map(|(name, image)| (name.clone(), Content::from(Arc::clone(image))))
        .collect();
    let serial_line = format!("SERIAL={}\n", build.serial);
    files.push(("unpacked/build-info.txt".to_owned(), serial_line.into()));
    for (name, list) in lists {
        let signature = build.sign(&list, key, signed_at);
        let signature = signature.map_err(|source| SiteError::Signature {
            serial: build.serial.clone(),
            source,
        })?;
        files.extend(signature.map(|signature| (format!("{name}.gpg"), signature.into())));
        files.push((name.to_owned(), list.into()));
    }

    let mut store = shared.lock();
    store.remove(&directory);
    for (name, content) in files {
        store.put(directory.join(&name), content, signed_at);
    }
    shelve(&mut store, build, &directory, signed_at);
    Ok(PublishedBuild {
        directory_url: directory.as_directory().to_url(),
        image_url: directory.join(image_name).to_url(),
        list_url: directory.join("SHA256SUMS").to_url(),
        signature_url: directory.join("SHA256SUMS.gpg").to_url(),
        sha256: image.sha256().to_owned(),
        size: image.len(),
    })
}

/// The names and digests of the images, SHA-256 and MD5, computed at the same time.
fn digests(images: &[(String, Arc<Qcow2Image>)]) -> [Vec<(String, String)>; 2] {
    let of = |digest: fn(&Qcow2Image) -> &str| {
        let named =
            |(name, image): &(String, Arc<Qcow2Image>)| (name.clone(), digest(image).to_owned());
        images.iter().map(named).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let md5 = scope.spawn(|| of(Qcow2Image::md5));
        let sha256 = of(Qcow2Image::sha256);
        [sha256, md5.join().unwrap_or_default()]
    })
}

/// The serials on the shelf with their texts.
fn serials(store: &Store, build: &UbuntuBuild) -> Vec<(Serial, String)> {
    let directories = store.directories(&build.shelf());
    directories
        .iter()
        .filter_map(|name| name.strip_prefix(build.tree.prefix()))
        .filter_map(|text| Some((Serial::parse(text)?, text.to_owned())))
        .collect()
}

fn previous_serial(store: &Store, build: &UbuntuBuild, serial: Serial) -> String {
    let older = serials(store, build)
        .into_iter()
        .filter(|(other, _)| *other < serial);
    if let Some((_, text)) = older.max() {
        return text;
    }
    let before = serial.date.checked_sub(20.days()).unwrap_or(serial.date);
    before.strftime("%Y%m%d").to_string()
}

/// Headings, the links to the newest build, and the files that lie about.
fn shelve(store: &mut Store, build: &UbuntuBuild, directory: &Place, modified: Timestamp) {
    let shelf = build.shelf();
    let (shelf_title, directory_title) = build.titles();
    store.set_title(&shelf, shelf_title);
    store.set_title(directory, directory_title);
    if let Some((_, newest)) = serials(store, build).into_iter().max() {
        let newest = shelf.join(&format!("{}{newest}", build.tree.prefix()));
        store.link(&shelf.join(build.tree.newest()), &newest);
    }
    if build.tree == Tree::Release {
        let by_version = Place::new(UBUNTU, &format!("/releases/{}", build.version));
        store.link(&by_version, &shelf);
        let stray = shelf.join("published-ec2-release.txt");
        store.put(stray, "not a build\n".into(), modified);
    }
}
