//! What fails by chance, on both clouds: any one request of a publication that fails once, or whose
//! answer is lost once, costs a request more and changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::glance::{Session, Visibility};
use bonafide::publisher::{NoEvents, Outcome};
use bonafide::{CloudConfig, Event, Profile, Publisher};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::UbuntuBuild;
use jiff::SignedDuration;
use uuid::Uuid;

use support::project::{image_service, through};
use support::proxy::{Passing, Proxy, Weather};
use support::{World, now, on_both_clouds, quick};

on_both_clouds! {
    World:
    any_one_request_of_a_publication_may_fail_once,
    any_one_answer_to_a_publication_may_be_lost_once,
    an_upload_that_breaks_is_begun_anew_under_the_next_id,
    a_run_sends_as_many_requests_as_the_documentation_says,
}

/// A publisher that reaches Glance through the proxy, with ids of its own.
fn behind(world: &World, proxy: &Proxy) -> Publisher {
    let clouds = through(world.cloud.clouds_yaml(), proxy.url());
    let config = CloudConfig::from_yaml(&clouds, "admin").unwrap();
    let session = Session::new(quick(config), now).unwrap();
    Publisher::new(Arc::new(world.fetch()), session, now).namespace(Uuid::new_v4())
}

/// Publishes the build once for each of the requests that this takes, with this weather at it.
async fn each_request_in(world: &World, weather: Weather) {
    world.at_vendor();
    let upstream = image_service(world.cloud.clouds_yaml()).await;
    for profile in [Profile::Stack, Profile::Scs] {
        let channel = world.channel().profile(profile);
        for number in 0.. {
            let forecast = move |passing: &Passing<'_>| match passing.before == number {
                true => weather,
                false => Weather::Fine,
            };
            let proxy = Proxy::in_weather(&upstream, forecast).await;
            let publisher = behind(world, &proxy);
            let told = AtomicUsize::new(0);
            let observer = |event: &Event<'_>| {
                if matches!(event, Event::Retrying { .. } | Event::UploadFailed { .. }) {
                    told.fetch_add(1, Ordering::Relaxed);
                }
            };
            let done = publisher
                .reconcile(std::slice::from_ref(&channel), &observer)
                .await
                .unwrap();
            assert!(done.skipped.is_empty(), "{weather:?} at {number}: {done:?}");
            let report = &done.reports[0];
            assert_eq!(
                report.outcome,
                Outcome::Published,
                "{weather:?} at {number}"
            );
            let requests = proxy.requests();
            assert_eq!(
                done.requests,
                requests as u64 + 1,
                "{weather:?} at {number}: and the log-in"
            );
            let found = world.found_by_customer(report).await;
            assert_eq!(found.len(), 1, "{weather:?} at {number}");
            assert_eq!(found[0].visibility, Visibility::Public);
            world.clean_up(report.image).await;
            if requests <= number {
                assert!(number > 6, "only {number} requests");
                assert_eq!(told.load(Ordering::Relaxed), 0);
                break;
            }
        }
    }
}

/// `ARCHITECTURE.md`, invariant 3.
async fn a_run_sends_as_many_requests_as_the_documentation_says(world: World) {
    let upstream = image_service(world.cloud.clouds_yaml()).await;
    let counted = async |publisher: &Publisher, proxy: &Proxy, profile| {
        let before = proxy.requests();
        let channels = [world.channel().profile(profile)];
        let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
        assert!(done.skipped.is_empty(), "{done:?}");
        let sent = (proxy.requests() - before) as u64;
        (done.requests, sent, done.reports[0].clone())
    };
    for (number, profile) in [(1, Profile::Stack), (3, Profile::Scs)] {
        let proxy = Proxy::in_weather(&upstream, |_| Weather::Fine).await;
        let publisher = behind(&world, &proxy);
        build(&world, number);
        // A log-in, two lists to plan, five for the build, two lists to see that nothing is left.
        let (told, sent, first) = counted(&publisher, &proxy, profile).await;
        assert_eq!((told, sent, first.requests), (10, 9, 5), "{profile:?}");
        // Two lists.
        let (told, sent, same) = counted(&publisher, &proxy, profile).await;
        assert_eq!((told, sent, same.requests), (2, 2, 0), "{profile:?}");
        // One more for the older build; the log-in was before.
        build(&world, number + 1);
        let (told, sent, second) = counted(&publisher, &proxy, profile).await;
        assert_eq!((told, sent, second.requests), (10, 10, 6), "{profile:?}");
        for report in [first, second] {
            world.clean_up(report.image).await;
        }
        // Without a plan: a log-in, two lists to look, and five.
        let alone = behind(&world, &proxy);
        let channel = world.channel().profile(profile);
        let candidate = alone.find(&channel, &NoEvents).await.unwrap();
        let report = alone
            .publish(&channel, &candidate, &NoEvents)
            .await
            .unwrap();
        assert_eq!(report.requests, 8, "{profile:?}");
        world.clean_up(report.image).await;
    }
}

