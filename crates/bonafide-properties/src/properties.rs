//! The properties of one published image.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::rules::{self, Checker};
use crate::{
    Architecture, DiskBus, Error, ExtraProperties, Gibibytes, HypervisorType, ImageRecord,
    ImageSource, Mebibytes, OsPurpose, OsType, ProvidedUntil, ReplaceFrequency, RescueBus,
    RescueDevice, RngModel, Rule, ScsiModel, Severity, UuidValidity,
};

/// The operating system inside the image.
///
/// ```
/// use bonafide_properties::{Architecture, OperatingSystem};
///
/// let noble = OperatingSystem::linux("ubuntu", "24.04", Architecture::X86_64, "ubuntu").codename("noble");
/// assert_eq!(noble.codename.as_deref(), Some("noble"));
/// ```
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
    ///
    /// The arguments are `os_distro`, `os_version`, `architecture` and `image_original_user`, in
    /// this order.
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
///
/// Customers rely on it, so a later run may lengthen a promise and must not shorten it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LifecyclePolicy {
    /// `replace_frequency`.
    pub replace_frequency: ReplaceFrequency,
    /// `provided_until`.
    pub provided_until: ProvidedUntil,
    /// `uuid_validity`.
    pub uuid_validity: UuidValidity,
    /// `hotfix_hours`: hours until a critical fix is included; 0 is best effort, `None` is no
    /// promise.
    pub hotfix_hours: Option<u32>,
}

impl LifecyclePolicy {
    /// The three that SCS-0102 requires.
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

/// The CI run that publishes: `ci_job_id` and `ci_pipeline_id`.
///
/// [`CiRun::from_variables`] reads it in GitLab, GitHub and Zuul. It is optional in SCS-0102.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CiRun {
    /// `ci_job_id`.
    pub job: Option<String>,
    /// `ci_pipeline_id`.
    pub pipeline: Option<String>,
}

impl CiRun {
    /// From a CI's environment: `CI_JOB_ID` and `CI_PIPELINE_ID` of GitLab, `GITHUB_RUN_ID` of
    /// GitHub (used for both, since GitHub has no id of a job), `ZUUL_BUILD` and `ZUUL_BUILDSET` of
    /// Zuul. Outside of a CI it is empty.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.trim().is_empty())
        };
        Self {
            job: first(&["CI_JOB_ID", "GITHUB_RUN_ID", "ZUUL_BUILD"]),
            pipeline: first(&["CI_PIPELINE_ID", "GITHUB_RUN_ID", "ZUUL_BUILDSET"]),
        }
    }
}

/// How a server is rescued with the image: Nova's stable device rescue.
///
/// Nova uses both properties or none of them.
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

/// The SCS-0102 metadata of an image and the operator's aliases of it.
///
/// Aliases (`architecture` and `cpu_arch`, `image_original_user` and `default_ssh_username`,
/// `image_source` and `source_url`) are written from one value, so they can't differ. `min_disk`
/// and `min_ram` are attributes of Glance and not in the map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageProperties {
    /// The operating system.
    pub system: OperatingSystem,
    /// The lifecycle that is promised.
    pub lifecycle: LifecyclePolicy,
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
    /// `hw_rescue_bus` and `hw_rescue_device`, for images that are used to rescue servers.
    pub rescue: Option<Rescue>,
    /// `maintained_until`: until when the vendor maintains the operating system.
    pub maintained_until: Option<Date>,
    /// `patchlevel`: up to which day it is patched, if that is not its build date.
    pub patch_level: Option<String>,
    /// `ci_job_id` and `ci_pipeline_id`.
    pub ci: CiRun,
    /// Properties beyond this model. They are checked by the same rules.
    pub extra: ExtraProperties,
    /// `min_disk` in GiB: what the image's virtual disk needs.
    pub min_disk: Gibibytes,
    /// `min_ram` in MiB; 512 by default.
    pub min_ram: Mebibytes,
}

impl ImageProperties {
    /// Properties with the usual hardware of a QEMU cloud.
    #[must_use]
    pub fn new(
        system: OperatingSystem,
        lifecycle: LifecyclePolicy,
        source: ImageSource,
        description: String,
        build_date: Date,
        min_disk: Gibibytes,
    ) -> Self {
        Self {
            system,
            lifecycle,
            source,
            description,
            build_date,
            purpose: OsPurpose::Generic,
            hypervisor: HypervisorType::Qemu,
            disk_bus: DiskBus::Virtio,
            rng_model: Some(RngModel::Virtio),
            rescue: None,
            maintained_until: None,
            patch_level: None,
            ci: CiRun::default(),
            extra: ExtraProperties::new(),
            min_disk,
            min_ram: Mebibytes(512),
        }
    }

    /// Whether SCS-0104 allows an image of this origin to be [`OsPurpose::Generic`]: images of
    /// Debian and Ubuntu must come from the directories that the standard names.
    #[must_use]
    pub fn may_be_generic(&self) -> bool {
        let (system, source) = (&self.system, self.source.to_string());
        rules::problem(&system.distribution, &system.version, &source).is_none()
    }

    /// The properties as Glance accepts them: names and strings.
    ///
    /// # Errors
    ///
    /// [`Error`] with all violations that are errors in any edition of SCS-0102 and SCS-0104, in
    /// Glance or in Nova.
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
            set(ScsiModel::PROPERTY, ScsiModel::VirtioScsi.to_string());
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
        set("provided_until", self.lifecycle.provided_until.to_string());
        set(
            "replace_frequency",
            self.lifecycle.replace_frequency.to_string(),
        );
        set("source_url", source);
        set("uuid_validity", self.lifecycle.uuid_validity.to_string());
        if let Some(hours) = self.lifecycle.hotfix_hours {
            set("hotfix_hours", hours.to_string());
        }
        if let Some(until) = self.maintained_until {
            set("maintained_until", until.to_string());
        }
        let texts = [
            ("ci_job_id", &self.ci.job),
            ("ci_pipeline_id", &self.ci.pipeline),
            ("patchlevel", &self.patch_level),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                set(name, text.clone());
            }
        }
        for (name, value) in self.extra.iter() {
            set(name, value.to_owned());
        }
        let record = ImageRecord {
            min_disk: self.min_disk.0.into(),
            min_ram: self.min_ram.0.into(),
            properties: map,
            ..ImageRecord::default()
        };
        let mut violations = Checker::new(&record).written();
        // A value that would be cut, or that no server boots with, is not written even where it is
        // not an error.
        violations.retain(|violation| match violation.rule {
            Rule::Keys | Rule::MinRam => violation.worst() >= Some(Severity::Warning),
            _ => violation.worst() == Some(Severity::Error),
        });
        violations.sort_by_key(|violation| violation.rule);
        match violations.is_empty() {
            true => Ok(record.properties),
            false => Err(Error { violations }),
        }
    }
}

#[cfg(test)]
mod tests;
