//! Every vendor's image on its whole way into a cloud, the embedded one and a real one.

mod mirrors;
mod pace;

use std::collections::BTreeSet;

use bonafide::publisher::{Error, Outcome};
use bonafide::sources::{Flatcar, FlatcarFile, Mirror};
use bonafide::verify::Error as Refusal;
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::site::{Fault, FlatcarBuild};

use support::custom_site::{self, BZ2, CustomWorld, flatcar_digests};
use support::{Cloud, TRIES, cases, causes, making, now, on_both_clouds};

on_both_clouds! {
    CustomWorld:
    every_vendors_image_is_published_unchanged,
    a_compressed_image_is_stored_as_what_is_in_it,
    a_changed_compressed_image_leaves_nothing,
    what_is_no_image_inside_is_noticed_before_anything_exists,
    a_stream_that_does_not_end_where_the_file_does_leaves_nothing,
    an_image_that_unpacks_to_too_much_leaves_nothing,
    the_signature_over_the_image_itself_must_count_too,
    a_mirror_gives_the_bytes_and_no_more,
    a_size_that_the_list_denies_is_noticed_before_anything_exists,
}

async fn every_vendors_image_is_published_unchanged(shop: CustomWorld) {
    let mut used = BTreeSet::new();
    for case in cases::ALL {
        let build = shop.publish_at_vendor(case);
        let channel = shop.channel(case);
        let report = shop.publish(&channel).await.unwrap();
        let name = channel.name();
        println!("{name}: {} in {} requests", report.image, report.requests);
        assert_eq!(report.outcome, Outcome::Published, "{name}");
        // The same build by way of simplestreams: its first id was used, which costs two more.
        let limit = if used.insert((name.to_owned(), build.sha512.clone())) {
            8
        } else {
            10
        };
        assert!(
            report.requests <= limit,
            "{name}: {} requests",
            report.requests
        );

        let image = shop.image(&report).await;
        assert_eq!(image.size, Some(build.size), "{name}");
        assert_eq!(
            image.os_hash_value.as_deref(),
            Some(&*build.sha512),
            "{name}"
        );
        assert_eq!(image.virtual_size, Some(2 << 30), "{name}");
        assert_eq!(image.min_disk, 2, "{name}");
        let product = channel.product();
        let file = &report.digests.as_ref().unwrap().digests;
        for (property, value) in [
            ("image_source", report.source.to_string()),
            ("source_url", report.source.to_string()),
            ("source_sha256sum", file.sha256.to_string()),
            ("source_sha512sum", file.sha512.to_string()),
            ("os_distro", product.distribution.clone()),
            ("image_original_user", product.default_user.clone()),
            ("bonafide_signer", report.evidence.signer.to_string()),
            ("bonafide_serial", case.serials[1].to_owned()),
        ] {
            assert_eq!(
                image.properties.get(property),
                Some(&value),
                "{name}: {property}"
            );
        }
        let again = shop.publish(&channel).await.unwrap();
        assert_eq!(again.outcome, Outcome::AlreadyPublished, "{name}");
        assert_eq!(again.image, report.image, "{name}");
        shop.remove(&report).await;
    }
}

async fn a_compressed_image_is_stored_as_what_is_in_it(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::FLATCAR_BZIP2);
    let packed = build.compressed.clone().unwrap();
    let report = shop.publish(&shop.flatcar()).await.unwrap();
    let image = shop.image(&report).await;
    assert_eq!(image.properties["source_sha512sum"], packed.sha512);
    assert_eq!(image.properties["source_sha256sum"], packed.sha256);
    assert_eq!(image.properties["source_url"], packed.url);
    assert_eq!(image.properties["os_version"], "4593.2.5");
    assert_eq!(
        image.properties["bonafide_image_digest"],
        format!("sha512:{}", build.sha512)
    );
    assert_ne!(packed.sha512, build.sha512);
    assert_eq!(shop.download_sha512(&report).await, build.sha512);
    // Both signatures were by the live subkey of the pinned primary key.
    let itself = report.digests.unwrap().file_signature.unwrap();
    assert_eq!(itself.signer, report.evidence.signer);
    assert_ne!(itself.signer, itself.certificate);
    shop.remove_image(report.image).await;
}

