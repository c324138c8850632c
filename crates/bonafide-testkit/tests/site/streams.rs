//! Ubuntu's simplestreams.

use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{UbuntuBuild, VendorSite};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureVersion;
use serde_json::Value;

use crate::support::{assert_image, key, status, text, verify_clear_signed};

const STREAMS: &str = "https://cloud-images.ubuntu.com/releases/streams/v1/";
const DOWNLOADS: &str = "com.ubuntu.cloud:released:download";

fn noble(serial: &str) -> UbuntuBuild {
    UbuntuBuild::release("24.04", "noble", serial)
}

async fn downloads(site: &VendorSite) -> Value {
    let text = text(site, &format!("{STREAMS}{DOWNLOADS}.json")).await;
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_signed_documents_lead_to_the_image() {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    let build = noble("20261110")
        .streams()
        .also("arm64", Qcow2Image::new(0, 1, 1));
    let build = site.publish_ubuntu(&build, &key).unwrap();

    let index = text(&site, &format!("{STREAMS}index.sjson")).await;
    assert!(
        index.contains(", \n"),
        "the blanks at the ends of lines are missing"
    );
    let (index, shape) = verify_clear_signed(&key, &index);
    assert_eq!(shape, (SignatureVersion::V4, HashAlgorithm::Sha512));
    let index: Value = serde_json::from_str(&index).unwrap();
    assert_eq!(index["format"], "index:1.0");
    let stream = &index["index"][DOWNLOADS];
    assert_eq!(stream["datatype"], "image-downloads");
    let products = stream["products"].as_array().unwrap();
    assert!(products.contains(&"com.ubuntu.cloud:server:24.04:amd64".into()));

    let path = stream["path"].as_str().unwrap();
    let document = format!("https://cloud-images.ubuntu.com/releases/{path}");
    let (document, _) = verify_clear_signed(&key, &text(&site, &document).await);
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document, downloads(&site).await);
    assert_eq!(document["content_id"], DOWNLOADS);
    assert_eq!(document["updated"], "Tue, 10 Nov 2026 18:00:00 +0000");
    let versions = &document["products"]["com.ubuntu.cloud:server:24.04:amd64"]["versions"];
    let item = &versions["20261110"]["items"]["disk1.img"];
    assert_eq!(item["ftype"], "disk1.img");
    assert_eq!(item["sha256"], build.sha256);
    assert_eq!(item["size"], build.size);
    let path = item["path"].as_str().unwrap();
    assert_eq!(
        path,
        "server/releases/noble/release-20261110/ubuntu-24.04-server-cloudimg-amd64.img"
    );
    for root in ["", "releases/"] {
        let url = format!("https://cloud-images.ubuntu.com/{root}{path}");
        assert_image(&site, &url, &build).await;
    }
    let arm64 = &document["products"]["com.ubuntu.cloud:server:24.04:arm64"];
    assert_eq!(arm64["arch"], "arm64");
    assert!(arm64["versions"]["20261110"]["items"]["disk1.img"].is_object());
}

#[tokio::test]
async fn items_beside_the_image_are_those_of_the_list() {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    let build = site
        .publish_ubuntu(&noble("20261110").streams(), &key)
        .unwrap();
    let list = text(&site, &build.list_url).await;
    let document = downloads(&site).await;
    let versions = &document["products"]["com.ubuntu.cloud:server:24.04:amd64"]["versions"];
    let items = versions["20261110"]["items"].as_object().unwrap();
    assert_eq!(items.len(), 5);
    for item in items.values() {
        let name = item["path"].as_str().unwrap().rsplit('/').next().unwrap();
        let line = format!("{} *{name}\n", item["sha256"].as_str().unwrap());
        assert!(list.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn the_documents_name_all_builds_that_were_published_so() {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    let jammy = UbuntuBuild::release("22.04", "jammy", "20261109");
    for build in [
        noble("20261101").streams(),
        jammy.streams(),
        noble("20261110").streams(),
        noble("20261111"),
        UbuntuBuild::daily("24.04", "noble", "20261112").streams(),
    ] {
        site.publish_ubuntu(&build, &key).unwrap();
    }
    let document = downloads(&site).await;
    let serials = |version: &str| {
        let product = format!("com.ubuntu.cloud:server:{version}:amd64");
        let versions = &document["products"][product]["versions"];
        versions
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(serials("24.04"), ["20261101", "20261110"]);
    assert_eq!(serials("22.04"), ["20261109"]);
    let page = text(&site, "https://cloud-images.ubuntu.com/releases/").await;
    assert!(page.contains("\"streams/\"") && !page.contains("\"server"));
}

#[tokio::test]
async fn documents_are_there_when_asked_for_and_signed_if_the_build_is() {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    site.publish_ubuntu(&noble("20261101"), &key).unwrap();
    for name in ["index.sjson", "index.json"] {
        assert_eq!(status(&site, &format!("{STREAMS}{name}")).await, 404);
    }
    let unsigned = noble("20261110").streams().without_signature();
    site.publish_ubuntu(&unsigned, &key).unwrap();
    for name in ["index", DOWNLOADS] {
        assert_eq!(status(&site, &format!("{STREAMS}{name}.sjson")).await, 404);
        assert_eq!(status(&site, &format!("{STREAMS}{name}.json")).await, 200);
    }
}
