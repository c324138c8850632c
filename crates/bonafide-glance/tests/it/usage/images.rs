//! Snapshots of servers.

use bonafide_glance::UsageSource;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted::Reply;
use crate::usage::support::{IMAGE, OTHER, Script, cloud, look_up, only};

fn snapshot(base: &str, owner: Value) -> Value {
    json!({
        "id": Uuid::new_v4(), "status": "active", "visibility": "private", "owner": owner,
        "image_type": "snapshot", "base_image_ref": base,
    })
}

#[tokio::test]
async fn snapshots_of_servers_are_counted_hidden_or_not_on_every_page() {
    let wanted = IMAGE.to_string();
    let plain = json!({"id": OTHER, "owner": null, "status": "active", "visibility": "public"});
    let first = json!({
        "images": [snapshot(&wanted, json!("p2")), plain],
        "next": "/v2/images?visibility=all&os_hidden=false&limit=1000&marker=m1",
    });
    let cloud = cloud(
        Script::new()
            .json("os_hidden=false", first)
            .json(
                "marker=m1",
                json!({"images": [snapshot(&wanted, json!("p3"))]}),
            )
            .json(
                "os_hidden=true",
                json!({"images": [snapshot(&wanted, json!("p2"))]}),
            ),
    )
    .await;
    let usage = look_up(&cloud.glance()).await;
    let uses = usage.complete().unwrap();
    assert_eq!(uses.counts(IMAGE, "p2").server_snapshots, 2);
    assert_eq!(uses.counts(IMAGE, "p3").server_snapshots, 1);
    let lines = cloud.lines();
    let images: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("/images"))
        .collect();
    let first = "GET /v2/images?visibility=all&os_hidden=false&limit=1000";
    assert_eq!(
        images,
        [
            first,
            &format!("{first}&marker=m1"),
            "GET /v2/images?visibility=all&os_hidden=true&limit=1000",
        ]
    );
}

#[tokio::test]
async fn what_names_another_image_or_none_does_not_count() {
    for base in [&OTHER.to_string(), "", "whatever"] {
        let images = json!({"images": [snapshot(base, json!("p2")), snapshot(base, json!(null))]});
        let cloud = cloud(Script::new().json("/v2/images", images)).await;
        let usage = look_up(&cloud.glance()).await;
        assert!(!usage.complete().unwrap().is_used(IMAGE), "{base}");
    }
}

#[tokio::test]
async fn a_snapshot_of_no_project_is_a_gap() {
    for owner in [json!(null), json!("")] {
        let images = json!({"images": [snapshot(&IMAGE.to_string(), owner)]});
        let cloud = cloud(Script::new().json("os_hidden=true", images)).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::ServerSnapshots);
        assert_eq!(why, "1 snapshot of a server, of no project");
    }
}

#[tokio::test]
async fn a_list_that_fails_is_a_gap_and_the_rest_stays_known() {
    let images = json!({"images": [snapshot(&IMAGE.to_string(), json!("p2"))]});
    for (reply, part) in [
        (Reply::Answer(403, String::new(), "{}".to_owned()), "403"),
        (
            Reply::Answer(200, String::new(), "{".to_owned()),
            "ends within the JSON after 1 bytes",
        ),
        (
            Reply::Answer(
                200,
                String::new(),
                r#"{"images":[],"next":"http://evil.example/v2/images?marker=1"}"#.to_owned(),
            ),
            "the next page is elsewhere",
        ),
    ] {
        let script = Script::new()
            .json("os_hidden=true", images.clone())
            .answer("os_hidden=false", move |_| reply.clone());
        let cloud = cloud(script).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::ServerSnapshots);
        assert!(why.contains(part), "{why}");
        assert_eq!(usage.known().counts(IMAGE, "p2").server_snapshots, 1);
    }
}
