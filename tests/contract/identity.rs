//! Keystone v3: who gets a token, for what, and how long it is worth anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bonafide::glance::{CloudConfig, Error, Glance, ImageFilter, Session, Token, TokenProvider};
use futures_util::future;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cloud::{Cloud, now};
use crate::raw::{Answer, Raw, password, project, tokens};

pub(crate) async fn a_password_gives_a_token_with_project_roles_and_catalog(cloud: &Cloud) {
    let glance = cloud.glance("publisher");
    let session = glance.session();
    let id = session.project_id().await.unwrap();
    assert_eq!(id.len(), 32, "{id}");
    let roles = session.roles().await.unwrap();
    assert!(roles.iter().any(|role| role == "member"), "{roles:?}");
    assert!(!roles.iter().any(|role| role == "admin"), "{roles:?}");
    glance
        .list(&ImageFilter::new().name("nothing of this name"))
        .await
        .unwrap();
    assert_eq!(session.requests(), 2, "one login and one list");
    let roles = cloud.glance("admin").session().roles().await.unwrap();
    assert!(roles.iter().any(|role| role == "admin"), "{roles:?}");
}

pub(crate) async fn an_application_credential_gives_a_token_of_its_project(cloud: &Cloud) {
    let by_credential = cloud.glance("publisher-appcred");
    let by_password = cloud.glance("publisher");
    assert_eq!(
        by_credential.session().project_id().await.unwrap(),
        by_password.session().project_id().await.unwrap()
    );
    by_credential
        .list(&ImageFilter::new().name("nothing of this name"))
        .await
        .unwrap();
}

pub(crate) async fn an_application_credential_can_not_ask_for_a_scope(cloud: &Cloud) {
    let (words, credential) = credential(cloud);
    let scope = project(&cloud.words("publisher"));
    let answer = tokens(&words, credential, Some(scope)).await;
    assert_eq!(answer.status, 401);
    let message = answer.message();
    assert!(
        message.contains("Application credentials cannot request a scope"),
        "{message}"
    );
}

pub(crate) async fn an_application_credential_with_a_wrong_secret_is_refused(cloud: &Cloud) {
    let (words, mut credential) = credential(cloud);
    credential["application_credential"]["secret"] = json!("wrong");
    refused(&tokens(&words, credential, None).await);
}

