//! Access to the vendors, and Ubuntu's real pages.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

mod conformance;
mod places;
mod retries;
mod signing;

use std::fs;

use bonafide::sources::{
    Debian, DirectoryFetch, Fetch, FetchError, HttpFetch, Release, Source, SourceError, Ubuntu,
    UbuntuRelease, VerifiedNames,
};
use bonafide::{Keyring, Verified};
use bonafide_testkit::site::{Fault, UbuntuBuild};
use url::Url;

use support::{World, now, vendor_data};

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// A mirror on disk with one page or file.
fn mirror(path: &str, content: &[u8]) -> (tempfile::TempDir, DirectoryFetch) {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
    let fetch = DirectoryFetch::new(root.path());
    (root, fetch)
}

#[tokio::test]
async fn the_newest_build_of_both_trees_is_found_by_its_dated_urls() {
    let world = World::embedded().await;
    for serial in ["20260705", "20261101", "20261101.1", "20261031"] {
        let release = UbuntuBuild::release("22.04", "jammy", serial);
        world.site.publish_ubuntu(&release, &world.key).unwrap();
        let daily = UbuntuBuild::daily("22.04", "jammy", serial);
        world.site.publish_ubuntu(&daily, &world.key).unwrap();
    }
    let site = "https://cloud-images.ubuntu.com";
    for (source, directory, image) in [
        (
            Ubuntu::released(UbuntuRelease::Jammy),
            format!("{site}/releases/jammy/release-20261101.1/"),
            "ubuntu-22.04-server-cloudimg-amd64.img",
        ),
        (
            Ubuntu::daily(UbuntuRelease::Jammy),
            format!("{site}/jammy/20261101.1/"),
            "jammy-server-cloudimg-amd64.img",
        ),
    ] {
        let release = source.latest(&world.fetch()).await.unwrap();
        assert_eq!(release.directory.as_str(), directory);
        assert_eq!(release.list.as_str(), format!("{directory}SHA256SUMS"));
        let again = source.latest(&world.fetch()).await.unwrap();
        assert_eq!(again, release, "asking twice gives the same answer");
        let names = ["foreign.img", image];
        let signed = VerifiedNames::names(&names);
        let file = source.select(&release, &signed).unwrap();
        assert_eq!(file.url.as_str(), format!("{directory}{image}"));
    }
}

#[tokio::test]
async fn every_version_of_ubuntu_has_both_trees() {
    let world = World::embedded().await;
    for release in UbuntuRelease::ALL {
        let (version, codename) = (release.version(), release.codename());
        for (build, source) in [
            (
                UbuntuBuild::release(version, codename, "20261110"),
                Ubuntu::released(release),
            ),
            (
                UbuntuBuild::daily(version, codename, "20261110"),
                Ubuntu::daily(release),
            ),
        ] {
            let build = world.site.publish_ubuntu(&build, &world.key).unwrap();
            let release = source.latest(&world.fetch()).await.unwrap();
            let list = world.fetch().read(&release.list, 1 << 20).await.unwrap();
            let names = String::from_utf8(list).unwrap();
            let names: Vec<_> = names
                .lines()
                .filter_map(|line| line.split_once('*'))
                .collect();
            let names: Vec<_> = names.iter().map(|(_, name)| *name).collect();
            let file = source
                .select(&release, &VerifiedNames::names(&names))
                .unwrap();
            assert_eq!(file.url.as_str(), build.image_url, "{}", release.channel);
        }
    }
}

