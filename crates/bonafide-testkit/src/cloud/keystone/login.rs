//! The body of `POST /v3/auth/tokens`: who asks, and for which scope.

use hyper::StatusCode;
use serde_json::Value;

use super::factors::{self, Receipt};
use super::tokens::{Rule, Token, Tokens};
use super::users::{
    CREDENTIAL_NAME, CREDENTIAL_SECRET, DOMAIN_ID, DOMAIN_NAME, Person, credential_id,
    credential_owner, users,
};

/// Why Keystone says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadRequest(String),
    /// With the name of the action, where Keystone gives one.
    Forbidden(Option<&'static str>),
    /// The proofs are good, and not enough.
    Incomplete(Receipt),
    NotFound(String),
    /// The same words for a wrong password, an unknown user and a foreign project.
    Unauthorized,
    UnauthorizedBecause(&'static str),
    UnsupportedMethod,
}

impl Refusal {
    /// A malformed request, in Keystone's turn of phrase.
    pub(crate) fn expecting(what: &str) -> Self {
        Self::BadRequest(format!(
            "Expecting to find {what}. The server could not comply with the request since it is \
             either malformed or otherwise incorrect. The client is assumed to be in error."
        ))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Incomplete(_)
            | Self::Unauthorized
            | Self::UnauthorizedBecause(_)
            | Self::UnsupportedMethod => StatusCode::UNAUTHORIZED,
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::BadRequest(message) | Self::NotFound(message) => message.clone(),
            Self::Forbidden(action) => {
                let action = action.map_or(String::new(), |action| format!(": {action}"));
                format!("You are not authorized to perform the requested action{action}.")
            }
            Self::Incomplete(_) | Self::Unauthorized => {
                "The request you have made requires authentication.".to_owned()
            }
            Self::UnauthorizedBecause(reason) => {
                format!("Error authenticating with application credential: {reason}")
            }
            Self::UnsupportedMethod => {
                "Attempted to authenticate with an unsupported method.".to_owned()
            }
        }
    }
}

/// What a token id that nobody issued is told.
pub(crate) fn unknown_token() -> Refusal {
    Refusal::NotFound("Could not recognize Fernet token".to_owned())
}

/// Who proved to be whom, and how.
struct Proof {
    person: &'static Person,
    method: &'static str,
    renews: Option<Token>,
    rules: Option<Vec<Rule>>,
}

/// Checks the proof and the scope, and issues a token.
pub(crate) fn log_in(
    tokens: &Tokens,
    body: &Value,
    receipt: Option<&str>,
) -> Result<(String, Token), Refusal> {
    let auth = member(body, "auth", "request body")?;
    let absent = |complaint: &str| Refusal::BadRequest(complaint.to_owned());
    let identity = auth
        .get("identity")
        .ok_or_else(|| absent("'identity' is a required property"))?;
    let methods = identity.get("methods").ok_or_else(|| {
        absent("Invalid input for field 'identity': 'methods' is a required property")
    })?;
    let mut proofs = Vec::new();
    for method in methods.as_array().into_iter().flatten() {
        let method = method.as_str().unwrap_or_default();
        let content = member(identity, method, "identity")?;
        proofs.push(match method {
            "password" => by_password(content)?,
            "application_credential" => by_credential(tokens, content, auth.get("scope"))?,
            "token" => by_token(tokens, content)?,
            "totp" => by_passcode(tokens, content)?,
            _ => return Err(Refusal::UnsupportedMethod),
        });
    }
    let Some(proof) = proofs.first() else {
        return Err(Refusal::Unauthorized);
    };
    let person = proof.person;
    if proofs.iter().any(|proof| proof.person != person) {
        return Err(Refusal::Unauthorized);
    }
    let mut given: Vec<&'static str> = proofs.iter().map(|proof| proof.method).collect();
    let renewed = proofs.iter().find_map(|proof| proof.renews.as_ref());
    given.extend(
        renewed
            .into_iter()
            .flat_map(|token| token.methods.iter().copied()),
    );
    if let Some(id) = receipt {
        let earlier = tokens.receipt(id, person).ok_or(Refusal::Unauthorized)?;
        given.extend(earlier);
    }
    if !factors::are_enough(person, &given) {
        return Err(Refusal::Incomplete(tokens.hand_out_receipt(person, given)));
    }
    let scoped = scope(person, auth.get("scope"))?;
    let rules = proofs.iter().find_map(|proof| proof.rules.clone());
    let rules = rules.or_else(|| renewed.and_then(|token| token.rules.clone()));
    Ok(tokens.issue(person, scoped, given, renewed, rules))
}

