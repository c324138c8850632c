//! Settings of a channel's images that differ from the defaults.

use bonafide_properties::{
    DiskBus, ExtraProperties, ImageProperties, Mebibytes, OsPurpose, Rescue,
};

/// The base of an image's public name, in each profile; `None` uses the vendor's names.
///
/// At most 240 characters each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageNames {
    /// In [`Profile::Stack`](crate::Profile::Stack): followed by the day on which it was added, in
    /// brackets.
    pub stack: Option<String>,
    /// In [`Profile::Scs`](crate::Profile::Scs): the whole name.
    pub scs: Option<String>,
}

/// Property values that override the defaults; `None` keeps the default.
///
/// The resulting properties must satisfy the rules of `bonafide-properties`, or nothing is
/// published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropertyOverrides {
    /// `min_ram` in MiB; 512 by default.
    pub min_ram: Option<Mebibytes>,
    /// `os_purpose`; `generic` by default, and `custom` for custom images.
    pub purpose: Option<OsPurpose>,
    /// `os_distro`; the vendor's by default.
    pub distribution: Option<String>,
    /// `image_description`: a text or a URL; the vendor's page by default.
    pub description: Option<String>,
    /// `hw_disk_bus`; virtio by default.
    pub disk_bus: Option<DiskBus>,
    /// `hw_rescue_bus` and `hw_rescue_device`.
    pub rescue: Option<Rescue>,
    /// Further properties.
    pub extra: ExtraProperties,
}

impl PropertyOverrides {
    pub(super) fn apply(&self, properties: &mut ImageProperties) {
        if let Some(min_ram) = self.min_ram {
            properties.min_ram = min_ram;
        }
        if let Some(purpose) = self.purpose {
            properties.purpose = purpose;
        }
        if let Some(distribution) = &self.distribution {
            properties.system.distribution.clone_from(distribution);
        }
        if let Some(description) = &self.description {
            properties.description.clone_from(description);
        }
        if let Some(disk_bus) = self.disk_bus {
            properties.disk_bus = disk_bus;
        }
        properties.rescue = self.rescue;
        properties.extra = self.extra.clone();
    }
}
