//! The filter of a list of images.

use url::Url;

use crate::{Status, Visibility};

/// The filter of a list of images; without any setting, Glance's default: the project's own images,
/// public ones and shared ones that it accepted, but no hidden images and no community images of
/// other projects.
///
/// Glance treats an unknown filter as the name of a property and then finds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFilter {
    query: Vec<(String, String)>,
    page_size: Option<u32>,
}

impl ImageFilter {
    /// No restriction.
    ///
    /// ```
    /// use bonafide_glance::{ImageFilter, Visibility};
    ///
    /// let filter = ImageFilter::new().visibility(Visibility::Public).property("os_distro", "ubuntu");
    /// # let _ = filter;
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only images with exactly this name.
    #[must_use]
    pub fn name(self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        // Glance parses the text before a colon as an operator.
        if name.contains(':') {
            self.and("name", format!("eq:{name}"))
        } else {
            self.and("name", name)
        }
    }

    /// Only images of the project with this id.
    ///
    /// By default, images of other projects are listed as well if they are public or shared with
    /// this one.
    #[must_use]
    pub fn owner(self, project_id: impl Into<String>) -> Self {
        self.and("owner", project_id)
    }

    /// Only images in this state.
    ///
    /// For example, only images that can be used: [`Status::Active`].
    #[must_use]
    pub fn status(self, status: &Status) -> Self {
        self.and("status", status.as_str())
    }

    /// Only images of this visibility; the only way to list foreign community images.
    #[must_use]
    pub fn visibility(self, visibility: Visibility) -> Self {
        self.and("visibility", visibility.as_str())
    }

    /// Images of every visibility: for an administrator, those of all projects.
    pub(crate) fn all_projects(self) -> Self {
        self.and("visibility", "all")
    }

    /// Only hidden images, or only visible ones, which is the default.
    ///
    /// A list has either hidden images or the others.
    #[must_use]
    pub fn hidden(self, hidden: bool) -> Self {
        self.and("os_hidden", hidden.to_string())
    }

    /// Only images with this tag; all of them if called repeatedly.
    #[must_use]
    pub fn tag(self, tag: impl Into<String>) -> Self {
        self.and("tag", tag)
    }

    /// Only images with exactly this value of a property; all of them if called repeatedly.
    #[must_use]
    pub fn property(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(name, value)
    }

    /// How many images a page has; by default the cloud's setting, usually 25. The list always has
    /// all pages.
    #[must_use]
    pub fn page_size(mut self, images: u32) -> Self {
        self.page_size = Some(images);
        self
    }

    fn and(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn apply(&self, url: &mut Url) {
        if self.query.is_empty() && self.page_size.is_none() {
            return;
        }
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(&self.query);
        if let Some(images) = self.page_size {
            pairs.append_pair("limit", &images.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(filter: &ImageFilter) -> Option<String> {
        let mut url = Url::parse("http://cloud/v2/images").unwrap();
        filter.apply(&mut url);
        url.query().map(str::to_owned)
    }

    #[test]
    fn values_are_encoded() {
        let filter = ImageFilter::new()
            .name("Ubuntu 24.04 & more")
            .status(&Status::Active)
            .hidden(true)
            .property("os_distro", "ä=b")
            .page_size(2);
        assert_eq!(
            query(&filter).unwrap(),
            "name=Ubuntu+24.04+%26+more&status=active&os_hidden=true&os_distro=%C3%A4%3Db&limit=2"
        );
    }

    #[test]
    fn a_name_with_a_colon_is_no_operator() {
        let filter = ImageFilter::new().name("in:a,b");
        assert_eq!(query(&filter).unwrap(), "name=eq%3Ain%3Aa%2Cb");
    }

    #[test]
    fn no_restriction_is_no_query() {
        assert_eq!(query(&ImageFilter::new()), None);
    }
}
