//! From `auth_type` and the keys of `auth` to a log-in.

use super::authentication::{Authentication, Credential, Method, Named};
use super::federation::Federated;
use super::settled::{Settled, missing};
use super::tree::Node;
use crate::Error;

/// Keys of `auth` that every log-in uses: Keystone's URL, and the scope of the token.
const COMMON: &[&str] = &[
    "auth_url",
    "default_domain",
    "default_domain_id",
    "default_domain_name",
    "domain_id",
    "domain_name",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "system_scope",
    "trust_id",
];

const USER: &[&str] = &["user_domain_id", "user_domain_name", "user_id", "username"];

const CREDENTIAL: &[&str] = &[
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
];

const PROVIDER: &[&str] = &["identity_provider", "protocol"];

const CLIENT: &[&str] = &[
    "access_token_endpoint",
    "access_token_type",
    "client_id",
    "client_secret",
    "discovery_endpoint",
    "openid_scope",
];

/// The log-in of a cloud. One that is not built in is not an error here: the session may get its
/// tokens elsewhere.
pub(crate) fn authentication(settled: &Settled) -> Result<Authentication, Error> {
    let name = auth_type(settled)?;
    let one = |method| Authentication::Methods {
        methods: vec![method],
        more: Vec::new(),
    };
    match name.as_str() {
        "password" | "v3password" => {
            only(settled, &name, &[USER, &["passcode", "password"]])?;
            let more = match settled.auth("passcode") {
                Some(_) => vec![totp(settled)?],
                None => Vec::new(),
            };
            Ok(Authentication::Methods {
                methods: vec![password(settled)?],
                more,
            })
        }
        "token" | "v3token" => {
            only(settled, &name, &[&["token"]])?;
            token(settled).map(one)
        }
        "v3applicationcredential" => {
            only(settled, &name, &[USER, CREDENTIAL])?;
            credential(settled).map(one)
        }
        "v3multifactor" => several(settled),
        "v3oidcaccesstoken" => {
            only(settled, &name, &[PROVIDER, &["access_token"]])?;
            Federated::with_token(settled).map(Authentication::Federated)
        }
        "v3oidcclientcredentials" => {
            only(settled, &name, &[PROVIDER, CLIENT])?;
            Federated::with_client(settled).map(Authentication::Federated)
        }
        "v3totp" => {
            only(settled, &name, &[USER, &["passcode"]])?;
            totp(settled).map(one)
        }
        _ => Ok(Authentication::Foreign(name)),
    }
}

/// The `auth_type`; without one, whichever the keys of `auth` are for.
fn auth_type(settled: &Settled) -> Result<String, Error> {
    for key in ["auth_type", "auth_plugin"] {
        // In openstacksdk, a null switches the log-in off.
        if settled
            .settings()
            .any(|(name, node)| name == key && *node == Node::Null)
        {
            return Ok("none".to_owned());
        }
        if let Some(name) = settled.text(key)? {
            return Ok(name);
        }
    }
    let has = |key| settled.auth(key).is_some();
    let name = match () {
        () if !settled.auth_methods.is_empty() => "v3multifactor",
        () if has("application_credential_secret") => "v3applicationcredential",
        () if has("password") => "password",
        () if has("token") => "token",
        () if has("access_token") => "v3oidcaccesstoken",
        () if has("passcode") => "v3totp",
        () => "password",
    };
    Ok(name.to_owned())
}

/// Refuses keys inside of `auth` that this log-in does not use, as openstacksdk does. Outside of it
/// and among variables there may be keys of another log-in.
fn only(settled: &Settled, name: &str, taken: &[&[&str]]) -> Result<(), Error> {
    let mut inside = settled.inside.iter();
    let other =
        inside.find(|key| !COMMON.contains(key) && !taken.iter().any(|keys| keys.contains(key)));
    match other {
        Some(key) => {
            let reason = format!(
                "a log-in by `{name}` does not use it; remove it, or write the `auth_type` that \
                 does"
            );
            Err(settled.invalid(&format!("auth.{key}"), &reason))
        }
        None => Ok(()),
    }
}

