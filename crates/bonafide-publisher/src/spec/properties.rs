//! The properties of a build's image.

use bonafide_properties::{Gibibytes, ImageProperties};
use bonafide_resolve::Candidate;
use jiff::civil::Date;

use crate::channel::{Channel, Profile};
use crate::error::Error;

/// The properties of a candidate that is added on this day and needs this much disk.
pub(crate) fn properties(
    channel: &Channel,
    candidate: &Candidate,
    added: Date,
    min_disk: Gibibytes,
) -> Result<ImageProperties, Error> {
    let file = candidate.file();
    let build_date = match channel.profile {
        Profile::Scs => candidate.build_date(),
        Profile::Stack => added,
    };
    let mut properties = channel
        .properties_of(&file.url, file.version.as_deref(), build_date, min_disk)
        .map_err(|invalid| Error::properties(channel.name(), &[invalid]))?;
    // Patches of the days after the vendor's build are not in it.
    properties.patch_level = Some(candidate.serial().to_string());
    Ok(properties)
}
