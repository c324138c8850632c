//! Keystone v3: logging in, the catalog, looking at tokens and revoking them.

use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::factors::{self, Receipt};
use super::federation;
use super::login::{self, Refusal};
use super::tokens::{Credential, Rule, Token};
use super::users::{CREDENTIAL_NAME, DOMAIN_ID, DOMAIN_NAME, REGION, credential_id, stable_id};
use crate::cloud::http::{self, Answer, small_body};
use crate::cloud::shared::Shared;

/// Answers one identity request.
pub(crate) async fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
    let result = route(shared, request).await;
    dressed(result.unwrap_or_else(|refusal| refusal_answer(&refusal, &shared.identity_url)))
}

/// The refusal of a token or a password.
pub(crate) fn unauthorized(shared: &Shared) -> Answer {
    dressed(refusal_answer(&Refusal::Unauthorized, &shared.identity_url))
}

/// With the headers that every answer of Keystone has.
fn dressed(mut answer: Answer) -> Answer {
    http::set(&mut answer, "vary", "X-Auth-Token");
    http::set_request_id(&mut answer);
    answer
}

async fn route(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    match (request.method(), path.as_str()) {
        (&Method::GET, "") => Ok(versions(shared)),
        (&Method::GET, "/v3") => Ok(http::json(
            StatusCode::OK,
            &json!({ "version": version(shared) }),
        )),
        (&Method::POST, "/v3/auth/tokens") => log_in(shared, request).await,
        (&Method::GET | &Method::HEAD, "/v3/auth/tokens") => look_at(shared, &request),
        (&Method::DELETE, "/v3/auth/tokens") => revoke(shared, request.headers()),
        (&Method::GET, federation::DISCOVERY_PATH) => Ok(federation::discovery(shared)),
        (&Method::POST, federation::TOKEN_PATH) => {
            let headers = request.headers().clone();
            let body = small_body(request.into_body()).await.unwrap_or_default();
            Ok(federation::token(shared, &headers, &body))
        }
        (&Method::POST, path) if path == federation::exchange_path() => {
            let (id, token) = federation::exchange(shared, request.headers())?;
            Ok(issued(shared, &id, &token, true))
        }
        (method, path) if path.contains("/application_credentials") => {
            let method = method.clone();
            credentials(shared, &method, path, request).await
        }
        (&Method::GET, "/v3/auth/catalog") => {
            let token = caller(shared, request.headers())?;
            if !token.scoped {
                return Err(Refusal::Forbidden(None));
            }
            let url = &shared.identity_url;
            let links = json!({ "self": format!("{url}/auth/catalog") });
            let body = json!({ "catalog": catalog(shared, &token), "links": links });
            Ok(http::json(StatusCode::OK, &body))
        }
        (&Method::GET, "/v3/auth/projects") => {
            let token = caller(shared, request.headers())?;
            Ok(projects(&token, &shared.identity_url))
        }
        _ => {
            let page = "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n";
            let media_type = "text/html; charset=utf-8";
            Ok(http::text(
                StatusCode::NOT_FOUND,
                media_type,
                page.to_owned(),
            ))
        }
    }
}

async fn log_in(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let is_json = text(request.headers(), "content-type")
        .is_none_or(|media_type| media_type.starts_with("application/json"));
    let with_catalog = !has_parameter(&request, "nocatalog");
    if !is_json {
        return Err(Refusal::expecting(
            "application/json in Content-Type header",
        ));
    }
    let headers = request.headers().clone();
    let body = small_body(request.into_body()).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body)
        .map_err(|_| Refusal::expecting("valid JSON in request body"))?;
    let receipt = text(&headers, "openstack-auth-receipt");
    let (id, token) = login::log_in(&shared.tokens, &body, receipt)?;
    Ok(issued(shared, &id, &token, with_catalog))
}

fn issued(shared: &Shared, id: &str, token: &Token, with_catalog: bool) -> Answer {
    let mut answer = http::json(StatusCode::CREATED, &view(shared, token, with_catalog));
    http::set(&mut answer, "x-subject-token", id);
    answer
}

