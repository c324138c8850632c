//! What was changed on an image or is missing there, and what its properties say of the file.

use std::sync::Arc;

use bonafide::glance::ImagePatch;
use bonafide::publisher::{Auditor, Depth, proof_files, proof_properties};
use bonafide_testkit::keys::SignatureOptions;

use support::custom_site::CustomWorld;
use support::{Cloud, cases, now, on_both_clouds, site_fetch, vendor_key};

use super::{audit, auditor, broken, changed, published, remains, seen};

on_both_clouds! {
    CustomWorld:
    what_was_changed_on_the_image_is_found_out,
    properties_that_contradict_the_proven_file_are_found_out,
    what_is_not_shown_is_said,
}

async fn what_was_changed_on_the_image_is_found_out(shop: CustomWorld) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    let image = seen(&shop, report.image).await;
    let auditor = auditor(&shop, Depth::Digests);
    let files = proof_files(&image.properties).unwrap().unwrap();
    let digest = report.expected.digest.to_string();

    // Another digest in the list: the list is not what was signed.
    let mut forged = files.clone();
    let list = String::from_utf8(forged.list).unwrap();
    forged.list = list.replace(&digest, &"0".repeat(128)).into_bytes();
    let mut with = image.clone();
    with.properties.extend(proof_properties(&forged));
    let audited = auditor.audit(&with).await.unwrap();
    assert!(broken(&audited).contains("bad signature"), "{audited:?}");

    // A list of the same vendor, signed by another key.
    let other = vendor_key();
    let options = SignatureOptions::at(now());
    let mut forged = files;
    forged.signature = Some(other.sign(&forged.list, &options).unwrap().into_bytes());
    with.properties.extend(proof_properties(&forged));
    let audited = auditor.audit(&with).await.unwrap();
    assert!(broken(&audited).contains("unknown key"), "{audited:?}");

    let zeros = "0".repeat(128);
    for (name, value, words) in [
        ("source_sha512sum", Some(&*zeros), "source_sha512sum"),
        ("bonafide_signer", Some("foreign"), "bonafide_signer"),
        ("bonafide_certificate", Some("AB"), "bonafide_certificate"),
        ("bonafide_list_sha256", Some("ab"), "bonafide_list_sha256"),
        ("bonafide_vendor_digest", None, "bonafide_vendor_digest"),
        (
            "bonafide_image_digest",
            Some("sha512:ab"),
            "bonafide_image_digest",
        ),
        (
            "bonafide_unverified",
            Some("unsigned"),
            "it was not verified",
        ),
        ("bonafide_signed_at", None, "bonafide_signed_at"),
        (
            "bonafide_file",
            Some("another.qcow2"),
            "is not in the signed list",
        ),
        (
            "bonafide_proof_list",
            Some("no gzip"),
            "bonafide_proof_list",
        ),
    ] {
        let audited = auditor.audit(&changed(&image, name, value)).await.unwrap();
        assert!(broken(&audited).contains(words), "{name}: {audited:?}");
    }

    // Other bytes in Glance than the vendor's.
    let mut swapped = image.clone();
    swapped.os_hash_value = Some(zeros);
    let audited = auditor.audit(&swapped).await.unwrap();
    assert!(
        broken(&audited).contains("Glance stores other bytes"),
        "{audited:?}"
    );
    shop.remove(&report).await;
}

