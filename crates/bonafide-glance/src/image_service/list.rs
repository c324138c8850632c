//! Lists of images.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::request::{ApiRequest, Verb};
use crate::keystone::pages::{Page, Pages};
use crate::{Error, Glance, Image, ImageFilter};

/// A hundred thousand images, with a hundred on a page.
const PAGES: usize = 1_000;

impl Glance {
    /// Lists all images that match, page by page to the end.
    ///
    /// # Errors
    /// [`Error::Decode`] if the pages lead elsewhere or never end; else as every request.
    pub async fn list(&self, filter: &ImageFilter) -> Result<Vec<Image>, Error> {
        let mut pages = self.pages(filter).await?;
        let mut images = Vec::new();
        while let Some((page, _)) = pages.next::<ImagePage<Image>>().await? {
            images.extend(page.images);
        }
        Ok(images)
    }

    /// Like [`Glance::list`], with hidden images too. A list has either those or the others, so it
    /// takes twice the requests. An image that is hidden between the two occurs once.
    ///
    /// # Errors
    /// As [`Glance::list`].
    pub async fn list_with_hidden(&self, filter: &ImageFilter) -> Result<Vec<Image>, Error> {
        let mut images = BTreeMap::new();
        for hidden in [false, true] {
            let list = self.list(&filter.clone().hidden(hidden)).await?;
            images.extend(list.into_iter().map(|image| (image.id, image)));
        }
        Ok(images.into_values().collect())
    }

    /// The same page by page, to be read as [`ImagePage`]s.
    pub(crate) async fn pages(&self, filter: &ImageFilter) -> Result<Pages<'_>, Error> {
        let mut url = self.url(&[]).await?;
        filter.apply(&mut url);
        Ok(Pages::new(
            self.session(),
            ApiRequest::new(Verb::Get, url),
            PAGES,
        ))
    }
}

/// One page of a list of images; only the fields of `T` are read.
#[derive(Deserialize)]
pub(crate) struct ImagePage<T> {
    pub(crate) images: Vec<T>,
    #[serde(default)]
    next: Option<String>,
}

impl<T: DeserializeOwned> Page for ImagePage<T> {
    const ENDING: &str = "/images";
    const SAME_HOST: bool = true;

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}
