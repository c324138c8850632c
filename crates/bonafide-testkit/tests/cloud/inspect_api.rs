//! Who sees what, what watchers receive, and images that were there before.

use std::sync::{Arc, Mutex};

use bonafide_testkit::cloud::EmbeddedCloud;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::visitor::Visitor;

#[tokio::test]
async fn lists_and_reaches_are_what_a_member_gets() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let customer = Visitor::log_in(&cloud, "customer").await;
    let project = cloud.project_id("customer").unwrap();
    let member = |status: &str| json!([{ "member_id": project, "status": status }]);
    for (name, more, listed, reached) in [
        (
            "own",
            json!({ "owner": project, "visibility": "private" }),
            true,
            true,
        ),
        (
            "own community",
            json!({ "owner": project, "visibility": "community" }),
            true,
            true,
        ),
        (
            "own hidden",
            json!({ "owner": project, "os_hidden": true }),
            false,
            true,
        ),
        ("private", json!({ "visibility": "private" }), false, false),
        ("public", json!({ "visibility": "public" }), true, true),
        (
            "hidden",
            json!({ "visibility": "public", "os_hidden": true }),
            false,
            true,
        ),
        (
            "community",
            json!({ "visibility": "community" }),
            false,
            true,
        ),
        ("shared", json!({}), false, false),
        (
            "accepted",
            json!({ "members": member("accepted") }),
            true,
            true,
        ),
        (
            "pending",
            json!({ "members": member("pending") }),
            false,
            true,
        ),
        (
            "rejected",
            json!({ "members": member("rejected") }),
            false,
            true,
        ),
        (
            "private now",
            json!({ "visibility": "private", "members": member("accepted") }),
            false,
            false,
        ),
    ] {
        let mut image = more;
        image["name"] = json!(name);
        if image.get("owner").is_none() {
            image["owner"] = json!("vendor");
        }
        let id = cloud.adopt_image(&image).unwrap();
        assert_eq!(cloud.lists(&project).contains(&id), listed, "{name}");
        assert_eq!(cloud.reaches(&project, id), reached, "{name}");
        let status = customer.get(&format!("/v2/images/{id}")).await.status;
        assert_eq!(status == 200, reached, "{name}");
    }
    let reply = customer.get("/v2/images?limit=100").await;
    let mut names = reply.ids("images");
    names.sort();
    let mut expected = cloud.lists(&project);
    expected.sort();
    assert_eq!(names, expected);
    assert!(!cloud.reaches(&project, Uuid::new_v4()));
}

#[tokio::test]
async fn an_administrator_lists_what_is_private_but_no_strangers_community() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    for visibility in ["community", "private", "shared"] {
        let image = json!({ "name": visibility, "owner": "p", "visibility": visibility });
        cloud.adopt_image(&image).unwrap();
    }
    let names = async |query: &str| {
        let mut names = admin.get(&format!("/v2/images{query}")).await.names();
        names.sort();
        names
    };
    assert_eq!(names("").await, ["private", "shared"]);
    assert_eq!(names("?visibility=community").await, ["community"]);
    assert_eq!(
        names("?visibility=all").await,
        ["community", "private", "shared"]
    );
}

#[tokio::test]
async fn an_adopted_image_is_as_if_it_had_been_uploaded_long_ago() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let id = Uuid::new_v4();
    let image = json!({
        "id": id, "name": "Ubuntu 22.04", "owner": cloud.project_id("publisher"), "size": 7,
        "visibility": "public", "os_distro": "ubuntu", "os_hash_algo": "sha512",
        "os_hash_value": "abcd", "created_at": "2024-01-01T00:00:00Z", "tags": ["t"],
    });
    assert_eq!(cloud.adopt_image(&image).unwrap(), id);
    let seen = publisher.image(id).await;
    for (name, value) in image.as_object().unwrap() {
        assert_eq!(&seen[name], value, "{name}");
    }
    assert_eq!(
        (&seen["status"], &seen["disk_format"]),
        (&json!("active"), &json!("qcow2"))
    );
    assert_eq!(
        publisher.get(&format!("/v2/images/{id}/file")).await.status,
        204
    );
    let hide = json!([{ "op": "replace", "path": "/os_hidden", "value": true }]);
    assert_eq!(publisher.patch(id, &hide).await.status, 200);
    assert_eq!(
        publisher.delete(&format!("/v2/images/{id}")).await.status,
        204
    );

    let again = cloud.adopt_image(&image).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
    for odd in [
        json!([]),
        json!({ "size": "x" }),
        json!({ "os_distro": 7 }),
        json!({ "created_at": "yesterday" }),
        json!({ "status": "saving" }),
        json!({ "visibility": "bogus" }),
        json!({ "id": "7" }),
        json!({ "members": [{ "status": "accepted" }] }),
        json!({ "members": [{ "member_id": "p", "status": "perhaps" }] }),
    ] {
        let error = cloud.adopt_image(&odd).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{odd}");
    }
    assert!(cloud.images().is_empty());
}

