//! A project of its own in the real cloud for each test. What was published before is on a
//! project's images and decides what may come next, so tests that shared one would judge each other.

use std::path::Path;

use reqwest::Client;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use uuid::Uuid;

/// `clouds.yaml` with the administrator in a new project.
pub async fn clouds_yaml_with_a_new_project(clouds_yaml: &Path) -> String {
    let text = std::fs::read_to_string(clouds_yaml).unwrap();
    let mut clouds: Value = serde_saphyr::from_str(&text).unwrap();
    let auth = &mut clouds["clouds"]["admin"]["auth"];
    let name = format!("test-{}", Uuid::new_v4());
    make(auth, &name).await;
    auth["project_name"] = json!(name);
    // JSON is YAML.
    clouds.to_string()
}

/// Makes a project in which the user of `auth` has the roles that it has in its own.
async fn make(auth: &Value, name: &str) {
    let url = auth["auth_url"].as_str().unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let (secret, token) = log_in(&client, auth).await;

    let project = json!({"name": name, "domain_id": token["project"]["domain"]["id"]});
    let made = client
        .post(format!("{url}/projects"))
        .header("x-auth-token", &secret)
        .json(&json!({"project": project}));
    let made = made.send().await.unwrap().error_for_status().unwrap();
    let made: Value = made.json().await.unwrap();
    let project = made["project"]["id"].as_str().unwrap();
    let user = token["user"]["id"].as_str().unwrap();
    for role in token["roles"].as_array().unwrap() {
        let role = role["id"].as_str().unwrap();
        let given = client
            .put(format!(
                "{url}/projects/{project}/users/{user}/roles/{role}"
            ))
            .header("x-auth-token", &secret);
        given.send().await.unwrap().error_for_status().unwrap();
    }
}

/// A token as its header and what Keystone says of it.
async fn log_in(client: &Client, auth: &Value) -> (HeaderValue, Value) {
    let url = auth["auth_url"].as_str().unwrap();
    let scope = json!({
        "name": auth["project_name"],
        "domain": {"name": auth["project_domain_name"]},
    });
    let user = json!({
        "name": auth["username"],
        "password": auth["password"],
        "domain": {"name": auth["user_domain_name"]},
    });
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let body = json!({"auth": {"identity": identity, "scope": {"project": scope}}});
    let answer = client.post(format!("{url}/auth/tokens")).json(&body);
    let answer = answer.send().await.unwrap().error_for_status().unwrap();
    let secret = answer.headers()["x-subject-token"].clone();
    let mut token: Value = answer.json().await.unwrap();
    (secret, token["token"].take())
}

/// Where Glance is, by the catalog of the administrator's token.
pub async fn image_service(clouds_yaml: &str) -> String {
    let clouds: Value = serde_saphyr::from_str(clouds_yaml).unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let (_, token) = log_in(&client, &clouds["clouds"]["admin"]["auth"]).await;
    let catalog = token["catalog"].as_array().unwrap();
    let image = catalog.iter().find(|entry| entry["type"] == "image");
    let endpoints = image.unwrap()["endpoints"].as_array().unwrap();
    let public = endpoints.iter().find(|one| one["interface"] == "public");
    public.unwrap()["url"].as_str().unwrap().to_owned()
}

/// `clouds.yaml` in which the administrator reaches Glance at this address.
pub fn through(clouds_yaml: &str, image_service: &str) -> String {
    let mut clouds: Value = serde_saphyr::from_str(clouds_yaml).unwrap();
    clouds["clouds"]["admin"]["image_endpoint_override"] = json!(image_service);
    clouds.to_string()
}
