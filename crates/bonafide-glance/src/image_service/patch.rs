//! Changes of an image, sent as one request.

use bonafide_core::is_image_attribute;
use serde_json::{Value, json};

use crate::{Error, Image, Visibility};

/// Changes of an image. Glance applies them in this order, all or none.
///
/// ```
/// use bonafide_glance::{ImagePatch, Visibility};
///
/// assert!(ImagePatch::new().is_empty());
/// let publish = ImagePatch::new().name("Ubuntu 24.04").visibility(Visibility::Public);
/// assert!(!publish.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagePatch {
    operations: Vec<Operation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Attribute { name: &'static str, value: Value },
    Remove { name: String },
    Set { name: String, value: String },
}

impl ImagePatch {
    /// No changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Changes the name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.attribute("name", json!(name.into()))
    }

    /// Changes the visibility.
    ///
    /// Public requires the administrator's role in most clouds.
    #[must_use]
    pub fn visibility(self, visibility: Visibility) -> Self {
        self.attribute("visibility", json!(visibility))
    }

    /// Changes whether lists omit it.
    #[must_use]
    pub fn hidden(self, hidden: bool) -> Self {
        self.attribute("os_hidden", json!(hidden))
    }

    /// Changes whether it is protected from deletion.
    ///
    /// Glance refuses to delete a protected image.
    #[must_use]
    pub fn protected(self, protected: bool) -> Self {
        self.attribute("protected", json!(protected))
    }

    /// Changes the required disk, in GiB.
    #[must_use]
    pub fn min_disk(self, gibibytes: u32) -> Self {
        self.attribute("min_disk", json!(gibibytes))
    }

    /// Changes the required memory, in MiB.
    #[must_use]
    pub fn min_ram(self, mebibytes: u32) -> Self {
        self.attribute("min_ram", json!(mebibytes))
    }

    /// Replaces all tags.
    ///
    /// Glance does not keep their order.
    #[must_use]
    pub fn tags<T: Into<String>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        let tags = sorted(tags.into_iter().map(Into::into).collect());
        self.attribute("tags", json!(tags))
    }

    /// Sets a property, whether it exists or not.
    ///
    /// The names of attributes are refused when the patch is sent.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.operations.push(Operation::Set {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// Removes a property. Glance refuses the whole patch with [`Error::Conflict`] if it is absent.
    #[must_use]
    pub fn remove(mut self, name: impl Into<String>) -> Self {
        self.operations
            .push(Operation::Remove { name: name.into() });
        self
    }

    /// Whether an image is already as the patch would make it: the answer to an executed change may
    /// be lost.
    #[must_use]
    pub fn is_in(&self, image: &Image) -> bool {
        let mut later: Vec<&str> = Vec::new();
        self.operations.iter().rev().all(|operation| {
            let name = operation.name();
            // The last value in the patch is the effective one.
            if later.contains(&name) {
                return true;
            }
            later.push(name);
            operation.is_in(image)
        })
    }

    fn attribute(mut self, name: &'static str, value: Value) -> Self {
        self.operations.push(Operation::Attribute { name, value });
        self
    }

    /// The body for `application/openstack-images-v2.1-json-patch`.
    pub(crate) fn to_json(&self) -> Result<Value, Error> {
        let operations = self.operations.iter().map(Operation::to_json);
        Ok(Value::Array(operations.collect::<Result<_, _>>()?))
    }
}

impl Operation {
    fn name(&self) -> &str {
        match self {
            Self::Attribute { name, .. } => name,
            Self::Remove { name } | Self::Set { name, .. } => name,
        }
    }

    fn is_in(&self, image: &Image) -> bool {
        match self {
            Self::Attribute { name, value } => attribute(image, name).as_ref() == Some(value),
            Self::Remove { name } => !image.properties.contains_key(name),
            Self::Set { name, value } => image.properties.get(name) == Some(value),
        }
    }

