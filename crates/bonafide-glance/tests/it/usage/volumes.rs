//! Volumes and their snapshots.

use bonafide_glance::{Usage, UsageSource};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scripted::{Reply, clock};
use crate::usage::support::{IMAGE, OTHER, Script, about, answer, cloud, look_up, only};

fn volume(id: u128, project: &str) -> Value {
    json!({
        "id": Uuid::from_u128(id), "name": "x", "os-vol-tenant-attr:tenant_id": project,
        "volume_image_metadata": {"image_id": IMAGE, "image_name": "noble"},
    })
}

fn snapshot(volume: u128, project: &str) -> Value {
    json!({
        "id": Uuid::new_v4(), "volume_id": Uuid::from_u128(volume), "status": "available",
        "os-extended-snapshot-attributes:project_id": project,
    })
}

fn script(volumes: &[Value], snapshots: &[Value]) -> Script {
    Script::new()
        .json("/volumes/detail", json!({"volumes": volumes}))
        .json("/snapshots/detail", json!({"snapshots": snapshots}))
}

async fn usage(volumes: &[Value], snapshots: &[Value]) -> Usage {
    look_up(&cloud(script(volumes, snapshots)).await.glance()).await
}

#[tokio::test]
async fn volumes_and_their_snapshots_are_counted() {
    let mut other = volume(3, "p4");
    other["volume_image_metadata"]["image_id"] = json!(OTHER);
    let mut blank = volume(4, "p4");
    blank
        .as_object_mut()
        .unwrap()
        .remove("volume_image_metadata");
    let volumes = [volume(1, "p2"), volume(2, "p3"), other, blank];
    let snapshots = [
        snapshot(1, "p2"),
        snapshot(1, "p2"),
        snapshot(3, "p4"),
        snapshot(4, "p4"),
    ];
    let usage = usage(&volumes, &snapshots).await;
    let uses = usage.complete().unwrap();
    assert_eq!(uses.projects(IMAGE).collect::<Vec<_>>(), ["p2", "p3"]);
    assert_eq!(uses.counts(IMAGE, "p2").volumes, 1);
    assert_eq!(uses.counts(IMAGE, "p2").volume_snapshots, 2);
    assert_eq!(uses.counts(IMAGE, "p3").volumes, 1);
    assert!(!uses.is_used(OTHER));
}

#[tokio::test]
async fn pages_are_followed_and_all_projects_stay_asked_for() {
    let next = |what: &str| {
        let href = format!("http://inside/v3/p1/{what}/detail?marker=m1");
        json!([{"rel": "next", "href": href}])
    };
    let first = json!({"volumes": [volume(1, "p2")], "volumes_links": next("volumes")});
    let snapshots = json!({
        "snapshots": [snapshot(1, "p2")], "snapshots_links": next("snapshots"),
    });
    let cloud = cloud(
        Script::new()
            .json("/volumes/detail", first)
            .json(
                "/volumes/detail?all_tenants=1&marker=m1",
                json!({"volumes": [volume(2, "p3")]}),
            )
            .json("/snapshots/detail", snapshots)
            .json(
                "/snapshots/detail?all_tenants=1&marker=m1",
                json!({"snapshots": [snapshot(2, "p3")]}),
            ),
    )
    .await;
    let usage = look_up(&cloud.glance()).await;
    let uses = usage.complete().unwrap();
    for project in ["p2", "p3"] {
        assert_eq!(uses.counts(IMAGE, project).volumes, 1);
        assert_eq!(uses.counts(IMAGE, project).volume_snapshots, 1);
    }
}

#[tokio::test]
async fn a_volume_without_project_shows_that_not_all_are_listed() {
    let mut odd = volume(1, "p2");
    odd.as_object_mut()
        .unwrap()
        .remove("os-vol-tenant-attr:tenant_id");
    let usage = usage(&[odd, volume(2, "p2")], &[]).await;
    let why = only(&usage, UsageSource::Volumes);
    assert!(
        why.starts_with("1 volume without `os-vol-tenant-attr:tenant_id`"),
        "{why}"
    );
    assert_eq!(usage.known().counts(IMAGE, "p2").volumes, 1);
}

#[tokio::test]
async fn even_a_blank_volume_without_project_shows_it() {
    let usage = usage(&[json!({"id": OTHER})], &[]).await;
    assert!(only(&usage, UsageSource::Volumes).contains("not an answer for administrators"));
}

