//! Private images of one's own: what is proven, what says that it is not, and what is refused.

mod leftovers;

use std::sync::Arc;

use bonafide::glance::{Image, ImageFilter, Visibility};
use bonafide::publisher::danger::{Reason, Unverified};
use bonafide::publisher::{Error, KeySources, NoEvents, UploadReport};
use bonafide::sources::{Centos, CustomImage, LocalFiles};
use bonafide::{Channel, Publisher};
use bonafide_testkit::site::{CentosBuild, Fault};
use url::Url;

use support::custom_site::{self, CustomWorld};
use support::{Cloud, cases, causes, making, now, on_both_clouds, site_fetch};

on_both_clouds! {
    CustomWorld:
    a_customer_uploads_a_proven_build_and_finds_it_again,
    a_forged_build_is_not_uploaded,
    a_build_that_nobody_signs_is_uploaded_with_a_reason_only,
    any_image_is_uploaded_with_a_reason_that_stands_on_it,
    an_unverified_upload_that_breaks_off_leaves_nothing,
    a_file_of_ones_own_is_proven_by_ones_own_key,
}

/// As a customer, who may not publish anything.
fn customer(shop: &CustomWorld) -> Publisher {
    let fetch = LocalFiles::and(Arc::new(site_fetch(&shop.site)));
    Publisher::new(Arc::new(fetch), shop.cloud.session("customer"), now)
}

fn reason() -> Reason {
    "the vendor signs nothing, and I need it for a test"
        .parse()
        .unwrap()
}

async fn image(shop: &CustomWorld, uploaded: &UploadReport) -> Image {
    let image = shop
        .cloud
        .glance("customer")
        .image(uploaded.image)
        .await
        .unwrap();
    assert_eq!(image.visibility, Visibility::Private);
    for gone in [
        "bonafide_state",
        "bonafide_lease_until",
        "bonafide_run",
        "bonafide_channel",
    ] {
        assert!(!image.properties.contains_key(gone), "{gone}");
    }
    // No other project sees it.
    let other = shop
        .cloud
        .glance("customer2")
        .find(uploaded.image)
        .await
        .unwrap();
    assert!(other.is_none(), "{other:?}");
    image
}

async fn remove(shop: &CustomWorld, uploaded: &UploadReport) {
    shop.cloud
        .glance("customer")
        .delete(uploaded.image)
        .await
        .unwrap();
}

/// The customer's images whose bytes came from there.
async fn from(shop: &CustomWorld, url: &str) -> Vec<Image> {
    let glance = shop.cloud.glance("customer");
    let project = glance.session().project_id().await.unwrap();
    let filter = ImageFilter::new()
        .owner(&project)
        .property("image_source", url);
    glance.list(&filter).await.unwrap()
}

async fn a_customer_uploads_a_proven_build_and_finds_it_again(shop: CustomWorld) {
    for case in [&cases::FLATCAR_BZIP2, &cases::FEDORA_44] {
        let build = shop.publish_at_vendor(case);
        let (publisher, channel) = (customer(&shop), shop.channel(case));
        let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
        let name = Some("my own");
        let uploaded = publisher
            .upload(&channel, &candidate, name, &NoEvents)
            .await
            .unwrap();
        let stored = uploaded.stored.as_ref().unwrap();
        assert_eq!(stored.sha512.to_string(), build.sha512);
        let found = image(&shop, &uploaded).await;
        assert_eq!(found.name.as_deref(), Some("my own"));
        assert_eq!(found.os_hash_value.as_deref(), Some(&*build.sha512));
        assert_eq!(found.properties["bonafide_upload"], "proven");
        let signer = uploaded.evidence.as_ref().unwrap().signer.to_string();
        assert_eq!(found.properties["bonafide_signer"], signer);

        let again = publisher
            .upload(&channel, &candidate, None, &NoEvents)
            .await
            .unwrap();
        assert_eq!(again.image, uploaded.image);
        assert!(again.stored.is_none(), "nothing was uploaded");
        remove(&shop, &uploaded).await;
    }
}

