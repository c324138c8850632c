//! Keystone v3: tokens and how to get one.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::service_catalog::ServiceCatalog;
use crate::{BoxError, Error};

/// Gets tokens. Implement it for a log-in that is not built in, such as single sign-on, and pass it
/// to [`Session::with_provider`](crate::Session::with_provider).
///
/// The session keeps the token and asks again when it is about to expire or was refused, never
/// twice at the same time.
#[async_trait]
pub trait TokenProvider: Debug + Send + Sync {
    /// Gets a new token.
    ///
    /// `now` is the time by the session's clock, for log-ins that need one.
    ///
    /// # Errors
    /// Any error that prevents the provider from getting one; [`Error::Unauthorized`] if the
    /// credentials are wrong.
    async fn token(&self, now: Timestamp) -> Result<Token, Error>;
}

/// A token and its description by Keystone.
///
/// Its value is never part of `Debug`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    /// The value of `X-Auth-Token`.
    pub secret: SecretString,
    /// When it expires, UTC.
    pub expires_at: Timestamp,
    /// When it was issued by the identity service's clock, UTC, if that is known.
    pub issued_at: Option<Timestamp>,
    /// The id of its project, if it has one.
    pub project_id: Option<String>,
    /// The names of the user's roles in that project.
    pub roles: Vec<String>,
    /// Where the services are.
    pub catalog: ServiceCatalog,
}

impl Token {
    /// A token without a project, roles or a service catalog.
    #[must_use]
    pub fn new(secret: SecretString, expires_at: Timestamp) -> Self {
        Self {
            secret,
            expires_at,
            issued_at: None,
            project_id: None,
            roles: Vec::new(),
            catalog: ServiceCatalog::default(),
        }
    }

    /// Reads Keystone's answer: the header `X-Subject-Token` and the body of `POST /v3/auth/tokens`
    /// or of `GET /v3/auth/tokens`.
    ///
    /// # Errors
    /// What differs from the Identity API v3.
    pub fn from_keystone(secret: SecretString, body: &[u8]) -> Result<Self, BoxError> {
        let Envelope { token } = serde_json::from_slice(body)?;
        Ok(Self {
            secret,
            expires_at: token.expires_at,
            issued_at: token.issued_at,
            project_id: token.project.map(|project| project.id),
            roles: token.roles.into_iter().map(|role| role.name).collect(),
            catalog: token.catalog,
        })
    }

    /// The header's value, marked so that it is never printed.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let value = HeaderValue::from_str(self.secret.expose_secret());
        let mut value = value.map_err(|_| Error::InvalidToken)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[derive(Deserialize)]
struct Envelope {
    token: Body,
}

#[derive(Deserialize)]
struct Body {
    expires_at: Timestamp,
    #[serde(default)]
    issued_at: Option<Timestamp>,
    #[serde(default)]
    project: Option<Project>,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default)]
    catalog: ServiceCatalog,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}
