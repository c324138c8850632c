//! Who logs in and for what: the part of a configuration that becomes Keystone's request.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::entry::Auth;
use crate::Error;

/// Who logs in, and for what.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) authentication: Authentication,
    pub(crate) scope: Scope,
}

/// How the user proves who it is.
#[derive(Debug)]
pub(crate) enum Authentication {
    ApplicationCredential {
        credential: Credential,
        secret: SecretString,
    },
    /// A login that is not built in, by the name of its `auth_type`.
    Foreign(String),
    Password {
        user: Named,
        password: SecretString,
    },
    Token(SecretString),
}

/// An application credential is known by its id, or by a name among those of its user.
#[derive(Debug)]
pub(crate) enum Credential {
    Id(String),
    Name { name: String, user: Named },
}

/// A user or a project.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    Id(String),
    Name { name: String, domain: Domain },
}

/// A domain.
#[derive(Clone, Debug)]
pub(crate) enum Domain {
    Id(String),
    Name(String),
}

/// What the token shall be for.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Whatever Keystone gives: the user's default project, or that of an application credential.
    Default,
    Domain(Domain),
    Project(Named),
    System,
    Trust(String),
}

impl Login {
    pub(super) fn new(
        auth: &mut Auth,
        auth_type: Option<&str>,
        origin: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            scope: Scope::new(auth),
            authentication: Authentication::new(auth, auth_type, origin)?,
        })
    }

    /// The body of `POST /v3/auth/tokens`.
    ///
    /// An application credential belongs to one project already; Keystone refuses a scope with it.
    pub(crate) fn request(&self) -> Result<Value, Error> {
        let mut auth = json!({"identity": self.authentication.identity()?});
        if !matches!(
            self.authentication,
            Authentication::ApplicationCredential { .. }
        ) && let Some(scope) = self.scope.to_json()
        {
            auth["scope"] = scope;
        }
        Ok(json!({"auth": auth}))
    }

    /// The name or id of the project that is asked for.
    pub(super) fn project(&self) -> Option<&str> {
        match (&self.authentication, &self.scope) {
            (Authentication::ApplicationCredential { .. }, _) => None,
            (_, Scope::Project(Named::Id(text) | Named::Name { name: text, .. })) => Some(text),
            _ => None,
        }
    }
}

impl Authentication {
    fn new(auth: &mut Auth, auth_type: Option<&str>, origin: &str) -> Result<Self, Error> {
        let auth_type = match auth_type {
            Some(name) => name,
            None if auth.application_credential_secret.is_some() => "v3applicationcredential",
            None if auth.token.is_some() && auth.password.is_none() => "token",
            None => "password",
        };
        let missing = |key, hint| Error::MissingConfig {
            key,
            origin: origin.to_owned(),
            hint,
        };
        match auth_type {
            "password" | "v3password" => {
                let user = user(auth).ok_or_else(|| {
                    missing(
                        "`auth.username`",
                        "set it, or `auth.user_id`, or OS_USERNAME",
                    )
                })?;
                let password = auth.password.take().ok_or_else(|| {
                    missing(
                        "`auth.password`",
                        "set it, in secure.yaml if you like, or OS_PASSWORD",
                    )
                })?;
                Ok(Self::Password {
                    user,
                    password: password.into(),
                })
            }
            "token" | "v3token" => match auth.token.take() {
                Some(token) => Ok(Self::Token(token.into())),
                None => Err(missing("`auth.token`", "set it or OS_TOKEN")),
            },
            "v3applicationcredential" => {
                let secret = auth.application_credential_secret.take().ok_or_else(|| {
                    missing(
                        "`auth.application_credential_secret`",
                        "set it, in secure.yaml if you like, or OS_APPLICATION_CREDENTIAL_SECRET",
                    )
                })?;
                Ok(Self::ApplicationCredential {
                    credential: credential(auth).ok_or_else(|| {
                        missing(
                            "`auth.application_credential_id`",
                            "set it, or `auth.application_credential_name` together with the user",
                        )
                    })?,
                    secret: secret.into(),
                })
            }
            other => Ok(Self::Foreign(other.to_owned())),
        }
    }