/// The vendor's first, second, … build, nine days ago, eight days ago, ….
fn build(world: &World, number: u8) {
    let built = now() - SignedDuration::from_hours(24 * (10 - i64::from(number)));
    let serial = built.strftime("%Y%m%d").to_string();
    let build = UbuntuBuild::release("24.04", "noble", &serial)
        .image(Qcow2Image::new(
            1 << 30,
            8,
            world.seed.wrapping_add(number.into()),
        ))
        .signed_at(built);
    world.site.publish_ubuntu(&build, &world.key).unwrap();
}

async fn any_one_request_of_a_publication_may_fail_once(world: World) {
    each_request_in(&world, Weather::Answer(503)).await;
}

async fn any_one_answer_to_a_publication_may_be_lost_once(world: World) {
    each_request_in(&world, Weather::Lose).await;
}

async fn an_upload_that_breaks_is_begun_anew_under_the_next_id(world: World) {
    world.at_vendor();
    let upstream = image_service(world.cloud.clouds_yaml()).await;
    for weather in [429, 500, 502, 503, 504].map(Weather::Answer) {
        let uploads = AtomicUsize::new(0);
        let forecast = move |passing: &Passing<'_>| {
            let is_upload = passing.path.ends_with("/file");
            match is_upload && uploads.fetch_add(1, Ordering::Relaxed) < 2 {
                true => weather,
                false => Weather::Fine,
            }
        };
        let proxy = Proxy::in_weather(&upstream, forecast).await;
        let publisher = behind(&world, &proxy);
        let channel = world.channel();
        let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
        let attempts = std::sync::Mutex::new(Vec::new());
        let observer = |event: &Event<'_>| {
            if let Event::Created { attempt, .. } = event {
                attempts.lock().unwrap().push(*attempt);
            }
        };
        let report = publisher.publish(&channel, &candidate, &observer).await;
        let report = report.unwrap();
        assert_eq!(report.outcome, Outcome::Published, "{weather:?}");
        assert_eq!(*attempts.lock().unwrap(), [0, 1, 2], "{weather:?}");
        assert_eq!(world.found_by_customer(&report).await.len(), 1);
        world.clean_up(report.image).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_with_a_token_that_was_revoked_is_begun_anew() {
    let world = World::embedded().await;
    let build = world.at_vendor();
    let fault = CloudFault::new("PUT", "/file", CloudFaultKind::Unauthorized);
    world.cloud.as_embedded().fail_next(fault);
    let report = world.publish().await.unwrap();
    assert_eq!(report.outcome, Outcome::Published);
    assert_eq!(world.image(&build, 1).await.unwrap().id, report.image);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_send_by_the_same_session_is_not_in_a_report() {
    let world = World::embedded().await;
    world.at_vendor();
    let publisher = world.publisher("admin");
    let channel = world.channel();
    let candidate = publisher.find(&channel, &NoEvents).await.unwrap();
    let alone = publisher.publish(&channel, &candidate, &NoEvents).await;
    let alone = alone.unwrap().requests;
    world
        .clean_up(world.image(&world.at_vendor(), 0).await.unwrap().id)
        .await;
    // Both look at once; each says what it has sent itself.
    let other = publisher.clone().namespace(Uuid::new_v4());
    let (one, other) = tokio::join!(
        publisher.publish(&channel, &candidate, &NoEvents),
        other.build_state(&channel, &candidate),
    );
    other.unwrap();
    // The first id is used up, which takes two requests; the log-in was before.
    assert_eq!(one.unwrap().requests, alone + 2 - 1);
}
