//! Old lists that are served again, lists that do not move, and lists that move too much.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bonafide::glance::{ImagePatch, Visibility};
use bonafide::publisher::{Error, NoEvents, Outcome, PlanNote};
use bonafide::sources::{Download, FetchError};
use bonafide::{Channel, Fetch, HttpFetch, PublishReport, Publisher};
use jiff::SignedDuration;
use url::Url;

use support::cases::Case;
use support::custom_site::CustomWorld;
use support::{Cloud, cases, making, now, site_fetch};

async fn embedded() -> CustomWorld {
    CustomWorld::new(Cloud::embedded().await.unwrap()).await
}

/// Publishes the older or the newer build at the vendor's.
fn at_vendor(shop: &CustomWorld, case: &Case, which: usize) {
    let keyring = (case.source)().product().keyring.clone();
    let making = making::Making {
        seed: shop.making().seed.wrapping_add(which as u64),
        ..making::Making::default()
    };
    let build = (case.build)(which, &making);
    let key = making::keys().key(&keyring).unwrap();
    shop.site.publish(build.as_ref(), key).unwrap();
}

/// The site of yesterday, and the cloud of today.
fn between(old: &CustomWorld, shop: &CustomWorld) -> Publisher {
    Publisher::new(
        Arc::new(site_fetch(&old.site)),
        shop.cloud.session("admin"),
        now,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_list_that_is_served_again_is_refused_even_when_its_image_is_hidden_meanwhile() {
    for case in [&cases::ALMALINUX_9, &cases::CENTOS_7, &cases::DEBIAN_12] {
        let shop = embedded().await;
        let channel = shop.channel(case);
        at_vendor(&shop, case, 0);
        let old = embedded().await;
        at_vendor(&old, case, 0);
        at_vendor(&shop, case, 1);
        let report = shop.publish(&channel).await.unwrap();

        let stale = between(&old, &shop);
        let refused =
            |error: &Error| matches!(error, Error::Rollback { .. } | Error::OlderList { .. });
        let error = stale
            .publish_newest(&channel, &*shop.events)
            .await
            .unwrap_err();
        assert!(refused(&error), "{error}");
        assert!(
            error.to_string().contains(&report.image.to_string()),
            "{error}"
        );

        let glance = shop.cloud.glance("admin");
        let hidden = ImagePatch::new()
            .visibility(Visibility::Private)
            .hidden(true);
        glance.update(report.image, &hidden).await.unwrap();
        let error = stale
            .publish_newest(&channel, &*shop.events)
            .await
            .unwrap_err();
        assert!(refused(&error), "{error}");
        assert_eq!(shop.cloud.as_embedded().images().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_same_build_that_was_signed_earlier_is_refused_for_other_bytes() {
    // Two lists of one build, whose serials are the same: the later signed one was accepted.
    let case = &cases::DEBIAN_10;
    let shop = embedded().await;
    let key = making::keys().key("debian").unwrap();
    let channel = shop.channel(case);
    let sign = |shop: &CustomWorld, seed, day: &str| {
        let build = bonafide_testkit::site::DebianBuild::openstack("10", "10.13.0")
            .image(bonafide_testkit::qcow2::Qcow2Image::new(2 << 30, 4, seed))
            .signed_at(day.parse().unwrap());
        shop.site.publish(&build, key).unwrap();
    };
    sign(&shop, 1, "2026-11-10T12:00:00Z");
    shop.publish(&channel).await.unwrap();
    sign(&shop, 2, "2026-11-01T12:00:00Z");
    let error = shop.publish(&channel).await.unwrap_err();
    assert!(matches!(error, Error::OlderList { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("2026-11-01") && text.contains("2026-11-10"),
        "{text}"
    );
    // One that was signed later is a new build of the same name.
    sign(&shop, 3, "2026-11-11T12:00:00Z");
    let report = shop.publish(&channel).await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_does_not_record_what_was_accepted_hides_no_rollback() {
    let case = &cases::ALMALINUX_9;
    let shop = embedded().await;
    let channel = shop.channel(case);
    at_vendor(&shop, case, 0);
    let old = embedded().await;
    at_vendor(&old, case, 0);
    at_vendor(&shop, case, 1);
    let report = shop.publish(&channel).await.unwrap();
    let stale = between(&old, &shop);
    let glance = shop.cloud.glance("admin");
    for patch in [
        ImagePatch::new().set("bonafide_serial", "v9"),
        ImagePatch::new().remove("bonafide_serial"),
        ImagePatch::new().remove("bonafide_signed_at"),
    ] {
        glance.update(report.image, &patch).await.unwrap();
        let error = stale
            .publish_newest(&channel, &*shop.events)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::UnexpectedState { .. }), "{error}");
        assert!(error.to_string().contains("bonafide_"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_move_raises_an_alarm_and_nothing_else() {
    let shop = embedded().await;
    at_vendor(&shop, &cases::FEDORA_44, 1);
    let channel = || shop.channel(&cases::FEDORA_44);
    let report = shop.publish(&channel()).await.unwrap();
    assert_eq!(report.stale, None);
    assert!(!shop.events.names().contains(&"stale"));

    // It was signed in June.
    let limited = channel().age_limit(SignedDuration::from_hours(24));
    let report = shop.publish(&limited).await.unwrap();
    assert_eq!(report.outcome, Outcome::AlreadyPublished);
    assert!(shop.events.names().contains(&"stale"));
    // Without an event sink the reports have it.
    assert_eq!(report.stale, Some(SignedDuration::from_hours(24)));
    let limited = [limited];
    let done = shop
        .publisher()
        .reconcile(&limited, &NoEvents)
        .await
        .unwrap();
    let alarm = done.notes.iter().find(
        |note| matches!(note, PlanNote::Stale { channel, .. } if channel == limited[0].name()),
    );
    let alarm = alarm.unwrap().to_string();
    assert!(
        alarm.contains("ALARM") && alarm.contains("1 days"),
        "{alarm}"
    );
    let patient = channel().age_limit(SignedDuration::from_hours(24 * 365 * 100));
    let before = shop
        .events
        .names()
        .iter()
        .filter(|name| **name == "stale")
        .count();
    shop.publish(&patient).await.unwrap();
    let after = shop
        .events
        .names()
        .iter()
        .filter(|name| **name == "stale")
        .count();
    assert_eq!(before, after);
}

/// Does something to the site when an image has been asked for.
struct Meanwhile<F> {
    vendor: HttpFetch,
    image: Mutex<Option<Url>>,
    happens: F,
    times: AtomicU32,
}

impl<F> std::fmt::Debug for Meanwhile<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

#[async_trait]
impl<F: Fn() + Send + Sync> Fetch for Meanwhile<F> {
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let download = self.vendor.open(url).await;
        let is_image = url.path().ends_with(".qcow2") || url.path().ends_with(".img");
        if is_image && self.times.load(Ordering::Relaxed) > 0 {
            self.times.fetch_sub(1, Ordering::Relaxed);
            *self.image.lock().unwrap() = Some(url.clone());
            (self.happens)();
        }
        download
    }
}

async fn publish_while(
    shop: &Arc<CustomWorld>,
    channel: &Channel,
    times: u32,
    happens: impl Fn() + Send + Sync + 'static,
) -> Result<PublishReport, Error> {
    let fetch = Meanwhile {
        vendor: site_fetch(&shop.site),
        image: Mutex::default(),
        happens,
        times: AtomicU32::new(times),
    };
    let publisher = Publisher::new(Arc::new(fetch), shop.cloud.session("admin"), now);
    publisher.publish_newest(channel, &*shop.events).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changes_under_the_image_is_read_once_more() {
    let case = &cases::ALMALINUX_9;
    let shop = Arc::new(embedded().await);
    at_vendor(&shop, case, 1);
    let list = "https://repo.almalinux.org/almalinux/9/cloud/x86_64/images/CHECKSUM";

    // It disappears: the first attempt is removed, and the second finds no list.
    let vendor = Arc::clone(&shop);
    let gone = publish_while(&shop, &shop.channel(case), 1, move || {
        vendor.site.remove(list);
    })
    .await;
    assert!(matches!(gone, Err(Error::Source(_))), "{gone:?}");
    assert!(shop.events.names().contains(&"moved"));
    assert!(shop.cloud.as_embedded().images().is_empty());

    // The same build with other bytes: the second attempt publishes those.
    at_vendor(&shop, case, 1);
    let vendor = Arc::clone(&shop);
    let again = move || {
        let key = making::keys().key("almalinux-9").unwrap();
        let making = making::Making {
            seed: 99,
            ..making::Making::default()
        };
        let build = (case.build)(1, &making);
        vendor.site.publish(build.as_ref(), key).unwrap();
    };
    let report = publish_while(&shop, &shop.channel(case), 1, again)
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    let images = shop.cloud.as_embedded().images();
    assert_eq!(images.len(), 1, "the first one is gone: {images:?}");
    let stored = report.stored.unwrap().sha512.to_string();
    assert_eq!(images[0]["os_hash_value"], stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_whose_list_does_not_come_to_rest_is_in_transition() {
    let case = &cases::ALMALINUX_9;
    let shop = Arc::new(embedded().await);
    at_vendor(&shop, case, 1);
    let vendor = Arc::clone(&shop);
    let seed = AtomicU32::new(100);
    let moving = move || {
        let key = making::keys().key("almalinux-9").unwrap();
        let making = making::Making {
            seed: seed.fetch_add(1, Ordering::Relaxed).into(),
            ..making::Making::default()
        };
        let build = (case.build)(1, &making);
        vendor.site.publish(build.as_ref(), key).unwrap();
    };
    let error = publish_while(&shop, &shop.channel(case), 9, moving)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ListUnstable { .. }), "{error}");
    assert!(
        error.to_string().contains("https://repo.almalinux.org/"),
        "{error}"
    );
    assert!(shop.cloud.as_embedded().images().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_build_beside_the_published_one_is_no_move() {
    let case = &cases::ALMALINUX_9;
    let shop = Arc::new(embedded().await);
    at_vendor(&shop, case, 0);
    let vendor = Arc::clone(&shop);
    let newer = move || at_vendor(&vendor, case, 1);
    let report = publish_while(&shop, &shop.channel(case), 1, newer)
        .await
        .unwrap();
    assert_eq!(report.serial.as_str(), case.serials[0]);
    assert!(!shop.events.names().contains(&"moved"));
    let next = shop.publish(&shop.channel(case)).await.unwrap();
    assert_eq!(next.serial.as_str(), case.serials[1]);
}