async fn a_forged_build_is_not_uploaded(shop: CustomWorld) {
    let case = &cases::ALMALINUX_9;
    let build = shop.publish_at_vendor(case);
    shop.site
        .fault(&build.image_url, Fault::FlipBit(build.size - 1));
    let (publisher, channel) = (customer(&shop), shop.channel(case));
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let error = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await;
    let text = causes(&error.unwrap_err());
    assert!(text.contains("is not the vendor's file"), "{text}");
    assert!(from(&shop, &build.image_url).await.is_empty());
}

async fn a_build_that_nobody_signs_is_uploaded_with_a_reason_only(shop: CustomWorld) {
    let key = making::keys().key("centos").unwrap();
    let unsigned = shop.making().apply(CentosBuild::stream("10", "20261110.0"));
    let build = shop.site.publish(&unsigned, key).unwrap();
    let trust = KeySources::pinned("centos", [key.fingerprint().parse().unwrap()]);
    let trust = trust.key(&key.public_key_binary().unwrap()).unwrap();
    let fetch = site_fetch(&shop.site);
    let keyring = trust.keyring(&fetch).await.unwrap();
    let channel = Channel::new(Centos::stream("10").unwrap(), keyring);

    let publisher = customer(&shop);
    let error = publisher.find(&channel, &NoEvents).await.unwrap_err();
    assert!(
        matches!(error, Error::Unsigned { .. }) && error.is_expected(),
        "{error}"
    );

    let unverified = Unverified::newest(&channel, &fetch, reason())
        .await
        .unwrap();
    let uploaded = publisher
        .upload_unverified(&unverified, &NoEvents)
        .await
        .unwrap();
    let found = image(&shop, &uploaded).await;
    assert_eq!(
        found.properties["bonafide_unverified"],
        reason().to_string()
    );
    assert_eq!(found.properties["bonafide_upload"], "unverified");
    assert_eq!(found.properties["os_distro"], "centos");
    assert_eq!(found.properties["image_source"], build.image_url);
    assert!(!found.properties.contains_key("bonafide_signer"));
    assert!(uploaded.evidence.is_none());
    remove(&shop, &uploaded).await;

    // The unsigned list still shows a damaged download.
    shop.site
        .fault(&build.image_url, Fault::FlipBit(build.size / 2));
    let error = publisher.upload_unverified(&unverified, &NoEvents).await;
    let text = causes(&error.unwrap_err());
    assert!(text.contains("computed"), "{text}");
    assert!(from(&shop, &build.image_url).await.is_empty());
}

async fn any_image_is_uploaded_with_a_reason_that_stands_on_it(shop: CustomWorld) {
    let bytes = shop.qcow2();
    let url = format!(
        "https://images.operator.test/{}.qcow2.bz2",
        uuid::Uuid::new_v4()
    );
    shop.site.put(&url, custom_site::bzip2(&bytes));
    let unverified = || Unverified::at(url.parse().unwrap(), reason());
    let publisher = customer(&shop);
    let named = unverified()
        .name("mine")
        .property("os_distro", "ubuntu")
        .unwrap();
    let uploaded = publisher
        .upload_unverified(&named, &NoEvents)
        .await
        .unwrap();
    let found = image(&shop, &uploaded).await;
    assert_eq!(found.size, Some(bytes.len() as u64), "decompressed");
    assert_eq!(found.name.as_deref(), Some("mine"));
    assert_eq!(found.min_disk, 2);
    assert_eq!(found.properties["os_distro"], "ubuntu");
    assert_eq!(
        found.properties["bonafide_unverified"],
        reason().to_string()
    );
    for name in [
        "bonafide_unverified",
        "bonafide_signer",
        "os_glance_x",
        "os_hash_value",
    ] {
        assert!(unverified().property(name, "x").is_err(), "{name}");
    }
    remove(&shop, &uploaded).await;

    shop.site.put(&url, "<html>moved</html>");
    let error = publisher.upload_unverified(&unverified(), &NoEvents).await;
    let text = causes(&error.unwrap_err());
    assert!(
        text.contains("an HTML page") && text.contains(&url),
        "{text}"
    );
    assert!(from(&shop, &url).await.is_empty());
}

