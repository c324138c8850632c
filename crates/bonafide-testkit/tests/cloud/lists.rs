//! Lists: who sees what, filters, order, pages.

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::json;

use crate::visitor::Visitor;

#[tokio::test]
async fn a_page_that_is_full_has_a_next_one_even_when_that_is_empty() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    for name in ["a", "b", "c", "d"] {
        publisher.create(&json!({ "name": name })).await;
    }
    let mut path = "/v2/images?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let reply = publisher.get(&path).await;
        pages.push(reply.names());
        match reply.json()["next"].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => break,
        }
        assert!(path.starts_with("/v2/images?limit=2&marker="), "{path}");
    }
    assert_eq!(pages, [vec!["d", "c"], vec!["b", "a"], vec![]]);
}

#[tokio::test]
async fn a_list_without_a_limit_ends_after_25() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    for _ in 0..26 {
        publisher.create(&json!({})).await;
    }
    let reply = publisher.get("/v2/images").await;
    assert_eq!(reply.names().len(), 25);
    let next = reply.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(publisher.get(&next).await.names().len(), 1);
    assert_eq!(
        publisher.get("/v2/images?limit=1000").await.names().len(),
        26
    );
    assert!(publisher.get("/v2/images?limit=0").await.names().is_empty());
}

#[tokio::test]
async fn filters_are_exact_and_a_misspelt_one_finds_nothing() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let image = |name: &str, release: &str| json!({ "name": name, "os_distro": "ubuntu", "os_version": release, "tags": ["t", name] });
    publisher.create(&image("a", "22.04")).await;
    publisher.create(&image("b", "24.04")).await;
    let cases: [(&str, &[&str]); 9] = [
        ("name=a", &["a"]),
        ("name=in:a,b", &["b", "a"]),
        ("os_distro=ubuntu", &["b", "a"]),
        ("os_distro=ubuntu&os_version=24.04", &["b"]),
        ("os_distro=Ubuntu", &[]),
        ("os_distribution=ubuntu", &[]),
        ("tag=t", &["b", "a"]),
        ("tag=t&tag=a", &["a"]),
        ("status=active", &[]),
    ];
    for (query, names) in cases {
        let reply = publisher.get(&format!("/v2/images?{query}")).await;
        assert_eq!(reply.names(), names, "{query}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_in_a_query_is_refused() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    for query in [
        "limit=-1",
        "limit=x",
        "marker=unknown",
        "visibility=bogus",
        "member_status=bogus",
        "os_hidden=maybe",
        "sort=bogus",
        "sort=name:sideways",
        "sort=name&sort_key=name",
    ] {
        let reply = publisher.get(&format!("/v2/images?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_list_is_sorted_as_asked() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    for name in ["b", "a", "b"] {
        publisher.create(&json!({ "name": name })).await;
    }
    publisher.create(&json!({})).await;
    let sorted = async |sort: &str| {
        publisher
            .get(&format!("/v2/images?sort={sort}"))
            .await
            .names()
    };
    assert_eq!(sorted("name:asc").await, ["-", "a", "b", "b"]);
    assert_eq!(sorted("name:desc").await, ["b", "b", "a", "-"]);
    assert_eq!(sorted("created_at:asc").await, ["b", "a", "b", "-"]);
}

#[tokio::test]
async fn hidden_and_community_images_are_listed_only_when_asked_for() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    for (name, visibility, hidden) in [
        ("public", "public", false),
        ("hidden", "public", true),
        ("community", "community", false),
        ("private", "private", false),
        ("shared", "shared", false),
    ] {
        let properties = json!({ "name": name, "visibility": visibility, "os_hidden": hidden });
        let id = admin.create(&properties).await;
        let seen = customer.get(&format!("/v2/images/{id}")).await.status == 200;
        assert_eq!(seen, !matches!(name, "private" | "shared"), "{name}");
    }
    let cases: [(&str, &[&str]); 4] = [
        ("", &["public"]),
        ("os_hidden=true", &["hidden"]),
        ("visibility=community", &["community"]),
        ("visibility=all", &["community", "public"]),
    ];
    for (query, names) in cases {
        let reply = customer.get(&format!("/v2/images?{query}")).await;
        assert_eq!(reply.names(), names, "{query}");
    }
}
