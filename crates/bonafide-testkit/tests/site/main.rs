//! A client with real URLs and a real TLS stack sees a vendor's site.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod centos;
mod debian;
mod faults;
mod flatcar;
mod own;
mod rpm;
mod streams;
mod support;

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{Fault, PublishedBuild, SiteError, UbuntuBuild, VendorSite};
use bytes::Bytes;
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, LAST_MODIFIED,
    LOCATION, RANGE, TRANSFER_ENCODING,
};
use reqwest::redirect::Policy;
use sha2::{Digest, Sha256};

use support::{ask, builder, client, header, key, text};

const FILE: &str = "https://cloud-images.ubuntu.com/file.img";

fn noble(serial: &str) -> UbuntuBuild {
    UbuntuBuild::release("24.04", "noble", serial)
}

async fn site_with_build() -> (VendorSite, PublishedBuild, SigningKey) {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    let build = site.publish_ubuntu(&noble("20261110"), &key).unwrap();
    (site, build, key)
}

/// A site with one file of a thousand bytes.
async fn site_with_file() -> (VendorSite, Bytes) {
    let content: Bytes = (0..1000_u32).map(|n| (n % 251) as u8).collect();
    let site = VendorSite::start().await.unwrap();
    site.put(FILE, content.clone());
    (site, content)
}

#[tokio::test]
async fn a_published_build_is_signed_and_holds_the_image_of_the_list() {
    let (site, build, key) = site_with_build().await;
    let list = text(&site, &build.list_url).await;
    let line = format!("{} *ubuntu-24.04-server-cloudimg-amd64.img\n", build.sha256);
    assert!(list.contains(&line), "{list}");
    let image = ask(&site, &build.image_url).await;
    assert_eq!(image.content_length(), Some(build.size));
    assert_eq!(
        header(&image, LAST_MODIFIED),
        "Tue, 10 Nov 2026 18:00:00 GMT"
    );
    let digest = Sha256::digest(image.bytes().await.unwrap());
    assert_eq!(hex::encode(digest), build.sha256);

    let certificate = SignedPublicKey::from_bytes(&key.public_key_binary().unwrap()[..]).unwrap();
    let md5_url = build.list_url.replace("SHA256SUMS", "MD5SUMS");
    for (url, list) in [
        (&build.list_url, list),
        (&md5_url, text(&site, &md5_url).await),
    ] {
        let signature = text(&site, &format!("{url}.gpg")).await;
        let (signature, _) = DetachedSignature::from_string(&signature).unwrap();
        signature
            .verify(&certificate.primary_key, list.as_bytes())
            .unwrap();
    }
}

#[tokio::test]
async fn links_lead_to_the_newest_build() {
    let (site, _, key) = site_with_build().await;
    for serial in ["20261111.2", "20261111.10", "20261101"] {
        site.publish_ubuntu(&noble(serial), &key).unwrap();
        site.publish_ubuntu(&UbuntuBuild::daily("24.04", "noble", serial), &key)
            .unwrap();
    }
    let urls = [
        "https://cloud-images.ubuntu.com/releases/24.04/release/unpacked/build-info.txt",
        "https://cloud-images.ubuntu.com/releases/noble/release/unpacked/build-info.txt",
        "https://cloud-images.ubuntu.com/noble/current/unpacked/build-info.txt",
    ];
    for url in urls {
        assert_eq!(text(&site, url).await, "SERIAL=20261111.10\n", "{url}");
    }
    let list = text(
        &site,
        "https://cloud-images.ubuntu.com/noble/current/SHA256SUMS",
    )
    .await;
    assert!(list.contains(" *noble-server-cloudimg-amd64.img\n"));
    assert!(list.contains("-amd64.daily.20261111.2.20261111.10.image_changelog.json\n"));
}

