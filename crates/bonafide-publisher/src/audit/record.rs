//! Images of a cloud in the form that the rules check.

use bonafide_glance::Image;
use bonafide_properties::ImageRecord;

/// An image of Glance for [`check_cloud`](bonafide_properties::check_cloud) and
/// [`Query`](bonafide_properties::Query).
#[must_use]
pub fn image_record(image: &Image) -> ImageRecord {
    let mut record = ImageRecord::default();
    record.id = image.id.to_string();
    record.name.clone_from(&image.name);
    record.status = image.status.to_string();
    record.visibility = image.visibility.to_string();
    record.os_hidden = image.os_hidden;
    record.owner.clone_from(&image.owner);
    record.size = image.size;
    record.virtual_size = image.virtual_size;
    record.min_disk = image.min_disk;
    record.min_ram = image.min_ram;
    record.os_hash_algo.clone_from(&image.os_hash_algo);
    record.os_hash_value.clone_from(&image.os_hash_value);
    record.tags.clone_from(&image.tags);
    record.created_at = image.created_at;
    record.properties.clone_from(&image.properties);
    record
}
