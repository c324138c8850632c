//! A cloud whose time is moved.

use std::time::Duration;

use bonafide_testkit::cloud::{EmbeddedCloud, MovableClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::visitor::Visitor;

const START: &str = "2026-01-01T00:00:00Z";

async fn cloud_and_clock() -> (EmbeddedCloud, MovableClock) {
    let clock = MovableClock::new(START.parse().unwrap());
    let cloud = EmbeddedCloud::builder().clock(clock.reader());
    let cloud = cloud.token_lifetime(Duration::from_secs(3600));
    (cloud.start().await.unwrap(), clock)
}

#[tokio::test]
async fn everything_is_dated_by_the_clock_that_was_given() {
    let (cloud, clock) = cloud_and_clock().await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    clock.advance(SignedDuration::from_mins(30));
    assert_eq!(publisher.upload(id, "bytes").await.status, 204);
    let members = format!("/v2/images/{id}/members");
    let member = publisher.post(&members, &json!({ "member": "p" })).await;
    let image = publisher.image(id).await;
    assert_eq!(image["created_at"], START);
    assert_eq!(image["updated_at"], "2026-01-01T00:30:00Z");
    assert_eq!(member.json()["created_at"], "2026-01-01T00:30:00Z");

    clock.set("2026-07-01T00:00:00Z".parse().unwrap());
    let admin = Visitor::log_in(&cloud, "admin").await;
    cloud.boot("p", id);
    cloud.create_volume("p", Some(id));
    let url = format!(
        "{}/servers/detail?all_tenants=1",
        cloud.compute_url().unwrap()
    );
    let servers = admin.ask(&url, "compute 2.96").await.json();
    assert_eq!(servers["servers"][0]["created"], "2026-07-01T00:00:00Z");
    let project = cloud.project_id("admin").unwrap();
    let url = cloud.block_storage_url().unwrap();
    let url = format!("{url}/{project}/volumes/detail?all_tenants=1");
    let volumes = admin.ask(&url, "volume 3.71").await.json();
    let created_at = &volumes["volumes"][0]["created_at"];
    assert_eq!(created_at, "2026-07-01T00:00:00.000000");
}

#[tokio::test]
async fn a_token_ends_when_the_clock_says_so() {
    let (cloud, clock) = cloud_and_clock().await;
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    clock.advance(SignedDuration::from_secs(3599));
    assert_eq!(publisher.get("/v2/images").await.status, 200);
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(publisher.get("/v2/images").await.status, 401);
    let again = Visitor::log_in(&cloud, "publisher").await;
    assert_eq!(again.get("/v2/images").await.status, 200);
}

#[tokio::test]
async fn without_a_clock_of_its_own_choice_a_cloud_goes_by_the_systems() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = publisher.create_raw("a").await;
    let created_at = publisher.image(id).await["created_at"].clone();
    let created_at: Timestamp = created_at.as_str().unwrap().parse().unwrap();
    assert!(created_at > START.parse().unwrap());
}