async fn a_changed_compressed_image_leaves_nothing(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::FLATCAR_BZIP2);
    let packed = build.compressed.unwrap();
    for place in [10, packed.size / 2, packed.size - 1] {
        shop.site.fault(&packed.url, Fault::FlipBit(place));
        let text = shop.refused(&shop.flatcar(), &packed.url).await;
        println!("{text}");
    }
    // Without one of its bytes, announced or not.
    for fault in [
        Fault::CutAfter(packed.size - 1),
        Fault::AnnounceLess(packed.size / 2),
    ] {
        shop.site.fault(&packed.url, fault);
        println!("{}", shop.refused(&shop.flatcar(), &packed.url).await);
    }
}

async fn what_is_no_image_inside_is_noticed_before_anything_exists(shop: CustomWorld) {
    for (bytes, words) in [
        (custom_site::bzip2(b"<html>404</html>"), "an HTML page"),
        (custom_site::bzip2(b""), "an empty file"),
        (b"no bzip2 at all".to_vec(), "bzip2"),
        (shop.qcow2(), "bzip2"),
    ] {
        shop.put_flatcar(&bytes);
        let text = shop.refused(&shop.flatcar(), &custom_site::url(BZ2)).await;
        assert!(text.contains(words), "`{words}` is not in: {text}");
        assert!(!shop.events.names().contains(&"created"), "{text}");
    }
}

async fn a_stream_that_does_not_end_where_the_file_does_leaves_nothing(shop: CustomWorld) {
    let whole = custom_site::bzip2(&shop.qcow2());
    let mut trailing = whole.clone();
    trailing.extend_from_slice(b"something else");
    let cut = whole[..whole.len() - 8].to_vec();
    for bytes in [trailing, cut] {
        // The vendor has signed exactly these bytes.
        shop.put_flatcar(&bytes);
        let text = shop.refused(&shop.flatcar(), &custom_site::url(BZ2)).await;
        assert!(text.contains("can't be decompressed"), "{text}");
    }
    // Two streams one after the other are one file.
    let image = shop.qcow2();
    let (one, other) = image.split_at(image.len() / 2);
    let two = [custom_site::bzip2(one), custom_site::bzip2(other)].concat();
    shop.put_flatcar(&two);
    let report = shop.publish(&shop.flatcar()).await.unwrap();
    assert_eq!(report.stored.as_ref().unwrap().bytes, image.len() as u64);
    shop.remove(&report).await;
}

async fn an_image_that_unpacks_to_too_much_leaves_nothing(shop: CustomWorld) {
    // Mebibytes of zeros in some hundred bytes, behind a good head.
    let mut image = shop.qcow2();
    image.resize(64 << 20, 0);
    shop.put_flatcar(&custom_site::bzip2(&image));
    let channel = shop.flatcar();
    let publisher = shop.publisher().max_size(16 << 20);
    let candidate = publisher.find(&channel, &*shop.events).await.unwrap();
    let error = publisher.publish(&channel, &candidate, &*shop.events).await;
    let text = causes(&error.unwrap_err());
    assert!(text.contains("is larger than the 16777216 bytes"), "{text}");
    shop.assert_nothing_is_left(&channel).await;
}

