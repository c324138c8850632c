//! AlmaLinux, Rocky Linux, Fedora and openSUSE.

use bonafide_testkit::site::{AlmaBuild, FedoraBuild, OpenSuseBuild, RockyBuild};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureVersion;

use crate::support::{
    assert_image, assert_refused, digest, links, signed_list, site_with, status, text,
    verify_armored, verify_clear_signed,
};

const ALMALINUX: &str = "https://repo.almalinux.org/almalinux/9/cloud/x86_64/images/";
const FEDORA: &str =
    "https://dl.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/";
const LEAP: &str = "https://download.opensuse.org/distribution/leap/16.0/appliances/";
const ROCKY: &str = "https://dl.rockylinux.org/pub/rocky/9/images/x86_64/";
const SHAPE: (SignatureVersion, HashAlgorithm) = (SignatureVersion::V4, HashAlgorithm::Sha256);

#[tokio::test]
async fn almalinuxs_list_is_signed_and_has_its_six_names() {
    let build = AlmaBuild::new("9", "9.8-20260526");
    let (site, build, key) = site_with(&build, "almalinux-9").await;
    let image = "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2";
    assert_eq!(build.image_url, format!("{ALMALINUX}{image}"));
    assert_image(&site, &build.image_url, &build).await;
    let (list, shape) = signed_list(&site, &build, &key).await;
    assert_eq!(shape, SHAPE);
    let names: Vec<_> = list.lines().map(|line| &line[66..]).collect();
    assert_eq!(
        names,
        [
            image,
            "AlmaLinux-9-GenericCloud-ext4-9.8-20260526.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-ext4-latest.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2",
            "AlmaLinux-9-OpenNebula-9.8-20260526.x86_64.qcow2",
            "AlmaLinux-9-OpenNebula-latest.x86_64.qcow2",
        ]
    );
    assert_eq!(digest(&list, names[0]), build.sha256);
    assert_eq!(digest(&list, names[3]), build.sha256);
    assert_eq!(digest(&list, names[1]), digest(&list, names[2]));
    assert_image(&site, &format!("{ALMALINUX}{}", names[3]), &build).await;
}

#[tokio::test]
async fn almalinuxs_list_has_had_two_forms() {
    let build = AlmaBuild::new("9", "9.9-20261101").bsd();
    let (site, older, key) = site_with(&build, "almalinux-9").await;
    let (list, _) = signed_list(&site, &older, &key).await;
    assert!(list.contains(&format!(
        "SHA256 ({}) = {}\n",
        older.image_name, older.sha256
    )));
    let newer = AlmaBuild::new("9", "9.10-20270501");
    let newer = site.publish(&newer, &key).unwrap();
    let (list, _) = signed_list(&site, &newer, &key).await;
    assert_eq!(digest(&list, &older.image_name), older.sha256);
    let latest = digest(&list, "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2");
    assert_eq!(latest, newer.sha256);
}

#[tokio::test]
async fn rockys_lists_are_two_and_those_of_version_9_are_not_signed() {
    let build = RockyBuild::new("9", "9.8-20260525.0");
    let (site, build, key) = site_with(&build, "rocky-9").await;
    let image = "Rocky-9-GenericCloud-Base-9.8-20260525.0.x86_64.qcow2";
    let latest = "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2";
    assert_eq!(build.image_url, format!("{ROCKY}{image}"));
    let list = text(&site, &build.list_url).await;
    for name in [image, latest] {
        assert_eq!(digest(&list, name), build.sha256);
        assert_image(&site, &format!("{ROCKY}{name}"), &build).await;
        let own = text(&site, &format!("{ROCKY}{name}.CHECKSUM")).await;
        assert_eq!(
            own,
            format!(
                "# {name}: {} bytes\nSHA256 ({name}) = {}\n",
                build.size, build.sha256
            )
        );
    }
    digest(
        &list,
        "Rocky-9-GenericCloud-LVM-9.8-20260525.0.x86_64.qcow2",
    );
    assert_eq!(build.signature_url, format!("{ROCKY}CHECKSUM.asc"));
    assert_eq!(status(&site, &build.signature_url).await, 404);

    let signed = RockyBuild::new("9", "9.8-20260525.0").signed();
    let signed = site.publish(&signed, &key).unwrap();
    let (list, shape) = signed_list(&site, &signed, &key).await;
    assert_eq!(
        (shape, digest(&list, image)),
        (SHAPE, build.sha256.as_str())
    );
}

