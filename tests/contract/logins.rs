//! Log-ins beyond a password: what the client gets, and what it is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, resume_unwind};

use bonafide::glance::{CloudConfig, Error, Glance, ImageFilter, Session};
use bonafide_testkit::cloud::EmbeddedCloud;
use futures_util::FutureExt;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::{Cloud, new_image, now};
use crate::customers::Customers;
use crate::raw::{Answer, Raw, password, tokens};

fn session(auth: &Value, auth_type: &str) -> Session {
    let cloud = json!({"auth_type": auth_type, "auth": auth, "region_name": "RegionOne"});
    // JSON is YAML.
    let text = json!({"clouds": {"a": cloud}}).to_string();
    Session::new(CloudConfig::from_yaml(&text, "a").unwrap(), now).unwrap()
}

pub(crate) async fn a_token_is_exchanged_for_one_of_a_project(cloud: &Cloud) {
    let words = cloud.words("publisher");
    let raw = cloud.raw("publisher").await;
    let auth = json!({
        "auth_url": words["auth_url"], "token": raw.token, "project_name": words["project_name"],
        "project_domain_name": words["project_domain_name"],
    });
    for auth_type in ["token", "v3token"] {
        let id = session(&auth, auth_type).project_id().await.unwrap();
        assert_eq!(id, cloud.project("publisher").await);
    }
    let mut wrong = auth;
    wrong["token"] = json!("nonsense");
    let error = session(&wrong, "v3token").project_id().await.unwrap_err();
    assert!(
        matches!(error, Error::Unauthorized(_) | Error::NotFound(_)),
        "{error}"
    );
}

pub(crate) async fn an_unscoped_token_says_that_a_project_is_missing(cloud: &Cloud) {
    with_careful(cloud, async |careful| {
        let passcode = json!({"passcode": careful.passcode(cloud)});
        let logged_in = session(&careful.auth(&passcode), "password");
        let identity = careful.identity(&careful.passcode(cloud));
        let unscoped = tokens(&careful.words, identity, Some(json!("unscoped"))).await;
        let token = unscoped.header("x-subject-token");
        let auth = json!({"auth_url": careful.words["auth_url"], "token": token});
        for session in [logged_in, session(&auth, "v3token")] {
            let error = session.project_id().await.unwrap_err();
            assert!(matches!(error, Error::NoProject { .. }), "{error}");
            let error = Glance::new(session).list(&ImageFilter::new()).await;
            let error = error.unwrap_err();
            assert!(matches!(error, Error::NoProject { .. }), "{error}");
            assert!(error.to_string().contains("`project_name`"), "{error}");
        }
    })
    .await;
}

pub(crate) async fn what_the_access_rules_name_is_allowed_and_nothing_else(cloud: &Cloud) {
    let rules = json!([{"service": "image", "method": "GET", "path": "/v2/images"}]);
    with_credential(cloud, rules, async |auth| {
        let glance = Glance::new(session(&auth, "v3applicationcredential"));
        glance
            .list(&ImageFilter::new().name("nothing of this name"))
            .await
            .unwrap();
        // Neither another path nor another method.
        let image = new_image(cloud.id(), "raw");
        for refused in [
            glance.image(Uuid::new_v4()).await,
            glance.create(&image).await,
        ] {
            let error = refused.unwrap_err();
            assert!(matches!(error, Error::TokenRefused(_)), "{error}");
            assert!(error.to_string().contains("access rules"), "{error}");
        }
        let mut wrong = auth;
        wrong["application_credential_secret"] = json!("another");
        let wrong = session(&wrong, "v3applicationcredential");
        let error = wrong.project_id().await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized(_)), "{error}");
    })
    .await;
}

pub(crate) async fn access_rules_of_another_service_do_not_open_the_image_service(cloud: &Cloud) {
    let rules = json!([{"service": "compute", "method": "GET", "path": "/v2/images"}]);
    with_credential(cloud, rules, async |auth| {
        let glance = Glance::new(session(&auth, "v3applicationcredential"));
        let error = glance.list(&ImageFilter::new()).await.unwrap_err();
        assert!(matches!(error, Error::TokenRefused(_)), "{error}");
    })
    .await;
}

