//! Debian's signed tree, its unsigned one, and their pages.

use bonafide_testkit::site::{DebianBuild, VendorSite};
use md5::Md5;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureVersion;
use reqwest::StatusCode;
use sha2::Digest;

use crate::support::{
    ask, assert_image, assert_refused, at, digest, links, signed_list, site_with, status, text,
    vendors_key, verify_armored,
};

const OPENSTACK: &str = "https://cdimage.debian.org/cdimage/openstack/";
const BOOKWORM: &str = "https://cloud.debian.org/images/cloud/bookworm/";
const SHAPE: (SignatureVersion, HashAlgorithm) = (SignatureVersion::V4, HashAlgorithm::Sha256);

#[tokio::test]
async fn an_openstack_build_has_four_signed_lists() {
    let (site, build, key) = site_with(&DebianBuild::openstack("10", "10.13.0"), "debian").await;
    let image = "debian-10.13.0-openstack-amd64.qcow2";
    assert_eq!(build.image_url, format!("{OPENSTACK}10.13.0/{image}"));
    assert_eq!(build.list_url, format!("{OPENSTACK}10.13.0/SHA512SUMS"));
    assert_eq!(build.signature_url, format!("{}.sign", build.list_url));
    assert_image(&site, &build.image_url, &build).await;
    let md5 = ask(&site, &build.image_url).await.bytes().await.unwrap();
    let md5 = hex::encode(Md5::digest(md5));
    for (name, expected) in [
        ("MD5SUMS", &md5),
        ("SHA256SUMS", &build.sha256),
        ("SHA512SUMS", &build.sha512),
    ] {
        let list = text(&site, &format!("{}{name}", build.directory_url)).await;
        assert_eq!(digest(&list, image), expected, "{name}");
        assert_eq!(list.lines().count(), 8, "{list}");
        for other in ["raw", "qcow2.index"] {
            digest(&list, &format!("debian-10.13.0-openstack-amd64.{other}"));
        }
    }
    for name in ["MD5SUMS", "SHA1SUMS", "SHA256SUMS", "SHA512SUMS"] {
        let url = format!("{}{name}", build.directory_url);
        let signature = text(&site, &format!("{url}.sign")).await;
        let list = text(&site, &url).await;
        assert_eq!(verify_armored(&key, &signature, list.as_bytes()), SHAPE);
    }
    // The signatures are of the same minute; each is good for its own list only.
    let stray = text(&site, &format!("{}SHA256SUMS.sign", build.directory_url)).await;
    assert_ne!(stray, text(&site, &build.signature_url).await);
}

#[tokio::test]
async fn a_build_may_be_named_after_its_day() {
    let build =
        DebianBuild::openstack("10", "10.1.5-20191015").signed_at(at("2022-06-01T00:00:00Z"));
    let (site, build, key) = site_with(&build, "debian").await;
    assert_eq!(
        build.image_name,
        "debian-10.1.5-20191015-openstack-amd64.qcow2"
    );
    let (list, _) = signed_list(&site, &build, &key).await;
    assert_eq!(digest(&list, &build.image_name), build.sha512);
}

#[tokio::test]
async fn old_builds_move_to_the_archive_and_links_lead_to_the_newest() {
    let (site, key) = (VendorSite::start().await.unwrap(), vendors_key("debian"));
    let publish = |build: DebianBuild| site.publish(&build, &key).unwrap();
    publish(DebianBuild::openstack("10", "10.3.0"));
    publish(DebianBuild::openstack("9", "9.12.0"));
    let newest = publish(DebianBuild::openstack("10", "10.13.0"));
    let top = publish(DebianBuild::openstack("10", "10.2.0"));
    let old = publish(DebianBuild::openstack("10", "10.2.0").archived());
    assert_eq!(old.directory_url, format!("{OPENSTACK}archive/10.2.0/"));
    assert_eq!(status(&site, &top.list_url).await, 404);
    assert_image(&site, &old.image_url, &old).await;
    assert_eq!(
        links(&site, OPENSTACK).await,
        [
            "9.12.0/",
            "10.3.0/",
            "10.13.0/",
            "archive/",
            "current-9/",
            "current-10/",
            "current/"
        ]
    );
    for current in ["current", "current-10"] {
        let list = text(&site, &format!("{OPENSTACK}{current}/SHA512SUMS")).await;
        assert_eq!(digest(&list, &newest.image_name), newest.sha512);
    }
    let again = "https://cloud.debian.org/images/cloud/OpenStack/current-9/SHA256SUMS";
    assert!(text(&site, again).await.contains("debian-9.12.0-openstack"));

    let last = publish(DebianBuild::openstack("9", "9.13.0").archived());
    let list = text(&site, &format!("{OPENSTACK}current-9/SHA512SUMS")).await;
    assert_eq!(digest(&list, &last.image_name), last.sha512);
}