#[tokio::test]
async fn a_volume_that_is_being_made_may_be_of_any_image() {
    let making = |status: &str, created_at: &str| {
        json!({
            "id": OTHER, "os-vol-tenant-attr:tenant_id": "p2", "status": status,
            "created_at": created_at,
        })
    };
    let lately = clock().to_string();
    let lately = lately.trim_end_matches('Z');
    for status in ["creating", "downloading"] {
        let usage = usage(&[making(status, lately)], &[]).await;
        assert!(only(&usage, UsageSource::Volumes).contains("being created"));
    }
    // One that never will be, one that is there, and one that says of which image it is.
    let mut told = volume(1, "p2");
    told["status"] = json!("downloading");
    let volumes = [
        making("creating", "2020-01-01T00:00:00.000000"),
        making("available", lately),
        told,
    ];
    assert!(usage(&volumes, &[]).await.complete().is_some());
}

#[tokio::test]
async fn what_a_tenant_writes_for_an_image_is_of_none() {
    let mut odd = volume(1, "p2");
    odd["volume_image_metadata"]["image_id"] = json!("noble");
    assert!(usage(&[odd], &[]).await.complete().is_some());
}

#[tokio::test]
async fn metadata_without_an_image_are_of_none() {
    let mut odd = volume(1, "p2");
    odd["volume_image_metadata"] = json!({"architecture": "x86_64"});
    assert!(usage(&[odd], &[]).await.complete().is_some());
}

#[tokio::test]
async fn a_snapshot_of_a_volume_that_is_not_listed_is_a_gap() {
    let usage = usage(&[volume(1, "p2")], &[snapshot(1, "p2"), snapshot(9, "p2")]).await;
    let why = only(&usage, UsageSource::VolumeSnapshots);
    assert!(
        why.starts_with("1 snapshot of a volume that is not in the list"),
        "{why}"
    );
    assert_eq!(usage.known().counts(IMAGE, "p2").volume_snapshots, 1);
}

#[tokio::test]
async fn a_snapshot_with_its_image_needs_no_volume() {
    let mut told = snapshot(9, "p2");
    told["volume_image_metadata"] = json!({"image_id": IMAGE});
    let usage = usage(&[], &[told]).await;
    let uses = usage.complete().unwrap();
    assert_eq!(uses.counts(IMAGE, "p2").volume_snapshots, 1);
}

#[tokio::test]
async fn a_snapshot_without_project_or_volume_is_a_gap() {
    for (key, value, part) in [
        (
            "os-extended-snapshot-attributes:project_id",
            json!(null),
            "not an answer for admin",
        ),
        ("volume_id", json!(null), "not in the list"),
        ("volume_id", json!("x"), "not in the list"),
    ] {
        let mut odd = snapshot(1, "p2");
        odd[key] = value;
        let usage = usage(&[volume(1, "p2")], &[odd]).await;
        let why = only(&usage, UsageSource::VolumeSnapshots);
        assert!(why.contains(part), "{key}: {why}");
    }
}

#[tokio::test]
async fn a_list_that_fails_is_a_gap_of_its_own() {
    for (part, source) in [
        ("/volumes/detail", UsageSource::Volumes),
        ("/snapshots/detail", UsageSource::VolumeSnapshots),
    ] {
        for status in [403, 404, 500] {
            let cloud = cloud(Script::new().status(part, status)).await;
            let usage = look_up(&cloud.glance()).await;
            assert!(only(&usage, source).contains(&status.to_string()));
        }
        let broken = Reply::Answer(200, String::new(), "{".to_owned());
        let cloud = cloud(Script::new().answer(part, move |_| broken.clone())).await;
        let usage = look_up(&cloud.glance()).await;
        assert!(only(&usage, source).contains("ends within the JSON after 1 bytes"));
    }
}

#[tokio::test]
async fn a_cut_list_of_volumes_makes_its_snapshots_unknown() {
    let first = json!({
        "volumes": [volume(1, "p2")],
        "volumes_links": [{"rel": "next", "href": "/v3/p1/volumes/detail?marker=m1"}],
    });
    let snapshots = json!({"snapshots": [snapshot(1, "p2"), snapshot(2, "p3")]});
    let cloud = cloud(
        Script::new()
            .json("/volumes/detail", first)
            .answer("marker=m1", |_| answer(503, &json!({})))
            .json("/snapshots/detail", snapshots),
    )
    .await;
    let usage = look_up(&cloud.glance()).await;
    assert!(about(&usage, UsageSource::Volumes)[0].contains("503"));
    assert!(about(&usage, UsageSource::VolumeSnapshots)[0].contains("not in the list"));
    let counts = usage.known().counts(IMAGE, "p2");
    assert_eq!((counts.volumes, counts.volume_snapshots), (1, 1));
}