    fn to_json(&self) -> Result<Value, Error> {
        match self {
            Self::Remove { name } | Self::Set { name, .. } if is_image_attribute(name) => {
                Err(Error::ReservedProperty { name: name.clone() })
            }
            Self::Attribute { name, value } => {
                Ok(json!({"op": "replace", "path": pointer(name), "value": value}))
            }
            Self::Remove { name } => Ok(json!({"op": "remove", "path": pointer(name)})),
            // "add" overwrites; "replace" of an absent property is a conflict.
            Self::Set { name, value } => {
                Ok(json!({"op": "add", "path": pointer(name), "value": value}))
            }
        }
    }
}

/// The value of an attribute that patches change. Glance does not keep the order of tags.
fn attribute(image: &Image, name: &str) -> Option<Value> {
    Some(match name {
        "min_disk" => json!(image.min_disk),
        "min_ram" => json!(image.min_ram),
        "name" => json!(image.name),
        "os_hidden" => json!(image.os_hidden),
        "protected" => json!(image.protected),
        "tags" => json!(sorted(image.tags.clone())),
        "visibility" => json!(image.visibility),
        _ => return None,
    })
}

fn sorted(mut tags: Vec<String>) -> Vec<String> {
    tags.sort();
    tags.dedup();
    tags
}

/// RFC 6901.
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_their_order() {
        let patch = ImagePatch::new()
            .set("a", "1")
            .remove("b")
            .name("new")
            .visibility(Visibility::Public)
            .hidden(false);
        assert_eq!(
            patch.to_json().unwrap(),
            json!([
                {"op": "add", "path": "/a", "value": "1"},
                {"op": "remove", "path": "/b"},
                {"op": "replace", "path": "/name", "value": "new"},
                {"op": "replace", "path": "/visibility", "value": "public"},
                {"op": "replace", "path": "/os_hidden", "value": false},
            ])
        );
    }

    #[test]
    fn a_patch_is_in_an_image_that_is_as_it_says() {
        let mut image: Image = serde_json::from_value(json!({
            "id": "00000000-0000-0000-0000-000000000001", "status": "active", "name": "new",
            "visibility": "public", "os_hidden": false, "protected": false, "min_disk": 3,
            "min_ram": 0, "tags": ["b", "a"], "kept": "1",
        }))
        .unwrap();
        let patch = ImagePatch::new()
            .name("new")
            .visibility(Visibility::Public)
            .hidden(false)
            .protected(false)
            .min_disk(3)
            .min_ram(0)
            .tags(["a", "b"])
            .set("kept", "0")
            .set("kept", "1")
            .remove("gone");
        assert!(patch.is_in(&image));
        for different in [
            ImagePatch::new().name("old"),
            ImagePatch::new().visibility(Visibility::Shared),
            ImagePatch::new().hidden(true),
            ImagePatch::new().protected(true),
            ImagePatch::new().min_disk(4),
            ImagePatch::new().min_ram(1),
            ImagePatch::new().tags(["a"]),
            ImagePatch::new().set("kept", "1").set("kept", "2"),
            ImagePatch::new().set("gone", "1"),
            ImagePatch::new().remove("kept"),
        ] {
            assert!(!different.is_in(&image), "{different:?}");
        }
        image.properties.clear();
        assert!(!patch.is_in(&image));
    }

    #[test]
    fn names_are_escaped_as_json_pointers() {
        assert_eq!(pointer("a/b~c~1"), "/a~1b~0c~01");
    }

    #[test]
    fn an_attribute_is_not_set_as_a_property() {
        for patch in [
            ImagePatch::new().set("os_hidden", "true"),
            ImagePatch::new().remove("name"),
            // Only clouds with several stores have these two.
            ImagePatch::new().set("store", "fast"),
            ImagePatch::new().set("stores", "fast"),
        ] {
            assert!(matches!(
                patch.to_json(),
                Err(Error::ReservedProperty { .. })
            ));
        }
    }

    #[test]
    fn a_patch_without_operations_is_empty() {
        assert!(ImagePatch::new().is_empty());
        assert!(!ImagePatch::new().protected(true).is_empty());
    }
}