#[tokio::test]
async fn directory_pages_look_like_the_vendors() {
    let (site, _, key) = site_with_build().await;
    site.publish_ubuntu(&UbuntuBuild::daily("24.04", "noble", "20261110"), &key)
        .unwrap();
    let page = text(&site, "https://cloud-images.ubuntu.com/releases/24.04/").await;
    let links: Vec<_> = page
        .split("href=\"")
        .skip(1)
        .map(|l| l.split('"').next().unwrap())
        .collect();
    let sorting = links.iter().position(|link| *link == "?C=N;O=D").unwrap();
    assert_eq!(
        links[sorting..sorting + 4],
        ["?C=N;O=D", "?C=M;O=A", "?C=S;O=A", "?C=D;O=A"]
    );
    assert_eq!(
        links[sorting + 4..],
        [
            "/releases/",
            "published-ec2-release.txt",
            "release-20261110/",
            "release/"
        ]
    );
    assert!(page.contains("Parent Directory</a>"), "{page}");
    assert!(
        page.contains(
            "<a href=\"release-20261110/\">release-20261110/</a>       2026-11-10 18:00    -   "
        ),
        "{page}"
    );
    let page = text(&site, "https://cloud-images.ubuntu.com/noble/").await;
    assert!(page.contains(r#"<a href="20261110/">"#) && page.contains(r#"<a href="current/">"#));
    let page = text(&site, "https://cloud-images.ubuntu.com/noble/current/").await;
    for name in [
        "MD5SUMS",
        "MD5SUMS.gpg",
        "SHA256SUMS",
        "SHA256SUMS.gpg",
        "unpacked/",
    ] {
        assert!(
            page.contains(&format!("<a href=\"{name}\">{name}</a>")),
            "{name}: {page}"
        );
    }
    assert!(
        page.contains(
            r#"<a href="noble-server-cloudimg-amd64.img">noble-server-cloudim..&gt;</a>"#
        )
    );
    assert!(
        text(&site, "https://cloud-images.ubuntu.com/?C=M;O=D")
            .await
            .contains("\"releases/\"")
    );
}

#[tokio::test]
async fn a_directory_without_its_slash_is_redirected() {
    let (site, build, _) = site_with_build().await;
    let url = build.directory_url.trim_end_matches('/');
    let response = ask(&site, url).await;
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(header(&response, LOCATION), build.directory_url);
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_a_page() {
    let (site, build, _) = site_with_build().await;
    for url in [
        format!("{}x", build.list_url),
        "https://cloud-images.ubuntu.com/jammy/".to_owned(),
    ] {
        let response = ask(&site, &url).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(header(&response, CONTENT_TYPE).starts_with("text/html"));
        assert!(response.text().await.unwrap().contains("Not Found"));
    }
    site.remove(&build.directory_url);
    assert_eq!(
        ask(&site, &build.image_url).await.status(),
        StatusCode::NOT_FOUND
    );
    let post = client(&site).post(&build.list_url).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn builds_can_be_published_wrongly() {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    let unsigned = site
        .publish_ubuntu(&noble("20261101").without_signature(), &key)
        .unwrap();
    assert_eq!(
        ask(&site, &unsigned.signature_url).await.status(),
        StatusCode::NOT_FOUND
    );

    let twice = noble("20261102").edit_list(|list| {
        format!(
            "{list}{} *ubuntu-24.04-server-cloudimg-amd64.img\n",
            "0".repeat(64)
        )
    });
    let twice = site.publish_ubuntu(&twice, &key).unwrap();
    let list = text(&site, &twice.list_url).await;
    assert_eq!(
        list.matches(" *ubuntu-24.04-server-cloudimg-amd64.img\n")
            .count(),
        2
    );

    let early = SignatureOptions::at("2020-01-01T00:00:00Z".parse().unwrap()).text();
    let odd = site
        .publish_ubuntu(&noble("20261103").signature(early).arch("arm64"), &key)
        .unwrap();
    assert!(odd.image_url.ends_with("-arm64.img"));
    let signature = text(&site, &odd.signature_url).await;
    let (signature, _) = DetachedSignature::from_string(&signature).unwrap();
    assert_eq!(
        signature.signature.created().unwrap().as_secs(),
        1_577_836_800
    );

    // Published again, a build is replaced.
    let again = noble("20261103")
        .without_signature()
        .also("ppc64el", Qcow2Image::new(0, 1, 1));
    let again = site.publish_ubuntu(&again, &key).unwrap();
    assert_eq!(ask(&site, &again.signature_url).await.status(), 404);
    assert_eq!(ask(&site, &odd.image_url).await.status(), 404);
    let other = again.image_url.replace("amd64", "ppc64el");
    let digest = hex::encode(Sha256::digest(
        ask(&site, &other).await.bytes().await.unwrap(),
    ));
    let list = text(&site, &again.list_url).await;
    assert!(list.contains(&format!(
        "{digest} *ubuntu-24.04-server-cloudimg-ppc64el.img\n"
    )));
    assert_eq!(list.lines().count(), 66);

    for serial in ["2026", "20261301", "20261110.", "latest"] {
        let error = site.publish_ubuntu(&noble(serial), &key).unwrap_err();
        assert!(matches!(error, SiteError::Serial { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_download_is_resumed_with_a_range() {
    let (site, content) = site_with_file().await;
    let whole = ask(&site, FILE).await;
    assert_eq!(header(&whole, ACCEPT_RANGES), "bytes");
    let tag = header(&whole, ETAG).to_owned();
    let get = || client(&site).get(FILE).header(RANGE, "bytes=990-");
    let rest = get().header(IF_RANGE, &tag).send().await.unwrap();
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&rest, CONTENT_RANGE), "bytes 990-999/1000");
    assert_eq!(rest.bytes().await.unwrap(), content[990..]);
    let changed = get().header(IF_RANGE, "\"other\"").send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(changed.bytes().await.unwrap(), content);
    let behind = client(&site)
        .get(FILE)
        .header(RANGE, "bytes=1000-")
        .send()
        .await
        .unwrap();
    assert_eq!(behind.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&behind, CONTENT_RANGE), "bytes */1000");
    site.fault(FILE, Fault::IgnoreRange);
    let ignored = get().send().await.unwrap();
    assert_eq!(ignored.status(), StatusCode::OK);
    assert_eq!(ignored.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn head_has_the_size_and_sends_no_body() {
    let site = VendorSite::start().await.unwrap();
    site.put(FILE, Qcow2Image::of_file_size(100 << 30, 1));
    let response = client(&site).head(FILE).send().await.unwrap();
    let length: u64 = header(&response, CONTENT_LENGTH).parse().unwrap();
    assert!(length >= 100 << 30);
    assert!(response.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_image_comes_as_it_is() {
    let site = VendorSite::start().await.unwrap();
    let image = Qcow2Image::of_file_size(3_000_000, 5);
    let sha256 = image.sha256().to_owned();
    site.put(FILE, image);
    let body = ask(&site, FILE).await.bytes().await.unwrap();
    assert_eq!(hex::encode(Sha256::digest(body)), sha256);
}

#[tokio::test]
async fn requests_are_recorded_in_order() {
    let (site, _) = site_with_file().await;
    ask(&site, FILE).await;
    ask(&site, "https://cloud-images.ubuntu.com/noble/?C=N;O=D").await;
    ask(&site, &site.plain_url(FILE)).await;
    let plain = FILE.replace("https:", "http:");
    assert_eq!(
        site.requests(),
        [
            FILE,
            "https://cloud-images.ubuntu.com/noble/?C=N;O=D",
            &plain
        ]
    );
    site.clear_requests();
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn only_clients_that_trust_the_authority_get_in() {
    let (site, other) = (
        VendorSite::start().await.unwrap(),
        VendorSite::start().await.unwrap(),
    );
    let stranger = builder(&other).resolve("cloud-images.ubuntu.com", site.address());
    let error = stranger
        .build()
        .unwrap()
        .get(FILE)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn all_vendors_hosts_are_served_and_others_when_asked_for() {
    let host = "mirror.operator.test";
    let site = VendorSite::builder().host(host).start().await.unwrap();
    let mut hosts = site.hosts();
    assert_eq!(hosts.pop().as_deref(), Some(host));
    assert_eq!(hosts, VendorSite::start().await.unwrap().hosts());
    for vendor in [
        "cloud-images.ubuntu.com",
        "stable.release.flatcar-linux.net",
    ] {
        assert!(hosts.iter().any(|host| host == vendor), "{hosts:?}");
    }
    for host in site.hosts() {
        let url = format!("https://{host}/file.txt");
        site.put(&url, host.as_str());
        assert_eq!(text(&site, &url).await, host);
    }
    assert_eq!(ask(&site, FILE).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
#[should_panic = "is not a URL of this site's hosts"]
async fn a_url_of_another_host_is_a_mistake_of_the_test() {
    let site = VendorSite::start().await.unwrap();
    site.put("https://example.org/file", "text");
}

#[tokio::test]
async fn a_stopped_site_does_not_answer() {
    let (site, _) = site_with_file().await;
    let client = client(&site);
    client.get(FILE).send().await.unwrap();
    drop(site);
    assert!(client.get(FILE).send().await.is_err());
}
