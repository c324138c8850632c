//! Requests that a good client does not send.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;
use uuid::Uuid;

/// A client with a token, without opinions.
pub(crate) struct Raw {
    pub(crate) client: Client,
    pub(crate) identity: String,
    /// Ends in `/v3` and the project.
    pub(crate) block_storage: String,
    /// Ends in `/v2.1`.
    pub(crate) compute: String,
    /// Ends in `/v2`.
    pub(crate) image: String,
    pub(crate) token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The message of an error in JSON.
    pub(crate) fn message(&self) -> String {
        let body = self.json();
        let message = body["message"]
            .as_str()
            .or_else(|| body["error"]["message"].as_str());
        message.unwrap_or_default().to_owned()
    }
}

/// The part of a login that says who: a user of `clouds.yaml` with its password.
pub(crate) fn password(words: &BTreeMap<String, String>) -> Value {
    json!({"methods": ["password"], "password": {"user": {
        "name": words["username"], "password": words["password"],
        "domain": {"name": words["user_domain_name"]}}}})
}

/// The part of a login that says for what.
pub(crate) fn project(words: &BTreeMap<String, String>) -> Value {
    let domain = json!({"name": words["project_domain_name"]});
    json!({"project": {"name": words["project_name"], "domain": domain}})
}

/// Asks Keystone for a token.
pub(crate) async fn tokens(
    words: &BTreeMap<String, String>,
    identity: Value,
    scope: Option<Value>,
) -> Answer {
    let mut auth = json!({"identity": identity});
    if let Some(scope) = scope {
        auth["scope"] = scope;
    }
    let url = format!("{}/auth/tokens", words["auth_url"]);
    let request = client().post(url).header("accept", "application/json");
    let body = json!({"auth": auth}).to_string();
    let request = request
        .header("content-type", "application/json")
        .body(body);
    Answer::read(request.send().await.unwrap()).await
}

impl Raw {
    pub(crate) async fn login(words: &BTreeMap<String, String>) -> Self {
        let answer = tokens(words, password(words), Some(project(words))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let body = answer.json();
        let services = body["token"]["catalog"].as_array().unwrap();
        let url = |kind: &str| {
            let mut services = services.iter();
            let service = services.find(|service| service["type"] == kind).unwrap();
            let mut endpoints = service["endpoints"].as_array().unwrap().iter();
            let public = endpoints.find(|endpoint| endpoint["interface"] == "public");
            let url = public.unwrap()["url"].as_str().unwrap();
            url.trim_end_matches('/').to_owned()
        };
        Self {
            client: client(),
            identity: words["auth_url"].clone(),
            block_storage: url("block-storage"),
            compute: url("compute"),
            image: format!("{}/v2", url("image")),
            token: answer.header("x-subject-token").to_owned(),
        }
    }

    /// Sends a request to the image service, with the token and `Accept: application/json`.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = format!("{}{path}", self.image);
        self.send_to(method, &url, headers, body).await
    }

    /// Asks Nova or Cinder, for an answer of a version such as `compute 2.69`.
    pub(crate) async fn ask(&self, url: &str, version: &str) -> Answer {
        let headers = [("openstack-api-version", version)];
        self.send_to("GET", url, &headers, "").await
    }

    async fn send_to(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, url)
            .header("accept", "application/json")
            .header("x-auth-token", &self.token)
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn create(&self, image: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("POST", "/images", &headers, image.to_string())
            .await
    }

    pub(crate) async fn patch(&self, id: Uuid, operations: &Value) -> Answer {
        let headers = [(
            "content-type",
            "application/openstack-images-v2.1-json-patch",
        )];
        let path = format!("/images/{id}");
        self.send("PATCH", &path, &headers, operations.to_string())
            .await
    }

    pub(crate) async fn upload(&self, id: Uuid, body: impl Into<reqwest::Body>) -> Answer {
        let headers = [("content-type", "application/octet-stream")];
        self.send("PUT", &format!("/images/{id}/file"), &headers, body)
            .await
    }

    /// Begins an upload on a socket, so that the case can end it as it likes.
    pub(crate) async fn begin_upload(&self, id: Uuid, headers: &str) -> Socket {
        let url = Url::parse(&self.image).unwrap();
        let host = format!(
            "{}:{}",
            url.host_str().unwrap(),
            url.port_or_known_default().unwrap()
        );
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let head = format!(
            "PUT {}/images/{id}/file HTTP/1.1\r\nhost: {host}\r\nx-auth-token: {}\r\naccept: \
             application/json\r\ncontent-type: application/octet-stream\r\n{headers}\r\n",
            url.path(),
            self.token
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Socket { stream }
    }
}

/// An upload on a bare socket. Dropping it closes the connection.
pub(crate) struct Socket {
    stream: TcpStream,
}

impl Socket {
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Writes one chunk of a chunked body.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) {
        self.write(format!("{:x}\r\n", bytes.len())).await;
        self.write(bytes).await;
        self.write("\r\n").await;
    }

    /// Reads the status of the answer.
    pub(crate) async fn status(mut self) -> u16 {
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            let count = self.stream.read_buf(&mut head).await.unwrap();
            assert!(
                count > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&head)
            );
        }
        let head = String::from_utf8_lossy(&head);
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

fn client() -> Client {
    Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}