async fn properties_that_contradict_the_proven_file_are_found_out(shop: CustomWorld) {
    let report = published(&shop, &cases::UBUNTU_RELEASED).await;
    let image = seen(&shop, report.image).await;
    let auditor = auditor(&shop, Depth::Digests);
    let file = "ubuntu-24.04-server-cloudimg-amd64.img";
    for (name, value, wanted) in [
        ("os_version", "22.04", "24.04"),
        ("os_version", "jammy", "24.04"),
        ("os_distro", "debian", "ubuntu"),
        ("os_type", "windows", "linux"),
        ("architecture", "aarch64", "x86_64"),
        ("cpu_arch", "arm64", "x86_64"),
        ("hw_architecture", "aarch64", "x86_64"),
        ("bonafide_channel", "ubuntu-22.04", "24.04"),
        (
            "image_source",
            "https://cloud-images.ubuntu.com/noble/other.img",
            file,
        ),
        (
            "source_url",
            "https://cloud-images.ubuntu.com/noble/other.img",
            file,
        ),
    ] {
        let audited = auditor
            .audit(&changed(&image, name, Some(value)))
            .await
            .unwrap();
        let reason = broken(&audited);
        let said = format!("`{name}` is `{value}` and not `{wanted}`");
        assert!(reason.contains(&said) && reason.contains(file), "{reason}");
        assert!(audited.expected.is_some(), "it is proven what it is");
    }
    // What says the same in another way, or nothing that the file says too.
    for (name, value) in [
        ("os_version", "24.04.3"),
        ("os_version", "noble"),
        ("architecture", "amd64"),
        ("bonafide_channel", "rescue-22.04"),
        ("image_source", "private"),
        ("os_purpose", "custom"),
    ] {
        let audited = auditor
            .audit(&changed(&image, name, Some(value)))
            .await
            .unwrap();
        assert!(
            remains(&audited).contains("takes a download"),
            "{name}: {audited:?}"
        );
    }
    let both = changed(&image, "os_version", Some("22.04"));
    let both = changed(&both, "architecture", Some("aarch64"));
    let audited = auditor.audit(&both).await.unwrap();
    let reason = broken(&audited);
    assert!(
        reason.contains("`os_version`") && reason.contains("`architecture`"),
        "{reason}"
    );
    shop.remove(&report).await;

    // The operator calls its own images as it likes.
    let report = published(&shop, &cases::OWN).await;
    let image = changed(&seen(&shop, report.image).await, "os_version", Some("1"));
    let audited = auditor.audit(&image).await.unwrap();
    assert!(
        remains(&audited).contains("takes a download"),
        "{audited:?}"
    );
    shop.remove(&report).await;
}

async fn what_is_not_shown_is_said(shop: CustomWorld) {
    let report = published(&shop, &cases::DEBIAN_10).await;
    let glance = shop.cloud.glance("customer");
    let image = glance.image(report.image).await.unwrap();
    let trusting = auditor(&shop, Depth::Digests);
    for (name, value, words) in [
        (
            "bonafide_proof_list",
            None,
            "carries no signed list; the vendor had it at https://",
        ),
        ("bonafide_keyring", None, "whose keys"),
        (
            "bonafide_keyring",
            Some("gentoo"),
            "`gentoo`, which are unknown here",
        ),
        ("bonafide_file", None, "which file"),
        (
            "kernel_id",
            Some("b39f1b1e"),
            "`kernel_id` makes servers boot",
        ),
        (
            "os_command_line",
            Some("init=/x"),
            "`os_command_line` makes",
        ),
    ] {
        let audited = trusting.audit(&changed(&image, name, value)).await.unwrap();
        assert!(remains(&audited).contains(words), "{name}: {audited:?}");
    }
    // Foreign text does nothing to the reader's terminal.
    let forged = "x\u{1b}[2K\nproven\u{202e}";
    let forged = changed(&image, "bonafide_keyring", Some(forged));
    let audited = trusting.audit(&forged).await.unwrap();
    assert!(remains(&audited).contains(r"x\u{1b}[2K\u{a}proven\u{202e}"));
    // The real Debian key is not the one that signed here.
    let fetch = Arc::new(site_fetch(&shop.site));
    let stranger = Auditor::new(fetch, shop.cloud.session("customer"), now);
    let audited = stranger.audit(&image).await.unwrap();
    assert!(broken(&audited).contains("unknown key"), "{audited:?}");
    shop.remove(&report).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_proof_on_the_image_itself_proves_nothing() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let report = published(&shop, &cases::DEBIAN_10).await;
    let patch = ImagePatch::new().set("bonafide_proof_signature", "AAAA");
    shop.cloud
        .glance("admin")
        .update(report.image, &patch)
        .await
        .unwrap();
    let audited = audit(&shop, &auditor(&shop, Depth::Bytes), report.image).await;
    assert!(
        broken(&audited).contains("bonafide_proof_signature"),
        "{audited:?}"
    );
}
