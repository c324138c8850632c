//! Real pages of the vendors, served as they are.

use bonafide::publisher::Error;
use bonafide::sources::SourceError;
use bonafide_testkit::site::VendorSite;

use crate::vendor_data::{Look, Mirror, channel};
use support::{causes, site_fetch};

const OPENSTACK: &str = "https://cdimage.debian.org/cdimage/openstack/";
const TRIXIE: &str = "https://cloud.debian.org/images/cloud/trixie/";

/// A site with a real page. Nothing else is there but what a test puts.
async fn site(url: &str, page: &str) -> Option<VendorSite> {
    let page = Mirror::new()?.read(page);
    let site = VendorSite::start().await.unwrap();
    site.put(url, page);
    Some(site)
}

async fn look(name: &str, site: &VendorSite) -> Look {
    Look::at(&channel(name).await, &site_fetch(site)).await
}

/// The directory that a channel takes for the newest; no list is there.
async fn newest(name: &str, site: &VendorSite) -> String {
    let look = look(name, site).await;
    let release = look.seen.release.clone().unwrap();
    let error = look.refusal();
    assert!(matches!(error, Error::Fetch(_)), "{}", causes(&error));
    release.directory.to_string()
}

#[tokio::test]
async fn debians_openstack_page_gives_the_newest_build_of_each_version() {
    let page = "debian/openstack-index-2020/index.html";
    let Some(site) = site(OPENSTACK, page).await else {
        return;
    };
    for old in ["9.9.5-20190721", "10.0.1-20190708"] {
        site.put(&format!("{OPENSTACK}archive/{old}/SHA1SUMS"), "");
    }
    assert_eq!(
        newest("debian-10", &site).await,
        format!("{OPENSTACK}10.3.0/")
    );
    assert_eq!(
        newest("debian-9", &site).await,
        format!("{OPENSTACK}9.12.0/")
    );

    // As it is since both versions have ended.
    site.put(&format!("{OPENSTACK}archive/10.13.0/SHA1SUMS"), "");
    let archived = format!("{OPENSTACK}archive/10.13.0/");
    assert_eq!(newest("debian-10", &site).await, archived);
    assert_eq!(
        newest("debian-9", &site).await,
        format!("{OPENSTACK}9.12.0/")
    );
}

#[tokio::test]
async fn debians_cloud_page_gives_the_newest_build_which_is_unsigned() {
    let directory = "debian/cloud-trixie-daily-20260717-unsigned";
    let Some(site) = site(TRIXIE, &format!("{directory}/index.html")).await else {
        return;
    };
    let newest = format!("{TRIXIE}20260717-2542/");
    let list = Mirror::new()
        .unwrap()
        .read(&format!("{directory}/SHA512SUMS"));
    site.put(&format!("{newest}SHA512SUMS"), list);
    let look = look("debian-13", &site).await;
    let release = look.seen.release.clone().unwrap();
    assert_eq!(release.serial.unwrap().as_str(), "20260717-2542");
    assert_eq!(release.directory.as_str(), newest);
    let error = look.refusal();
    assert!(error.is_expected(), "{}", causes(&error));
    assert!(
        error
            .to_string()
            .contains(&format!("{newest}SHA512SUMS.sign"))
    );
}

#[tokio::test]
async fn a_real_page_of_something_else_gives_no_build() {
    let cloud = "debian/cloud-index-2021/index.html";
    let daily = "debian/cloud-trixie-daily-20260717-unsigned/index.html";
    let noble = "ubuntu/noble-20260705-listing-unsigned/index.html";
    let openstack = "debian/openstack-index-2020/index.html";
    for (name, page) in [
        ("debian-10", daily),
        ("debian-11", openstack),
        ("debian-13", cloud),
        ("fedora-44", noble),
        ("opensuse-leap-16.0", noble),
        // Of the daily builds.
        ("ubuntu-24.04", noble),
    ] {
        let url = channel(name).await.product().page.to_string();
        let Some(site) = site(&url, page).await else {
            return;
        };
        let error = look(name, &site).await.refusal();
        let text = causes(&error);
        let no_build = matches!(error, Error::Source(SourceError::NoBuild { .. }));
        assert!(no_build && text.contains(&url), "{text}");
    }
}