#[tokio::test]
async fn ubuntus_real_page_and_signed_list_are_read() {
    let Some(data) = vendor_data() else { return };
    let page = fs::read(data.join("ubuntu/noble-20260705-listing-unsigned/index.html")).unwrap();
    let root = tempfile::tempdir().unwrap();
    // The directory twin makes its own pages; the real one is asked for through the site.
    let world = World::embedded().await;
    world
        .site
        .put("https://cloud-images.ubuntu.com/noble/", page);
    let source = Ubuntu::daily(UbuntuRelease::Noble);
    let release = source.latest(&world.fetch()).await.unwrap();
    assert_eq!(release.serial.unwrap().as_str(), "20260705");

    let directory = root
        .path()
        .join("cloud-images.ubuntu.com/releases/noble/release-20260725");
    fs::create_dir_all(&directory).unwrap();
    for file in ["SHA256SUMS", "SHA256SUMS.gpg"] {
        let bytes = fs::read(data.join("ubuntu/noble-20260725").join(file)).unwrap();
        fs::write(directory.join(file), bytes).unwrap();
    }
    let fetch = DirectoryFetch::new(root.path());
    let source = Ubuntu::released(UbuntuRelease::Noble);
    let release = source.latest(&fetch).await.unwrap();
    let list = proven_names(&fetch, &release).await;
    let names: Vec<_> = list.iter().map(String::as_str).collect();
    let file = source
        .select(&release, &VerifiedNames::names(&names))
        .unwrap();
    assert_eq!(file.name, "ubuntu-24.04-server-cloudimg-amd64.img");

    // The same signed list in a directory that claims to be newer.
    let newer = root
        .path()
        .join("cloud-images.ubuntu.com/releases/noble/release-20270101");
    fs::rename(directory, newer).unwrap();
    let release = source.latest(&fetch).await.unwrap();
    let error = source
        .select(&release, &VerifiedNames::names(&names))
        .unwrap_err();
    assert!(matches!(error, SourceError::ForeignList { .. }), "{error}");
}

async fn proven_names(fetch: &DirectoryFetch, release: &Release) -> Vec<String> {
    let signature = url(&format!("{}.gpg", release.list));
    let (list, signature) = (
        fetch.read(&release.list, 1 << 20).await.unwrap(),
        fetch.read(&signature, 1 << 16).await.unwrap(),
    );
    let text: Verified<_> = Keyring::ubuntu()
        .verify_detached(&list, &signature, now())
        .unwrap();
    let list = text.checksum_list().unwrap();
    list.names().map(str::to_owned).collect()
}

#[tokio::test]
async fn where_only_a_moving_link_has_a_build_the_names_in_it_decide() {
    let world = World::embedded().await;
    let page = "https://cdimage.debian.org/cdimage/openstack/";
    world.site.put(&format!("{page}current-10/SHA512SUMS"), "");
    world.site.put(&format!("{page}current-9/SHA512SUMS"), "");
    let buster = Debian::openstack("10", "buster").unwrap();
    let release = buster.latest(&world.fetch()).await.unwrap();
    assert_eq!(
        release.list.as_str(),
        format!("{page}current-10/SHA512SUMS")
    );
    assert_eq!(release.serial, None);
    let names = [
        "debian-10-openstack-amd64.qcow2",
        "debian-10.0.1-20190708-openstack-amd64.qcow2",
        "debian-10.0.1-20190708-openstack-arm64.qcow2",
    ];
    let file = buster
        .select(&release, &VerifiedNames::names(&names))
        .unwrap();
    assert_eq!(file.url.as_str(), format!("{page}current-10/{}", names[1]));
    let undated = buster.select(&release, &VerifiedNames::names(&names[..1]));
    assert!(matches!(undated, Err(SourceError::ImageNotListed { .. })));
}

#[tokio::test]
async fn a_page_without_builds_is_an_error_that_says_what_was_expected() {
    let world = World::embedded().await;
    let page = "https://cloud-images.ubuntu.com/releases/noble/";
    world
        .site
        .put(page, "<html><body>We have moved</body></html>");
    let source = Ubuntu::released(UbuntuRelease::Noble);
    let error = source.latest(&world.fetch()).await.unwrap_err().to_string();
    assert!(
        error.contains(page) && error.contains("release-20260725/"),
        "{error}"
    );
}

#[tokio::test]
async fn directories_that_are_no_days_are_no_builds() {
    let world = World::embedded().await;
    let page = "https://cloud-images.ubuntu.com/releases/noble/";
    for name in [
        "release-20269999",
        "release-99999999",
        "release-20261110.1.2",
        "release-20261110",
    ] {
        world.site.put(&format!("{page}{name}/SHA256SUMS"), "");
    }
    let source = Ubuntu::released(UbuntuRelease::Noble);
    let release = source.latest(&world.fetch()).await.unwrap();
    assert_eq!(release.serial.unwrap().as_str(), "20261110");
}

