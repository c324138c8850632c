use std::num::NonZeroU32;

use jiff::civil::date;

use super::*;

fn ubuntu() -> ImageProperties {
    let url = "https://cloud-images.ubuntu.com/releases/noble/release-20261110/ubuntu-24.04-server-cloudimg-amd64.img";
    ImageProperties::new(
        OperatingSystem::linux("ubuntu", "24.04", Architecture::X86_64, "ubuntu").codename("noble"),
        LifecyclePolicy::new(
            ReplaceFrequency::Monthly,
            ProvidedUntil::Date(date(2029, 5, 31)),
            UuidValidity::Last(NonZeroU32::new(3).unwrap()),
        ),
        ImageSource::Url(url.parse().unwrap()),
        "https://cloud-images.ubuntu.com/releases/noble/".to_owned(),
        date(2026, 11, 19),
        Gibibytes(4),
    )
}

#[test]
fn everything_that_scs_0102_demands_is_there() {
    let map = ubuntu().to_map().unwrap();
    for property in [
        "architecture",
        "hw_disk_bus",
        "image_build_date",
        "image_description",
        "image_original_user",
        "image_source",
        "os_distro",
        "os_purpose",
        "os_version",
        "provided_until",
        "replace_frequency",
        "uuid_validity",
    ] {
        assert!(map.contains_key(property), "{property}");
    }
    assert_eq!(map["distribution"], "ubuntu-noble");
    assert_eq!(map["uuid_validity"], "last-3");
}

#[test]
fn twins_never_differ() {
    let map = ubuntu().to_map().unwrap();
    for (one, other) in [
        ("architecture", "cpu_arch"),
        ("image_original_user", "default_ssh_username"),
        ("image_source", "source_url"),
    ] {
        assert_eq!(map[one], map[other]);
    }
}

#[test]
fn the_scsi_model_comes_with_the_scsi_bus_only() {
    let mut properties = ubuntu();
    assert!(!properties.to_map().unwrap().contains_key("hw_scsi_model"));
    properties.disk_bus = DiskBus::Scsi;
    assert_eq!(properties.to_map().unwrap()["hw_scsi_model"], "virtio-scsi");
}

#[test]
fn a_rescue_image_says_how_it_is_attached() {
    let mut properties = ubuntu();
    properties.rescue = Some(Rescue::new(RescueBus::Virtio, RescueDevice::Disk));
    let map = properties.to_map().unwrap();
    assert_eq!(map["hw_rescue_bus"], "virtio");
    assert_eq!(map["hw_rescue_device"], "disk");
    assert!(!ubuntu().to_map().unwrap().contains_key("hw_rescue_bus"));
}

#[test]
fn extra_properties_are_written_with_the_others() {
    let mut properties = ubuntu();
    properties.extra.set("hw_qemu_guest_agent", "yes").unwrap();
    let map = properties.to_map().unwrap();
    assert_eq!(map["hw_qemu_guest_agent"], "yes");
    assert_eq!(map.len(), ubuntu().to_map().unwrap().len() + 1);
}

#[test]
fn every_modelled_property_is_refused_as_an_extra_one() {
    let mut properties = ubuntu();
    properties.disk_bus = DiskBus::Scsi;
    properties.lifecycle.hotfix_hours = Some(0);
    properties.rescue = Some(Rescue::new(RescueBus::Usb, RescueDevice::Cdrom));
    properties.maintained_until = Some(date(2029, 5, 31));
    properties.patch_level = Some("20261110".to_owned());
    properties.ci = CiRun::from_variables(|name| Some(name.to_owned()));
    for name in properties.to_map().unwrap().keys() {
        assert!(ExtraProperties::new().set(name, "x").is_err(), "{name}");
    }
}

#[test]
fn all_violations_are_reported_at_once() {
    let mut properties = ubuntu();
    properties.system.distribution = "Ubuntu".to_owned();
    properties.system.default_user = " ".to_owned();
    properties.description = " ".to_owned();
    properties.source = ImageSource::Url("s3://bucket/key".parse().unwrap());
    properties.min_disk = Gibibytes(0);
    properties.min_ram = Mebibytes(0);
    let error = properties.to_map().unwrap_err();
    let found: Vec<_> = error
        .violations
        .iter()
        .map(|v| v.property.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "min_disk",
            "min_ram",
            "os_distro",
            "image_source",
            "image_description",
            "image_original_user",
        ]
    );
}
