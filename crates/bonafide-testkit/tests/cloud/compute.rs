//! Nova: servers, whose they are, filters and pages.

use bonafide_testkit::cloud::{CloudFault, CloudFaultKind, EmbeddedCloud};
use serde_json::json;
use uuid::Uuid;

use crate::visitor::{Visitor, client, send};

const VERSION: &str = "compute 2.96";

async fn cloud_and_admin() -> (EmbeddedCloud, Visitor) {
    let cloud = EmbeddedCloud::builder().compute_page_limit(3);
    let cloud = cloud.start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    (cloud, admin)
}

fn url(cloud: &EmbeddedCloud, rest: &str) -> String {
    format!("{}{rest}", cloud.compute_url().unwrap())
}

#[tokio::test]
async fn the_catalog_has_nova_and_cinder_unless_the_cloud_is_without() {
    let kinds = async |cloud: &EmbeddedCloud| {
        let admin = Visitor::log_in(cloud, "admin").await;
        let url = format!("{}/auth/catalog", cloud.auth_url());
        let catalog = admin.ask(&url, "").await.json()["catalog"].clone();
        let services = catalog.as_array().unwrap().clone();
        let kinds: Vec<(String, String)> = services
            .iter()
            .map(|service| {
                assert_eq!(service["endpoints"].as_array().unwrap().len(), 3);
                let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                (
                    text(&service["type"]),
                    text(&service["endpoints"][0]["url"]),
                )
            })
            .collect();
        kinds
    };
    let cloud = EmbeddedCloud::start().await.unwrap();
    let project = cloud.project_id("admin").unwrap();
    let storage = format!("{}/{project}", cloud.block_storage_url().unwrap());
    assert!(storage.contains("/v3/"));
    let found = kinds(&cloud).await;
    assert_eq!(found[2], ("compute".to_owned(), url(&cloud, "")));
    assert_eq!(found[3], ("block-storage".to_owned(), storage));

    let bare = EmbeddedCloud::builder()
        .without_compute()
        .without_block_storage();
    let bare = bare.start().await.unwrap();
    assert_eq!(kinds(&bare).await.len(), 2);
    assert_eq!((bare.compute_url(), bare.block_storage_url()), (None, None));
}

#[tokio::test]
async fn a_server_has_its_image_and_one_from_a_volume_does_not() {
    let (cloud, admin) = cloud_and_admin().await;
    let image = Uuid::new_v4();
    let server = cloud.boot("project", image);
    let (other, volume) = cloud.boot_from_volume("project", image);
    let reply = admin
        .ask(&url(&cloud, "/servers/detail?all_tenants=1"), VERSION)
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("openstack-api-version"), Some(VERSION));
    let id = reply.header("x-openstack-request-id").unwrap();
    assert!(id.starts_with("req-"), "{id}");
    let body = reply.json();
    let of = |id: Uuid| {
        let mut servers = body["servers"].as_array().unwrap().iter();
        servers.find(|server| server["id"] == json!(id)).unwrap()
    };
    assert_eq!(of(server)["image"]["id"], json!(image));
    assert_eq!(of(server)["tenant_id"], "project");
    assert_eq!(of(server)["status"], "ACTIVE");
    assert_eq!(of(other)["image"], "");
    let attached = &of(other)["os-extended-volumes:volumes_attached"][0]["id"];
    assert_eq!(attached, &json!(volume));
    let size = of(server).to_string().len();
    assert!((1500..3000).contains(&size), "{size}");
}

#[tokio::test]
async fn the_servers_of_all_are_for_administrators() {
    let (cloud, admin) = cloud_and_admin().await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let own = cloud.boot(&cloud.project_id("customer").unwrap(), Uuid::new_v4());
    let foreign = cloud.boot("project", Uuid::new_v4());
    for (path, action) in [("/servers/detail", "detail"), ("/servers", "index")] {
        let all = url(&cloud, &format!("{path}?all_tenants=1"));
        let reply = customer.ask(&all, VERSION).await;
        assert_eq!(reply.status, 403);
        let fault = &reply.json()["forbidden"];
        let message = format!(
            "Policy doesn't allow os_compute_api:servers:{action}:get_all_tenants to be performed."
        );
        assert_eq!(fault, &json!({ "code": 403, "message": message }));

        let reply = customer.ask(&url(&cloud, path), VERSION).await;
        assert_eq!(reply.ids("servers"), [own]);
        assert!(
            admin
                .ask(&url(&cloud, path), VERSION)
                .await
                .ids("servers")
                .is_empty()
        );
        for value in ["=1", "=true", "=on", "=", ""] {
            let all = url(&cloud, &format!("{path}?all_tenants{value}"));
            let mut ids = admin.ask(&all, VERSION).await.ids("servers");
            ids.sort();
            let mut expected = [own, foreign];
            expected.sort();
            assert_eq!(ids, expected, "{value}");
        }
        let none = url(&cloud, &format!("{path}?all_tenants=false"));
        assert_eq!(customer.ask(&none, VERSION).await.ids("servers"), [own]);
        let odd = url(&cloud, &format!("{path}?all_tenants=x"));
        let reply = admin.ask(&odd, VERSION).await;
        assert_eq!(
            (reply.status, &reply.json()["badRequest"]["code"]),
            (400, &json!(400))
        );
    }
}

