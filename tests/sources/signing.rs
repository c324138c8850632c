//! Where signatures are looked for, and what it means that there is none.

use bonafide::publisher::{Error, NoEvents};
use bonafide::sources::{
    Centos, Debian, Rocky, SignatureLocation, Signing, Source, Ubuntu, UbuntuBuilds,
};
use bonafide::verify::Error as Refusal;
use bonafide::{Candidate, Channel, Fetch, Keyring};
use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_testkit::site::{
    CentosBuild, DebianBuild, Fault, PublishedBuild, RockyBuild, VendorBuild, VendorSite,
};

use support::custom_site::CustomWorld;
use support::making::keys;
use support::{Cloud, causes, now, site_fetch, vendor_key};

const ROCKY: &str = "https://dl.rockylinux.org/pub/rocky/10/images/";

pub(crate) fn key(source: &dyn Source) -> &'static SigningKey {
    let name = &source.product().keyring;
    keys()
        .key(name)
        .unwrap_or_else(|| panic!("no key of {name}"))
}

pub(crate) fn channel(source: impl Source + 'static) -> Channel {
    let key = key(&source);
    let pin = key.fingerprint().parse().unwrap();
    let mut keyring = Keyring::new(source.product().vendor.clone(), [pin]);
    keyring.add(&key.public_key_binary().unwrap()).unwrap();
    Channel::new(source, keyring)
}

pub(crate) async fn find(
    site: &VendorSite,
    source: impl Source + 'static,
) -> Result<Candidate, Error> {
    channel(source)
        .find(&site_fetch(site), now(), &NoEvents)
        .await
}

async fn read(site: &VendorSite, url: &str) -> Vec<u8> {
    let read = site_fetch(site).read(&url.parse().unwrap(), 1 << 20).await;
    read.unwrap()
}

fn rocky(version: &str) -> Rocky {
    Rocky::new(version).unwrap()
}

async fn site_with(source: &dyn Source, build: &dyn VendorBuild) -> (VendorSite, PublishedBuild) {
    let site = VendorSite::start().await.unwrap();
    let build = site.publish(build, key(source)).unwrap();
    (site, build)
}

#[tokio::test]
async fn rockys_signature_is_found_under_both_names_and_in_both_directories() {
    type Put = fn(RockyBuild) -> RockyBuild;
    let puts: [Put; 6] = [
        |build| build,
        |build| build.sig(),
        |build| build.signed_above(),
        |build| build.sig().signed_above(),
        |build| build.listed_above(),
        |build| build.sig().listed_above(),
    ];
    for version in ["8", "9", "10"] {
        for put in puts {
            let build = RockyBuild::new(version, &format!("{version}.1-20261110.0"));
            let source = rocky(version);
            let (site, build) = site_with(&source, &put(build.signed())).await;
            let candidate = find(&site, source).await.unwrap();
            let release = candidate.release();
            assert_eq!(release.list.as_str(), build.list_url);
            let found = SignatureLocation::Detached(build.signature_url.parse().unwrap());
            assert_eq!(release.signature, found, "said as it was found");
            assert_eq!(candidate.file().url.as_str(), build.image_url);
            let expected = &candidate.expected().digest;
            assert_eq!(expected.to_string(), build.sha256);
        }
    }
}

#[tokio::test]
async fn what_was_looked_for_and_where_is_said() {
    for (version, signing) in [("9", Signing::Unsigned), ("10", Signing::Signed)] {
        let build = RockyBuild::new(version, &format!("{version}.1-20261110.0"));
        let source = rocky(version);
        let (site, build) = site_with(&source, &build.without_signature()).await;
        let error = find(&site, source).await.unwrap_err();
        assert_eq!(error.is_expected(), signing == Signing::Unsigned);
        let text = error.to_string();
        let images = build.directory_url.strip_suffix("x86_64/").unwrap();
        let wanted = format!(
            "there is no signature at {images}x86_64/CHECKSUM.asc, `CHECKSUM.sig`, \
             {images}CHECKSUM.asc or `CHECKSUM.sig` (404), and"
        );
        assert!(text.contains(&wanted), "{text}");
    }
}

/// A stranger's signature, an error page, noise, and a server that does not answer well.
#[tokio::test]
async fn a_signature_that_is_not_valid_is_never_no_signature() {
    for place in [
        "x86_64/CHECKSUM.asc",
        "x86_64/CHECKSUM.sig",
        "CHECKSUM.asc",
        "CHECKSUM.sig",
    ] {
        let build = RockyBuild::new("9", "9.1-20261110.0");
        let source = rocky("9");
        let (site, build) = site_with(&source, &build).await;
        let list = read(&site, &build.list_url).await;
        let url = format!("{ROCKY}{place}").replace("/10/", "/9/");
        let stranger = vendor_key()
            .sign(&list, &SignatureOptions::at(now()))
            .unwrap();
        for signature in [&*stranger, "<html>moved</html>", "noise", ""] {
            site.put(&url, signature);
            let error = find(&site, rocky("9")).await.unwrap_err();
            let text = causes(&error);
            assert!(matches!(error, Error::Unverified { .. }), "{place}: {text}");
            assert!(!error.is_expected(), "{place}: {text}");
        }
        site.fault(&url, Fault::Status(403));
        let error = find(&site, rocky("9")).await.unwrap_err();
        let text = causes(&error);
        assert!(
            !error.is_expected() && text.contains("403"),
            "{place}: {text}"
        );
        assert!(text.contains(&url), "{place}: {text}");
    }
}

