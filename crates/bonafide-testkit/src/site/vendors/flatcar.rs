//! Builds in the layout of `stable.release.flatcar-linux.net`.

use std::io::{self, Write};

use bytes::Bytes;
use bzip2::Compression;
use bzip2::write::BzEncoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::hosts::FLATCAR;
use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::{SignatureOptions, SigningDigest};
use crate::site::build::{Build, Layout};
use crate::site::content::Content;
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::published::CompressedImage;
use crate::site::{PublishedBuild, SiteError};

/// A build of Flatcar.
pub type FlatcarBuild = Build<Flatcar>;

/// Flatcar's layout.
#[derive(Clone, Debug)]
pub struct Flatcar {
    version: String,
    build_id: String,
}

const IMAGE: &str = "flatcar_production_openstack_image.img";
const COMPRESSED: &str = "flatcar_production_openstack_image.img.bz2";
const DIGESTS: &str = "flatcar_production_openstack_image.img.DIGESTS.asc";
const PIECE: usize = 256 * 1024;

impl FlatcarBuild {
    /// A build of the stable channel, like `4593.2.5` and `2026-08-11-2350`, in
    /// `/amd64-usr/4593.2.5/`; `current/` leads to the newest.
    ///
    /// Every file X has a detached binary signature over itself, `X.sig`; the image and its
    /// compressed copy also have lists of their digests, `X.DIGESTS`, detached and clear-signed.
    /// The compressed copy is made when the build is published, and is held in memory.
    pub fn stable(version: &str, build_id: &str) -> Self {
        Self::of(Flatcar {
            version: version.to_owned(),
            build_id: build_id.to_owned(),
        })
    }
}

impl Layout for Flatcar {
    fn name(&self) -> String {
        format!("Flatcar {} {}", self.version, self.build_id)
    }

    fn made_at(&self) -> Option<Timestamp> {
        let made = DateTime::strptime("%Y-%m-%d-%H%M", &self.build_id).ok()?;
        Offset::UTC.to_timestamp(made).ok()
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at)
            .digest(SigningDigest::Sha256)
            .signers_user_id("buildbot@flatcar-linux.org")
    }

    fn digests(&self) -> &'static [Algorithm] {
        &[Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512]
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        version::expect_like(&self.version, &["4593.2.5"])?;
        version::expect_like(&self.build_id, &["2026-08-11-2350"])?;
        let shelf = Place::new(FLATCAR, "/amd64-usr");
        let directory = shelf.join(&self.version);
        publication.remove(directory.clone());
        let about = self.about();
        publication.put_binary(directory.join("version.txt.sig"), about.as_bytes())?;
        publication.put(directory.join("version.txt"), about);

        let compressed =
            compress(&publication.image()).map_err(|source| SiteError::Compression {
                name: COMPRESSED.to_owned(),
                source,
            })?;
        put_with_digests(publication, &directory, IMAGE, publication.image())?;
        put_with_digests(publication, &directory, COMPRESSED, compressed.clone())?;
        if let Some(newest) = publication.versions(&shelf).last() {
            publication.link(shelf.join("current"), shelf.join(newest));
        }
        let mut build = publication.published(&directory, IMAGE, DIGESTS, DIGESTS);
        build.compressed = Some(CompressedImage {
            url: directory.join(COMPRESSED).to_url(),
            name: COMPRESSED.to_owned(),
            list_url: directory
                .join(&format!("{COMPRESSED}.DIGESTS.asc"))
                .to_url(),
            sha256: Algorithm::Sha256.of(&compressed),
            sha512: Algorithm::Sha512.of(&compressed),
            size: compressed.len(),
        });
        Ok(build)
    }
}

impl Flatcar {
    /// `version.txt`.
    fn about(&self) -> String {
        let (version, build_id) = (&self.version, &self.build_id);
        let parts: Vec<_> = version.split('.').collect();
        let part = |nth: usize| parts.get(nth).copied().unwrap_or_default();
        format!(
            "FLATCAR_BUILD={}\nFLATCAR_BRANCH={}\nFLATCAR_PATCH={}\nFLATCAR_VERSION={version}\n\
             FLATCAR_VERSION_ID={version}\nFLATCAR_BUILD_ID=\"{build_id}\"\n\
             FLATCAR_SDK_VERSION={}.0.0\n",
            part(0),
            part(1),
            part(2),
            part(0),
        )
    }
}

/// A file, its signature, its digests and theirs.
fn put_with_digests(
    publication: &mut Publication<'_>,
    directory: &Place,
    name: &str,
    content: Content,
) -> Result<(), SiteError> {
    let beside = |suffix: &str| directory.join(&format!("{name}{suffix}"));
    let size = usize::try_from(content.len()).unwrap_or(usize::MAX);
    publication.put_binary(beside(".sig"), &content.piece(0, size))?;
    let list = publication.edited(sums::sections(&Listed::new(name, &content)));
    publication.put_clear_signed(beside(".DIGESTS.asc"), &list)?;
    publication.put_binary(beside(".DIGESTS.sig"), list.as_bytes())?;
    publication.put(beside(".DIGESTS"), list);
    publication.put(directory.join(name), content);
    Ok(())
}

fn compress(content: &Content) -> io::Result<Content> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
    for piece in content.pieces(PIECE) {
        encoder.write_all(&piece)?;
    }
    encoder
        .finish()
        .map(|bytes| Content::Bytes(Bytes::from(bytes)))
}
