//! An operator's own images, and what is common to all builds.

use bonafide_testkit::keys::{SignatureOptions, SigningDigest};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{OwnBuild, SiteError, VendorBuild, VendorSite};

use crate::support::{
    assert_image, assert_refused, at, digest, key, signed_list, site_with, status, text,
};

const RESCUE: &str = "https://images.operator.test/rescue/";

fn rescue(name: &str) -> OwnBuild {
    OwnBuild::new("images.operator.test", "/rescue/", name)
}

#[tokio::test]
async fn an_operators_images_lie_side_by_side_under_one_signed_list() {
    let (site, first, key) = site_with(&rescue("rescue-ubuntu-18.04.qcow2"), "operator").await;
    assert_eq!(
        first.image_url,
        format!("{RESCUE}rescue-ubuntu-18.04.qcow2")
    );
    let image = Qcow2Image::new(1 << 30, 3, 1);
    let second = rescue("rescue-debian-12.qcow2").image(image);
    let second = site.publish(&second, &key).unwrap();
    assert_eq!(second.list_url, format!("{RESCUE}SHA256SUMS"));
    assert_eq!(second.signature_url, format!("{RESCUE}SHA256SUMS.asc"));
    let (list, _) = signed_list(&site, &second, &key).await;
    assert_eq!(list.lines().count(), 2);
    for build in [first, second] {
        assert_eq!(digest(&list, &build.image_name), build.sha256);
        assert_image(&site, &build.image_url, &build).await;
    }
}

#[tokio::test]
async fn builds_may_lie_on_any_host_that_the_site_serves() {
    let build = OwnBuild::new("mirror.operator.test", "", "a.qcow2");
    let site = VendorSite::start().await.unwrap();
    let error = site.publish(&build, &key()).unwrap_err();
    assert!(
        matches!(&error, SiteError::Host { host } if host == "mirror.operator.test"),
        "{error}"
    );
    let site = VendorSite::builder().host("mirror.operator.test").start();
    let site = site.await.unwrap();
    let build = site.publish(&build, &key()).unwrap();
    assert_eq!(build.image_url, "https://mirror.operator.test/a.qcow2");
    assert_image(&site, &build.image_url, &build).await;
}

#[tokio::test]
async fn an_operators_list_can_lack_its_signature_and_what_it_should_name() {
    let unsigned = rescue("a.qcow2").without_signature();
    let (site, build, key) = site_with(&unsigned, "operator").await;
    assert_eq!(status(&site, &build.signature_url).await, 404);
    let empty = rescue("a.qcow2").edit_list(|_| String::new());
    let build = site.publish(&empty, &key).unwrap();
    let (list, _) = signed_list(&site, &build, &key).await;
    assert_eq!(list, "");
}

#[tokio::test]
async fn a_build_that_can_not_be_signed_leaves_the_site_as_it_was() {
    let (site, build, key) = site_with(&rescue("a.qcow2"), "operator").await;
    let list = text(&site, &build.list_url).await;
    let sha1 = SignatureOptions::at(at("2026-01-01T00:00:00Z")).digest(SigningDigest::Sha1);
    let error = site.publish(&rescue("b.qcow2").signature(sha1), &key);
    let error = error.unwrap_err();
    assert!(
        matches!(&error, SiteError::Signature { build, .. } if build.ends_with("/rescue/b.qcow2")),
        "{error}"
    );
    assert_eq!(text(&site, &build.list_url).await, list);
    assert_eq!(status(&site, &format!("{RESCUE}b.qcow2")).await, 404);
}

#[tokio::test]
async fn default_images_follow_from_names() {
    let site = VendorSite::start().await.unwrap();
    let sha256 = |name: &str| site.publish(&rescue(name), &key()).unwrap().sha256;
    assert_eq!(sha256("a.qcow2"), sha256("a.qcow2"));
    assert_ne!(sha256("a.qcow2"), sha256("b.qcow2"));
}

#[tokio::test]
async fn builds_of_several_vendors_go_through_one_hand() {
    let builds: [Box<dyn VendorBuild>; 2] = [
        Box::new(rescue("a.qcow2")),
        Box::new(bonafide_testkit::site::RockyBuild::new(
            "10",
            "10.2-20260601.0",
        )),
    ];
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    for build in &builds {
        let build = site.publish(build.as_ref(), &key).unwrap();
        assert_image(&site, &build.image_url, &build).await;
    }
}

#[tokio::test]
async fn names_that_can_not_be_file_names_are_refused() {
    assert_refused(&[&rescue(""), &rescue("../a.qcow2"), &rescue("a/b.qcow2")]).await;
}