#[tokio::test]
async fn user_information_is_refused_and_nothing_secret_is_shown() {
    let world = World::embedded().await;
    let host = "cloud-images.ubuntu.com";
    for user in ["bob:hunter2", ":hunter2", "hunter2"] {
        let error = world
            .fetch()
            .open(&url(&format!("https://{user}@{host}/x")))
            .await;
        let error = error.unwrap_err();
        assert!(
            matches!(error, FetchError::UserInformation { .. }),
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert!(world.site.requests().is_empty());
    let error = world
        .fetch()
        .open(&url(&format!("https://{host}/x?token=hunter2")))
        .await;
    let error = format!("{:?}", error.unwrap_err());
    assert!(
        error.contains(host) && !error.contains("hunter2"),
        "{error}"
    );
}

#[tokio::test]
async fn http_is_refused_before_anything_is_sent() {
    let world = World::embedded().await;
    let plain = url("http://cloud-images.ubuntu.com/x");
    let error = world.fetch().open(&plain).await.unwrap_err();
    assert!(matches!(error, FetchError::InsecureUrl { .. }));
    assert!(world.site.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let world = World::embedded().await;
    let fetch = HttpFetch::builder()
        .no_proxy()
        .resolve("cloud-images.ubuntu.com", world.site.address())
        .build()
        .unwrap();
    let error = fetch
        .open(&url("https://cloud-images.ubuntu.com/x"))
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn redirects_are_followed_to_https_and_not_without_end() {
    let world = World::embedded().await;
    let at = |path: &str| format!("https://cloud-images.ubuntu.com/{path}");
    world.site.put(&at("file"), "content");
    world.site.put(&at("moved"), "");
    world
        .site
        .fault(&at("moved"), Fault::RedirectTo(at("file")));
    let read = world.fetch().read(&url(&at("moved")), 100).await.unwrap();
    assert_eq!(read, b"content");
    world
        .site
        .fault(&at("file"), Fault::RedirectTo(at("moved")));
    assert!(world.fetch().read(&url(&at("moved")), 100).await.is_err());
}

#[tokio::test]
async fn small_files_have_a_limit_whether_announced_or_not() {
    let world = World::embedded().await;
    let at = "https://cloud-images.ubuntu.com/file";
    world.site.put(at, "0123456789");
    let fetch = world.fetch();
    assert_eq!(fetch.read(&url(at), 10).await.unwrap().len(), 10);
    for fault in [None, Some(Fault::Chunked)] {
        if let Some(fault) = fault {
            world.site.fault(at, fault);
        }
        let error = fetch.read(&url(at), 9).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge { limit: 9, .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_directory_serves_files_and_pages_and_never_leaves_its_root() {
    let (root, fetch) = mirror(
        "cloud-images.ubuntu.com/releases/noble/release-20261110/x",
        b"x",
    );
    fs::write(root.path().join("secret"), b"secret").unwrap();
    let source = Ubuntu::released(UbuntuRelease::Noble);
    assert_eq!(
        source
            .latest(&fetch)
            .await
            .unwrap()
            .serial
            .unwrap()
            .as_str(),
        "20261110"
    );
    let file = "https://cloud-images.ubuntu.com/releases/noble/release-20261110/x";
    assert_eq!(fetch.read(&url(file), 10).await.unwrap(), b"x");
    for outside in [
        "https://cloud-images.ubuntu.com/../secret",
        "https://cloud-images.ubuntu.com/%2e%2e/secret",
        "https://cloud-images.ubuntu.com/..%2fsecret",
        "https://cloud-images.ubuntu.com/a%5c..%5csecret",
    ] {
        let error = fetch.read(&url(outside), 10).await.unwrap_err();
        assert!(
            matches!(
                error,
                FetchError::NotFound { .. } | FetchError::UnsafePath { .. }
            ),
            "{outside}: {error}"
        );
    }
}