/// The factors that `auth_methods` names, by the names of their `auth_type`.
fn several(settled: &Settled) -> Result<Authentication, Error> {
    if settled.auth_methods.is_empty() {
        let hint = "name the factors there, such as [v3password, v3totp]";
        return Err(missing(settled, "`auth_methods`", hint));
    }
    let mut taken = Vec::new();
    let mut methods: Vec<Method> = Vec::new();
    for name in &settled.auth_methods {
        let method = match name.as_str() {
            "v3applicationcredential" => {
                taken.extend([USER, CREDENTIAL]);
                credential(settled)?
            }
            "v3password" => {
                taken.extend([USER, &["password"]]);
                password(settled)?
            }
            "v3token" => {
                taken.push(&["token"]);
                token(settled)?
            }
            "v3totp" => {
                taken.extend([USER, &["passcode"]]);
                totp(settled)?
            }
            _ => {
                let reason = format!(
                    "`{name}` is not a factor that is built in; built in are v3password, v3totp, \
                     v3token and v3applicationcredential"
                );
                return Err(settled.invalid("auth_methods", &reason));
            }
        };
        if methods.iter().any(|other| other.name() == method.name()) {
            let reason = format!("`{name}` is named twice");
            return Err(settled.invalid("auth_methods", &reason));
        }
        methods.push(method);
    }
    only(settled, "v3multifactor", &taken)?;
    Ok(Authentication::Methods {
        methods,
        more: Vec::new(),
    })
}

fn password(settled: &Settled) -> Result<Method, Error> {
    let password = settled.auth("password").ok_or_else(|| {
        let hint = "set it, in secure.yaml if you like, or OS_PASSWORD";
        missing(settled, "`auth.password`", hint)
    });
    Ok(Method::Password {
        user: user(settled)?,
        password: password?.into(),
    })
}

fn totp(settled: &Settled) -> Result<Method, Error> {
    let passcode = settled.auth("passcode").ok_or_else(|| {
        let hint = "set OS_PASSCODE to the code that your device shows now";
        missing(settled, "`auth.passcode`", hint)
    });
    Ok(Method::Totp {
        user: user(settled)?,
        passcode: passcode?.into(),
    })
}

fn token(settled: &Settled) -> Result<Method, Error> {
    match settled.auth("token") {
        Some(token) => Ok(Method::Token(token.into())),
        None => Err(missing(settled, "`auth.token`", "set it or OS_TOKEN")),
    }
}

fn credential(settled: &Settled) -> Result<Method, Error> {
    let secret = settled
        .auth("application_credential_secret")
        .ok_or_else(|| {
            let hint = "set it, in secure.yaml if you like, or OS_APPLICATION_CREDENTIAL_SECRET";
            missing(settled, "`auth.application_credential_secret`", hint)
        })?;
    let credential = match settled.auth("application_credential_id") {
        Some(id) => Some(Credential::Id(id.to_owned())),
        None => settled
            .auth("application_credential_name")
            .and_then(|name| {
                Some(Credential::Name {
                    name: name.to_owned(),
                    user: settled.named("user_id", "username", "user_domain")?,
                })
            }),
    };
    let credential = credential.ok_or_else(|| {
        let hint = "set it, or `auth.application_credential_name` together with the user";
        missing(settled, "`auth.application_credential_id`", hint)
    })?;
    Ok(Method::ApplicationCredential {
        credential,
        secret: secret.into(),
    })
}

fn user(settled: &Settled) -> Result<Named, Error> {
    let user = settled.named("user_id", "username", "user_domain");
    user.ok_or_else(|| {
        let hint = "set it, or `auth.user_id`, or OS_USERNAME";
        missing(settled, "`auth.username`", hint)
    })
}
