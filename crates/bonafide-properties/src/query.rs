//! Searches for images, as customers' tools make them.

use std::collections::BTreeMap;

use crate::ImageRecord;

/// A search by properties, like that of the data source `openstack_images_image_v2` of Terraform
/// and OpenTofu and of the source filter of Packer.
///
/// ```
/// use bonafide_properties::{ImageRecord, Query};
///
/// let properties = [("os_distro", "ubuntu"), ("os_version", "24.04")]
///     .map(|(name, value)| (name.to_owned(), value.to_owned()));
/// let image = ImageRecord::public("Ubuntu 24.04", properties.into());
/// let query = Query::new().property("os_distro", "ubuntu").most_recent();
/// assert_eq!(query.find([&image])?, &image);
/// # Ok::<(), bonafide_properties::QueryError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Query {
    name: Option<String>,
    visibility: Option<String>,
    properties: BTreeMap<String, String>,
    tags: Vec<String>,
    hidden: bool,
    most_recent: bool,
}

/// Why a search found no image.
///
/// Terraform, OpenTofu and Packer fail in the same cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No image matches.
    #[error("no image matches; hidden images are searched only on request")]
    None,
    /// Several images match, and the search does not say which one is wanted.
    #[error("{count} images match: search by more properties, or for the most recent image")]
    Several {
        /// The number of images.
        count: usize,
    },
}

impl Query {
    /// Every image that is active and not hidden.
    ///
    /// Add conditions with the other methods; all of them must match.
    pub fn new() -> Self {
        Self::default()
    }

    /// With exactly this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Its visibility: `public`, `community`, `shared` or `private`.
    pub fn visibility(mut self, visibility: impl Into<String>) -> Self {
        self.visibility = Some(visibility.into());
        self
    }

    /// With exactly this value of a property. Attributes, such as name and visibility, are not
    /// properties.
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// With this tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Only those that are hidden.
    ///
    /// Without it, hidden images do not match.
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// The one that was registered last, if several match.
    pub const fn most_recent(mut self) -> Self {
        self.most_recent = true;
        self
    }

    /// Whether the image matches.
    #[must_use]
    pub fn matches(&self, image: &ImageRecord) -> bool {
        let named = self.name.is_none() || image.name == self.name;
        let mut properties = self.properties.iter();
        image.status == "active"
            && image.os_hidden == self.hidden
            && named
            && (self.visibility.as_ref()).is_none_or(|wanted| image.visibility == *wanted)
            && properties.all(|(name, value)| image.get(name) == Some(value))
            && self.tags.iter().all(|tag| image.tags.contains(tag))
    }

    /// The image that matches.
    ///
    /// # Errors
    ///
    /// [`QueryError`] if none matches, or several do and [`Query::most_recent`] was not set.
    pub fn find<'a>(
        &self,
        images: impl IntoIterator<Item = &'a ImageRecord>,
    ) -> Result<&'a ImageRecord, QueryError> {
        let fitting: Vec<_> = images
            .into_iter()
            .filter(|image| self.matches(image))
            .collect();
        match fitting[..] {
            [image] => Ok(image),
            [] => Err(QueryError::None),
            _ if !self.most_recent => Err(QueryError::Several {
                count: fitting.len(),
            }),
            _ => {
                // Of images with the same time, always the same one, whatever the order of the
                // list.
                let newest = fitting
                    .into_iter()
                    .max_by_key(|image| (image.created_at, &image.id));
                newest.ok_or(QueryError::None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, version: &str, created_at: &str) -> ImageRecord {
        let properties = [("os_distro", "ubuntu"), ("os_version", version)];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ImageRecord {
            id: id.to_owned(),
            created_at: Some(created_at.parse().unwrap()),
            ..ImageRecord::public(id, properties.into())
        }
    }

    #[test]
    fn the_newest_that_fits_is_found() {
        let images = [
            image("old", "24.04", "2026-10-01T00:00:00Z"),
            image("new", "24.04", "2026-11-01T00:00:00Z"),
            image("other", "22.04", "2026-11-20T00:00:00Z"),
            ImageRecord {
                os_hidden: true,
                ..image("hidden", "24.04", "2026-11-21T00:00:00Z")
            },
            ImageRecord {
                status: "queued".to_owned(),
                ..image("unfinished", "24.04", "2026-11-22T00:00:00Z")
            },
        ];
        let noble = || Query::new().property("os_version", "24.04");
        assert_eq!(noble().most_recent().find(&images).unwrap().id, "new");
        assert_eq!(noble().find(&images), Err(QueryError::Several { count: 2 }));
        assert_eq!(noble().hidden().find(&images).unwrap().id, "hidden");
        assert_eq!(
            noble()
                .visibility("public")
                .name("new")
                .find(&images)
                .unwrap()
                .id,
            "new"
        );
        let private = noble().visibility("private").find(&images);
        assert_eq!(private, Err(QueryError::None));
        assert_eq!(noble().name("old").find(&images).unwrap().id, "old");
        let none = noble().property("os_distro", "debian").most_recent();
        assert_eq!(none.find(&images), Err(QueryError::None));
        assert_eq!(
            noble().tag("os:ubuntu").find(&images),
            Err(QueryError::None)
        );
    }
}
