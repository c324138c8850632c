//! What the builds of all vendors have in common.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::publication::{Edit, Publication};
use super::vendor_site::VendorSite;
use super::vendors::sums::{self, Algorithm, seed};
use super::{PublishedBuild, SiteError};
use crate::keys::{SignatureOptions, SigningKey};
use crate::qcow2::Qcow2Image;

/// When builds are signed whose names tell no day.
const UNDATED: Timestamp = Timestamp::constant(1_781_892_000, 0);

/// A build that a site can publish.
pub trait VendorBuild: fmt::Debug + Send + Sync {
    /// Puts the build where its vendor would, signed by this key.
    ///
    /// # Errors
    /// The build's name is not one of the vendor's, the site does not serve the vendor's host, or
    /// the key can't sign as the build asks. Then the site is as it was.
    fn publish_on(&self, site: &VendorSite, key: &SigningKey) -> Result<PublishedBuild, SiteError>;
}

impl VendorSite {
    /// Adds a build in its vendor's real layout, signed by this key, and points the vendor's names
    /// for the newest build to the newest one. A build of the same name is replaced.
    ///
    /// Digests of the whole image are computed here, on a thread each, so large images are better
    /// published before the clock of anything else runs.
    ///
    /// # Errors
    /// The build's name is not one of the vendor's, the site does not serve the vendor's host, or
    /// the key can't sign as the build asks. Then the site is as it was.
    pub fn publish(
        &self,
        build: &dyn VendorBuild,
        key: &SigningKey,
    ) -> Result<PublishedBuild, SiteError> {
        build.publish_on(self, key)
    }
}

/// A build of one vendor, whose layout `L` is. Each vendor has a name for it, like
/// [`CentosBuild`](super::CentosBuild), with the constructors.
#[derive(Clone, Debug)]
#[must_use]
pub struct Build<L> {
    pub(crate) layout: L,
    making: Making,
}

/// How a build is made, whoever the vendor is.
#[derive(Clone, Default)]
struct Making {
    image: Option<Arc<Qcow2Image>>,
    signed_at: Option<Timestamp>,
    signing: Signing,
    edit: Option<Edit>,
}

#[derive(Clone, Debug, Default)]
enum Signing {
    Custom(SignatureOptions),
    None,
    /// As the vendor does, which for some is not at all.
    #[default]
    Usual,
    /// As the vendor would, did it sign.
    Wished,
}

/// Where one vendor puts what. Only this crate has layouts.
pub trait Layout: fmt::Debug + Send + Sync {
    /// What the build is called in errors; the default image follows from it.
    fn name(&self) -> String;

    /// The time that the build's name tells.
    fn made_at(&self) -> Option<Timestamp>;

    /// Whether the vendor signs its lists.
    fn is_signed(&self) -> bool {
        true
    }

    /// The signatures that the vendor makes.
    fn signature(&self, at: Timestamp) -> SignatureOptions;

    /// The digests of the image that are worth computing side by side.
    fn digests(&self) -> &'static [Algorithm] {
        &[Algorithm::Sha256, Algorithm::Sha512]
    }

    /// The image of a build that was given none.
    fn default_image(&self) -> Qcow2Image {
        Qcow2Image::new(2 << 30, 16, seed(&self.name()))
    }

    /// Puts all that belongs to the build into the publication.
    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError>;
}

impl<L> Build<L> {
    pub(crate) fn of(layout: L) -> Self {
        Self {
            layout,
            making: Making::default(),
        }
    }

    /// The image. Without it a small one (2 GiB inside, 1 MiB of data; Ubuntu's have 3.5 GiB and
    /// 2 MiB) that differs from build to build.
    pub fn image(mut self, image: impl Into<Arc<Qcow2Image>>) -> Self {
        self.making.image = Some(image.into());
        self
    }

    /// When the lists were signed; the files were modified then too. Without it at 18:00 UTC of the
    /// day that the build's name tells, or on 2026-06-19 if it tells none.
    pub fn signed_at(mut self, at: Timestamp) -> Self {
        self.making.signed_at = Some(at);
        self
    }

    /// Sign in another way than the vendor does.
    pub fn signature(mut self, options: SignatureOptions) -> Self {
        self.making.signing = Signing::Custom(options);
        self
    }

    /// Sign as the vendor does or, if it signs nothing, as one expects that it would.
    pub fn signed(mut self) -> Self {
        self.making.signing = Signing::Wished;
        self
    }

    /// Publish without signatures. A list that the vendor publishes clear-signed only is there
    /// as plain text.
    pub fn without_signature(mut self) -> Self {
        self.making.signing = Signing::None;
        self
    }

    /// Changes the list before it is signed: to leave the image out, to list it twice. Where a
    /// build has several lists each of them goes through it; of Ubuntu's only `SHA256SUMS` does.
    ///
    /// A list that is shared with other builds is written anew with each of them, so an edit lasts
    /// until the next is published.
    pub fn edit_list(mut self, edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.making.edit = Some(Arc::new(edit));
        self
    }
}

impl<L: Layout> VendorBuild for Build<L> {
    fn publish_on(&self, site: &VendorSite, key: &SigningKey) -> Result<PublishedBuild, SiteError> {
        let (layout, making) = (&self.layout, &self.making);
        let signed_at = making.signed_at.or_else(|| layout.made_at());
        let signed_at = signed_at.unwrap_or(UNDATED);
        let image = match &making.image {
            Some(image) => Arc::clone(image),
            None => Arc::new(layout.default_image()),
        };
        let signature = match &making.signing {
            Signing::Custom(options) => Some(options.clone()),
            Signing::None => None,
            Signing::Usual if !layout.is_signed() => None,
            Signing::Usual | Signing::Wished => Some(layout.signature(signed_at)),
        };
        sums::warm(&image, layout.digests());
        let mut publication = Publication {
            build: layout.name(),
            image,
            signed_at,
            key,
            signature,
            edit: making.edit.clone(),
            scratch: site.shared.lock().scratch(),
            changes: Vec::new(),
        };
        let build = layout.lay_out(&mut publication)?;
        publication.put_on(site)?;
        Ok(build)
    }
}

impl fmt::Debug for Making {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Making")
            .field("signed_at", &self.signed_at)
            .field("signing", &self.signing)
            .finish_non_exhaustive()
    }
}
