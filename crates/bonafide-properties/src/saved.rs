//! Images in a file, in each form that clouds and their clients print.

use std::collections::BTreeMap;

use serde_json::{Deserializer, Map, Value};

use crate::{ImageRecord, Metadata, OsPurpose};

pub(crate) mod client;
mod error;

pub use error::RecordError;

/// The minimum that a list contains of an image; the properties are beyond it.
const COLUMNS: [&str; 16] = [
    "checksum",
    "container_format",
    "created_at",
    "disk_format",
    "file",
    "id",
    "name",
    "os_hash_algo",
    "os_hash_value",
    "owner",
    "protected",
    "size",
    "status",
    "tags",
    "updated_at",
    "visibility",
];

/// Images in a file.
///
/// ```
/// use bonafide_properties::SavedImages;
///
/// let list = br#"{"images": [{"id": "1", "name": "Ubuntu 24.04", "status": "active",
///     "visibility": "public", "os_distro": "ubuntu"}]}"#;
/// let saved = SavedImages::from_json(list)?;
/// assert_eq!(saved.images[0].name.as_deref(), Some("Ubuntu 24.04"));
/// # Ok::<(), bonafide_properties::RecordError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedImages {
    /// The images, in the order of the file.
    pub images: Vec<ImageRecord>,
    /// Whether they were a list of the Image API, and not single images.
    is_list: bool,
}

impl SavedImages {
    /// Reads images from JSON:
    ///
    /// - the response to `GET /v2/images`, all its pages concatenated, or in an array;
    /// - the response to `GET /v2/images/{id}`, or an array of such images;
    /// - the output of `openstack image show -f json`, in all versions of that client, once or
    ///   several times;
    /// - an image of the Image API v1.
    ///
    /// An image that occurs twice is read once.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the text is something else, a part of these, or a form without
    /// properties.
    pub fn from_json(text: &[u8]) -> Result<Self, RecordError> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        error::not_json_at_all(text)?;
        let mut reader = Reader::default();
        for value in Deserializer::from_slice(text).into_iter() {
            reader.take(value.map_err(|error| error::of_json(&error, text))?)?;
        }
        match reader.goes_on {
            true => Err(RecordError::OnePage),
            false => Ok(reader.saved),
        }
    }

    /// Whether these can be all images that a cloud shows, so that an image that is missing here is
    /// missing in the cloud: several images, or a list with one image for general use.
    ///
    /// A single image can't be, nor can a list with one image that is private, hidden or for a
    /// special purpose.
    #[must_use]
    pub fn may_be_whole(&self) -> bool {
        match self.images.as_slice() {
            [] => false,
            [image] => self.is_list && image.is_listed() && is_general(image),
            _ => true,
        }
    }
}

impl ImageRecord {
    /// Reads images from a file: see [`SavedImages::from_json`](crate::SavedImages::from_json).
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the text is in none of these forms.
    pub fn from_json(text: &[u8]) -> Result<Vec<Self>, RecordError> {
        Ok(SavedImages::from_json(text)?.images)
    }
}

/// Whether the image is offered for general use, or has no stated purpose.
fn is_general(image: &ImageRecord) -> bool {
    let purpose = Metadata::from_map(&image.properties).purpose;
    purpose.is_none_or(|purpose| {
        matches!(
            purpose.known(),
            Some(OsPurpose::Generic | OsPurpose::OldGeneric)
        )
    })
}

#[derive(Default)]
struct Reader {
    saved: SavedImages,
    /// The number of images so far.
    seen: usize,
    /// The position of the last image with each id.
    places: BTreeMap<String, usize>,
    /// Whether the last page refers to a next one.
    goes_on: bool,
}

impl Reader {
    fn take(&mut self, value: Value) -> Result<(), RecordError> {
        match value {
            Value::Array(fields) if client::are_fields(&fields) => {
                self.image(client::joined(fields))
            }
            Value::Array(values) => values.into_iter().try_for_each(|value| match value {
                Value::Object(object) => self.object(object),
                _ => Err(self.not_an_image()),
            }),
            Value::Object(object) => self.object(object),
            _ => Err(self.not_an_image()),
        }
    }

    /// A page, or an image.
    fn object(&mut self, mut object: Map<String, Value>) -> Result<(), RecordError> {
        if let Some(Value::Object(image)) = object.remove("image") {
            return self.image(image);
        }
        let Some(images) = object.remove("images") else {
            return self.image(object);
        };
        let Value::Array(images) = images else {
            return Err(self.not_an_image());
        };
        self.saved.is_list = true;
        self.goes_on = object.get("next").is_some_and(Value::is_string);
        images.into_iter().try_for_each(|image| match image {
            Value::Object(image) => self.image(image),
            _ => Err(self.not_an_image()),
        })
    }

    fn image(&mut self, image: Map<String, Value>) -> Result<(), RecordError> {
        let is = |name: &str, kind: fn(&Value) -> bool| image.get(name).is_some_and(kind);
        if image.contains_key("ID") || image.contains_key("Name") {
            return Err(RecordError::Shortened);
        }
        if is("links", Value::is_array) || is("metadata", Value::is_object) {
            return Err(RecordError::Compute);
        }
        if is("is_hidden", Value::is_boolean) || is("is_protected", Value::is_boolean) {
            return Err(RecordError::Sdk);
        }
        if !image.contains_key("id") {
            return Err(self.not_an_image());
        }
        if image.keys().all(|name| COLUMNS.contains(&name.as_str())) {
            return Err(RecordError::Shortened);
        }
        let record = ImageRecord::read(image)?;
        self.seen += 1;
        let images = &mut self.saved.images;
        let before = self.places.insert(record.id.clone(), images.len());
        if before.is_none_or(|place| images[place] != record) {
            images.push(record);
        } else if let Some(place) = before {
            self.places.insert(record.id, place);
        }
        Ok(())
    }

    fn not_an_image(&self) -> RecordError {
        RecordError::NotAnImage { index: self.seen }
    }
}
