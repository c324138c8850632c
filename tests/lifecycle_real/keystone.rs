//! What the tests ask of Keystone by themselves.

use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// A log-in.
pub(crate) struct Keystone {
    client: Client,
    url: String,
    secret: HeaderValue,
    token: Value,
}

impl Keystone {
    /// Logs in as this cloud of a `clouds.yaml` says.
    pub(crate) async fn login(clouds_yaml: &str, cloud: &str) -> Self {
        let clouds: Value = serde_saphyr::from_str(clouds_yaml).unwrap();
        let auth = &clouds["clouds"][cloud]["auth"];
        let url = auth["auth_url"].as_str().unwrap().to_owned();
        let client = Client::builder().no_proxy().build().unwrap();
        let domain = json!({"name": auth["user_domain_name"]});
        let scope = json!({"name": auth["project_name"], "domain": domain});
        let user = json!({
            "name": auth["username"],
            "password": auth["password"],
            "domain": domain,
        });
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": {"project": scope}}});
        let answer = client.post(format!("{url}/auth/tokens")).json(&body);
        let answer = answer.send().await.unwrap().error_for_status().unwrap();
        let secret = answer.headers()["x-subject-token"].clone();
        let mut token: Value = answer.json().await.unwrap();
        Self {
            client,
            url,
            secret,
            token: token["token"].take(),
        }
    }

    /// The address of Glance.
    pub(crate) fn image_service(&self) -> &str {
        let catalog = self.token["catalog"].as_array().unwrap();
        let image = catalog
            .iter()
            .find(|entry| entry["type"] == "image")
            .unwrap();
        let endpoints = image["endpoints"].as_array().unwrap();
        let public = endpoints.iter().find(|one| one["interface"] == "public");
        public.unwrap()["url"].as_str().unwrap()
    }

    /// Gives another user the roles in a project that it has in its own.
    pub(crate) async fn let_in(&self, other: &Self, project: &str) {
        let user = other.token["user"]["id"].as_str().unwrap();
        for role in other.token["roles"].as_array().unwrap() {
            let role = role["id"].as_str().unwrap();
            let url = format!("{}/projects/{project}/users/{user}/roles/{role}", self.url);
            self.send(self.client.put(url)).await;
        }
    }

    pub(crate) async fn delete_project(&self, project: &str) {
        let url = format!("{}/projects/{project}", self.url);
        self.send(self.client.delete(url)).await;
    }

    async fn send(&self, request: RequestBuilder) {
        let request = request.header("x-auth-token", &self.secret);
        request.send().await.unwrap().error_for_status().unwrap();
    }
}