/// Makes and deletes application credentials of the caller.
async fn credentials(
    shared: &Shared,
    method: &Method,
    path: &str,
    request: Request<Incoming>,
) -> Result<Answer, Refusal> {
    let caller = caller(shared, request.headers())?;
    let own = format!(
        "/v3/users/{}/application_credentials",
        caller.person.user_id()
    );
    let rest = path.strip_prefix(&own).ok_or(Refusal::Forbidden(None))?;
    match (method, rest.trim_start_matches('/')) {
        (&Method::POST, "") => {
            let body = small_body(request.into_body()).await.unwrap_or_default();
            let body: Value = serde_json::from_slice(&body)
                .map_err(|_| Refusal::expecting("valid JSON in request body"))?;
            let wanted = &body["application_credential"];
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rules = wanted["access_rules"].as_array().map(|rules| {
                let rule = |rule: &Value| Rule {
                    service: word(&rule["service"]),
                    method: word(&rule["method"]),
                    path: word(&rule["path"]),
                };
                rules.iter().map(rule).collect()
            });
            let credential = Credential {
                owner: caller.person,
                name: word(&wanted["name"]),
                secret: word(&wanted["secret"]),
                rules,
            };
            let id = Uuid::new_v4().simple().to_string();
            let view = json!({
                "id": id, "name": credential.name, "secret": credential.secret,
                "project_id": caller.person.project_id(),
            });
            shared.tokens.add_credential(id, credential);
            let body = json!({ "application_credential": view });
            Ok(http::json(StatusCode::CREATED, &body))
        }
        (&Method::DELETE, id) if shared.tokens.remove_credential(id, caller.person) => {
            Ok(http::empty(StatusCode::NO_CONTENT))
        }
        (_, id) => {
            let message = format!("Could not find Application Credential: {id}.");
            Err(Refusal::NotFound(message))
        }
    }
}

fn look_at(shared: &Shared, request: &Request<Incoming>) -> Result<Answer, Refusal> {
    caller(shared, request.headers())?;
    let (id, token) = subject(shared, request.headers())?;
    let with_catalog = !has_parameter(request, "nocatalog");
    let mut answer = http::json(StatusCode::OK, &view(shared, &token, with_catalog));
    http::set(&mut answer, "x-subject-token", id);
    Ok(answer)
}

fn revoke(shared: &Shared, headers: &HeaderMap) -> Result<Answer, Refusal> {
    let token = caller(shared, headers)?;
    if !headers.contains_key("x-subject-token") {
        return Err(Refusal::Forbidden(Some("identity:revoke_token")));
    }
    let (id, subject) = subject(shared, headers)?;
    if subject.person != token.person && !token.person.is_admin() {
        return Err(Refusal::Forbidden(Some("identity:revoke_token")));
    }
    shared.tokens.revoke(id);
    Ok(http::empty(StatusCode::NO_CONTENT))
}

/// Whose token came with the request.
fn caller(shared: &Shared, headers: &HeaderMap) -> Result<Token, Refusal> {
    text(headers, "x-auth-token")
        .and_then(|id| shared.tokens.find(id))
        .ok_or(Refusal::Unauthorized)
}

/// The token that the request is about.
fn subject<'a>(shared: &Shared, headers: &'a HeaderMap) -> Result<(&'a str, Token), Refusal> {
    let id = text(headers, "x-subject-token").unwrap_or_default();
    let token = shared.tokens.find(id).ok_or_else(login::unknown_token)?;
    Ok((id, token))
}

fn view(shared: &Shared, token: &Token, with_catalog: bool) -> Value {
    let person = token.person;
    let domain = json!({ "id": DOMAIN_ID, "name": DOMAIN_NAME });
    let mut view = json!({
        "methods": token.methods,
        "user": {
            "domain": domain, "id": person.user_id(), "name": person.name,
            "password_expires_at": null,
        },
        "audit_ids": [token.audit_id],
        "expires_at": time(token.expires_at),
        "issued_at": time(token.issued_at),
    });
    if token.methods.contains(&"application_credential") {
        view["application_credential"] =
            json!({ "id": credential_id(), "name": CREDENTIAL_NAME, "restricted": true });
    }
    if token.scoped {
        let roles = person.roles.iter();
        let roles: Vec<Value> = roles
            .map(|role| json!({ "id": stable_id("role", role), "name": role }))
            .collect();
        view["project"] =
            json!({ "domain": domain, "id": person.project_id(), "name": person.name });
        view["is_domain"] = json!(false);
        view["roles"] = json!(roles);
        if with_catalog {
            view["catalog"] = catalog(shared, token);
        }
    }
    json!({ "token": view })
}

