//! Servers.

use bonafide_glance::{Usage, UsageSource};
use serde_json::{Value, json};

use crate::scripted::{Reply, header};
use crate::usage::support::{
    IMAGE, OTHER, SOFT_DELETED, Script, about, answer, cloud, look_up, only, server,
};

const FIRST: &str = "GET /nova/v2.1/servers/detail?all_tenants=1";

/// A page that says that the next one begins behind `marker`; the service knows itself by another
/// name than its clients do.
fn page(servers: &[Value], marker: &str) -> Value {
    let href = format!("http://inside:8774/v2.1/servers/detail?all_tenants=1&marker={marker}");
    json!({"servers": servers, "servers_links": [{"rel": "next", "href": href}]})
}

/// A first page that leads to `m1`, and what is there.
fn two_pages(second: impl Fn() -> Reply + Send + Sync + 'static) -> Script {
    Script::new()
        .json("/servers/detail", page(&[server(1, "p2")], "m1"))
        .answer("marker=m1", move |_| second())
}

fn servers(usage: &Usage, project: &str) -> u64 {
    usage.known().counts(IMAGE, project).servers
}

#[tokio::test]
async fn servers_of_all_pages_and_projects_are_counted() {
    let second = json!({"servers": [server(2, "p2"), server(3, "p3")]});
    let cloud = cloud(two_pages(move || answer(200, &second))).await;
    let usage = look_up(&cloud.glance()).await;
    let uses = usage.complete().unwrap();
    assert_eq!(uses.projects(IMAGE).collect::<Vec<_>>(), ["p2", "p3"]);
    assert_eq!(uses.counts(IMAGE, "p2").servers, 2);
    assert_eq!(uses.counts(IMAGE, "p3").servers, 1);
    let lines = cloud.lines();
    let nova: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("/nova/"))
        .collect();
    assert_eq!(
        nova,
        [
            "GET /nova/v2.1/os-services",
            FIRST,
            &format!("{FIRST}&marker=m1"),
            &format!("{FIRST}&{SOFT_DELETED}"),
            "GET /nova/v2.1/os-services",
        ]
    );
}

#[tokio::test]
async fn every_request_to_nova_asks_for_the_version_that_shows_cells_that_are_down() {
    let cloud = cloud(two_pages(|| answer(200, &json!({"servers": []})))).await;
    look_up(&cloud.glance()).await;
    for request in cloud.received() {
        let version = header(&request, "openstack-api-version");
        let nova = request.line.contains("/nova/");
        assert_eq!(version.is_some(), nova, "{}", request.line);
        assert!(version.is_none_or(|version| version == "compute 2.69"));
    }
}

#[tokio::test]
async fn servers_of_other_images_and_of_volumes_do_not_count() {
    let mut other = server(1, "p2");
    other["image"]["id"] = json!(OTHER);
    let mut volume = server(2, "p2");
    volume["image"] = json!("");
    let cloud = cloud(Script::new().servers(&[other, volume])).await;
    let usage = look_up(&cloud.glance()).await;
    assert!(!usage.complete().unwrap().is_used(IMAGE));
    assert!(!usage.known().is_used(OTHER));
}

#[tokio::test]
async fn a_server_of_a_cell_that_is_down_is_a_gap() {
    let down = json!({
        "id": OTHER, "status": "UNKNOWN", "tenant_id": "p2", "created": "x", "links": [],
    });
    let cloud = cloud(Script::new().servers(&[server(1, "p2"), down])).await;
    let usage = look_up(&cloud.glance()).await;
    let why = only(&usage, UsageSource::Servers);
    assert!(why.starts_with("1 server of status UNKNOWN"), "{why}");
    assert_eq!(servers(&usage, "p2"), 1);
}

#[tokio::test]
async fn a_server_without_image_or_project_or_with_another_thing_for_them_is_a_gap() {
    for (key, value, part) in [
        ("image", None, "without an image"),
        ("image", Some(json!(null)), "without an image"),
        ("image", Some(json!({})), "whose id can't be read"),
        (
            "image",
            Some(json!({"id": "noble"})),
            "whose id can't be read",
        ),
        ("image", Some(json!(7)), "whose id can't be read"),
        ("tenant_id", None, "without `tenant_id`"),
        ("tenant_id", Some(json!("")), "without `tenant_id`"),
        ("status", None, "of status UNKNOWN"),
        ("status", Some(json!("unknown")), "of status UNKNOWN"),
    ] {
        let mut odd = server(1, "p2");
        let object = odd.as_object_mut().unwrap();
        object.remove(key);
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
        let cloud = cloud(Script::new().servers(&[odd.clone(), odd, server(3, "p3")])).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(
            why.starts_with("2 servers") && why.contains(part),
            "{key}: {why}"
        );
        assert_eq!(servers(&usage, "p3"), 1);
    }
}

#[tokio::test]
async fn a_second_page_that_fails_is_a_gap_and_the_first_stays_known() {
    let other = |href: &str| {
        let body = json!({"servers": [], "servers_links": [{"rel": "next", "href": href}]});
        answer(200, &body)
    };
    let href = |path: &str| format!("http://inside/v2.1{path}");
    let replies = [
        (answer(500, &json!({})), "was answered 500"),
        (answer(400, &json!({})), "was answered 400"),
        (Reply::Hang, "the connection for `"),
        (answer(200, &json!({"volumes": []})), "is not understood"),
        (answer(200, &json!("broken")), "is not understood"),
        (
            Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"servers\":[".to_owned()),
            "the connection for `",
        ),
        (
            Reply::Answer(200, String::new(), "{\"servers\":[{\"id\"".to_owned()),
            "ends within the JSON after 17 bytes",
        ),
        (other(&href("/servers/detail?marker=m1")), "form a circle"),
        (other(&href("/servers?marker=m2")), "not a page of"),
        (
            other(&href("/servers/detail?all_tenants=1")),
            "not a page of",
        ),
        (other("http://["), "not a URL"),
    ];
    for (reply, part) in replies {
        let text = format!("{reply:?}");
        let cloud = cloud(two_pages(move || reply.clone())).await;
        let usage = look_up(&cloud.glance()).await;
        let gaps = about(&usage, UsageSource::Servers);
        assert!(
            gaps.iter().any(|why| why.contains(part)),
            "{text}: {gaps:?}"
        );
        assert_eq!(servers(&usage, "p2"), 1, "{text}");
    }
}

