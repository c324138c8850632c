//! A cloud with many customers.

use std::collections::HashSet;

use bonafide_testkit::cloud::EmbeddedCloud;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::visitor::Visitor;

/// What a client needs of a page: reading all of it would take most of the test's time.
#[derive(Deserialize)]
struct Page {
    servers: Vec<Server>,
    #[serde(default)]
    servers_links: Vec<Link>,
}

#[derive(Deserialize)]
struct Server {
    id: Uuid,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[tokio::test]
async fn a_hundred_thousand_servers_are_booted_and_listed() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let image = Uuid::new_v4();
    let servers = (0..100_000).map(|number| (format!("project-{}", number % 500), image));
    let booted: HashSet<Uuid> = cloud.boot_many(servers).into_iter().collect();
    let compute = cloud.compute_url().unwrap();
    let mut next = Some(format!("{compute}/servers/detail?all_tenants=1"));
    let mut listed = HashSet::new();
    while let Some(url) = next {
        let reply = admin.ask(&url, "compute 2.96").await;
        let page: Page = serde_json::from_slice(&reply.body).unwrap();
        listed.extend(page.servers.iter().map(|server| server.id));
        next = page.servers_links.into_iter().next().map(|link| link.href);
    }
    assert_eq!(listed.len(), 100_000);
    assert_eq!(listed, booted);
}

#[tokio::test]
async fn two_thousand_images_are_adopted_and_listed() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = EmbeddedCloud::builder().data_directory(directory.path());
    let cloud = cloud.start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    for number in 0..2000 {
        let image = json!({ "name": format!("image-{number}"), "visibility": "public" });
        cloud.adopt_image(&image).unwrap();
    }
    let records = directory.path().join("images");
    assert_eq!(std::fs::read_dir(records).unwrap().count(), 0);
    let mut next = Some("/v2/images?limit=1000".to_owned());
    let mut listed = HashSet::new();
    while let Some(path) = next {
        let reply = publisher.get(&path).await;
        listed.extend(reply.ids("images"));
        next = reply.json()["next"].as_str().map(str::to_owned);
    }
    assert_eq!(listed.len(), 2000);
}
