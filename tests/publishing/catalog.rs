//! From a line in a catalog to an image in the cloud.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bonafide::Publisher;
use bonafide::publisher::{Catalog, Error, PublishReport};
use bonafide::sources::LocalFiles;
use bonafide_testkit::keys::SignatureOptions;

use support::custom_site::CustomWorld;
use support::{cases, causes, making, now, on_both_clouds, site_fetch};

on_both_clouds! {
    CustomWorld:
    an_image_of_the_operators_own_is_published_as_what_it_is,
    what_the_catalog_says_stands_on_the_image,
    a_channel_is_named_and_dated_after_its_profile,
}

/// Publishes the only channel of a catalog's file.
async fn publish(shop: &CustomWorld, catalog: &Path) -> Result<PublishReport, Error> {
    let catalog = Catalog::load(catalog).unwrap();
    let [entry] = catalog.entries() else {
        panic!("one channel: {catalog:?}");
    };
    let fetch = Arc::new(LocalFiles::and(Arc::new(site_fetch(&shop.site))));
    let channel = entry.channel(fetch.as_ref()).await?;
    let publisher = Publisher::new(fetch, shop.cloud.session("admin"), now);
    let candidate = publisher.find(&channel, &*shop.events).await?;
    publisher.publish(&channel, &candidate, &*shop.events).await
}

/// An image, its list and signature, the key and a catalog, in a directory of the operator.
fn own(shop: &CustomWorld) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    let key = making::keys().key("operator").unwrap();
    let image = shop.qcow2();
    let list = format!(
        "{:x}  rescue.qcow2\n",
        <sha2::Sha256 as sha2::Digest>::digest(&image)
    );
    let signature = key
        .sign(list.as_bytes(), &SignatureOptions::at(now()))
        .unwrap();
    write("rescue.qcow2", &image);
    write("SHA256SUMS", list.as_bytes());
    write("SHA256SUMS.asc", signature.as_bytes());
    write("own.asc", key.public_key_armored().unwrap().as_bytes());
    let catalog = format!(
        r#"
[[channel]]
naming = {{ stack = "Rescue Ubuntu 18.04 sys11" }}
lifecycle = {{ replace_frequency = "never", provided_until = "none" }}
trust = {{ pinned = ["{}"], key_files = ["own.asc"] }}

[channel.source.own]
channel = "rescue-ubuntu-18.04"
image = "rescue.qcow2"
list = "SHA256SUMS"
signature = "SHA256SUMS.asc"
distribution = "ubuntu"
version = "18.04"
codename = "bionic"
user = "ubuntu"

[channel.properties]
image_description = "Ubuntu 18.04, modified by the operator to rescue servers with"
hw_rescue_bus = "virtio"
hw_rescue_device = "disk"
"#,
        key.fingerprint()
    );
    write("catalog.toml", catalog.as_bytes());
    directory
}