/// Makes an application credential of the publisher, and deletes it whatever the case does.
async fn with_credential(cloud: &Cloud, rules: Value, case: impl AsyncFnOnce(Value)) {
    let raw = cloud.raw("publisher").await;
    let (url, id) = make_credential(&raw, &raw.identity, rules).await;
    let auth = json!({
        "auth_url": raw.identity, "application_credential_id": id,
        "application_credential_secret": "the secret",
    });
    let outcome = AssertUnwindSafe(case(auth)).catch_unwind().await;
    delete(&raw, &format!("{url}/{id}")).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

async fn make_credential(raw: &Raw, auth_url: &str, rules: Value) -> (String, String) {
    let url = format!("{auth_url}/auth/tokens");
    let request = raw.client.get(url).header("x-auth-token", &raw.token);
    let own = request.header("x-subject-token", &raw.token);
    let own = Answer::read(own.send().await.unwrap()).await.json();
    let user = own["token"]["user"]["id"].as_str().unwrap();
    let url = format!("{auth_url}/users/{user}/application_credentials");
    let name = format!("test-{}", Uuid::new_v4());
    let credential = json!({"name": name, "secret": "the secret", "access_rules": rules});
    let made = post(raw, &url, &json!({"application_credential": credential})).await;
    let id = made["application_credential"]["id"].as_str().unwrap();
    (url, id.to_owned())
}

async fn post(raw: &Raw, url: &str, body: &Value) -> Value {
    let request = raw.client.post(url).header("x-auth-token", &raw.token);
    let request = request.header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.unwrap();
    let answer = Answer::read(answer).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

async fn delete(raw: &Raw, url: &str) {
    let request = raw.client.delete(url).header("x-auth-token", &raw.token);
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

pub(crate) async fn a_password_that_is_not_enough_gets_a_receipt(cloud: &Cloud) {
    with_careful(cloud, async |careful| {
        let raw = tokens(&careful.words, password(&careful.words), None).await;
        assert_eq!(raw.status, 401, "{raw:?}");
        assert!(!raw.header("openstack-auth-receipt").is_empty(), "{raw:?}");
        let body = raw.json();
        assert_eq!(body["receipt"]["methods"], json!(["password"]));
        assert_eq!(body["receipt"]["user"]["name"], careful.words["username"]);
        // Keystone gives the methods of a rule in any order.
        let mut rules: Vec<BTreeSet<String>> =
            serde_json::from_value(body["required_auth_methods"].clone()).unwrap();
        let rule = rules.pop().unwrap();
        assert!(rules.is_empty(), "{body}");
        assert_eq!(rule, BTreeSet::from(["password", "totp"].map(String::from)));

        let auth = careful.auth(&json!({}));
        let error = session(&auth, "password").project_id().await.unwrap_err();
        assert!(matches!(error, Error::MissingFactors { .. }), "{error}");
        let auth = careful.auth(&json!({"password": "wrong"}));
        let error = session(&auth, "password").project_id().await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized(_)), "{error}");
    })
    .await;
}

pub(crate) async fn a_password_and_a_passcode_give_a_token_at_once_or_by_a_receipt(cloud: &Cloud) {
    with_careful(cloud, async |careful| {
        let project = careful.words["project_name"].as_str();
        let right = json!({"project_name": project, "passcode": careful.passcode(cloud)});
        let by_receipt = session(&careful.auth(&right), "password");
        let id = by_receipt.project_id().await.unwrap();
        assert_eq!(by_receipt.requests(), 2);
        let at_once = multifactor(&careful.auth(&right));
        assert_eq!(at_once.project_id().await.unwrap(), id);
        assert_eq!(at_once.requests(), 1);
        Glance::new(at_once)
            .list(&ImageFilter::new().name("nothing of this name"))
            .await
            .unwrap();

        let long_ago = now() - SignedDuration::from_hours(1);
        let late = json!({
            "project_name": project, "passcode": EmbeddedCloud::passcode_at(long_ago),
        });
        for refused in [
            session(&careful.auth(&late), "password"),
            multifactor(&careful.auth(&late)),
            passcode_only(&careful.auth(&late)),
        ] {
            let error = refused.project_id().await.unwrap_err();
            assert!(matches!(error, Error::Unauthorized(_)), "{error}");
        }
        let only = passcode_only(&careful.auth(&right));
        let error = only.project_id().await.unwrap_err();
        assert!(matches!(error, Error::MissingFactors { .. }), "{error}");
    })
    .await;
}

fn passcode_only(auth: &Value) -> Session {
    let mut auth = auth.clone();
    auth.as_object_mut().unwrap().remove("password");
    session(&auth, "v3totp")
}

fn multifactor(auth: &Value) -> Session {
    let text = json!({"clouds": {"a": {
        "auth_type": "v3multifactor", "auth_methods": ["v3password", "v3totp"], "auth": auth,
    }}});
    let config = CloudConfig::from_yaml(&text.to_string(), "a").unwrap();
    Session::new(config, now).unwrap()
}

/// A user of the default domain who needs a passcode as well, and has no default project.
struct Careful {
    words: BTreeMap<String, String>,
}

/// What the passcodes of that user are made from, in base32 (RFC 6238, appendix B).
const PASSCODE_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

impl Careful {
    /// What the user's device shows.
    fn passcode(&self, cloud: &Cloud) -> String {
        match &cloud.customers {
            Customers::Embedded(cloud) => cloud.passcode(),
            Customers::Real { .. } => EmbeddedCloud::passcode_at(now()),
        }
    }

    /// What `clouds.yaml` says to log in as this user, with changes.
    fn auth(&self, changes: &Value) -> Value {
        let mut auth = json!({});
        for key in [
            "auth_url",
            "username",
            "password",
            "user_domain_name",
            "project_domain_name",
        ] {
            auth[key] = json!(self.words[key]);
        }
        for (key, value) in changes.as_object().unwrap() {
            auth[key] = value.clone();
        }
        auth
    }

    /// The part of a log-in that says who.
    fn identity(&self, passcode: &str) -> Value {
        let mut identity = password(&self.words);
        let mut user = identity["password"]["user"].clone();
        user.as_object_mut().unwrap().remove("password");
        user["passcode"] = json!(passcode);
        identity["methods"] = json!(["password", "totp"]);
        identity["totp"] = json!({"user": user});
        identity
    }
}

/// The embedded cloud has such a user; on a real one it is made, and deleted whatever the case does.
async fn with_careful(cloud: &Cloud, case: impl AsyncFnOnce(Careful)) {
    let mut words = cloud.words("publisher");
    words.insert("username".to_owned(), "careful".to_owned());
    if matches!(cloud.customers, Customers::Embedded(_)) {
        words.insert("project_name".to_owned(), "careful".to_owned());
        return case(Careful { words }).await;
    }
    let name = format!("careful-{}", Uuid::new_v4());
    words.insert("username".to_owned(), name.clone());
    let admin = cloud.raw("admin").await;
    let users = format!("{}/users", admin.identity);
    let user = json!({
        "name": name, "password": words["password"], "domain_id": "default",
        "options": {
            "multi_factor_auth_enabled": true,
            "multi_factor_auth_rules": [["password", "totp"]],
        },
    });
    let made = post(&admin, &users, &json!({"user": user})).await;
    let id = made["user"]["id"].as_str().unwrap();
    let outcome = AssertUnwindSafe(async {
        let project = cloud.project("publisher").await;
        let credential = json!({
            "type": "totp", "blob": PASSCODE_SECRET, "user_id": id, "project_id": project,
        });
        let credentials = format!("{}/credentials", admin.identity);
        post(&admin, &credentials, &json!({"credential": credential})).await;
        let member = role(&admin, "member").await;
        let url = format!(
            "{}/projects/{project}/users/{id}/roles/{member}",
            admin.identity
        );
        let request = admin.client.put(url).header("x-auth-token", &admin.token);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        case(Careful { words }).await;
    });
    let outcome = outcome.catch_unwind().await;
    delete(&admin, &format!("{users}/{id}")).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

async fn role(admin: &Raw, name: &str) -> String {
    let url = format!("{}/roles?name={name}", admin.identity);
    let request = admin.client.get(url).header("x-auth-token", &admin.token);
    let answer = Answer::read(request.send().await.unwrap()).await;
    let id = &answer.json()["roles"][0]["id"];
    id.as_str().unwrap().to_owned()
}

/// Only on the embedded cloud: a real Keystone leaves identity providers to a web server before it.
#[tokio::test]
async fn a_client_of_an_identity_provider_works_in_its_project() {
    let cloud = EmbeddedCloud::start().await.unwrap();
    let auth = |secret: &str| {
        json!({
            "auth_url": cloud.auth_url(), "identity_provider": "provider", "protocol": "openid",
            "client_id": "publisher-client", "client_secret": secret,
            "project_name": "publisher",
        })
    };
    let kind = "v3oidcclientcredentials";
    for (key, url) in [
        ("access_token_endpoint", cloud.token_endpoint()),
        ("discovery_endpoint", cloud.discovery_endpoint()),
    ] {
        let mut right = auth("clientsecret");
        right[key] = json!(url);
        let glance = Glance::new(session(&right, kind));
        glance.list(&ImageFilter::new()).await.unwrap();
        let project = glance.session().project_id().await.unwrap();
        assert_eq!(Some(project), cloud.project_id("publisher"));
        let mut wrong = auth("wrong");
        wrong[key] = json!(url);
        let error = session(&wrong, kind).project_id().await.unwrap_err();
        assert!(matches!(error, Error::FederationRefused { .. }), "{error}");
    }
    let mut unknown = auth("clientsecret");
    unknown["identity_provider"] = json!("another");
    unknown["access_token_endpoint"] = json!(cloud.token_endpoint());
    let error = session(&unknown, kind).project_id().await.unwrap_err();
    assert!(matches!(error, Error::FederationRefused { .. }), "{error}");
}