async fn an_unverified_upload_that_breaks_off_leaves_nothing(shop: CustomWorld) {
    let bytes = shop.qcow2();
    let url = format!(
        "https://images.operator.test/{}.qcow2",
        uuid::Uuid::new_v4()
    );
    let publisher = customer(&shop);
    for content in [bytes.clone(), custom_site::bzip2(&bytes)] {
        let size = content.len() as u64;
        shop.site.put(&url, content);
        for fault in [Fault::CutAfter(size - 10), Fault::CutAfter(size * 3 / 4)] {
            shop.site.fault(&url, fault);
            let unverified = Unverified::at(url.parse().unwrap(), reason());
            let error = publisher.upload_unverified(&unverified, &NoEvents).await;
            let text = causes(&error.unwrap_err());
            assert!(text.contains(&url), "{text}");
            assert!(from(&shop, &url).await.is_empty(), "{text}");
        }
        shop.site.clear_fault(&url);
    }
}

async fn a_file_of_ones_own_is_proven_by_ones_own_key(shop: CustomWorld) {
    let directory = tempfile::tempdir().unwrap();
    let key = making::keys().key("operator").unwrap();
    let write = |name: &str, bytes: &[u8]| -> Url {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Url::from_file_path(path).unwrap()
    };
    let bytes = shop.qcow2();
    let image_url = write("own.qcow2", &bytes);
    let list = format!("{}  own.qcow2\n", sha256(&bytes));
    let options = bonafide_testkit::keys::SignatureOptions::at(now());
    let signature = key.sign(list.as_bytes(), &options).unwrap();
    let list = write("SHA256SUMS", list.as_bytes());
    let signature = write("SHA256SUMS.asc", signature.as_bytes());
    write("key.asc", key.public_key_armored().unwrap().as_bytes());

    let source = || {
        CustomImage::new(
            "own",
            image_url.clone(),
            list.clone(),
            Some(signature.clone()),
        )
    };
    let trust = KeySources::pinned("operator", [key.fingerprint().parse().unwrap()]);
    let trust = trust.file(directory.path().join("key.asc"));
    let keyring = trust.keyring(&site_fetch(&shop.site)).await.unwrap();
    let channel = Channel::new(source().unwrap(), keyring);
    let publisher = customer(&shop);
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let uploaded = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await
        .unwrap();
    let found = image(&shop, &uploaded).await;
    assert_eq!(
        found.properties["image_source"], "private",
        "no path of the disk shows"
    );
    assert_eq!(found.properties["os_purpose"], "custom");
    remove(&shop, &uploaded).await;

    // The file is changed after it was signed.
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    write("own.qcow2", &changed);
    let error = publisher
        .upload(&channel, &candidate, None, &NoEvents)
        .await;
    let text = causes(&error.unwrap_err());
    assert!(text.contains("is not the vendor's file"), "{text}");

    // A key file without the pinned key.
    let other = support::vendor_key().public_key_armored().unwrap();
    write("key.asc", other.as_bytes());
    let error = trust.keyring(&site_fetch(&shop.site)).await.unwrap_err();
    let error = Error::from(error);
    assert!(matches!(error, Error::NoKey { .. }), "{error}");
    assert!(error.to_string().contains(&key.fingerprint()), "{error}");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    format!("{:x}", sha2::Sha256::digest(bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_and_accepted_by_their_fingerprint_alone() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let key = making::keys().key("fedora-44").unwrap();
    let at = "https://images.operator.test/keys.asc";
    let trust = || {
        let trust = KeySources::pinned("fedora", [key.fingerprint().parse().unwrap()]);
        trust.url(at.parse().unwrap())
    };
    let fetch = site_fetch(&shop.site);
    let error = trust().keyring(&fetch).await.unwrap_err().to_string();
    assert!(error.contains(at) && error.contains("404"), "{error}");

    let other = support::vendor_key().public_key_armored().unwrap();
    shop.site.put(at, other.clone());
    let error = trust().keyring(&fetch).await.unwrap_err().to_string();
    assert!(error.contains(&key.fingerprint()), "{error}");

    shop.site
        .put(at, other + &key.public_key_armored().unwrap());
    let keyring = trust().keyring(&fetch).await.unwrap();
    assert_eq!(keyring.missing(), []);
    assert_eq!(keyring.pinned().len(), 1, "the other key does not count");

    // A loaded key is enough, even if its URL does not exist any more.
    shop.site.remove(at);
    let held = trust().key(&key.public_key_binary().unwrap()).unwrap();
    assert!(held.keyring(&fetch).await.is_ok());
}
