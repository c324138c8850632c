//! The built-in log-ins: by Keystone's own methods, several of them with receipts, and through an
//! identity provider.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::config::authentication::{Authentication, Login, Method, Scope};
use crate::config::cloud_config::Endpoints;
use crate::config::federation::{Access, Federated, TokenEndpoint};
use crate::endpoint::service_url;
use crate::error::api_error::redacted;
use crate::http::address::below;
use crate::http::connection::Connection;
use crate::http::request::{ApiRequest, Verb};
use crate::http::response::ApiResponse;
use crate::{Error, Token, TokenProvider};

const RECEIPT: &str = "openstack-auth-receipt";

/// Gets tokens as configured.
#[derive(Debug)]
pub(crate) struct Keystone {
    connection: Connection,
    login: Login,
    /// Ending in `/v3`.
    auth_url: Url,
    /// Whether a log-in has succeeded before.
    was_good: AtomicBool,
}

impl Keystone {
    pub(crate) fn new(
        connection: Connection,
        place: &Endpoints,
        login: Login,
    ) -> Result<Self, Error> {
        if let Authentication::Foreign(name) = login.authentication {
            return Err(Error::UnsupportedAuthType(name));
        }
        Ok(Self {
            connection,
            login,
            auth_url: place.auth_url.clone(),
            was_good: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl TokenProvider for Keystone {
    async fn token(&self, _now: Timestamp) -> Result<Token, Error> {
        let token = match &self.login.authentication {
            Authentication::Federated(federated) => self.federated(federated).await,
            Authentication::Foreign(name) => Err(Error::UnsupportedAuthType(name.clone())),
            Authentication::Methods { methods, more } => self.by_methods(methods, more).await,
        };
        if token.is_ok() {
            self.was_good.store(true, Ordering::Relaxed);
        }
        token
    }
}

impl Keystone {
    fn tokens(&self, methods: &[Method]) -> ApiRequest {
        let url = below(&self.auth_url, &["auth", "tokens"]);
        let body = self.login.request(methods).to_string();
        let call = ApiRequest::new(Verb::Post, url).body("application/json", body);
        // Keystone accepts a passcode once.
        let is_passcode = |method: &Method| matches!(method, Method::Totp { .. });
        match methods.iter().any(is_passcode) {
            true => call.once(),
            false => call,
        }
    }

    /// Logs in with these methods, and with the others too if Keystone requires them.
    async fn by_methods(&self, methods: &[Method], more: &[Method]) -> Result<Token, Error> {
        let call = self.tokens(methods);
        let answer = self.connection.send(&call, None).await?;
        let Some(receipt) = Receipt::of(&answer)? else {
            return self.accepted(answer, methods);
        };
        let mut given = methods.iter().chain(more).map(Method::name);
        let is_enough = receipt.required.iter().any(|required| {
            let mut required = required.iter();
            required.all(|name| given.clone().any(|given| given == name))
        });
        if more.is_empty() || !is_enough {
            return Err(Error::MissingFactors {
                url: redacted(&call.url),
                given: given
                    .by_ref()
                    .take(methods.len())
                    .map(str::to_owned)
                    .collect(),
                required: receipt.required,
            });
        }
        let secret = receipt.secret.expose_secret();
        let call = self.tokens(more).proof(RECEIPT, secret)?;
        let answer = self.connection.send(&call, None).await?;
        self.accepted(answer, more)
    }

    fn accepted(&self, answer: ApiResponse, methods: &[Method]) -> Result<Token, Error> {
        let answer = answer.accepted().map_err(|error| match error {
            Error::TokenRefused(rejection)
                if self.was_good.load(Ordering::Relaxed)
                    && methods
                        .iter()
                        .any(|method| matches!(method, Method::Totp { .. })) =>
            {
                Error::PasscodeUsed(rejection)
            }
            Error::TokenRefused(rejection) => Error::Unauthorized(rejection),
            other => other,
        });
        subject_token(&answer?)
    }

    /// Exchanges an access token for an unscoped token of Keystone, and that for one of the
    /// project.
    async fn federated(&self, federated: &Federated) -> Result<Token, Error> {
        let access = match &federated.access {
            Access::Token(token) => token.clone(),
            Access::Client { .. } => self.access_token(&federated.access).await?,
        };
        let url = below(
            &self.auth_url,
            &[
                "OS-FEDERATION",
                "identity_providers",
                &federated.provider,
                "protocols",
                &federated.protocol,
                "auth",
            ],
        );
        let bearer = format!("Bearer {}", access.expose_secret());
        let call = ApiRequest::new(Verb::Post, url).proof("authorization", &bearer)?;
        let answer = self.connection.send(&call, None).await?;
        let unscoped = subject_token(&answer.accepted().map_err(|error| {
            refused(
                error,
                "Keystone does not accept the access token: check `identity_provider` and `protocol`, \
                 which are Keystone's names, and whether the token has expired",
            )
        })?)?;
        if matches!(self.login.scope, Scope::Default) {
            return Ok(unscoped);
        }
        let methods = [Method::Token(unscoped.secret)];
        let answer = self.connection.send(&self.tokens(&methods), None).await?;
        self.accepted(answer, &methods)
    }

    /// Asks the identity provider for an access token (RFC 6749 section 4.4).
    async fn access_token(&self, access: &Access) -> Result<SecretString, Error> {
        let Access::Client {
            endpoint,
            id,
            secret,
            scope,
            field,
        } = access
        else {
            return Err(Error::InvalidToken);
        };
        let endpoint = match endpoint {
            TokenEndpoint::Given(url) => url.clone(),
            TokenEndpoint::Discovered(url) => self.discover(url).await?,
        };
        let mut fields = vec![("grant_type", "client_credentials"), ("scope", scope)];
        if secret.is_none() {
            fields.push(("client_id", id));
        }
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut call =
            ApiRequest::new(Verb::Post, endpoint).body("application/x-www-form-urlencoded", form);
        if let Some(secret) = secret {
            let both = STANDARD.encode(format!("{id}:{}", secret.expose_secret()));
            call = call.proof("authorization", &format!("Basic {both}"))?;
        }
        let answer = self.connection.send(&call, None).await?;
        let answer = answer.accepted().map_err(|error| {
            refused(
                error,
                "the identity provider does not accept the client: check `client_id`, \
                 `client_secret` and `openid_scope`",
            )
        })?;
        // The parser's error is not passed on: it may quote the token.
        let body = serde_json::from_slice::<Value>(&answer.body);
        if let Err(error) = &body
            && error.is_eof()
        {
            return Err(answer.not_read(error));
        }
        let body = body.ok();
        let token = body.as_ref().and_then(|body| body.get(field)?.as_str());
        match token {
            Some(token) => Ok(token.into()),
            None => Err(answer.not_understood(&format!("there is no `{field}` in it"))),
        }
    }

    /// The token endpoint by the provider's discovery document.
    async fn discover(&self, url: &Url) -> Result<Url, Error> {
        let call = ApiRequest::new(Verb::Get, url.clone());
        let answer = self.connection.send(&call, None).await?;
        let answer = answer.accepted().map_err(|error| {
            refused(
                error,
                "check `discovery_endpoint`, the provider's openid-configuration",
            )
        })?;
        let document: Discovery = answer.json()?;
        let grant = "client_credentials";
        if let Some(grants) = &document.grant_types_supported
            && !grants.iter().any(|name| name == grant)
        {
            let reason = format!("the provider does not issue tokens by `{grant}`");
            return Err(answer.not_understood(&reason));
        }
        let endpoint = document.token_endpoint.as_deref().map(service_url);
        match endpoint {
            Some(Ok(url)) => Ok(url),
            Some(Err(reason)) => Err(answer.not_understood(&format!("`token_endpoint`: {reason}"))),
            None => Err(answer.not_understood("there is no `token_endpoint` in it")),
        }
    }
}

#[derive(Deserialize)]
struct Discovery {
    token_endpoint: Option<String>,
    grant_types_supported: Option<Vec<String>>,
}

/// Keystone's answer to a log-in with sufficient or partial authentication.
struct Receipt {
    secret: SecretString,
    /// The sets of methods of which one is sufficient.
    required: Vec<Vec<String>>,
}

impl Receipt {
    fn of(answer: &ApiResponse) -> Result<Option<Self>, Error> {
        let header = answer.headers.get(RECEIPT).filter(|_| answer.status == 401);
        let Some(secret) = header.and_then(|value| value.to_str().ok()) else {
            return Ok(None);
        };
        #[derive(Deserialize)]
        struct Body {
            required_auth_methods: Vec<Vec<String>>,
        }
        let body: Body = answer.json()?;
        Ok(Some(Self {
            secret: secret.into(),
            required: body.required_auth_methods,
        }))
    }
}

fn refused(error: Error, hint: &'static str) -> Error {
    match error {
        Error::TokenRefused(rejection)
        | Error::Forbidden(rejection)
        | Error::NotFound(rejection)
        | Error::Rejected(rejection) => Error::FederationRefused { rejection, hint },
        other => other,
    }
}

fn subject_token(answer: &ApiResponse) -> Result<Token, Error> {
    let secret = answer.headers.get("x-subject-token");
    let Some(secret) = secret.and_then(|value| value.to_str().ok()) else {
        return Err(answer.not_understood("there is no header `X-Subject-Token`"));
    };
    Token::from_keystone(secret.into(), &answer.body).map_err(|error| match error.downcast_ref() {
        Some(error) => answer.not_read(error),
        None => answer.not_understood(&error.to_string()),
    })
}
