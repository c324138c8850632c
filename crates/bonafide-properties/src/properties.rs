//! The properties of one published image.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    Architecture, DiskBus, Error, ExtraProperties, Gibibytes, HypervisorType, ImageSource,
    Mebibytes, OsPurpose, OsType, ProvidedUntil, ReplaceFrequency, RescueBus, RescueDevice,
    RngModel, UuidValidity, Violation,
};

/// The longest value that Nova copies to a server unharmed, in characters.
const MAX_VALUE: usize = 255;
/// SCS-0102 asks for enough to boot; less than this boots nothing that is published today.
const MIN_RAM: Mebibytes = Mebibytes(64);

/// The operating system inside the image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperatingSystem {
    /// `os_distro`, lower case: `ubuntu`.
    pub distribution: String,
    /// `os_version`: `24.04`.
    pub version: String,
    /// The vendor's code name, if there is one: `noble`.
    pub codename: Option<String>,
    /// `os_type`.
    pub family: OsType,
    /// `architecture`.
    pub architecture: Architecture,
    /// `image_original_user`: the login name that the image comes with.
    pub default_user: String,
}

impl OperatingSystem {
    /// A Linux distribution without a code name.
    #[must_use]
    pub fn linux(
        distribution: impl Into<String>,
        version: impl Into<String>,
        architecture: Architecture,
        default_user: impl Into<String>,
    ) -> Self {
        Self {
            distribution: distribution.into(),
            version: version.into(),
            codename: None,
            family: OsType::Linux,
            architecture,
            default_user: default_user.into(),
        }
    }

    /// With the vendor's code name.
    #[must_use]
    pub fn codename(mut self, codename: impl Into<String>) -> Self {
        self.codename = Some(codename.into());
        self
    }
}

/// What the operator promises about the image's life.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Promises {
    /// `replace_frequency`.
    pub replace_frequency: ReplaceFrequency,
    /// `provided_until`.
    pub provided_until: ProvidedUntil,
    /// `uuid_validity`.
    pub uuid_validity: UuidValidity,
    /// `hotfix_hours`: hours until a critical fix is in; 0 is best effort, `None` no promise.
    pub hotfix_hours: Option<u32>,
}

impl Promises {
    /// The three that SCS-0102 demands.
    #[must_use]
    pub const fn new(
        replace_frequency: ReplaceFrequency,
        provided_until: ProvidedUntil,
        uuid_validity: UuidValidity,
    ) -> Self {
        Self {
            replace_frequency,
            provided_until,
            uuid_validity,
            hotfix_hours: None,
        }
    }
}

/// How a server is rescued with the image: the stable device rescue of Nova.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rescue {
    /// `hw_rescue_bus`.
    pub bus: RescueBus,
    /// `hw_rescue_device`.
    pub device: RescueDevice,
}

impl Rescue {
    /// On this bus, as this device.
    #[must_use]
    pub const fn new(bus: RescueBus, device: RescueDevice) -> Self {
        Self { bus, device }
    }
}

/// The SCS-0102 metadata of an image and the operator's twins of it.
///
/// Twins (`architecture` and `cpu_arch`, `image_original_user` and `default_ssh_username`,
/// `image_source` and `source_url`) are written from one value, so they can't differ. `min_disk`
/// and `min_ram` are attributes of Glance and not in the map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageProperties {
    /// What is inside.
    pub system: OperatingSystem,
    /// What is promised.
    pub promises: Promises,
    /// Where it comes from.
    pub source: ImageSource,
    /// `image_description`: a URL or a text.
    pub description: String,
    /// `image_build_date`, UTC.
    pub build_date: Date,
    /// `os_purpose`; [`OsPurpose::Generic`] by default.
    pub purpose: OsPurpose,
    /// `hypervisor_type`; QEMU by default.
    pub hypervisor: HypervisorType,
    /// `hw_disk_bus`; virtio by default.
    pub disk_bus: DiskBus,
    /// `hw_rng_model`; virtio by default.
    pub rng_model: Option<RngModel>,
    /// `hw_rescue_bus` and `hw_rescue_device`, for images to rescue servers with.
    pub rescue: Option<Rescue>,
    /// Properties beyond this model.
    pub extra: ExtraProperties,
    /// `min_disk` in GiB: what the image's virtual disk needs.
    pub min_disk: Gibibytes,
    /// `min_ram` in MiB; 512 by default.
    pub min_ram: Mebibytes,
}

