//! One trait for all vendors.

use std::fmt;

use async_trait::async_trait;

use crate::{Fetch, ImageFile, Product, Release, SourceError, VerifiedNames};

/// Where one channel of a vendor is published, and which build is the newest.
///
/// A source finds images and verifies nothing. It returns the URLs of a list and its signature,
/// and, once the caller has verified the list, which of the *signed* names is the image.
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync {
    /// What the channel offers.
    fn product(&self) -> &Product;

    /// Finds the list with the newest build.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the vendor's pages can't be read or contain no build.
    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError>;

    /// Chooses the newest image among the names of the release's **signed** list.
    ///
    /// # Errors
    ///
    /// [`SourceError::ImageNotListed`], or [`SourceError::ForeignList`] if the list itself names
    /// another build.
    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError>;
}

#[async_trait]
impl Source for Box<dyn Source> {
    fn product(&self) -> &Product {
        self.as_ref().product()
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        self.as_ref().latest(fetch).await
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        self.as_ref().select(release, signed)
    }
}