#[tokio::test]
async fn a_first_page_with_a_bad_link_is_known() {
    let body = json!({
        "servers": [server(1, "p2")], "servers_links": [{"rel": "next", "href": "/elsewhere"}],
    });
    let cloud = cloud(Script::new().json("/servers/detail", body)).await;
    let usage = look_up(&cloud.glance()).await;
    assert!(only(&usage, UsageSource::Servers).contains("not a page of"));
    assert_eq!(servers(&usage, "p2"), 1);
}

#[tokio::test]
async fn longer_circles_are_noticed_too() {
    let cloud = cloud(
        Script::new()
            .json("/servers/detail", page(&[server(1, "p2")], "m1"))
            .json("marker=m1", page(&[], "m2"))
            .json("marker=m2", page(&[], "m1")),
    )
    .await;
    let usage = look_up(&cloud.glance()).await;
    assert!(only(&usage, UsageSource::Servers).contains("`m1` occurred before"));
}

#[tokio::test]
async fn a_list_that_is_forbidden_is_a_gap() {
    let cloud = cloud(Script::new().status("/servers/detail", 403)).await;
    let usage = look_up(&cloud.glance()).await;
    assert!(only(&usage, UsageSource::Servers).contains("403"));
}

#[tokio::test]
async fn a_nova_that_is_too_old_is_a_gap() {
    let cloud_406 = cloud(Script::new().status("/nova/", 406)).await;
    let usage = look_up(&cloud_406.glance()).await;
    let gaps = about(&usage, UsageSource::Servers);
    assert!(
        gaps[0].contains("does not support `compute 2.69`"),
        "{gaps:?}"
    );

    for headers in ["", "openstack-api-version: compute 2.1\r\n"] {
        let body = json!({"servers": [server(1, "p2")]}).to_string();
        let reply = Reply::Answer(200, headers.to_owned(), body);
        let script = Script::new().answer("/servers/detail", move |_| reply.clone());
        let cloud = cloud(script).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(why.contains("`compute 2.69`"), "{why}");
        assert_eq!(servers(&usage, "p2"), 1);
    }
}

#[tokio::test]
async fn services_of_unknown_status_are_a_gap_that_names_a_host() {
    let unknown = json!({"binary": "nova-compute", "host": "h", "status": "UNKNOWN"});
    let nameless = json!({"binary": "nova-compute"});
    for (services, part) in [
        (
            json!([unknown]),
            "1 compute service is UNKNOWN (on host `h`)",
        ),
        (
            json!([nameless]),
            "1 compute service is UNKNOWN (on host `?`)",
        ),
        (
            json!([{"status": "enabled"}, unknown, nameless]),
            "2 compute services is UNKNOWN (on host `h` and others)",
        ),
    ] {
        let services = json!({"services": services});
        let cloud = cloud(Script::new().json("/os-services", services)).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(why.contains(part), "{why}");
    }
}

#[tokio::test]
async fn services_that_are_down_or_disabled_are_no_gap() {
    let services = json!({"services": [
        {"status": "enabled", "state": "down"}, {"status": "disabled", "state": "up"},
    ]});
    let cloud = cloud(Script::new().json("/os-services", services)).await;
    assert!(look_up(&cloud.glance()).await.complete().is_some());
}

#[tokio::test]
async fn a_cell_that_goes_down_while_the_pages_are_read_is_a_gap() {
    let second = json!({"servers": []});
    let script = two_pages(move || answer(200, &second));
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

#[tokio::test]
async fn services_that_may_not_be_asked_are_a_gap() {
    for status in [403, 404] {
        let script = Script::new().status("/os-services", status);
        let cloud = cloud(script.servers(&[server(1, "p2")])).await;
        let usage = look_up(&cloud.glance()).await;
        let why = only(&usage, UsageSource::Servers);
        assert!(why.contains(&status.to_string()), "{why}");
        assert!(why.contains("soft-deleted, could be missing"), "{why}");
        assert_eq!(servers(&usage, "p2"), 1);
    }
}

#[tokio::test]
async fn services_that_fail_otherwise_are_a_gap() {
    let cloud = cloud(Script::new().status("/os-services", 500)).await;
    let usage = look_up(&cloud.glance()).await;
    assert!(only(&usage, UsageSource::Servers).contains("500"));
}

#[tokio::test]
async fn many_pages_are_read_to_their_end() {
    let script = Script::new().answer("/servers/detail", |request| {
        let marker = request.line.split("marker=").nth(1).unwrap_or("0");
        let number: u128 = marker.parse().unwrap();
        if number == 1_100 {
            return answer(200, &json!({"servers": []}));
        }
        let next = (number + 1).to_string();
        answer(200, &page(&[server(number, "p2")], &next))
    });
    let cloud = cloud(script).await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(usage.complete().unwrap().counts(IMAGE, "p2").servers, 1_100);
}