pub(crate) async fn wrong_password_user_and_project_get_the_same_answer(cloud: &Cloud) {
    let words = cloud.words("publisher");
    for key in ["password", "username", "project_name"] {
        let mut words = words.clone();
        words.insert(key.to_owned(), "wrong".to_owned());
        refused(&tokens(&words, password(&words), Some(project(&words))).await);
    }
    let yaml = format!(
        "clouds: {{a: {{auth: {{auth_url: '{}', username: publisher, password: hunter2, \
         project_name: publisher}}}}}}",
        words["auth_url"]
    );
    let config = CloudConfig::from_yaml(&yaml, "a").unwrap();
    let error = Session::new(config, now)
        .unwrap()
        .project_id()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

pub(crate) async fn without_a_scope_the_default_project_or_nothing_is_meant(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let token = tokens(&words, password(&words), Some(json!("unscoped")))
        .await
        .json();
    assert_eq!(token["token"].get("project"), None);
    assert_eq!(token["token"].get("catalog"), None);
}

pub(crate) async fn a_token_tells_when_it_expires(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let answer = tokens(&words, password(&words), Some(project(&words))).await;
    let expires_at = expiry(&answer);
    assert!(expires_at > now(), "{expires_at}");
}

pub(crate) async fn a_token_from_a_token_does_not_live_longer(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let first = tokens(&words, password(&words), Some(project(&words))).await;
    let secret = first.header("x-subject-token");
    let identity = json!({"methods": ["token"], "token": {"id": secret}});
    let second = tokens(&words, identity, Some(project(&words))).await;
    assert_eq!(second.status, 201, "{second:?}");
    assert_eq!(expiry(&first), expiry(&second));
}

pub(crate) async fn the_catalog_names_the_image_service_without_a_version(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let answer = tokens(&words, password(&words), Some(project(&words))).await;
    let body = answer.json();
    let catalog = body["token"]["catalog"].as_array().unwrap();
    let image = catalog
        .iter()
        .find(|service| service["type"] == "image")
        .unwrap();
    let endpoint = &image["endpoints"][0];
    assert_eq!(endpoint["region_id"], words["region_name"]);
    assert!(
        !endpoint["url"].as_str().unwrap().contains("/v2"),
        "{endpoint}"
    );
    assert!(catalog.iter().any(|service| service["type"] == "identity"));
}

pub(crate) async fn a_catalog_has_no_endpoint_in_another_region(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let yaml = format!(
        "clouds: {{a: {{region_name: Nowhere, auth: {{auth_url: '{}', username: {}, password: {}, \
         project_name: {}}}}}}}",
        words["auth_url"], words["username"], words["password"], words["project_name"]
    );
    let config = CloudConfig::from_yaml(&yaml, "a").unwrap();
    let glance = Glance::new(Session::new(config, now).unwrap());
    let error = glance.list(&ImageFilter::new()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::NoEndpoint {
                service: "image",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains(&words["region_name"]), "{error}");
}

pub(crate) async fn no_token_and_a_wrong_token_are_refused(cloud: &Cloud) {
    let mut raw = cloud.raw("publisher").await;
    for token in ["", "nonsense"] {
        raw.token = token.to_owned();
        let answer = raw.get("/images").await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Keystone uri="), "{challenge}");
    }
}

pub(crate) async fn a_revoked_token_is_refused_at_once(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    assert_eq!(raw.get("/images?limit=1").await.status, 200);
    revoke(&raw).await;
    assert_eq!(raw.get("/images?limit=1").await.status, 401);
}

pub(crate) async fn a_refused_token_is_replaced_and_the_request_repeated(cloud: &Cloud) {
    let fresh = cloud.raw("publisher").await;
    let stale = cloud.raw("publisher").await;
    revoke(&stale).await;
    let provider = Arc::new(StaleFirst {
        secrets: [stale.token, fresh.token],
        image: fresh.image,
        given: AtomicUsize::new(0),
    });
    let config = cloud.config("publisher");
    let session = Session::with_provider(config, now, provider.clone()).unwrap();
    let glance = Glance::new(session);
    let filter = ImageFilter::new().name("nothing of this name");
    let lists = future::join_all((0..4).map(|_| glance.list(&filter))).await;
    assert!(lists.iter().all(Result::is_ok), "{lists:?}");
    assert_eq!(provider.given.load(Ordering::Relaxed), 2);
}

/// Gives a revoked token first and a good one from then on.
#[derive(Debug)]
struct StaleFirst {
    secrets: [String; 2],
    image: String,
    given: AtomicUsize,
}

#[async_trait]
impl TokenProvider for StaleFirst {
    async fn token(&self, now: Timestamp) -> Result<Token, Error> {
        let given = self.given.fetch_add(1, Ordering::Relaxed).min(1);
        let expires_at = now + SignedDuration::from_hours(1);
        let endpoint = json!({"interface": "public", "region_id": "RegionOne", "url": self.image});
        let catalog = json!([{"type": "image", "endpoints": [endpoint]}]);
        let mut token = Token::new(self.secrets[given].as_str().into(), expires_at);
        token.catalog = serde_json::from_value(catalog).unwrap();
        Ok(token)
    }
}

pub(crate) async fn revoke(raw: &Raw) {
    let url = format!("{}/auth/tokens", raw.identity);
    let request = raw.client.delete(url).header("x-auth-token", &raw.token);
    let answer = request
        .header("x-subject-token", &raw.token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 204);
}

fn credential(cloud: &Cloud) -> (BTreeMap<String, String>, Value) {
    let words = cloud.words("publisher-appcred");
    let credential = json!({
        "id": words["application_credential_id"],
        "secret": words["application_credential_secret"],
    });
    let identity =
        json!({"methods": ["application_credential"], "application_credential": credential});
    (words, identity)
}

fn refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(
        answer.message(),
        "The request you have made requires authentication."
    );
}

fn expiry(answer: &Answer) -> Timestamp {
    let text = answer.json()["token"]["expires_at"].clone();
    text.as_str().unwrap().parse().unwrap()
}
