//! CentOS 7's one list, and the lists of the streams.

use bonafide_testkit::keys::SignatureOptions;
use bonafide_testkit::site::{CentosBuild, VendorSite};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureVersion;

use crate::support::{
    assert_image, assert_refused, at, digest, links, signed_list, site_with, status, text,
    vendors_key, verify_clear_signed,
};

const SEVEN: &str = "https://cloud.centos.org/centos/7/images/";
const NINE: &str = "https://cloud.centos.org/centos/9-stream/x86_64/images/";
const OLD_SHAPE: (SignatureVersion, HashAlgorithm) = (SignatureVersion::V3, HashAlgorithm::Sha256);

#[tokio::test]
async fn sevens_list_is_clear_signed_and_names_the_image() {
    let (site, build, key) = site_with(&CentosBuild::seven("2211"), "centos-7").await;
    assert_eq!(build.image_name, "CentOS-7-x86_64-GenericCloud-2211.qcow2");
    assert_eq!(build.image_url, format!("{SEVEN}{}", build.image_name));
    assert_eq!(build.list_url, format!("{SEVEN}sha256sum.txt.asc"));
    assert_eq!(build.signature_url, build.list_url);
    let (list, shape) = verify_clear_signed(&key, &text(&site, &build.list_url).await);
    assert_eq!(shape, OLD_SHAPE);
    assert_eq!(list, text(&site, &format!("{SEVEN}sha256sum.txt")).await);
    assert_eq!(digest(&list, &build.image_name), build.sha256);
    assert_image(&site, &build.image_url, &build).await;
    let undated = "CentOS-7-x86_64-GenericCloud.qcow2";
    assert_eq!(digest(&list, undated), build.sha256);
    assert_image(&site, &format!("{SEVEN}{undated}"), &build).await;
    for odd in ["-20150628_01.qcow2", "-2211.qcow2c", ".qcow2c"] {
        let odd = format!("CentOS-7-x86_64-GenericCloud{odd}");
        assert_ne!(digest(&list, &odd), build.sha256, "{odd}");
    }
    assert_eq!(
        links(&site, SEVEN).await,
        [
            &build.image_name,
            undated,
            "sha256sum.txt",
            "sha256sum.txt.asc"
        ]
    );
}

#[tokio::test]
async fn sevens_builds_stay_in_the_list_and_the_undated_name_follows_the_months() {
    let key = vendors_key("centos-7");
    let site = VendorSite::start().await.unwrap();
    let publish = |version: &str| {
        let build = CentosBuild::seven(version).signed_at(at("2022-11-12T12:00:00Z"));
        site.publish(&build, &key).unwrap()
    };
    let builds = ["2009", "2211", "2111", "20150628_01"].map(publish);
    let (list, _) = verify_clear_signed(&key, &text(&site, &builds[3].list_url).await);
    for build in &builds {
        assert_eq!(digest(&list, &build.image_name), build.sha256);
    }
    assert_eq!(
        digest(&list, "CentOS-7-x86_64-GenericCloud.qcow2"),
        builds[1].sha256
    );
}

#[tokio::test]
async fn sevens_list_can_lag_behind_the_directory() {
    let key = vendors_key("centos-7");
    let site = VendorSite::start().await.unwrap();
    site.publish(
        &CentosBuild::seven("2111").signed_at(at("2022-01-12T12:00:00Z")),
        &key,
    )
    .unwrap();
    let lagging = CentosBuild::seven("2211").edit_list(|list| {
        let lines = list.split_inclusive('\n');
        lines.filter(|line| !line.contains("-2211.qcow2")).collect()
    });
    let build = site.publish(&lagging, &key).unwrap();
    let (list, _) = verify_clear_signed(&key, &text(&site, &build.list_url).await);
    assert!(!list.contains(&build.image_name) && list.contains("-2111.qcow2\n"));
    assert_eq!(status(&site, &build.image_url).await, 200);
}