#[tokio::test]
async fn rockys_signature_has_two_names_and_two_places() {
    let build = || RockyBuild::new("10", "10.1-20261116.0");
    let images = "https://dl.rockylinux.org/pub/rocky/10/images/";
    for (build, list, signature) in [
        (build(), "x86_64/CHECKSUM", "x86_64/CHECKSUM.asc"),
        (build().sig(), "x86_64/CHECKSUM", "x86_64/CHECKSUM.sig"),
        (build().signed_above(), "x86_64/CHECKSUM", "CHECKSUM.asc"),
        (build().sig().listed_above(), "CHECKSUM", "CHECKSUM.sig"),
    ] {
        let (site, build, key) = site_with(&build, "rocky-10").await;
        assert_eq!(build.list_url, format!("{images}{list}"));
        assert_eq!(build.signature_url, format!("{images}{signature}"));
        assert_eq!(signed_list(&site, &build, &key).await.1, SHAPE);
    }
}

#[tokio::test]
async fn fedoras_list_is_clear_signed() {
    let build = FedoraBuild::new("44", "1.7");
    let (site, build, key) = site_with(&build, "fedora-44").await;
    let image = "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2";
    let redirector = FEDORA.replace("//dl.", "//download.");
    assert_eq!(build.image_url, format!("{redirector}{image}"));
    assert_eq!(
        build.list_url,
        format!("{FEDORA}Fedora-Cloud-44-1.7-x86_64-CHECKSUM")
    );
    assert_eq!(build.signature_url, build.list_url);
    let (list, shape) = verify_clear_signed(&key, &text(&site, &build.list_url).await);
    assert_eq!(shape, SHAPE);
    assert!(list.contains(&format!("# {image}: {} bytes\n", build.size)));
    assert_eq!(digest(&list, image), build.sha256);
    assert_eq!(list.lines().count(), 14);
    for other in [
        "AmazonEC2-44-1.7.x86_64.raw.xz",
        "UEFI-UKI-44-1.7.x86_64.qcow2",
    ] {
        digest(&list, &format!("Fedora-Cloud-Base-{other}"));
    }
    // The redirector sends those who want the bytes to a host that has them.
    assert_eq!(status(&site, &build.image_url).await, 302);
    assert_image(&site, &format!("{FEDORA}{image}"), &build).await;
}

#[tokio::test]
async fn leaps_images_have_a_signed_list_each_that_names_the_build() {
    let build = OpenSuseBuild::leap("16.0", "18.7");
    let (site, build, key) = site_with(&build, "opensuse").await;
    let image = "Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2";
    let undated = "Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2";
    assert_eq!(build.image_url, format!("{LEAP}{image}"));
    for name in [image, undated] {
        assert_image(&site, &format!("{LEAP}{name}"), &build).await;
        let list = text(&site, &format!("{LEAP}{name}.sha256")).await;
        assert_eq!(list, format!("{}  {image}\n", build.sha256));
        let signature = text(&site, &format!("{LEAP}{name}.sha256.asc")).await;
        let shape = verify_armored(&key, &signature, list.as_bytes());
        assert_eq!(shape, (SignatureVersion::V3, HashAlgorithm::Sha512));
    }
    let names = links(&site, LEAP).await;
    assert_eq!(names.len(), 18, "{names:?}");
    let other = "Leap-16.0-Minimal-VM.x86_64-kvm-and-xen-Build18.7.qcow2.sha256.asc";
    assert!(names.iter().any(|name| name == other), "{names:?}");

    let newer = OpenSuseBuild::leap("16.0", "18.10");
    let newer = site.publish(&newer, &key).unwrap();
    let older = OpenSuseBuild::leap("16.0", "18.9");
    site.publish(&older, &key).unwrap();
    let list = text(&site, &format!("{LEAP}{undated}.sha256")).await;
    assert_eq!(list, format!("{}  {}\n", newer.sha256, newer.image_name));
}

#[tokio::test]
async fn lists_can_lack_their_signatures() {
    let alma = AlmaBuild::new("9", "9.8-20260526").without_signature();
    let (site, build, key) = site_with(&alma, "almalinux-9").await;
    assert_eq!(status(&site, &build.signature_url).await, 404);
    let leap = OpenSuseBuild::leap("16.0", "18.7").without_signature();
    let build = site.publish(&leap, &key).unwrap();
    assert_eq!(status(&site, &build.list_url).await, 200);
    assert_eq!(status(&site, &build.signature_url).await, 404);
    let undated = format!("{LEAP}Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2.sha256.asc");
    assert_eq!(status(&site, &undated).await, 404);
    // Fedora's list and its signature are one file.
    let fedora = FedoraBuild::new("44", "1.7").without_signature();
    let build = site.publish(&fedora, &key).unwrap();
    let list = text(&site, &build.list_url).await;
    assert!(list.starts_with("# Fedora-Cloud-Base-AmazonEC2-"), "{list}");
}

#[tokio::test]
async fn names_that_these_vendors_never_gave_are_refused() {
    assert_refused(&[
        &AlmaBuild::new("9", "latest"),
        &AlmaBuild::new("nine", "9.8-20260526"),
        &RockyBuild::new("9", "9.8-20260525"),
        &FedoraBuild::new("44", "1"),
        &OpenSuseBuild::leap("16", "18.7"),
        &OpenSuseBuild::leap("16.0", "Build18.7"),
    ])
    .await;
}