async fn an_image_of_the_operators_own_is_published_as_what_it_is(shop: CustomWorld) {
    let directory = own(&shop);
    let catalog = directory.path().join("catalog.toml");
    let report = publish(&shop, &catalog).await.unwrap();
    let image = shop.image(&report).await;
    let today = now().strftime("%Y-%m-%d").to_string();
    let name = format!("Rescue Ubuntu 18.04 sys11 ({today})");
    assert_eq!(image.name.as_deref(), Some(&*name));
    for (property, value) in [
        ("hw_rescue_bus", "virtio"),
        ("hw_rescue_device", "disk"),
        (
            "image_description",
            "Ubuntu 18.04, modified by the operator to rescue servers with",
        ),
        ("image_source", "private"),
        ("image_original_user", "ubuntu"),
        ("os_distro", "ubuntu"),
        ("os_purpose", "custom"),
        ("os_version", "18.04"),
        ("provided_until", "none"),
        ("replace_frequency", "never"),
        (
            "bonafide_signer",
            &*making::keys().key("operator").unwrap().fingerprint(),
        ),
    ] {
        let found = image.properties.get(property).map(String::as_str);
        assert_eq!(found, Some(value), "{property}");
    }
    let path = directory.path().to_str().unwrap();
    let shown = image.properties.values().any(|value| value.contains(path));
    assert!(!shown, "a path of the operator's disk is public: {image:?}");
    shop.remove(&report).await;

    // The operator's images are checked as strictly as all others.
    let list = directory.path().join("SHA256SUMS");
    let signed = fs::read_to_string(&list).unwrap();
    fs::write(&list, signed.replace("rescue", "other")).unwrap();
    let error = publish(&shop, &catalog).await.unwrap_err();
    assert!(matches!(error, Error::Unverified { .. }), "{error}");
    fs::remove_file(directory.path().join("SHA256SUMS.asc")).unwrap();
    let error = publish(&shop, &catalog).await.unwrap_err();
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");
    assert!(!error.is_expected(), "{error}");
    let other = support::vendor_key().public_key_armored().unwrap();
    fs::write(directory.path().join("own.asc"), other).unwrap();
    let error = publish(&shop, &catalog).await.unwrap_err();
    assert!(matches!(error, Error::NoKey { .. }), "{error}");
    assert!(causes(&error).contains("own.asc"), "{error}");
}

/// A catalog with Ubuntu 24.04, signed by this run's key.
fn noble(directory: &Path, more: &str) -> std::path::PathBuf {
    let key = making::keys().key("ubuntu").unwrap();
    fs::write(directory.join("key.asc"), key.public_key_armored().unwrap()).unwrap();
    let catalog = format!(
        "[[channel]]\nsource.ubuntu = {{ version = \"24.04\", codename = \"noble\" }}\n\
         trust = {{ pinned = [\"{}\"], key_files = [\"key.asc\"] }}\n{more}\n",
        key.fingerprint()
    );
    let path = directory.join("catalog.toml");
    fs::write(&path, catalog).unwrap();
    path
}

async fn what_the_catalog_says_stands_on_the_image(shop: CustomWorld) {
    shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    let directory = tempfile::tempdir().unwrap();
    let catalog = noble(
        directory.path(),
        r#"
min_ram = 2048
lifecycle = { replace_frequency = "weekly", provided_until = "2031-12-31", uuid_validity = "last-5", hotfix_hours = 48 }
[channel.properties]
hw_disk_bus = "scsi"
hw_qemu_guest_agent = "yes"
image_description = "As Canonical made it"
os_purpose = "minimal"
"#,
    );
    let report = publish(&shop, &catalog).await.unwrap();
    let image = shop.image(&report).await;
    assert_eq!(image.min_ram, 2048);
    for (property, value) in [
        ("hotfix_hours", "48"),
        ("hw_disk_bus", "scsi"),
        ("hw_qemu_guest_agent", "yes"),
        ("hw_scsi_model", "virtio-scsi"),
        ("image_description", "As Canonical made it"),
        ("os_purpose", "minimal"),
        ("provided_until", "2031-12-31"),
        ("replace_frequency", "weekly"),
        ("uuid_validity", "last-5"),
    ] {
        let found = image.properties.get(property).map(String::as_str);
        assert_eq!(found, Some(value), "{property}");
    }
    shop.remove(&report).await;
}

async fn a_channel_is_named_and_dated_after_its_profile(shop: CustomWorld) {
    shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    let directory = tempfile::tempdir().unwrap();
    let today = now().strftime("%Y-%m-%d").to_string();
    for (more, name, date) in [
        ("", format!("Ubuntu Noble 24.04 ({today})"), &*today),
        (
            "profile = \"scs\"\nnaming.scs = \"Ubuntu LTS\"",
            "Ubuntu LTS".to_owned(),
            "2026-11-10",
        ),
    ] {
        let catalog = noble(directory.path(), more);
        let report = publish(&shop, &catalog).await.unwrap();
        let image = shop.image(&report).await;
        assert_eq!(image.name, Some(name));
        assert_eq!(image.properties["image_build_date"], date);
        shop.remove(&report).await;
    }
}
