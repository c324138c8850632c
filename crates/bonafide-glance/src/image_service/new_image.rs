//! An image to create.

use std::collections::BTreeMap;

use bonafide_core::is_image_attribute;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{Error, Image, Status, Visibility};

/// An image to create. It is private by default.
///
/// ```
/// use bonafide_glance::NewImage;
/// use uuid::Uuid;
///
/// let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://example.org/noble/20261115");
/// let image = NewImage::new(id, "Ubuntu 24.04")
///     .disk_format("qcow2")
///     .container_format("bare")
///     .min_disk(4)
///     .property("os_distro", "ubuntu");
/// assert_eq!(image.id(), id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImage {
    id: Uuid,
    name: String,
    visibility: Visibility,
    disk_format: Option<String>,
    container_format: Option<String>,
    min_disk: u32,
    min_ram: u32,
    protected: bool,
    hidden: bool,
    tags: Vec<String>,
    properties: BTreeMap<String, String>,
}

impl NewImage {
    /// An image with this id and name.
    ///
    /// The caller chooses the id: a second create with it gets [`Error::Conflict`], even after the
    /// image was deleted.
    #[must_use]
    pub fn new(id: Uuid, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            visibility: Visibility::Private,
            disk_format: None,
            container_format: None,
            min_disk: 0,
            min_ram: 0,
            protected: false,
            hidden: false,
            tags: Vec::new(),
            properties: BTreeMap::new(),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its visibility; by default [`Visibility::Private`]. Public requires the administrator's role
    /// in most clouds.
    #[must_use]
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// The format of the bytes, such as `qcow2` or `raw`. An upload needs it.
    #[must_use]
    pub fn disk_format(mut self, format: impl Into<String>) -> Self {
        self.disk_format = Some(format.into());
        self
    }

    /// The container of the bytes, usually `bare`. An upload needs it.
    #[must_use]
    pub fn container_format(mut self, format: impl Into<String>) -> Self {
        self.container_format = Some(format.into());
        self
    }

    /// The required disk, in GiB; by default 0.
    #[must_use]
    pub fn min_disk(mut self, gibibytes: u32) -> Self {
        self.min_disk = gibibytes;
        self
    }

    /// The required memory, in MiB; by default 0.
    #[must_use]
    pub fn min_ram(mut self, mebibytes: u32) -> Self {
        self.min_ram = mebibytes;
        self
    }

    /// Whether it is protected from deletion; by default it is not.
    #[must_use]
    pub fn protected(mut self, protected: bool) -> Self {
        self.protected = protected;
        self
    }

    /// Whether lists omit it unless they request hidden images; by default they do not.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    /// Adds a tag.
    ///
    /// At most 128 tags, with at most 255 characters each.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Sets a property. The last value of a name is used.
    ///
    /// The names of attributes are refused by [`Glance::create`](crate::Glance::create).
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// Sets several properties. The last value of a name is used.
    #[must_use]
    pub fn properties<N: Into<String>, V: Into<String>>(
        mut self,
        properties: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let properties = properties.into_iter();
        self.properties
            .extend(properties.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Whether an image is what this one would be after its create, and waits for its data.
    pub(crate) fn is(&self, image: &Image) -> bool {
        image.id == self.id
            && image.name.as_ref() == Some(&self.name)
            && image.status == Status::Queued
            && image.visibility == self.visibility
            && image.disk_format == self.disk_format
            && image.container_format == self.container_format
            && image.min_disk == u64::from(self.min_disk)
            && image.min_ram == u64::from(self.min_ram)
            && image.protected == self.protected
            && image.os_hidden == self.hidden
            && self.tags.iter().all(|tag| image.tags.contains(tag))
            && self
                .properties
                .iter()
                .all(|(name, value)| image.properties.get(name) == Some(value))
    }

    pub(crate) fn to_json(&self) -> Result<Value, Error> {
        let mut body = Map::new();
        for (name, value) in &self.properties {
            if is_image_attribute(name) {
                return Err(Error::ReservedProperty { name: name.clone() });
            }
            body.insert(name.clone(), json!(value));
        }
        body.insert("id".to_owned(), json!(self.id));
        body.insert("name".to_owned(), json!(self.name));
        body.insert("visibility".to_owned(), json!(self.visibility));
        if let Some(format) = &self.disk_format {
            body.insert("disk_format".to_owned(), json!(format));
        }
        if let Some(format) = &self.container_format {
            body.insert("container_format".to_owned(), json!(format));
        }
        body.insert("min_disk".to_owned(), json!(self.min_disk));
        body.insert("min_ram".to_owned(), json!(self.min_ram));
        body.insert("protected".to_owned(), json!(self.protected));
        body.insert("os_hidden".to_owned(), json!(self.hidden));
        body.insert("tags".to_owned(), json!(self.tags));
        Ok(Value::Object(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_unless_something_else_is_said() {
        let body = NewImage::new(Uuid::nil(), "a").to_json().unwrap();
        assert_eq!(body["visibility"], "private");
        assert_eq!(body["os_hidden"], false);
        assert!(body.get("disk_format").is_none());
    }

    #[test]
    fn a_property_can_not_replace_an_attribute() {
        let image = NewImage::new(Uuid::nil(), "a").property("visibility", "public");
        assert!(matches!(
            image.to_json(),
            Err(Error::ReservedProperty { name }) if name == "visibility"
        ));
    }

    #[test]
    fn properties_are_written_with_the_attributes() {
        let image = NewImage::new(Uuid::nil(), "a")
            .min_disk(8)
            .tag("one")
            .properties([("os_distro", "debian")])
            .property("os_distro", "ubuntu");
        let body = image.to_json().unwrap();
        assert_eq!(body["os_distro"], "ubuntu");
        assert_eq!(body["min_disk"], 8);
        assert_eq!(body["tags"], json!(["one"]));
    }
}