fn by_passcode(tokens: &Tokens, content: &Value) -> Result<Proof, Refusal> {
    let user = member(content, "user", "totp")?;
    let passcode = user.get("passcode").and_then(Value::as_str);
    match person(user)? {
        Some(person) if factors::is_passcode(person, passcode, tokens.now()) => Ok(Proof {
            person,
            method: "totp",
            renews: None,
            rules: None,
        }),
        _ => Err(Refusal::Unauthorized),
    }
}

fn by_password(content: &Value) -> Result<Proof, Refusal> {
    let user = member(content, "user", "password")?;
    let person = person(user)?;
    let password = user.get("password").and_then(Value::as_str);
    match person {
        Some(person) if password == Some(person.password) => Ok(Proof {
            person,
            method: "password",
            renews: None,
            rules: None,
        }),
        _ => Err(Refusal::Unauthorized),
    }
}

fn by_credential(
    tokens: &Tokens,
    content: &Value,
    scope: Option<&Value>,
) -> Result<Proof, Refusal> {
    if scope.is_some() {
        return Err(Refusal::UnauthorizedBecause(
            "Application credentials cannot request a scope.",
        ));
    }
    let given = content.get("secret").and_then(Value::as_str);
    let made = content.get("id").and_then(Value::as_str);
    if let Some(made) = made.and_then(|id| tokens.credential(id)) {
        if given != Some(&made.secret) {
            return Err(Refusal::Unauthorized);
        }
        return Ok(Proof {
            person: made.owner,
            method: "application_credential",
            renews: None,
            rules: made.rules,
        });
    }
    let owner = credential_owner().ok_or(Refusal::Unauthorized)?;
    match content.get("id").and_then(Value::as_str) {
        Some(id) if id == credential_id() => {}
        Some(id) => {
            let message = format!("Could not find Application Credential: {id}.");
            return Err(Refusal::NotFound(message));
        }
        None => {
            let user = member(content, "user", "application_credential")?;
            let name = content.get("name").and_then(Value::as_str);
            if name != Some(CREDENTIAL_NAME) || person(user)? != Some(owner) {
                return Err(Refusal::Unauthorized);
            }
        }
    }
    if given != Some(CREDENTIAL_SECRET) {
        return Err(Refusal::Unauthorized);
    }
    Ok(Proof {
        person: owner,
        method: "application_credential",
        renews: None,
        rules: None,
    })
}

fn by_token(tokens: &Tokens, content: &Value) -> Result<Proof, Refusal> {
    let id = content.get("id").and_then(Value::as_str);
    let token = tokens
        .find(id.unwrap_or_default())
        .ok_or_else(unknown_token)?;
    Ok(Proof {
        person: token.person,
        method: "token",
        renews: Some(token),
        rules: None,
    })
}

/// Whether the token is for the person's project. Without a scope it is, where the project is their
/// default.
fn scope(person: &Person, scope: Option<&Value>) -> Result<bool, Refusal> {
    let Some(scope) = scope else {
        return Ok(person.has_default_project());
    };
    if scope.as_str() == Some("unscoped") || scope.get("unscoped").is_some() {
        return Ok(false);
    }
    let Some(project) = scope.get("project") else {
        // The system and the domain belong to nobody here.
        return Err(Refusal::Unauthorized);
    };
    let is_own = match project.get("id").and_then(Value::as_str) {
        Some(id) => id == person.project_id(),
        None => {
            let domain = member(project, "domain", "project")?;
            let name = project.get("name").and_then(Value::as_str);
            name == Some(person.name) && is_default_domain(domain)
        }
    };
    if is_own {
        Ok(true)
    } else {
        Err(Refusal::Unauthorized)
    }
}

/// The person whom a `user` object names, by id or by name and domain.
fn person(user: &Value) -> Result<Option<&'static Person>, Refusal> {
    if let Some(id) = user.get("id").and_then(Value::as_str) {
        return Ok(users().find(|person| person.user_id() == id));
    }
    let domain = member(user, "domain", "user")?;
    let name = user.get("name").and_then(Value::as_str);
    let named = users().find(|person| Some(person.name) == name);
    Ok(named.filter(|_| is_default_domain(domain)))
}

fn is_default_domain(domain: &Value) -> bool {
    domain.get("id").and_then(Value::as_str) == Some(DOMAIN_ID)
        || domain.get("name").and_then(Value::as_str) == Some(DOMAIN_NAME)
}

fn member<'a>(value: &'a Value, name: &str, place: &str) -> Result<&'a Value, Refusal> {
    value
        .get(name)
        .ok_or_else(|| Refusal::expecting(&format!("{name} in {place}")))
}
