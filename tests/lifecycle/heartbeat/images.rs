//! The image by which a run shows that it lives.

use std::time::Duration;

use bonafide::glance::{Glance, NewImage};
use bonafide::publisher::{Heartbeat, NoEvents, PlanNote};
use bonafide_testkit::cloud::{CloudFault, CloudFaultKind};
use uuid::Uuid;

use support::world_clock::ClockedWorld;

use super::{heartbeats, short, slow_build};

#[tokio::test(flavor = "multi_thread")]
async fn where_no_heartbeat_image_can_be_made_the_lease_is_valid_and_the_report_says_so() {
    for status in [403, 413] {
        let life = ClockedWorld::start().await;
        slow_build(&life, Duration::from_millis(10));
        let refused = CloudFault::new("POST", "/images", CloudFaultKind::Status(status));
        life.cloud.fail_next(refused.after(1));
        let heartbeat = Heartbeat::every(Duration::from_millis(300));
        let publisher = life.publisher().heartbeat(heartbeat);
        let done = publisher
            .reconcile(&[life.channel()], &NoEvents)
            .await
            .unwrap();
        assert!(done.skipped.is_empty(), "{status}: {done:?}");
        assert_eq!(done.reports.len(), 1, "{status}: {done:?}");
        let says = |note: &PlanNote| matches!(note, PlanNote::NoHeartbeat { .. });
        assert!(done.notes.iter().any(says), "{status}: {done:?}");
        assert_eq!(life.cloud.images().len(), 1, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeat_images_that_dead_runs_have_left_go_and_nothing_else_does() {
    let life = ClockedWorld::start().await;
    life.build();
    let channel = life.channel();
    life.reconcile(&channel).await;
    let admin = Glance::new(life.session("admin"));
    let customer = Glance::new(life.session("customer"));
    let heartbeat = |name: &str| {
        let id = Uuid::new_v4();
        NewImage::new(id, name)
            .hidden(true)
            .property("bonafide_heartbeat", id.to_string())
            .property("bonafide_gone_after", "PT0.5S")
            .property("bonafide_beats", "3")
    };
    let left = admin.create(&heartbeat("left")).await.unwrap().id;
    let theirs = customer
        .create(&heartbeat("of another project"))
        .await
        .unwrap()
        .id;
    let odd = admin
        .create(&heartbeat("odd").property("bonafide_channel", "x"))
        .await
        .unwrap()
        .id;
    let done = life.reconcile(&channel).await;
    assert!(done.skipped.is_empty(), "{done:?}");
    let there = |id: Uuid| life.cloud.image(id).is_some();
    assert_eq!(
        (there(left), there(theirs), there(odd)),
        (false, true, true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_image_is_hidden_and_private_and_not_an_image_of_a_channel() {
    let life = ClockedWorld::start().await;
    slow_build(&life, Duration::from_millis(50));
    let publisher = life.publisher().heartbeat(short());
    let channels = [life.channel()];
    let looking = async {
        while heartbeats(&life).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let id: Uuid = heartbeats(&life)[0]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(!life.lists("admin", id), "hidden");
        assert!(!life.reaches("customer", id), "private");
        let inventory = life.publisher().inventory().await.unwrap();
        assert!(!inventory.ids().contains(&id));
        assert_eq!(inventory.ids().len(), 1, "the image that is uploaded");
    };
    let (done, ()) = tokio::join!(publisher.reconcile(&channels, &NoEvents), looking);
    assert_eq!(done.unwrap().reports.len(), 1);
    assert_eq!(life.cloud.images().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_ends_soon_needs_no_heartbeat_image() {
    let life = ClockedWorld::start().await;
    life.build();
    life.cloud.clear_requests();
    life.reconcile(&life.channel()).await;
    let requests = life.cloud.requests();
    let made = requests
        .iter()
        .filter(|one| one.method == "POST" && one.path == "/v2/images");
    assert_eq!(made.count(), 1, "{requests:#?}");
}