#[tokio::test]
async fn a_watcher_sees_every_change_before_its_answer() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let seen: Arc<Mutex<Vec<Vec<Value>>>> = Arc::default();
    let log = Arc::clone(&seen);
    cloud.watch(move |images| log.lock().unwrap().push(images.to_vec()));
    let told = || seen.lock().unwrap().len();
    let last = || seen.lock().unwrap().last().unwrap().clone();

    let id = publisher.create_raw("a").await;
    assert_eq!((told(), &last()[0]["status"]), (1, &json!("queued")));
    publisher.upload(id, "bytes").await;
    assert_eq!((told(), &last()[0]["status"]), (3, &json!("active")));
    assert_eq!(seen.lock().unwrap()[1][0]["status"], "saving");
    let members = format!("/v2/images/{id}/members");
    publisher.post(&members, &json!({ "member": "p" })).await;
    let expected = json!([{ "member_id": "p", "status": "pending" }]);
    assert_eq!((told(), &last()[0]["members"]), (4, &expected));

    publisher.get("/v2/images").await;
    let refused = json!([{ "op": "replace", "path": "/size", "value": 1 }]);
    assert_eq!(publisher.patch(id, &refused).await.status, 403);
    assert_eq!(told(), 4);
    publisher.delete(&format!("/v2/images/{id}")).await;
    assert_eq!((told(), last()), (5, vec![]));
}

#[tokio::test]
async fn a_watcher_may_look_at_the_cloud() {
    let cloud = Arc::new(EmbeddedCloud::start().await.unwrap());
    let publisher = Visitor::log_in(&cloud, "publisher").await;
    let looked: Arc<Mutex<Vec<bool>>> = Arc::default();
    let (log, weak) = (Arc::clone(&looked), Arc::downgrade(&cloud));
    cloud.watch(move |images| {
        let cloud = weak.upgrade().unwrap();
        let project = cloud.project_id("publisher").unwrap();
        let is_same = cloud.images().len() == images.len();
        log.lock()
            .unwrap()
            .push(is_same && cloud.lists(&project).len() == 1);
    });
    publisher.create_raw("a").await;
    assert_eq!(*looked.lock().unwrap(), [true]);
}

#[tokio::test]
async fn where_members_accept_alone_an_administrator_cannot() {
    let cloud = EmbeddedCloud::builder().members_accept_alone();
    let cloud = cloud.start().await.unwrap();
    let admin = Visitor::log_in(&cloud, "admin").await;
    let customer = Visitor::log_in(&cloud, "customer").await;
    let project = cloud.project_id("customer").unwrap();
    let members = json!([{ "member_id": project, "status": "pending" }]);
    let id = cloud
        .adopt_image(&json!({ "owner": "p", "members": members }))
        .unwrap();
    let member = format!("/v2/images/{id}/members/{project}");
    let accepted = json!({ "status": "accepted" });
    let reply = admin.put(&member, &accepted).await;
    assert_eq!(reply.status, 403);
    let message = "You are not authorized to complete modify_member action.";
    assert_eq!(reply.message(), message);
    assert!(cloud.lists(&project).is_empty());
    assert_eq!(customer.put(&member, &accepted).await.status, 200);
    assert_eq!(cloud.lists(&project), [id]);
}