/// The real page; `None` where it can't be had.
fn real_page() -> Option<String> {
    let page = bonafide_testkit::vendor_data()?.join("debian/openstack-index-2020/index.html");
    Some(std::fs::read_to_string(page).unwrap())
}

#[tokio::test]
async fn debians_pages_have_the_real_ones_rows() {
    let build = DebianBuild::openstack("10", "10.3.0").signed_at(at("2022-02-09T03:02:00Z"));
    let (site, _, _) = site_with(&build, "debian").await;
    let page = text(&site, OPENSTACK).await;
    let row = r#"<td class="indexcolname"><a href="10.3.0/">10.3.0/</a></td><td class="indexcollastmod">2022-02-09 03:02  </td><td class="indexcolsize">  - </td></tr>"#;
    assert!(page.contains(row), "{page}");
    assert!(page.contains("https://www.debian.org/") && page.contains("?C=M;O=A"));
    let parent = r#"<a href="/cdimage/">Parent Directory</a>"#;
    assert!(page.contains(parent), "{page}");
    if let Some(real) = real_page() {
        assert!(real.contains(&row.replace("2022-", "2020-")));
        assert!(real.contains(parent));
    }
}

#[tokio::test]
async fn a_cloud_build_is_there_with_and_without_its_date_and_unsigned() {
    let build = DebianBuild::cloud("12", "bookworm", "20260712-2537");
    let (site, build, _) = site_with(&build, "debian").await;
    let image = "debian-12-genericcloud-amd64-20260712-2537.qcow2";
    assert_eq!(build.image_url, format!("{BOOKWORM}20260712-2537/{image}"));
    let list = text(&site, &build.list_url).await;
    assert_eq!(list.lines().count(), 40);
    assert_eq!(digest(&list, image), build.sha512);
    assert_image(&site, &build.image_url, &build).await;
    let latest = text(&site, &format!("{BOOKWORM}latest/SHA512SUMS")).await;
    let undated = "debian-12-genericcloud-amd64.qcow2";
    assert_eq!(digest(&latest, undated), build.sha512);
    assert_eq!(
        digest(&latest, "debian-12-nocloud-ppc64el.raw"),
        digest(&list, "debian-12-nocloud-ppc64el-20260712-2537.raw")
    );
    assert_image(&site, &format!("{BOOKWORM}latest/{undated}"), &build).await;
    assert_eq!(status(&site, &build.signature_url).await, 404);
    assert_eq!(links(&site, BOOKWORM).await, ["20260712-2537/", "latest/"]);
}

#[tokio::test]
async fn latest_stays_with_the_newest_cloud_build() {
    let newest = DebianBuild::cloud("12", "bookworm", "20260712-2537").signed();
    let (site, newest, key) = site_with(&newest, "debian").await;
    let (list, shape) = signed_list(&site, &newest, &key).await;
    assert_eq!(shape, SHAPE);
    assert_eq!(digest(&list, &newest.image_name), newest.sha512);
    let older = DebianBuild::cloud("12", "bookworm", "20260712-999");
    let older = site.publish(&older, &key).unwrap();
    assert_ne!(older.sha256, newest.sha256);
    let latest = format!("{BOOKWORM}latest/");
    let list = text(&site, &format!("{latest}SHA512SUMS")).await;
    let signature = text(&site, &format!("{latest}SHA512SUMS.sign")).await;
    verify_armored(&key, &signature, list.as_bytes());
    assert_eq!(
        digest(&list, "debian-12-genericcloud-amd64.qcow2"),
        newest.sha512
    );
}

#[tokio::test]
async fn debians_lists_can_lack_their_signatures_and_the_image() {
    let build = DebianBuild::openstack("10", "10.13.0")
        .without_signature()
        .edit_list(|list| list.replace("-amd64.qcow2\n", "-i386.qcow2\n"));
    let (site, build, _) = site_with(&build, "debian").await;
    for name in ["MD5SUMS", "SHA1SUMS", "SHA256SUMS", "SHA512SUMS"] {
        let url = format!("{}{name}", build.directory_url);
        assert!(!text(&site, &url).await.contains("-amd64.qcow2\n"));
        let response = ask(&site, &format!("{url}.sign")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn names_that_debian_never_gave_are_refused() {
    assert_refused(&[
        &DebianBuild::openstack("10", "current"),
        &DebianBuild::openstack("buster", "10.13.0"),
        &DebianBuild::cloud("12", "Bookworm", "20260712-2537"),
        &DebianBuild::cloud("12", "bookworm", "latest"),
    ])
    .await;
}
