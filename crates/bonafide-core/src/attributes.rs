//! Names that are not free for properties.

/// The attributes of an image in the Image API v2, sorted.
///
/// The API writes them into one JSON object with the properties, so a property can't have one of
/// these names. `store` and `stores` are attributes only where the cloud has several stores, and
/// `direct_url` and `locations` only where it shows them; none of them may be set as a property
/// anywhere.
pub const IMAGE_ATTRIBUTES: [&str; 26] = [
    "checksum",
    "container_format",
    "created_at",
    "direct_url",
    "disk_format",
    "file",
    "id",
    "locations",
    "min_disk",
    "min_ram",
    "name",
    "os_hash_algo",
    "os_hash_value",
    "os_hidden",
    "owner",
    "protected",
    "schema",
    "self",
    "size",
    "status",
    "store",
    "stores",
    "tags",
    "updated_at",
    "virtual_size",
    "visibility",
];

/// Whether images have an attribute of this name, so that a property can't have it.
///
/// ```
/// use bonafide_core::is_image_attribute;
///
/// assert!(is_image_attribute("store"));
/// assert!(!is_image_attribute("os_distro"));
/// ```
#[must_use]
pub fn is_image_attribute(name: &str) -> bool {
    IMAGE_ATTRIBUTES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_without_doubles() {
        assert!(IMAGE_ATTRIBUTES.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn an_attribute_is_known_by_its_exact_name() {
        assert!(IMAGE_ATTRIBUTES.into_iter().all(is_image_attribute));
        for other in ["", "Name", "stored", "os_distro", "location"] {
            assert!(!is_image_attribute(other), "{other}");
        }
    }
}
