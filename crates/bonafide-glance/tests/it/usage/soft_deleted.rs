//! Soft-deleted servers: in no list but their own, and to be restored.

use bonafide_glance::UsageSource;
use serde_json::{Value, json};

use crate::scripted::Reply;
use crate::usage::support::{
    IMAGE, SOFT_DELETED, Script, about, answer, cloud, look_up, only, server,
};

fn soft_deleted(id: u128, project: &str) -> Value {
    let mut server = server(id, project);
    server["status"] = json!("SOFT_DELETED");
    server
}

/// Only these servers are soft-deleted.
fn script(servers: &[Value]) -> Script {
    Script::new().json(SOFT_DELETED, json!({"servers": servers}))
}

#[tokio::test]
async fn a_soft_deleted_server_is_a_use() {
    let script = script(&[soft_deleted(1, "p2"), soft_deleted(2, "p3")]);
    let cloud = cloud(script.servers(&[server(3, "p3")])).await;
    let usage = look_up(&cloud.glance()).await;
    let uses = usage.complete().unwrap();
    assert_eq!(uses.counts(IMAGE, "p2").servers, 1);
    assert_eq!(uses.counts(IMAGE, "p3").servers, 2);
}

#[tokio::test]
async fn all_pages_of_them_are_read() {
    let href = "http://inside/v2.1/servers/detail?all_tenants=1&marker=m1";
    let cloud = cloud(
        Script::new()
            .json(
                SOFT_DELETED,
                json!({
                    "servers": [soft_deleted(1, "p2")],
                    "servers_links": [{"rel": "next", "href": href}],
                }),
            )
            .json(
                &format!("{SOFT_DELETED}&marker=m1"),
                json!({"servers": [soft_deleted(2, "p2")]}),
            ),
    )
    .await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(usage.complete().unwrap().counts(IMAGE, "p2").servers, 2);
}

#[tokio::test]
async fn a_nova_that_passes_over_the_filter_has_no_server_counted_twice() {
    let active = server(1, "p2");
    let script = script(&[active.clone(), soft_deleted(2, "p2")]);
    let cloud = cloud(script.servers(&[active])).await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(usage.complete().unwrap().counts(IMAGE, "p2").servers, 2);
}

#[tokio::test]
async fn one_that_is_not_as_it_should_be_is_a_gap() {
    for (key, value, part) in [
        ("image", json!(null), "without an image"),
        ("image", json!({"id": "noble"}), "whose id can't be read"),
        ("tenant_id", json!(null), "without `tenant_id`"),
        ("status", json!("UNKNOWN"), "of status UNKNOWN"),
        ("status", json!(null), "of status UNKNOWN"),
    ] {
        let mut odd = soft_deleted(1, "p2");
        odd[key] = value;
        let cloud = cloud(script(&[odd])).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(why.starts_with("1 server") && why.contains(part), "{why}");
    }
}

#[tokio::test]
async fn a_list_of_them_that_can_not_be_had_is_a_gap_and_the_other_servers_stay_known() {
    for (reply, part) in [
        (answer(400, &json!({})), "was answered 400"),
        (answer(403, &json!({})), "was answered 403"),
        (answer(500, &json!({})), "was answered 500"),
        (answer(200, &json!({"volumes": []})), "is not understood"),
        (Reply::Hang, "the connection for `"),
        (
            Reply::Answer(200, String::new(), r#"{"servers":[]}"#.to_owned()),
            "does not state version `compute 2.69`",
        ),
    ] {
        let script = Script::new()
            .servers(&[server(1, "p2")])
            .answer(SOFT_DELETED, move |_| reply.clone());
        let cloud = cloud(script).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(why.contains(part), "{why}");
        assert_eq!(usage.known().counts(IMAGE, "p2").servers, 1);
    }
}

#[tokio::test]
async fn they_are_not_asked_for_where_servers_are_refused() {
    let cloud = cloud(Script::new().status("/servers/detail", 403)).await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(about(&usage, UsageSource::Servers).len(), 1);
    let asked = cloud.lines();
    assert!(asked.iter().all(|line| !line.contains(SOFT_DELETED)));
}

#[tokio::test]
async fn a_cell_that_goes_down_before_they_are_listed_is_a_gap() {
    let script = Script::new().servers(&[server(1, "p2")]);
    let cloud = crate::usage::support::administrators(move |request, nth| {
        if request.line.ends_with("/os-services") && nth == 1 {
            return answer(200, &json!({"services": [{"status": "UNKNOWN"}]}));
        }
        script.reply(request, nth)
    })
    .await;
    let usage = look_up(&cloud.glance()).await;
    assert!(only(&usage, UsageSource::Servers).contains("a cell is down"));
}
