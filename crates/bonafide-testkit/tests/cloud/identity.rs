//! Keystone: logging in, the catalog, the end of a token.

use std::time::Duration;

use bonafide_testkit::cloud::EmbeddedCloud;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::visitor::{Visitor, client, log_in, send};

fn password(name: &str, password: &str) -> Value {
    let user = json!({ "name": name, "domain": { "id": "default" }, "password": password });
    json!({ "methods": ["password"], "password": { "user": user } })
}

/// The value that follows `key: ` in the part of the `clouds.yaml` that belongs to a cloud.
fn entry(cloud: &EmbeddedCloud, name: &str, key: &str) -> String {
    let part = cloud
        .clouds_yaml()
        .split(&format!("  {name}:\n"))
        .nth(1)
        .unwrap();
    let line = part.lines().find_map(|line| line.trim().strip_prefix(key));
    line.unwrap().trim_start_matches(": ").to_owned()
}

#[tokio::test]
async fn a_password_gives_a_token_with_a_catalog() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let scope = json!({ "project": { "name": "publisher", "domain": { "name": "Default" } } });
    let identity = password("publisher", "userpw");
    let reply = log_in(
        &cloud,
        &json!({ "auth": { "identity": identity, "scope": scope } }),
    )
    .await;

    assert_eq!(reply.status, 201);
    assert!(reply.header("x-subject-token").unwrap().len() > 180);
    let token = &reply.json()["token"];
    assert_eq!(
        token["project"]["id"],
        cloud.project_id("publisher").unwrap()
    );
    assert_eq!(token["roles"][1]["name"], "member");
    let image = &token["catalog"][1];
    assert_eq!(image["type"], "image");
    assert_eq!(image["endpoints"][0]["interface"], "public");
    assert_eq!(image["endpoints"][0]["region_id"], "RegionOne");
    assert_eq!(image["endpoints"][0]["url"], cloud.image_url());
    let expires_at = token["expires_at"].as_str().unwrap();
    assert!(expires_at.ends_with(".000000Z"), "{expires_at}");
    let issued_at: Timestamp = token["issued_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        expires_at.parse::<Timestamp>().unwrap(),
        issued_at + 1.hour()
    );
}

#[tokio::test]
async fn a_wrong_password_and_a_foreign_project_are_refused_alike() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let foreign = json!({ "project": { "name": "customer", "domain": { "id": "default" } } });
    let bodies = [
        json!({ "auth": { "identity": password("publisher", "wrong") } }),
        json!({ "auth": { "identity": password("unknown", "userpw") } }),
        json!({ "auth": { "identity": password("publisher", "userpw"), "scope": foreign } }),
    ];
    for body in bodies {
        let reply = log_in(&cloud, &body).await;
        assert_eq!(reply.status, 401);
        let challenge = reply.header("www-authenticate").unwrap();
        assert_eq!(challenge, format!("Keystone uri=\"{}\"", cloud.auth_url()));
        let message = "The request you have made requires authentication.";
        assert_eq!(reply.json()["error"]["message"], message);
    }
}

#[tokio::test]
async fn an_application_credential_works_without_a_scope_and_is_refused_with_one() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let id = entry(&cloud, "publisher-appcred", "application_credential_id");
    let secret = entry(&cloud, "publisher-appcred", "application_credential_secret");
    let credential = json!({ "id": id, "secret": secret });
    let methods = ["application_credential"];
    let identity = json!({ "methods": methods, "application_credential": credential });

    let reply = log_in(&cloud, &json!({ "auth": { "identity": identity } })).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.json()["token"]["project"]["name"], "publisher");

    let scope = json!({ "project": { "id": cloud.project_id("publisher") } });
    let reply = log_in(
        &cloud,
        &json!({ "auth": { "identity": identity, "scope": scope } }),
    )
    .await;
    assert_eq!(reply.status, 401);
    let message = reply.json()["error"]["message"].to_string();
    assert!(message.contains("cannot request a scope"), "{message}");
}

#[tokio::test]
async fn a_token_made_from_a_token_lives_no_longer() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let first = log_in(
        &cloud,
        &json!({ "auth": { "identity": password("admin", "adminpw") } }),
    )
    .await;
    let token = json!({ "id": first.header("x-subject-token").unwrap() });
    let identity = json!({ "methods": ["token"], "token": token });
    let second = log_in(&cloud, &json!({ "auth": { "identity": identity } })).await;
    assert_eq!(second.status, 201);
    let expires_at = |reply: &Value| reply["token"]["expires_at"].clone();
    assert_eq!(expires_at(&first.json()), expires_at(&second.json()));
}

#[tokio::test]
async fn an_expired_a_revoked_and_an_unknown_token_get_401() {
    let brief = EmbeddedCloud::builder().token_lifetime(Duration::ZERO);
    let brief = brief.start().await.unwrap();
    let late = Visitor::log_in(&brief, "publisher").await;
    assert_eq!(late.get("/v2/images").await.status, 401);

    let cloud = EmbeddedCloud::start().await.unwrap();
    let mut visitor = Visitor::log_in(&cloud, "publisher").await;
    assert_eq!(visitor.get("/v2/images").await.status, 200);
    let request = client().delete(format!("{}/auth/tokens", cloud.auth_url()));
    let request = request.header("x-auth-token", &visitor.token);
    assert_eq!(
        send(request.header("x-subject-token", &visitor.token))
            .await
            .status,
        204
    );
    let reply = visitor.get("/v2/images").await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").is_some());

    visitor.token = "made-up".to_owned();
    assert_eq!(visitor.get("/v2/images").await.status, 401);

    let again = Visitor::log_in(&cloud, "publisher").await;
    cloud.revoke_tokens();
    assert_eq!(again.get("/v2/images").await.status, 401);
}

#[tokio::test]
async fn both_services_show_their_versions_without_a_token() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let root = cloud.auth_url().trim_end_matches("/v3");
    let reply = send(client().get(root)).await;
    assert_eq!(reply.status, 300);
    let version = &reply.json()["versions"]["values"][0];
    assert_eq!(
        version["links"][0]["href"],
        format!("{}/", cloud.auth_url())
    );
    let reply = send(client().get(cloud.auth_url())).await;
    assert_eq!(
        (reply.status, &reply.json()["version"]["status"]),
        (200, &json!("stable"))
    );

    let reply = send(client().get(cloud.image_url())).await;
    assert_eq!(reply.status, 300);
    assert_eq!(reply.json()["versions"][0]["status"], "CURRENT");
    let reply = send(client().get(format!("{}/healthcheck", cloud.image_url()))).await;
    assert_eq!(reply.status, 200);
}