    /// The `identity` object of `POST /v3/auth/tokens`, or the name of a login that is not
    /// built in.
    fn identity(&self) -> Result<Value, Error> {
        match self {
            Self::ApplicationCredential { credential, secret } => {
                let secret = secret.expose_secret();
                let credential = match credential {
                    Credential::Id(id) => json!({"id": id, "secret": secret}),
                    Credential::Name { name, user } => {
                        json!({"name": name, "secret": secret, "user": user.to_json()})
                    }
                };
                Ok(json!({
                    "methods": ["application_credential"],
                    "application_credential": credential,
                }))
            }
            Self::Foreign(name) => Err(Error::UnsupportedAuthType(name.clone())),
            Self::Password { user, password } => {
                let mut user = user.to_json();
                user["password"] = json!(password.expose_secret());
                Ok(json!({"methods": ["password"], "password": {"user": user}}))
            }
            Self::Token(token) => {
                let token = json!({"id": token.expose_secret()});
                Ok(json!({"methods": ["token"], "token": token}))
            }
        }
    }
}

impl Scope {
    fn new(auth: &Auth) -> Self {
        if let Some(trust) = &auth.trust_id {
            return Self::Trust(trust.clone());
        }
        if let Some(project) = project(auth) {
            return Self::Project(project);
        }
        if auth.system_scope.is_some() {
            return Self::System;
        }
        match domain(&auth.domain_id, &auth.domain_name) {
            Some(domain) => Self::Domain(domain),
            None => Self::Default,
        }
    }

    fn to_json(&self) -> Option<Value> {
        match self {
            Self::Default => None,
            Self::Domain(domain) => Some(json!({"domain": domain.to_json()})),
            Self::Project(project) => Some(json!({"project": project.to_json()})),
            Self::System => Some(json!({"system": {"all": true}})),
            Self::Trust(id) => Some(json!({"OS-TRUST:trust": {"id": id}})),
        }
    }
}

impl Named {
    fn to_json(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Name { name, domain } => json!({"name": name, "domain": domain.to_json()}),
        }
    }
}

impl Domain {
    fn to_json(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Name(name) => json!({"name": name}),
        }
    }
}

fn credential(auth: &Auth) -> Option<Credential> {
    if let Some(id) = &auth.application_credential_id {
        return Some(Credential::Id(id.clone()));
    }
    Some(Credential::Name {
        name: auth.application_credential_name.clone()?,
        user: user(auth)?,
    })
}

fn user(auth: &Auth) -> Option<Named> {
    if let Some(id) = &auth.user_id {
        return Some(Named::Id(id.clone()));
    }
    let stated = domain(&auth.user_domain_id, &auth.user_domain_name);
    Some(Named::Name {
        name: auth.username.clone()?,
        domain: stated.unwrap_or_else(|| fallback_domain(auth)),
    })
}

fn project(auth: &Auth) -> Option<Named> {
    if let Some(id) = auth.project_id.as_ref().or(auth.tenant_id.as_ref()) {
        return Some(Named::Id(id.clone()));
    }
    let stated = domain(&auth.project_domain_id, &auth.project_domain_name);
    Some(Named::Name {
        name: auth
            .project_name
            .as_ref()
            .or(auth.tenant_name.as_ref())?
            .clone(),
        domain: stated.unwrap_or_else(|| fallback_domain(auth)),
    })
}

/// The domain of users and projects that name none: `domain_*` where a project is the scope (it
/// is then a shorthand for both), `default_domain*`, and Keystone's own, whose id is `default`.
fn fallback_domain(auth: &Auth) -> Domain {
    domain(&auth.domain_id, &auth.domain_name)
        .or_else(|| domain(&auth.default_domain_id, &auth.default_domain_name))
        .or_else(|| auth.default_domain.clone().map(Domain::Id))
        .unwrap_or_else(|| Domain::Id("default".to_owned()))
}

fn domain(id: &Option<String>, name: &Option<String>) -> Option<Domain> {
    match (id, name) {
        (Some(id), _) => Some(Domain::Id(id.clone())),
        (None, Some(name)) => Some(Domain::Name(name.clone())),
        (None, None) => None,
    }
}
