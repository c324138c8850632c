//! What a real Glance refuses by its policy, played by a proxy, is asked for once; and uploads that it
//! stores wrong wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide::Profile;
use bonafide::glance::Visibility;
use bonafide::publisher::{NoEvents, PlanNote};
use jiff::SignedDuration;

use crate::cloud::{NO_GRACE, Real, real};
use support::project::image_service;
use support::proxy::{Passing, Proxy, Weather};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_takes_no_members_is_not_hidden_again() {
    real(async |real| no_members(real, Profile::Stack).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_an_scs_name_that_takes_no_members_is_not_hidden_again() {
    real(async |real| no_members(real, Profile::Scs).await).await;
}

async fn no_members(real: &Real, profile: Profile) {
    let channel = || real.channel(NO_GRACE).profile(profile);
    let old = real.image_of(&real.build(1));
    real.reconcile(&channel()).await;
    let server = [(real.customer.project.as_str(), Some(old))];
    tokio::task::block_in_place(|| real.seeds().servers(&server));
    real.build(2);
    let shared = Arc::new(AtomicUsize::new(0));
    let times = shared.clone();
    let forecast = move |passing: &Passing<'_>| {
        if passing.method == "PATCH" && passing.body.contains("\"shared\"") {
            times.fetch_add(1, Ordering::Relaxed);
        }
        match passing.method == "POST" && passing.path.ends_with("/members") {
            true => Weather::Answer(403),
            false => Weather::Fine,
        }
    };
    let upstream = image_service(real.project.cloud.clouds_yaml()).await;
    let proxy = Proxy::in_weather(&upstream, forecast).await;
    let publisher = real.publisher_behind(&proxy, SignedDuration::ZERO);
    for number in 0..3 {
        let done = publisher.reconcile(&[channel()], &NoEvents).await.unwrap();
        let told = |note: &PlanNote| matches!(note, PlanNote::MembersRefused { .. });
        assert!(done.notes.iter().any(told), "{number}: {done:?}");
        assert_eq!(shared.load(Ordering::Relaxed), 1, "{number}: {done:?}");
        let image = real.customer.glance.image(old).await.unwrap();
        assert_eq!(image.visibility, Visibility::Public);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_stored_wrong_wait() {
    real(async |real| stored_wrong(real, Profile::Stack).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_stored_wrong_wait_with_scs_names_too() {
    real(async |real| stored_wrong(real, Profile::Scs).await).await;
}

async fn stored_wrong(real: &Real, profile: Profile) {
    real.build(1);
    let uploads = Arc::new(AtomicUsize::new(0));
    let count = uploads.clone();
    let forecast = move |passing: &Passing<'_>| match passing.path.ends_with("/file") {
        true if count.fetch_add(1, Ordering::Relaxed) < 2 => Weather::Flip,
        _ => Weather::Fine,
    };
    let upstream = image_service(real.project.cloud.clouds_yaml()).await;
    let proxy = Proxy::in_weather(&upstream, forecast).await;
    let channels = [real.channel(NO_GRACE).profile(profile)];
    for (minutes, expected) in [(0, 1), (30, 1), (61, 2), (300, 2), (500, 3)] {
        let publisher = real.publisher_behind(&proxy, SignedDuration::from_mins(minutes));
        let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
        let seen = uploads.load(Ordering::Relaxed);
        assert_eq!(seen, expected, "after {minutes} minutes: {done:?}");
        let failed = done.skipped.iter().any(|refused| refused.is_failure());
        assert_eq!(failed, expected < 3, "after {minutes} minutes: {done:?}");
    }
    let images = real.project.images().await;
    assert_eq!(images.len(), 1, "{images:?}");
    assert_eq!(images[0].visibility, Visibility::Public);
}