async fn the_signature_over_the_image_itself_must_count_too(shop: CustomWorld) {
    let image = shop.qcow2();
    let bytes = custom_site::bzip2(&image);
    let signature = format!("{}.sig", custom_site::url(BZ2));

    shop.put_flatcar(&bytes);
    shop.site.remove(&signature);
    let text = shop.refused(&shop.flatcar(), &signature).await;
    assert!(text.contains("unsigned"), "{text}");

    // By the right key, over another file: reported after the last byte.
    shop.put_flatcar(&bytes);
    shop.site.put(&signature, shop.sign_binary(b"another file"));
    let text = shop.refused(&shop.flatcar(), &custom_site::url(BZ2)).await;
    assert!(text.contains("bad signature"), "{text}");

    // By keys that are not valid: reported before the image is requested.
    let keys = making::keys();
    for (key, words) in [
        (keys.flatcar_expired(), "expired"),
        (keys.flatcar_revoked(), "revoked"),
        (keys.key("debian").unwrap(), "unknown key"),
    ] {
        shop.put_flatcar(&bytes);
        let options = bonafide_testkit::keys::SignatureOptions::at(now());
        let foreign = key.sign_binary(&bytes, &options).unwrap();
        shop.site.put(&signature, foreign);
        shop.site.clear_requests();
        let text = shop.refused(&shop.flatcar(), &signature).await;
        assert!(text.contains(words), "`{words}` is not in: {text}");
        assert!(
            !shop.site.requests().contains(&custom_site::url(BZ2)),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_compressed_image_is_completed_by_the_next_run() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let cloud = shop.cloud.as_embedded();
    let build = shop.publish_at_vendor(&cases::FLATCAR_BZIP2);
    let channel = shop.flatcar();
    let cut = CloudFault::new("PATCH", "", CloudFaultKind::DropBefore);
    cloud.fail_next(cut.times(TRIES));
    shop.publish(&channel).await.unwrap_err();
    let report = shop.publish(&channel).await.unwrap();
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(shop.download_sha512(&report).await, build.sha512);
    assert_eq!(
        shop.publish(&channel).await.unwrap().outcome,
        Outcome::AlreadyPublished
    );
}

async fn a_mirror_gives_the_bytes_and_no_more(shop: CustomWorld) {
    let case = &cases::UBUNTU_RELEASED;
    let build = shop.publish_at_vendor(case);
    let bytes = shop.read(&build.image_url).await;
    shop.site.remove(&build.image_url);
    let mirrored = "https://images.operator.test/mirror/noble/";
    let mirror = || {
        let vendor = "https://cloud-images.ubuntu.com/releases/noble/";
        Mirror::new(vendor.parse().unwrap(), mirrored.parse().unwrap()).unwrap()
    };
    let at_mirror = format!("{mirrored}release-{}/{}", case.serials[1], build.image_name);
    // Everything else is there as well, and must not be asked for.
    for list in ["SHA256SUMS", "SHA256SUMS.gpg"] {
        shop.site.put(
            &format!("{mirrored}release-{}/{list}", case.serials[1]),
            "forged",
        );
    }

    let mut forged = bytes.clone();
    *forged.last_mut().unwrap() ^= 1;
    shop.site.put(&at_mirror, forged);
    let text = shop
        .refused(&shop.channel(case).mirror(mirror()), &at_mirror)
        .await;
    assert!(text.contains("is not the vendor's file"), "{text}");

    shop.site.put(&at_mirror, bytes);
    let report = shop
        .publish(&shop.channel(case).mirror(mirror()))
        .await
        .unwrap();
    assert_eq!(report.source.as_str(), build.image_url);
    let image = shop.image(&report).await;
    assert_eq!(image.properties["image_source"], build.image_url);
    let asked = shop.site.requests();
    let from_mirror = asked.iter().filter(|url| url.contains("operator.test"));
    assert!(
        from_mirror.clone().all(|url| *url == at_mirror),
        "{asked:?}"
    );
    shop.remove(&report).await;
}

async fn a_size_that_the_list_denies_is_noticed_before_anything_exists(shop: CustomWorld) {
    let (case, making) = (&cases::FEDORA_44, shop.making());
    let size = shop.publish_at_vendor(case).size;
    let wrong = making::Making::edited(move |list| {
        list.replace(&format!(": {size} bytes"), &format!(": {} bytes", size + 1))
    });
    let wrong = making::Making {
        seed: making.seed,
        ..wrong
    };
    let build = shop.publish_made(case, &wrong);
    let text = shop.refused(&shop.channel(case), &build.image_url).await;
    assert!(text.contains(&(size + 1).to_string()), "{text}");
    // Where the server does not announce a size, the bytes are counted.
    shop.site.fault(&build.image_url, Fault::Chunked);
    let text = shop.refused(&shop.channel(case), &build.image_url).await;
    assert!(text.contains(&(size + 1).to_string()), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_file_of_another_build_is_refused() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    shop.put_flatcar(&custom_site::bzip2(&shop.qcow2()));
    let newer = &custom_site::url("version.txt");
    let old = "FLATCAR_VERSION=4593.2.4\nFLATCAR_BUILD_ID=\"2026-11-01-2350\"\n";
    shop.site.put(newer, old);
    shop.site
        .put(&format!("{newer}.sig"), shop.sign_binary(old.as_bytes()));
    let text = shop.refused(&shop.flatcar(), "4593.2.5").await;
    assert!(text.contains("4593.2.4"), "{text}");

    // An unsigned one.
    shop.site.put(
        newer,
        "FLATCAR_VERSION=4593.2.5\nFLATCAR_BUILD_ID=\"2026-11-10-2350\"\n",
    );
    let error = shop.publish(&shop.flatcar()).await.unwrap_err();
    let Error::Unverified { source, url } = error else {
        panic!("{error}")
    };
    assert_eq!(url.as_str(), newer);
    assert!(matches!(*source, Refusal::BadSignature { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_flatcar_image_in_a_new_directory_is_refused() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let old = FlatcarBuild::stable("4593.2.4", "2026-10-01-2350");
    let old = shop.site.publish(&old, shop.flatcar_key()).unwrap();
    shop.publish_at_vendor(&cases::FLATCAR_BZIP2);
    let newer = "https://stable.release.flatcar-linux.net/amd64-usr/4593.2.5/";
    for suffix in ["", ".sig", ".DIGESTS.asc"] {
        let bytes = shop
            .read(&format!("{}{BZ2}{suffix}", old.directory_url))
            .await;
        shop.site.put(&format!("{newer}{BZ2}{suffix}"), bytes);
    }
    // All of it was signed by the vendor, but before this build existed.
    let error = shop.publish(&shop.flatcar()).await.unwrap_err();
    assert!(
        matches!(error, Error::SignatureTimesDiffer { .. }),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_build_of_another_flatcar_channel_is_refused() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    shop.put_flatcar(&custom_site::bzip2(&shop.qcow2()));
    let base = "https://stable.release.flatcar-linux.net/amd64-usr/";
    for suffix in ["", ".sig", ".DIGESTS.asc"] {
        let bytes = shop
            .read(&custom_site::url(&format!("{BZ2}{suffix}")))
            .await;
        shop.site
            .put(&format!("{base}4700.0.0/{BZ2}{suffix}"), bytes);
    }
    let alpha = "FLATCAR_VERSION=4700.0.0\nFLATCAR_BUILD_ID=\"2026-11-10-2350\"\n";
    shop.site.put(&format!("{base}current/version.txt"), alpha);
    shop.site.put(&format!("{base}4700.0.0/version.txt"), alpha);
    let signature = shop.sign_binary(alpha.as_bytes());
    shop.site
        .put(&format!("{base}4700.0.0/version.txt.sig"), signature);
    let text = shop.refused(&shop.flatcar(), "4700.0.0/version.txt").await;
    assert!(text.contains("X.2.X"), "{text}");
}

#[test]
fn a_list_of_digests_is_made_as_the_vendor_makes_it() {
    let list = flatcar_digests("x", b"abc");
    assert!(
        list.contains("# MD5 HASH\n900150983cd24fb0d6963f7d28e17f72  x\n"),
        "{list}"
    );
    let plain = Flatcar::stable(FlatcarFile::Plain);
    assert_eq!(bonafide::Source::product(&plain).channel, "flatcar-stable");
}