/// Keystone's times are UTC, in whole seconds, with six zeros.
fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string()
}

fn catalog(shared: &Shared, token: &Token) -> Value {
    let service = |kind: &str, name: &str, url: &str| {
        let endpoints: Vec<Value> = ["public", "internal", "admin"]
            .into_iter()
            .map(|interface| {
                let id = stable_id("endpoint", &format!("{kind}/{interface}"));
                json!({
                    "id": id, "interface": interface, "region_id": REGION, "url": url,
                    "region": REGION,
                })
            })
            .collect();
        let id = stable_id("service", kind);
        json!({ "endpoints": endpoints, "id": id, "type": kind, "name": name })
    };
    let mut services = vec![
        service("identity", "keystone", &shared.identity_url),
        service("image", "glance", &shared.image_url),
    ];
    if let Some(url) = &shared.compute_url {
        services.push(service("compute", "nova", url));
    }
    if let Some(url) = &shared.block_storage_url {
        let url = format!("{url}/{}", token.person.project_id());
        services.push(service("block-storage", "cinder", &url));
    }
    Value::from(services)
}

fn projects(token: &Token, url: &str) -> Answer {
    let (id, name) = (token.person.project_id(), token.person.name);
    let project = json!({
        "id": id, "name": name, "domain_id": DOMAIN_ID, "description": "", "enabled": true,
        "parent_id": DOMAIN_ID, "is_domain": false, "tags": [], "options": {},
        "links": { "self": format!("{url}/projects/{id}") },
    });
    let links = json!({ "next": null, "self": format!("{url}/auth/projects"), "previous": null });
    http::json(
        StatusCode::OK,
        &json!({ "projects": [project], "links": links }),
    )
}

fn versions(shared: &Shared) -> Answer {
    let body = json!({ "versions": { "values": [version(shared)] } });
    let mut answer = http::json(StatusCode::MULTIPLE_CHOICES, &body);
    http::set(
        &mut answer,
        "location",
        &format!("{}/", shared.identity_url),
    );
    answer
}

fn version(shared: &Shared) -> Value {
    json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{ "rel": "self", "href": format!("{}/", shared.identity_url) }],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.identity-v3+json",
        }],
    })
}

fn refusal_answer(refusal: &Refusal, identity_url: &str) -> Answer {
    if let Refusal::Incomplete(receipt) = refusal {
        return receipt_answer(receipt);
    }
    let status = refusal.status();
    let body = json!({
        "error": {
            "code": status.as_u16(),
            "message": refusal.message(),
            "title": status.canonical_reason().unwrap_or_default(),
        }
    });
    let mut answer = http::json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = format!("Keystone uri=\"{identity_url}\"");
        http::set(&mut answer, "www-authenticate", &challenge);
    }
    answer
}

/// The refusal of a log-in that is good as far as it goes.
fn receipt_answer(receipt: &Receipt) -> Answer {
    let person = receipt.person;
    let body = json!({
        "receipt": {
            "methods": receipt.methods,
            "user": {
                "id": person.user_id(), "name": person.name,
                "domain": { "id": DOMAIN_ID, "name": DOMAIN_NAME },
            },
            "expires_at": time(receipt.expires_at),
            "issued_at": time(receipt.issued_at),
        },
        "required_auth_methods": [factors::required(person)],
    });
    let mut answer = http::json(StatusCode::UNAUTHORIZED, &body);
    http::set(&mut answer, "openstack-auth-receipt", &receipt.id);
    answer
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn has_parameter(request: &Request<Incoming>, name: &str) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query
        .split('&')
        .any(|pair| pair.split('=').next() == Some(name))
}
