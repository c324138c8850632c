//! Who logs in and for what: the part of a configuration that becomes Keystone's request.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::federation::Federated;
use super::settled::Settled;
use crate::Error;

/// Who logs in, and for what.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) authentication: Authentication,
    pub(crate) scope: Scope,
}

/// How the user authenticates.
#[derive(Debug)]
pub(crate) enum Authentication {
    /// An access token of an identity provider, which Keystone trusts.
    Federated(Federated),
    /// A log-in that is not built in, by the name of its `auth_type`.
    Foreign(String),
    /// One request with one or several methods.
    Methods {
        methods: Vec<Method>,
        /// What is sent if Keystone requires more factors.
        more: Vec<Method>,
    },
}

/// One method of Keystone.
#[derive(Debug)]
pub(crate) enum Method {
    ApplicationCredential {
        credential: Credential,
        secret: SecretString,
    },
    Password {
        user: Named,
        password: SecretString,
    },
    Token(SecretString),
    /// A code that is valid once and for half a minute.
    Totp {
        user: Named,
        passcode: SecretString,
    },
}

/// An application credential is identified by its id, or by a name among those of its user.
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

/// The scope of the token.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Keystone's choice: the user's default project, or that of an application credential.
    Default,
    Domain(Domain),
    Project(Named),
    System,
    Trust(String),
}

impl Login {
    pub(crate) fn new(authentication: Authentication, settled: &Settled) -> Result<Self, Error> {
        // An application credential belongs to one project already; Keystone refuses a scope.
        let scope = match &authentication {
            Authentication::Methods { methods, .. }
                if methods.iter().any(Method::has_its_project) =>
            {
                settled.refuse_variables(
                    &[
                        "project_id",
                        "project_name",
                        "tenant_id",
                        "tenant_name",
                        "system_scope",
                    ],
                    "an application credential belongs to one project; unset the variable",
                )?;
                Scope::Default
            }
            Authentication::Foreign(_) => Scope::Default,
            _ => Scope::new(settled)?,
        };
        Ok(Self {
            authentication,
            scope,
        })
    }

    /// The body of `POST /v3/auth/tokens` with these methods.
    pub(crate) fn request(&self, methods: &[Method]) -> Value {
        let mut identity = Map::new();
        let names: Vec<_> = methods.iter().map(Method::name).collect();
        identity.insert("methods".to_owned(), json!(names));
        for method in methods {
            identity.insert(method.name().to_owned(), method.to_json());
        }
        let mut auth = json!({"identity": identity});
        if let Some(scope) = self.scope.to_json() {
            auth["scope"] = scope;
        }
        json!({"auth": auth})
    }

    /// The name or id of the project that is asked for.
    pub(crate) fn project(&self) -> Option<&str> {
        match &self.scope {
            Scope::Project(Named::Id(text) | Named::Name { name: text, .. }) => Some(text),
            _ => None,
        }
    }
}

impl Method {
    /// Keystone's name of it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::ApplicationCredential { .. } => "application_credential",
            Self::Password { .. } => "password",
            Self::Token(_) => "token",
            Self::Totp { .. } => "totp",
        }
    }

    fn has_its_project(&self) -> bool {
        matches!(self, Self::ApplicationCredential { .. })
    }

    fn to_json(&self) -> Value {
        match self {
            Self::ApplicationCredential { credential, secret } => {
                let secret = secret.expose_secret();
                match credential {
                    Credential::Id(id) => json!({"id": id, "secret": secret}),
                    Credential::Name { name, user } => {
                        json!({"name": name, "secret": secret, "user": user.to_json()})
                    }
                }
            }
            Self::Password { user, password } => {
                let mut user = user.to_json();
                user["password"] = json!(password.expose_secret());
                json!({"user": user})
            }
            Self::Token(token) => json!({"id": token.expose_secret()}),
            Self::Totp { user, passcode } => {
                let mut user = user.to_json();
                user["passcode"] = json!(passcode.expose_secret());
                json!({"user": user})
            }
        }
    }
}

impl Scope {
    fn new(settled: &Settled) -> Result<Self, Error> {
        let mut scopes = Vec::new();
        if let Some(domain) = settled.domain("domain_id", "domain_name") {
            scopes.push(("domain_id", Self::Domain(domain)));
        }
        if let Some(project) = settled.named("project_id", "project_name", "project_domain") {
            scopes.push(("project_name", Self::Project(project)));
        }
        if let Some(trust) = settled.auth("trust_id") {
            scopes.push(("trust_id", Self::Trust(trust.to_owned())));
        }
        if let Some(scope) = settled.auth("system_scope") {
            if scope != "all" {
                return Err(settled.invalid("system_scope", "Keystone supports only `all`"));
            }
            scopes.push(("system_scope", Self::System));
        }
        if let [(first, _), (second, _), ..] = &scopes[..] {
            let reason = format!("a token has only one scope, so remove it or `{second}`");
            return Err(settled.invalid(first, &reason));
        }
        Ok(scopes.pop().map_or(Self::Default, |(_, scope)| scope))
    }

    pub(crate) fn to_json(&self) -> Option<Value> {
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

impl Settled {
    /// A user or a project, by its id or by its name and domain. Without a domain, the default one
    /// is used, as in the command `openstack`: the one whose id is `default`.
    pub(crate) fn named(&self, id: &str, name: &str, domain: &str) -> Option<Named> {
        if let Some(id) = self.auth(id) {
            return Some(Named::Id(id.to_owned()));
        }
        let name = self.auth(name)?.to_owned();
        let stated = self.domain(&format!("{domain}_id"), &format!("{domain}_name"));
        let default = || self.domain("default_domain_id", "default_domain_name");
        let older = || {
            self.auth("default_domain")
                .map(|id| Domain::Id(id.to_owned()))
        };
        let domain = stated
            .or_else(default)
            .or_else(older)
            .unwrap_or_else(|| Domain::Id("default".to_owned()));
        Some(Named::Name { name, domain })
    }

    fn domain(&self, id: &str, name: &str) -> Option<Domain> {
        let id = self.auth(id).map(|id| Domain::Id(id.to_owned()));
        id.or_else(|| self.auth(name).map(|name| Domain::Name(name.to_owned())))
    }

    fn refuse_variables(&self, keys: &[&str], reason: &str) -> Result<(), Error> {
        match keys.iter().find(|key| self.by_variable.contains(**key)) {
            Some(key) => Err(self.invalid(key, reason)),
            None => Ok(()),
        }
    }
}
