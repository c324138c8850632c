//! A client without any knowledge: it logs in, asks, and shows what came back.

use bonafide_testkit::cloud::EmbeddedCloud;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const PATCH_TYPE: &str = "application/openstack-images-v2.1-json-patch";
pub(crate) const BYTES_TYPE: &str = "application/octet-stream";

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The reason of a refusal, without the tail of markup.
    pub(crate) fn message(&self) -> String {
        let json = self.json();
        let message = json["message"].as_str().unwrap_or_default();
        message.replace("<br /><br />", " ").trim().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The ids of a list.
    pub(crate) fn ids(&self, kind: &str) -> Vec<Uuid> {
        let json = self.json();
        let things = json[kind].as_array().cloned().unwrap_or_default();
        let ids = things.iter().filter_map(|thing| thing["id"].as_str());
        ids.map(|id| id.parse().unwrap()).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let json = self.json();
        let images = json["images"].as_array().cloned().unwrap_or_default();
        let names = images.iter().map(|image| image["name"].as_str());
        names.map(|name| name.unwrap_or("-").to_owned()).collect()
    }
}

/// A user with a token.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    client: Client,
    pub(crate) image_url: String,
    pub(crate) token: String,
}

impl Visitor {
    pub(crate) async fn log_in(cloud: &EmbeddedCloud, name: &str) -> Self {
        let password = if name == "admin" { "adminpw" } else { "userpw" };
        let domain = json!({ "name": "Default" });
        let body = json!({ "auth": {
            "identity": {
                "methods": ["password"],
                "password": { "user": { "name": name, "domain": domain, "password": password } },
            },
            "scope": { "project": { "name": name, "domain": domain } },
        }});
        let reply = log_in(cloud, &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        Self {
            client: client(),
            image_url: cloud.image_url().to_owned(),
            token: reply.header("x-subject-token").unwrap().to_owned(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.image_url))
            .header("x-auth-token", &self.token)
            .header("accept", "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    /// From Nova or Cinder, by a whole URL; the version is that of `OpenStack-API-Version`, or empty.
    pub(crate) async fn ask(&self, url: &str, version: &str) -> Reply {
        let request = self.client.get(url).header("x-auth-token", &self.token);
        send(match version {
            "" => request,
            version => request.header("openstack-api-version", version),
        })
        .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, id: Uuid, operations: &Value) -> Reply {
        let request = self.request(Method::PATCH, &format!("/v2/images/{id}"));
        let request = request.header("content-type", PATCH_TYPE);
        send(request.body(operations.to_string())).await
    }

    /// Creates an image with the properties given, which must succeed.
    pub(crate) async fn create(&self, properties: &Value) -> Uuid {
        let reply = self.post("/v2/images", properties).await;
        assert_eq!(reply.status, 201, "{}", reply.message());
        reply.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Creates a raw image that is ready for its bytes.
    pub(crate) async fn create_raw(&self, name: &str) -> Uuid {
        let formats = json!({ "name": name, "disk_format": "raw", "container_format": "bare" });
        self.create(&formats).await
    }

    pub(crate) async fn upload(&self, id: Uuid, bytes: impl Into<reqwest::Body>) -> Reply {
        self.upload_with(id, bytes, &[]).await
    }

    pub(crate) async fn upload_with(
        &self,
        id: Uuid,
        bytes: impl Into<reqwest::Body>,
        headers: &[(&'static str, &'static str)],
    ) -> Reply {
        let mut all = HeaderMap::new();
        all.insert("content-type", HeaderValue::from_static(BYTES_TYPE));
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            all.insert(name, HeaderValue::from_static(value));
        }
        let request = self.request(Method::PUT, &file(id));
        send(request.headers(all).body(bytes)).await
    }

    pub(crate) async fn image(&self, id: Uuid) -> Value {
        self.get(&format!("/v2/images/{id}")).await.json()
    }
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().http1_only().build().unwrap()
}

pub(crate) fn file(id: Uuid) -> String {
    format!("/v2/images/{id}/file")
}

pub(crate) async fn log_in(cloud: &EmbeddedCloud, body: &Value) -> Reply {
    let url = format!("{}/auth/tokens", cloud.auth_url());
    send(client().post(url).json(body)).await
}

pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}
