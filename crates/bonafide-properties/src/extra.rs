//! Properties that the model does not have.

use std::collections::BTreeMap;

use bonafide_core::{PROPERTY_PREFIX, is_image_attribute};

use crate::InvalidValue;

/// Nova cuts longer values when it copies them to a server; Glance's own limit of names is the
/// same.
const MAX_LENGTH: usize = 255;

/// Written from typed values only, so that aliases can't differ and grammars are kept.
const MODELLED: [&str; 29] = [
    "architecture",
    "ci_job_id",
    "ci_pipeline_id",
    "cpu_arch",
    "default_ssh_username",
    "distribution",
    "hotfix_hours",
    "hw_disk_bus",
    "hw_rescue_bus",
    "hw_rescue_device",
    "hw_rng_model",
    "hw_scsi_model",
    "hypervisor_type",
    "image_build_date",
    "image_description",
    "image_original_user",
    "image_source",
    "maintained_until",
    "os_distro",
    "os_purpose",
    "os_type",
    "os_version",
    "patchlevel",
    "provided_until",
    "replace_frequency",
    "source_sha256sum",
    "source_sha512sum",
    "source_url",
    "uuid_validity",
];

/// Names that are reserved for others.
const RESERVED: [&str; 3] = [PROPERTY_PREFIX, "os_glance", "owner_specified."];

/// Properties beyond the model, as the operator writes them: `hw_qemu_guest_agent=yes`.
///
/// ```
/// use bonafide_properties::ExtraProperties;
///
/// let mut extra = ExtraProperties::new();
/// extra.set("hw_qemu_guest_agent", "yes")?;
/// assert!(extra.set("os_distro", "ubuntu").is_err(), "it is in the model");
/// # Ok::<(), bonafide_properties::InvalidValue>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtraProperties(BTreeMap<String, String>);

impl ExtraProperties {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds one.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] if the name is modelled or reserved, or if Glance or Nova would not accept
    /// name or value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidValue> {
        let refused = |expected: &str| Err(InvalidValue::new("extra property", name, expected));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
        if name.is_empty() || name.len() > MAX_LENGTH || !name.chars().all(plain) {
            return refused("a name of letters, digits, `_`, `-`, `:` and `.`");
        }
        if MODELLED.contains(&name) {
            return refused("it has a field of its own in the model");
        }
        if is_image_attribute(name) {
            return refused("it is an attribute of the image, not a property");
        }
        if RESERVED.iter().any(|prefix| name.starts_with(prefix)) {
            return refused("this name is reserved");
        }
        let odd = |c: char| c.is_control() || c as u32 > 0xFFFF;
        if value.chars().count() > MAX_LENGTH || value.chars().any(odd) {
            return refused("a value of at most 255 printable characters up to U+FFFF");
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Names and values, sorted by name.
    ///
    /// The order is that of the bytes of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.0.iter();
        entries.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_glance_takes_is_taken() {
        let mut extra = ExtraProperties::new();
        for name in ["hw_machine_type", "trait:HW_CPU_X86_AVX2", "os_secure_boot"] {
            assert_eq!(extra.set(name, "required"), Ok(()), "{name}");
        }
        assert_eq!(extra.iter().count(), 3);
    }

    #[test]
    fn what_is_not_the_operators_to_set_is_refused() {
        let mut extra = ExtraProperties::new();
        for name in [
            "",
            "a b",
            "é",
            "os_version",
            "source_sha512sum",
            "visibility",
            "owner",
            "tags",
            "protected",
            "bonafide_signer",
            "os_glance_importing_to_stores",
            "os_hash_value",
        ] {
            assert!(extra.set(name, "x").is_err(), "{name}");
        }
        assert!(extra.set("x", &"é".repeat(255)).is_ok());
        for value in [&*"é".repeat(256), "a\nb", "\u{1F980}"] {
            assert!(extra.set("x", value).is_err(), "{value}");
        }
    }
}