#[tokio::test]
async fn a_page_that_is_full_has_a_link_to_the_next() {
    let (cloud, admin) = cloud_and_admin().await;
    let mut booted = cloud.boot_many((0..6).map(|_| ("project", Uuid::new_v4())));
    let mut next = Some(url(&cloud, "/servers/detail?all_tenants=1&name=a%20b"));
    let mut pages = Vec::new();
    while let Some(url) = next {
        let reply = admin.ask(&url, VERSION).await;
        pages.push(reply.ids("servers"));
        let body = reply.json();
        let link = body["servers_links"][0].clone();
        assert_eq!(body.get("servers_links").is_some(), link["rel"] == "next");
        next = link["href"].as_str().map(str::to_owned);
        let last = pages.last().unwrap().last();
        if let (Some(next), Some(last)) = (&next, last) {
            let end = format!("/servers/detail?all_tenants=1&name=a+b&marker={last}");
            assert_eq!(*next, self::url(&cloud, &end));
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 0]);
    let mut listed = pages.concat();
    listed.sort();
    booted.sort();
    assert_eq!(listed, booted);

    // The marker may be gone by the time when the next page is asked for.
    let after = |id: Uuid| {
        url(
            &cloud,
            &format!("/servers?all_tenants=1&limit=2&marker={id}"),
        )
    };
    assert!(cloud.delete_server(pages[0][1]));
    let reply = admin.ask(&after(pages[0][1]), VERSION).await;
    assert_eq!(reply.ids("servers"), [pages[0][2], pages[1][0]]);
    let link = reply.json()["servers_links"][0]["href"].clone();
    assert_eq!(link, after(pages[1][0]));
}

#[tokio::test]
async fn what_makes_no_sense_to_nova_is_refused() {
    let (cloud, admin) = cloud_and_admin().await;
    let unknown = format!("/servers?marker={}", Uuid::new_v4());
    let customer = cloud.project_id("customer").unwrap();
    let foreign = format!("/{customer}/servers");
    for (path, version, status) in [
        (foreign.as_str(), VERSION, 400),
        ("/servers?status=x", VERSION, 400),
        ("/servers?status=x", "compute 2.37", 200),
        ("/servers?limit=0", VERSION, 200),
        (unknown.as_str(), VERSION, 400),
        ("/servers?marker=x", VERSION, 400),
        ("/servers?limit=x", VERSION, 400),
        ("/servers?limit=-1", VERSION, 400),
        ("/servers", "compute 2.999", 406),
        ("/servers", "compute x", 400),
        ("/project/servers", VERSION, 404),
        ("/flavors", VERSION, 404),
    ] {
        let reply = admin.ask(&url(&cloud, path), version).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(status != 200 || reply.ids("servers").is_empty(), "{path}");
    }
    let own = cloud.project_id("admin").unwrap();
    let reply = admin.ask(&url(&cloud, &foreign), VERSION).await;
    assert_eq!(
        reply.json()["badRequest"]["message"],
        format!(
            "Malformed request URL: URL's project_id '{customer}' doesn't match Context's \
             project_id '{own}'"
        )
    );
    let mut stranger = admin.clone();
    stranger.token = "made-up".to_owned();
    let reply = stranger.ask(&url(&cloud, "/servers"), VERSION).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").is_some());
}

#[tokio::test]
async fn servers_are_found_by_image_status_and_project() {
    let (cloud, admin) = cloud_and_admin().await;
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let server = cloud.boot("p", one);
    let shelved = cloud.boot("q", other);
    assert!(cloud.shelve(shelved));
    for (filter, expected) in [
        (format!("image={one}"), vec![server]),
        (format!("image={}", Uuid::new_v4()), vec![]),
        ("status=SHELVED_OFFLOADED".to_owned(), vec![shelved]),
        ("status=ERROR".to_owned(), vec![]),
        ("project_id=q".to_owned(), vec![shelved]),
        ("deleted=true".to_owned(), vec![]),
    ] {
        let url = url(&cloud, &format!("/servers?all_tenants=1&{filter}"));
        assert_eq!(
            admin.ask(&url, VERSION).await.ids("servers"),
            expected,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn nova_shows_its_versions_without_a_token() {
    let (cloud, _) = cloud_and_admin().await;
    let reply = send(client().get(url(&cloud, "/"))).await;
    let version = &reply.json()["version"];
    assert_eq!(
        (&version["min_version"], &version["version"]),
        (&json!("2.1"), &json!("2.104"))
    );
    let root = url(&cloud, "").replace("/v2.1", "/");
    assert_eq!(
        send(client().get(root)).await.json()["versions"][0]["id"],
        "v2.1"
    );
}

#[tokio::test]
async fn faults_meet_nova_as_well() {
    let (cloud, admin) = cloud_and_admin().await;
    let list = url(&cloud, "/servers/detail?all_tenants=1");
    for (kind, status) in [
        (CloudFaultKind::Status(503), 503),
        (CloudFaultKind::Unauthorized, 401),
        (
            CloudFaultKind::Delay(std::time::Duration::from_millis(1)),
            200,
        ),
    ] {
        cloud.fail_next(CloudFault::new("GET", "/servers/detail", kind));
        assert_eq!(admin.ask(&list, VERSION).await.status, status);
    }
    for kind in [CloudFaultKind::DropBefore, CloudFaultKind::DropAfter] {
        cloud.fail_next(CloudFault::new("GET", "/servers/detail", kind));
        let request = client().get(&list).header("x-auth-token", &admin.token);
        request.send().await.unwrap_err();
    }
    cloud.clear_requests();
    cloud.fail_next(CloudFault::new(
        "GET",
        "/servers/detail",
        CloudFaultKind::Stall,
    ));
    let request = client().get(&list).header("x-auth-token", &admin.token);
    let asking = tokio::spawn(request.send());
    while cloud.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(cloud);
    asking.await.unwrap().unwrap_err();
}