impl ImageProperties {
    /// Properties with the usual hardware of a QEMU cloud.
    #[must_use]
    pub const fn new(
        system: OperatingSystem,
        promises: Promises,
        source: ImageSource,
        description: String,
        build_date: Date,
        min_disk: Gibibytes,
    ) -> Self {
        Self {
            system,
            promises,
            source,
            description,
            build_date,
            purpose: OsPurpose::Generic,
            hypervisor: HypervisorType::Qemu,
            disk_bus: DiskBus::Virtio,
            rng_model: Some(RngModel::Virtio),
            rescue: None,
            extra: ExtraProperties::new(),
            min_disk,
            min_ram: Mebibytes(512),
        }
    }

    /// The properties as Glance takes them: names and strings.
    ///
    /// # Errors
    ///
    /// [`Error`] with every value that SCS-0102, Glance or Nova would not accept.
    pub fn to_map(&self) -> Result<BTreeMap<String, String>, Error> {
        let system = &self.system;
        let architecture = system.architecture.to_string();
        let source = self.source.to_string();
        let release = system.codename.as_ref().unwrap_or(&system.version);
        let mut map = BTreeMap::new();
        let mut set = |name: &str, value: String| map.insert(name.to_owned(), value);
        set("architecture", architecture.clone());
        set("cpu_arch", architecture);
        set("default_ssh_username", system.default_user.clone());
        set("distribution", format!("{}-{release}", system.distribution));
        set("hw_disk_bus", self.disk_bus.to_string());
        if self.disk_bus == DiskBus::Scsi {
            set("hw_scsi_model", "virtio-scsi".to_owned());
        }
        if let Some(model) = self.rng_model {
            set("hw_rng_model", model.to_string());
        }
        if let Some(rescue) = self.rescue {
            set("hw_rescue_bus", rescue.bus.to_string());
            set("hw_rescue_device", rescue.device.to_string());
        }
        set("hypervisor_type", self.hypervisor.to_string());
        set("image_build_date", self.build_date.to_string());
        set("image_description", self.description.clone());
        set("image_original_user", system.default_user.clone());
        set("image_source", source.clone());
        set("os_distro", system.distribution.clone());
        set("os_purpose", self.purpose.to_string());
        set("os_type", system.family.to_string());
        set("os_version", system.version.clone());
        set("provided_until", self.promises.provided_until.to_string());
        set(
            "replace_frequency",
            self.promises.replace_frequency.to_string(),
        );
        set("source_url", source);
        set("uuid_validity", self.promises.uuid_validity.to_string());
        if let Some(hours) = self.promises.hotfix_hours {
            set("hotfix_hours", hours.to_string());
        }
        for (name, value) in self.extra.iter() {
            set(name, value.to_owned());
        }
        let violations = self.violations(&map);
        if violations.is_empty() {
            Ok(map)
        } else {
            Err(Error { violations })
        }
    }

    fn violations(&self, map: &BTreeMap<String, String>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut refuse = |property, value: String, expected: &str| {
            violations.push(Violation::new(property, value, expected));
        };
        for (name, value) in map {
            // Every name above is a constant; the free texts are the ones that can be wrong.
            let property = match name.as_str() {
                "image_description" => "image_description",
                "image_original_user" => "image_original_user",
                "image_source" => "image_source",
                "os_distro" => "os_distro",
                "os_version" => "os_version",
                _ => continue,
            };
            if value.trim().is_empty() {
                refuse(property, value.clone(), "not empty (SCS-0102)");
            } else if value.chars().count() > MAX_VALUE {
                refuse(
                    property,
                    value.clone(),
                    "at most 255 characters (Nova cuts the rest)",
                );
            } else if value.chars().any(|c| c as u32 > 0xFFFF) {
                refuse(
                    property,
                    value.clone(),
                    "no characters beyond U+FFFF (Glance)",
                );
            }
        }
        let distribution = &self.system.distribution;
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if !distribution.chars().all(word) {
            refuse(
                "os_distro",
                distribution.clone(),
                "a lower-case name (SCS-0102)",
            );
        }
        if let ImageSource::Url(url) = &self.source
            && !(matches!(url.scheme(), "http" | "https" | "ftp" | "ftps") && url.has_host())
        {
            refuse(
                "image_source",
                url.to_string(),
                "an http(s) or ftp(s) URL, or `private` (SCS-0102)",
            );
        }
        if self.min_disk == Gibibytes(0) {
            refuse(
                "min_disk",
                self.min_disk.0.to_string(),
                "1 GiB or more (SCS-0102)",
            );
        }
        if self.min_ram < MIN_RAM {
            refuse(
                "min_ram",
                self.min_ram.0.to_string(),
                "64 MiB or more (SCS-0102: enough to boot)",
            );
        }
        violations
    }
}

#[cfg(test)]
mod tests;
