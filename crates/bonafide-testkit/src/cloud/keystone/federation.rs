//! An identity provider, as small as can be, and Keystone's trust in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde_json::json;
use url::form_urlencoded;

use super::login::Refusal;
use super::tokens::Token;
use super::users::{CLIENT_ID, CLIENT_SECRET, PROTOCOL, PROVIDER, credential_owner};
use crate::cloud::http::{self, Answer};
use crate::cloud::shared::Shared;

pub(crate) const TOKEN_PATH: &str = "/provider/token";
pub(crate) const DISCOVERY_PATH: &str = "/provider/.well-known/openid-configuration";

pub(crate) fn token_endpoint(shared: &Shared) -> String {
    at(shared, TOKEN_PATH)
}

pub(crate) fn discovery_endpoint(shared: &Shared) -> String {
    at(shared, DISCOVERY_PATH)
}

/// Where Keystone takes access tokens of the provider.
pub(crate) fn exchange_path() -> String {
    format!("/v3/OS-FEDERATION/identity_providers/{PROVIDER}/protocols/{PROTOCOL}/auth")
}

fn at(shared: &Shared, path: &str) -> String {
    let host = shared.identity_url.trim_end_matches("/v3");
    format!("{host}{path}")
}

/// `GET /provider/.well-known/openid-configuration`.
pub(crate) fn discovery(shared: &Shared) -> Answer {
    let body = json!({
        "issuer": at(shared, "/provider"),
        "token_endpoint": token_endpoint(shared),
        "grant_types_supported": ["client_credentials"],
    });
    http::json(StatusCode::OK, &body)
}

/// `POST /provider/token`, as RFC 6749 sections 4.4 and 5.2 have it.
pub(crate) fn token(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Answer {
    let form: Vec<_> = form_urlencoded::parse(body).collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    let refused = |status, error: &str, description: &str| {
        http::json(
            status,
            &json!({ "error": error, "error_description": description }),
        )
    };
    if field("grant_type").is_none_or(|grant| grant != "client_credentials") {
        let description = "Only client_credentials.";
        return refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            description,
        );
    }
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
    );
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if given != Some(&basic) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Unknown client.",
        );
    }
    let body = json!({
        "access_token": shared.tokens.hand_out_access(), "token_type": "Bearer", "expires_in": 300,
    });
    http::json(StatusCode::OK, &body)
}

/// An unscoped token for an access token of the provider.
pub(crate) fn exchange(shared: &Shared, headers: &HeaderMap) -> Result<(String, Token), Refusal> {
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let access = given.and_then(|value| value.strip_prefix("Bearer "));
    if !access.is_some_and(|access| shared.tokens.is_access(access)) {
        return Err(Refusal::Unauthorized);
    }
    let person = credential_owner().ok_or(Refusal::Unauthorized)?;
    Ok(shared
        .tokens
        .issue(person, false, vec![PROTOCOL], None, None))
}
