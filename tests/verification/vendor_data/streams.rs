//! Ubuntu's real simplestreams documents.
//!
//! Their names hold colons, which a mirror on disk can't, so a site serves them.

use bonafide::Channel;
use bonafide::publisher::Error;
use bonafide::sources::{Ubuntu, UbuntuBuilds, UbuntuRelease};
use bonafide::verify::Error as Refusal;
use bonafide_testkit::site::VendorSite;
use jiff::civil::date;

use crate::vendor_data::{Look, Mirror, SHA1, keys_of};
use support::{causes, site_fetch};

const INDEX: &str =
    "https://cloud-images.ubuntu.com/releases/streams/v1/com.ubuntu.cloud:released:download.sjson";
const OF_2016: &str = "ubuntu/simplestreams-20161104/com.ubuntu.cloud_released_download.sjson";

/// What comes of a document where the index should be.
async fn look(source: Ubuntu, document: Vec<u8>) -> Look {
    let site = VendorSite::start().await.unwrap();
    site.put(INDEX, document);
    let keyring = keys_of(&source).await;
    Look::at(&Channel::new(source, keyring), &site_fetch(&site)).await
}

#[tokio::test]
async fn the_real_index_gives_the_newest_build_of_a_version_that_it_names() {
    let Some(mirror) = Mirror::new() else { return };
    let candidate = look(yakkety(), mirror.read(OF_2016)).await.candidate();
    assert_eq!(candidate.serial().as_str(), "20161020.1");
    assert_eq!(candidate.build_date(), date(2016, 10, 20));
    assert_eq!(
        candidate.file().url.as_str(),
        "https://cloud-images.ubuntu.com/releases/yakkety/release-20161020.1/\
         ubuntu-16.10-server-cloudimg-amd64.img"
    );
    let expected = candidate.expected();
    assert_eq!(
        expected.digest.to_string(),
        "bf37567d57d5433db8ec4e1fd667444b82ea647a978e86eda6aae8828abb1d76"
    );
    assert_eq!(expected.size, Some(334_299_136));
    mirror.assert_as_stated(OF_2016, candidate.evidence());
}

#[tokio::test]
async fn the_real_index_is_proven_and_gives_no_build_of_a_later_version() {
    let Some(mirror) = Mirror::new() else { return };
    let noble = Ubuntu::streams(UbuntuRelease::Noble);
    let evidence = look(noble, mirror.read(OF_2016)).await.proof_without_image(
        "server/releases/noble/release-20260725/ubuntu-24.04-server-cloudimg-amd64.img",
        6996,
    );
    mirror.assert_as_stated(OF_2016, &evidence);
    assert_eq!(evidence.signed_at.to_string(), "2016-11-04T03:34:03Z");
    assert_eq!(evidence.accepted_weaknesses, [SHA1]);
}

#[tokio::test]
async fn a_changed_document_is_refused() {
    let Some(mirror) = Mirror::new() else { return };
    let index = String::from_utf8(mirror.read(OF_2016)).unwrap();
    // The digest of the build that would be taken.
    let changed = index.replace("bf37567d57d5433d", "0f37567d57d5433d");
    assert_ne!(index, changed);
    for document in [
        changed.into_bytes(),
        mirror.read("negative/32-sjson-tampered/index.sjson"),
    ] {
        let look = look(yakkety(), document).await;
        assert!(look.seen.read_again);
        let (refusal, text) = refusal(look);
        assert!(matches!(refusal, Refusal::BadSignature { .. }), "{text}");
    }
}

#[tokio::test]
async fn another_document_of_the_same_key_is_refused() {
    let Some(mirror) = Mirror::new() else { return };
    for year in ["20161104", "20221007"] {
        let document = mirror.read(&format!("ubuntu/simplestreams-{year}/index.sjson"));
        let (refusal, text) = refusal(look(yakkety(), document).await);
        assert!(
            matches!(refusal, Refusal::NotSimplestreams { .. }),
            "{text}"
        );
        assert!(text.contains("`index:1.0`"), "{text}");
    }
}

fn yakkety() -> Ubuntu {
    Ubuntu::new("16.10", "yakkety", UbuntuBuilds::Streams).unwrap()
}

fn refusal(look: Look) -> (Refusal, String) {
    let error = look.refusal();
    let text = causes(&error);
    let Error::Unverified { url, source } = error else {
        panic!("{text}")
    };
    assert_eq!(url.as_str(), INDEX);
    (*source, text)
}