#[tokio::test]
async fn a_streams_list_is_in_bsds_form_and_unsigned() {
    let (site, build, _) = site_with(&CentosBuild::stream("9", "20260714.1"), "centos").await;
    let image = "CentOS-Stream-GenericCloud-9-20260714.1.x86_64.qcow2";
    assert_eq!(build.image_url, format!("{NINE}{image}"));
    assert_eq!(build.list_url, format!("{NINE}CHECKSUM"));
    let list = text(&site, &build.list_url).await;
    assert!(list.contains(&format!("# {image}: {} bytes\n", build.size)));
    let latest = "CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2";
    for name in [image, latest] {
        assert_eq!(digest(&list, name), build.sha256);
        assert_image(&site, &format!("{NINE}{name}"), &build).await;
    }
    for kind in ["Container-Base", "Vagrant", "GenericCloud-x86_64"] {
        assert!(list.contains(&format!("(CentOS-Stream-{kind}-9-20260714.1.x86_64.")));
    }
    let own = text(&site, &format!("{}.SHA256SUM", build.image_url)).await;
    assert_eq!(digest(&own, image), build.sha256);
    assert_eq!(build.signature_url, format!("{NINE}CHECKSUM.asc"));
    assert_eq!(status(&site, &build.signature_url).await, 404);
}

#[tokio::test]
async fn a_streams_list_can_be_signed_as_the_installation_images_are() {
    let build = CentosBuild::stream("8", "20240603.0").signed();
    let (site, build, key) = site_with(&build, "centos").await;
    assert!(
        build
            .image_url
            .ends_with("/CentOS-Stream-GenericCloud-8-20240603.0.x86_64.qcow2")
    );
    let (list, shape) = signed_list(&site, &build, &key).await;
    assert_eq!(shape, OLD_SHAPE);
    assert_eq!(digest(&list, &build.image_name), build.sha256);

    // A later build without a signature does not leave the old one.
    let later = CentosBuild::stream("8", "20240610.0");
    let later = site.publish(&later, &key).unwrap();
    assert_eq!(status(&site, &later.signature_url).await, 404);
}

#[tokio::test]
async fn the_latest_of_a_stream_is_found_by_numbers() {
    let (site, _, key) = site_with(&CentosBuild::stream("9", "20260714.9"), "centos").await;
    let newest = CentosBuild::stream("9", "20260714.10");
    let newest = site.publish(&newest, &key).unwrap();
    let older = CentosBuild::stream("9", "20260701.0");
    let older = site.publish(&older, &key).unwrap();
    let list = text(&site, &older.list_url).await;
    let latest = digest(&list, "CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2");
    assert_eq!(latest, newest.sha256);
    for build in ["20260714.9", "20260714.10", "20260701.0"] {
        let name = format!("CentOS-Stream-GenericCloud-9-{build}.x86_64.qcow2");
        digest(&list, &name);
    }
}

#[tokio::test]
async fn sevens_list_can_lack_its_signature_or_have_another() {
    let unsigned = CentosBuild::seven("2211").without_signature();
    let (site, build, key) = site_with(&unsigned, "centos-7").await;
    assert_eq!(status(&site, &build.signature_url).await, 404);
    assert_eq!(status(&site, &format!("{SEVEN}sha256sum.txt")).await, 200);
    let modern = SignatureOptions::at(at("2022-11-12T12:00:00Z"));
    let modern = CentosBuild::seven("2211").signature(modern);
    let build = site.publish(&modern, &key).unwrap();
    let (_, shape) = verify_clear_signed(&key, &text(&site, &build.list_url).await);
    assert_eq!(shape, (SignatureVersion::V4, HashAlgorithm::Sha512));
}

#[tokio::test]
async fn names_that_centos_never_gave_are_refused() {
    assert_refused(&[
        &CentosBuild::seven("latest"),
        &CentosBuild::seven("22.11"),
        &CentosBuild::stream("9-stream", "20260714.1"),
        &CentosBuild::stream("9", "20260714"),
        &CentosBuild::stream("9", "../20260714.1"),
    ])
    .await;
}
