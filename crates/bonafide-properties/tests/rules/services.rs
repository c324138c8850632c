//! What OpenStack's own services write is not a mistake of the image's owner.

use bonafide_properties::{Edition, ImageRecord, Rule, Severity, check_image};

use crate::cases::{E, OK};
use crate::{good, now, severities, with};

const TASK: &str = "b965bd13-d307-4a69-89e8-0ae303cd8d9c";

/// What Glance writes at an import, Nova on a snapshot, and Cinder on an image of a volume.
fn written() -> Vec<(&'static str, String)> {
    let mapping = r#"[{"source_type": "snapshot", "boot_index": 0, "volume_size": 10}]"#;
    let text = |(name, value): (&'static str, &str)| (name, value.to_owned());
    let mut written: Vec<_> = [
        ("os_glance_import_task", TASK),
        ("os_glance_importing_to_stores", "fast,slow"),
        ("os_glance_failed_import", ""),
        ("os_glance_stage_host", "https://glance-1.example.org"),
        ("os_glance_of_a_later_release", "x"),
        ("base_image_ref", TASK),
        ("bdm_v2", "True"),
        ("boot_roles", "member,reader"),
        ("image_location", "snapshot"),
        ("image_state", "available"),
        ("image_type", "snapshot"),
        ("instance_uuid", TASK),
        ("kernel_id", ""),
        ("ramdisk_id", ""),
        ("owner_id", "495f213436e54c2f8c31961420334867"),
        ("owner_project_name", "acme"),
        ("owner_user_name", "acme"),
        ("root_device_name", "/dev/vda"),
        ("user_id", "495f213436e54c2f8c31961420334867"),
        ("signature_verified", "False"),
        ("cinder_encryption_key_id", TASK),
        ("cinder_encryption_key_deletion_policy", "on_image_deletion"),
    ]
    .map(text)
    .into();
    written.push(("block_device_mapping", mapping.repeat(9)));
    written.push(("os_glance_importing_to_stores", "store,".repeat(90)));
    written
}

#[test]
fn what_a_service_writes_is_not_a_violation() {
    for (name, value) in written() {
        let found = check_image(&with(&[(name, &value)]), now());
        assert_eq!(found, [], "{name}={value}");
    }
}

#[test]
fn glances_own_properties_are_not_among_the_128() {
    let mut image = good();
    for n in image.properties.len()..128 {
        image.properties.insert(format!("p{n}"), String::new());
    }
    image
        .properties
        .insert("os_glance_failed_import".to_owned(), String::new());
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), OK);
    image
        .properties
        .insert("one_more".to_owned(), String::new());
    assert_eq!(severities(&check_image(&image, now()), Rule::Keys), E);
}

/// As Nova makes it of a server without an image: nothing but what is in its volume.
fn snapshot() -> ImageRecord {
    let mut image = ImageRecord::default();
    for (name, value) in written() {
        image.properties.insert(name.to_owned(), value);
    }
    image.name = Some("before the upgrade".to_owned());
    image.status = "active".to_owned();
    image.visibility = "private".to_owned();
    image.size = Some(0);
    image
}

fn worst(image: &ImageRecord, edition: Edition) -> Option<Severity> {
    let violations = check_image(image, now());
    violations
        .iter()
        .filter_map(|violation| violation.severity(edition))
        .max()
}

#[test]
fn a_snapshot_that_only_its_project_sees_is_not_held_against_the_standards() {
    for edition in Edition::ALL {
        assert_eq!(
            worst(&snapshot(), edition),
            Some(Severity::Hint),
            "{edition}"
        );
        // Offered to all it is an image as any other.
        let mut public = snapshot();
        public.visibility = "public".to_owned();
        assert_eq!(worst(&public, edition), Some(Severity::Error), "{edition}");
        // What no server can be made with remains an error.
        let mut broken = snapshot();
        broken
            .properties
            .insert("hw_video_model".to_owned(), "banana".to_owned());
        assert_eq!(worst(&broken, edition), Some(Severity::Error), "{edition}");
        // An image that no service made has no such excuse.
        let mut own = snapshot();
        own.properties
            .retain(|name, _| name.starts_with("os_glance"));
        assert_eq!(worst(&own, edition), Some(Severity::Error), "{edition}");
    }
}

#[test]
fn an_image_that_only_names_volumes_needs_no_digest() {
    assert_eq!(
        severities(&check_image(&snapshot(), now()), Rule::Stored),
        OK
    );
    for change in [
        |image: &mut ImageRecord| image.size = Some(7),
        |image: &mut ImageRecord| image.properties.clear(),
    ] {
        let mut image = snapshot();
        change(&mut image);
        assert_eq!(severities(&check_image(&image, now()), Rule::Stored), E);
    }
}