#[tokio::test]
async fn an_old_signature_beside_a_valid_one_does_not_spoil_it() {
    for (valid, old) in [("asc", "sig"), ("sig", "asc")] {
        let source = rocky("10");
        let older = RockyBuild::new("10", "10.1-20261101.0");
        let newer = RockyBuild::new("10", "10.1-20261110.0");
        let (older, newer) = match valid {
            "asc" => (older.sig(), newer),
            _ => (older, newer.sig()),
        };
        let (site, old_build) = site_with(&source, &older).await;
        assert!(old_build.signature_url.ends_with(old));
        let newer = site.publish(&newer, key(&source)).unwrap();
        let candidate = find(&site, source).await.unwrap();
        assert_eq!(candidate.file().name, newer.image_name, "{valid}");
        // And alone it proves nothing.
        site.remove(&newer.signature_url);
        let error = find(&site, rocky("10")).await.unwrap_err();
        let text = causes(&error);
        let Error::Unverified { source, .. } = error else {
            panic!("{text}")
        };
        assert!(matches!(*source, Refusal::BadSignature { .. }), "{text}");
    }
}

type MakeSource = fn() -> Box<dyn Source>;

/// The sources of vendors that no signature was ever found of, and builds of theirs.
fn unsigned() -> Vec<(MakeSource, Box<dyn VendorBuild>)> {
    vec![
        (
            || Box::new(Centos::stream("9").unwrap()),
            Box::new(CentosBuild::stream("9", "20261110.0")),
        ),
        (
            || Box::new(Debian::cloud("12", "bookworm").unwrap()),
            Box::new(DebianBuild::cloud("12", "bookworm", "20261110-2537")),
        ),
        (
            || Box::new(rocky("9")),
            Box::new(RockyBuild::new("9", "9.8-20261110.0")),
        ),
    ]
}

#[tokio::test]
async fn a_vendor_that_begins_to_sign_is_believed_at_once() {
    for (source, build) in unsigned() {
        let name = source().product().channel.clone();
        let (site, build) = site_with(source().as_ref(), build.as_ref()).await;
        let error = find(&site, source()).await.unwrap_err();
        assert!(error.is_expected(), "{name}: {}", causes(&error));

        let key = key(source().as_ref());
        let list = read(&site, &build.list_url).await;
        let options = SignatureOptions::at(now());
        let detached = key.sign(&list, &options).unwrap();
        let clear = key.sign_cleartext(&String::from_utf8(list.clone()).unwrap(), &options);
        let clear = clear.unwrap();
        let suffixes: &[&str] = match name.starts_with("rocky") {
            true => &[".asc", ".sig"],
            false => &[".asc", ".sig", ".sign", ".gpg"],
        };
        for suffix in suffixes {
            let url = format!("{}{suffix}", build.list_url);
            for signature in [&detached, &clear] {
                site.put(&url, signature.clone());
                let candidate = find(&site, source()).await.unwrap();
                assert_eq!(candidate.file().url.as_str(), build.image_url, "{name}");
            }
            site.remove(&url);
        }
        // Around the list itself.
        site.put(&build.list_url, clear);
        let candidate = find(&site, source()).await.unwrap();
        let release = candidate.release();
        assert_eq!(release.signature, SignatureLocation::ClearSigned, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_ceases_to_sign_is_no_expected_refusal() {
    for (source, unsigned) in unsigned() {
        let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
        let name = source().product().channel.clone();
        let key = key(source().as_ref());
        let build = shop.site.publish(unsigned.as_ref(), key).unwrap();
        let publisher = shop.publisher();
        let error = publisher.find(&channel(source()), &NoEvents).await;
        assert!(
            error.unwrap_err().is_expected(),
            "{name}: nothing was signed"
        );

        let list = shop.read(&build.list_url).await;
        let signature = format!("{}.asc", build.list_url);
        let made = key.sign(&list, &SignatureOptions::at(now())).unwrap();
        shop.site.put(&signature, made);
        publisher
            .publish_newest(&channel(source()), &NoEvents)
            .await
            .unwrap();

        shop.site.remove(&signature);
        let error = publisher.find(&channel(source()), &NoEvents).await;
        let error = error.unwrap_err();
        let text = causes(&error);
        assert!(!error.is_expected(), "{name}: {text}");
        assert!(text.contains("has signed before"), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_vendor_that_signs_is_never_expected_not_to() {
    let source = || Ubuntu::new("24.04", "noble", UbuntuBuilds::Release).unwrap();
    let build = bonafide_testkit::site::UbuntuBuild::release("24.04", "noble", "20261110");
    let (site, _) = site_with(&source(), &build.without_signature()).await;
    let error = find(&site, source()).await.unwrap_err();
    assert!(!error.is_expected(), "{}", causes(&error));
}
