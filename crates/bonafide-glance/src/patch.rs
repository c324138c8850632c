//! Changes of an image, sent as one request.

use serde_json::{Value, json};

use crate::image::is_attribute;
use crate::{Error, Visibility};

/// Changes of an image. Glance applies them in this order and all or none.
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

    /// Changes who may see it.
    #[must_use]
    pub fn visibility(self, visibility: Visibility) -> Self {
        self.attribute("visibility", json!(visibility))
    }

    /// Changes whether lists leave it out.
    #[must_use]
    pub fn hidden(self, hidden: bool) -> Self {
        self.attribute("os_hidden", json!(hidden))
    }

    /// Changes whether it can't be deleted.
    #[must_use]
    pub fn protected(self, protected: bool) -> Self {
        self.attribute("protected", json!(protected))
    }

    /// Changes the disk that it needs, in GiB.
    #[must_use]
    pub fn min_disk(self, gibibytes: u32) -> Self {
        self.attribute("min_disk", json!(gibibytes))
    }

    /// Changes the memory that it needs, in MiB.
    #[must_use]
    pub fn min_ram(self, mebibytes: u32) -> Self {
        self.attribute("min_ram", json!(mebibytes))
    }

    /// Replaces all tags.
    #[must_use]
    pub fn tags<T: Into<String>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        self.attribute("tags", json!(tags))
    }

    /// Sets a property, whether it is there or not.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.operations.push(Operation::Set {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// Removes a property. Glance refuses the whole patch with [`Error::Conflict`] if it is not
    /// there.
    #[must_use]
    pub fn remove(mut self, name: impl Into<String>) -> Self {
        self.operations
            .push(Operation::Remove { name: name.into() });
        self
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
    fn to_json(&self) -> Result<Value, Error> {
        match self {
            Self::Remove { name } | Self::Set { name, .. } if is_attribute(name) => {
                Err(Error::ReservedProperty { name: name.clone() })
            }
            Self::Attribute { name, value } => {
                Ok(json!({"op": "replace", "path": pointer(name), "value": value}))
            }
            Self::Remove { name } => Ok(json!({"op": "remove", "path": pointer(name)})),
            // "add" overwrites, "replace" of an absent property is a conflict.
            Self::Set { name, value } => {
                Ok(json!({"op": "add", "path": pointer(name), "value": value}))
            }
        }
    }
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
    fn names_are_escaped_as_json_pointers() {
        assert_eq!(pointer("a/b~c~1"), "/a~1b~0c~01");
    }

    #[test]
    fn an_attribute_is_not_set_as_a_property() {
        for patch in [
            ImagePatch::new().set("os_hidden", "true"),
            ImagePatch::new().remove("name"),
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
