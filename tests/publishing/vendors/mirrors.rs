//! Mirrors that do not have an image, or have another one.

use std::sync::Mutex;

use bonafide::publisher::{Error, NAMESPACE, image_id};
use bonafide::sources::Mirror;
use bonafide::{Channel, Event, PublishReport};
use bonafide_testkit::site::{Fault, PublishedBuild};

use support::custom_site::CustomWorld;
use support::{cases, on_both_clouds};

on_both_clouds! {
    CustomWorld:
    what_a_mirror_does_not_give_is_fetched_from_the_vendor_and_told,
    wrong_bytes_of_a_mirror_cost_an_attempt_and_no_more,
    a_build_that_is_nowhere_names_each_place,
    fedoras_own_host_gives_what_its_mirrors_do_not,
}

const MIRROR: &str = "https://images.operator.test/mirror/";

fn mirrored(shop: &CustomWorld) -> Channel {
    let vendor = "https://cloud-images.ubuntu.com/releases/";
    let mirror = Mirror::new(vendor.parse().unwrap(), MIRROR.parse().unwrap()).unwrap();
    shop.channel(&cases::UBUNTU_RELEASED).mirror(mirror)
}

fn at_mirror(build: &PublishedBuild) -> String {
    let path = build.image_url.split_once("/releases/").unwrap().1;
    format!("{MIRROR}{path}")
}

/// Publishes, and returns the reports of mirrors and attempts.
async fn publish(
    shop: &CustomWorld,
    channel: &Channel,
) -> (Result<PublishReport, Error>, Vec<String>) {
    let told = Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| {
        let text = match event {
            Event::PassedOver { url, next, .. } => format!("{url} -> {next}"),
            Event::Created { .. } => "created".to_owned(),
            Event::Removed { .. } => "removed".to_owned(),
            Event::Published { .. } => "published".to_owned(),
            _ => return,
        };
        told.lock().unwrap().push(text);
    };
    let report = shop.publisher().publish_newest(channel, &observer).await;
    (report, told.into_inner().unwrap())
}

async fn what_a_mirror_does_not_give_is_fetched_from_the_vendor_and_told(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    let at_mirror = at_mirror(&build);
    let bytes = shop.read(&build.image_url).await;
    shop.site.put(&at_mirror, bytes);
    for (fault, said) in [
        (Fault::NotFound, "404"),
        (Fault::Status(403), "status 403"),
        (Fault::Status(503), "tried 3 times"),
        (Fault::Disconnect, "broke off"),
        (Fault::Html, "an HTML page"),
        (Fault::Replace(vec![0; 100_000].into()), ""),
        (
            Fault::RedirectTo(shop.site.plain_url(&at_mirror)),
            "not https",
        ),
        (Fault::CutAfter(10), "10 of"),
    ] {
        shop.site.fault(&at_mirror, fault);
        let (report, told) = publish(&shop, &mirrored(&shop)).await;
        let report = report.unwrap();
        let passed = format!("{at_mirror} -> {}", build.image_url);
        assert_eq!(told, [&*passed, "created", "published"], "{said}");
        let [over] = &report.passed_over[..] else {
            panic!("{report:?}")
        };
        assert_eq!(over.url.as_str(), at_mirror);
        assert!(over.reason.contains(said), "`{said}`: {}", over.reason);
        assert_eq!(
            report.fetched_from.as_ref().unwrap().as_str(),
            build.image_url
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["passed_over"][0]["url"], at_mirror);
        shop.remove(&report).await;
    }
    shop.site.clear_fault(&at_mirror);
    let (report, told) = publish(&shop, &mirrored(&shop)).await;
    let report = report.unwrap();
    assert_eq!(told, ["created", "published"]);
    assert_eq!(report.fetched_from.as_ref().unwrap().as_str(), at_mirror);
    assert!(report.passed_over.is_empty());
    shop.remove(&report).await;
}

async fn wrong_bytes_of_a_mirror_cost_an_attempt_and_no_more(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    let at_mirror = at_mirror(&build);
    let bytes = shop.read(&build.image_url).await;
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cut = bytes[..bytes.len() - 1000].to_vec();
    for (attempt, wrong) in (1..).step_by(2).zip([flipped, cut]) {
        shop.site.put(&at_mirror, wrong);
        let (report, told) = publish(&shop, &mirrored(&shop)).await;
        let report = report.unwrap();
        let passed = format!("{at_mirror} -> {}", build.image_url);
        let way = ["created", "removed", &*passed, "created", "published"];
        assert_eq!(told, way);
        assert!(
            report.passed_over[0].reason.contains(&at_mirror),
            "{report:?}"
        );
        // The failed upload has used its id up.
        let digest = &report.expected.digest;
        let id = image_id(&NAMESPACE, &report.channel, digest, attempt);
        assert_eq!(report.image, id);
        assert_eq!(shop.download_sha512(&report).await, build.sha512);
        shop.remove(&report).await;
    }
}

async fn a_build_that_is_nowhere_names_each_place(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    shop.site.remove(&build.image_url);
    let channel = mirrored(&shop);
    let text = shop.refused(&channel, &at_mirror(&build)).await;
    assert!(text.contains(&build.image_url), "{text}");
    assert!(text.contains("at none of its places"), "{text}");
    let (error, _) = publish(&shop, &channel).await;
    assert!(matches!(error, Err(Error::Nowhere { .. })), "{error:?}");
}

async fn fedoras_own_host_gives_what_its_mirrors_do_not(shop: CustomWorld) {
    let build = shop.publish_at_vendor(&cases::FEDORA_44);
    let redirector = build.image_url.strip_suffix(&build.image_name).unwrap();
    shop.site.redirect(redirector, MIRROR);
    let stable = build.image_url.replace("//download.", "//dl.");
    let channel = shop.channel(&cases::FEDORA_44);
    for fault in [
        Fault::NotFound,
        Fault::Status(403),
        Fault::RedirectTo(shop.site.plain_url(MIRROR)),
    ] {
        let at_mirror = format!("{MIRROR}{}", build.image_name);
        shop.site.fault(&at_mirror, fault);
        let (report, _) = publish(&shop, &channel).await;
        let report = report.unwrap();
        assert_eq!(report.fetched_from.as_ref().unwrap().as_str(), stable);
        let over = &report.passed_over[0];
        assert_eq!(over.url.as_str(), build.image_url);
        assert!(
            over.reason.contains("images.operator.test"),
            "{}",
            over.reason
        );
        assert_eq!(report.source.as_str(), build.image_url);
        shop.remove(&report).await;
    }
}
