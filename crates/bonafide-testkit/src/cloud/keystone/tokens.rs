//! The tokens that were issued: random, short-lived, in memory only.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::factors::Receipt;
use super::users::Person;
use crate::cloud::control::clock::Clock;

/// How long a receipt is good.
const RECEIPT_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// What a token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) person: &'static Person,
    /// `password`, `application_credential`, or what the token that it was made from had.
    pub(crate) methods: Vec<&'static str>,
    /// Whether the token is scoped to the person's project; an unscoped one opens no service.
    pub(crate) scoped: bool,
    /// All that the token is good for, if its application credential says so.
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) audit_id: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A request that an access rule lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) service: String,
    pub(crate) method: String,
    /// `*` is a part of it, and `**` all that follows.
    pub(crate) path: String,
}

impl Rule {
    fn allows(&self, service: &str, method: &str, path: &str) -> bool {
        let mut parts = path.split('/');
        let mut wanted = self.path.split('/');
        let fits = loop {
            match (wanted.next(), parts.next()) {
                (Some("**"), Some(_)) | (None, None) => break true,
                (Some("*"), Some(_)) => {}
                (Some(wanted), Some(part)) if wanted == part => {}
                _ => break false,
            }
        };
        fits && self.service == service && self.method == method
    }
}

impl Token {
    /// Whether the access rules let a request through.
    pub(crate) fn allows(&self, service: &str, method: &str, path: &str) -> bool {
        let rules = self.rules.as_ref();
        rules.is_none_or(|rules| rules.iter().any(|rule| rule.allows(service, method, path)))
    }
}

/// An application credential that was made while the cloud runs.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) owner: &'static Person,
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) rules: Option<Vec<Rule>>,
}

/// All tokens that can still be used.
pub(crate) struct Tokens {
    lifetime: Duration,
    clock: Clock,
    issued: Mutex<HashMap<String, Token>>,
    receipts: Mutex<Vec<Receipt>>,
    credentials: Mutex<HashMap<String, Credential>>,
    /// The access tokens of the identity provider.
    access: Mutex<Vec<String>>,
}

impl Tokens {
    pub(crate) fn new(lifetime: Duration, clock: Clock) -> Self {
        Self {
            lifetime,
            clock,
            issued: Mutex::default(),
            receipts: Mutex::default(),
            credentials: Mutex::default(),
            access: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Notes what a person has proven.
    pub(crate) fn hand_out_receipt(
        &self,
        person: &'static Person,
        methods: Vec<&'static str>,
    ) -> Receipt {
        let issued_at = self.clock.now();
        let receipt = Receipt {
            id: random_id(),
            person,
            methods,
            issued_at,
            expires_at: issued_at
                .checked_add(RECEIPT_LIFETIME)
                .unwrap_or(Timestamp::MAX),
        };
        locked(&self.receipts).push(receipt.clone());
        receipt
    }

    /// What a person has proven by this receipt.
    pub(crate) fn receipt(&self, id: &str, person: &Person) -> Option<Vec<&'static str>> {
        let receipts = locked(&self.receipts);
        let mut own = receipts.iter().filter(|receipt| receipt.person == person);
        let receipt = own.find(|receipt| receipt.id == id)?;
        (receipt.expires_at > self.clock.now()).then(|| receipt.methods.clone())
    }

    pub(crate) fn add_credential(&self, id: String, credential: Credential) {
        locked(&self.credentials).insert(id, credential);
    }

    pub(crate) fn credential(&self, id: &str) -> Option<Credential> {
        locked(&self.credentials).get(id).cloned()
    }

    /// Whether the owner had such a credential.
    pub(crate) fn remove_credential(&self, id: &str, owner: &Person) -> bool {
        let mut credentials = locked(&self.credentials);
        let is_own = credentials.get(id).is_some_and(|made| made.owner == owner);
        is_own && credentials.remove(id).is_some()
    }

    /// An access token of the identity provider.
    pub(crate) fn hand_out_access(&self) -> String {
        let token = Uuid::new_v4().simple().to_string();
        locked(&self.access).push(token.clone());
        token
    }

    pub(crate) fn is_access(&self, token: &str) -> bool {
        locked(&self.access).iter().any(|known| known == token)
    }

    /// Issues a token. One that is made from another (`renews`) doesn't live longer than that.
    pub(crate) fn issue(
        &self,
        person: &'static Person,
        scoped: bool,
        mut methods: Vec<&'static str>,
        renews: Option<&Token>,
        rules: Option<Vec<Rule>>,
    ) -> (String, Token) {
        let issued_at = self.clock.now();
        let lifetime = SignedDuration::try_from(self.lifetime).unwrap_or(SignedDuration::MAX);
        let expires_at = renews.map_or_else(
            || issued_at.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            |token| token.expires_at,
        );
        let mut seen = Vec::new();
        methods.retain(|method| {
            !seen.contains(method) && {
                seen.push(*method);
                true
            }
        });
        let token = Token {
            person,
            methods,
            scoped,
            rules,
            audit_id: Uuid::new_v4().simple().to_string(),
            issued_at,
            expires_at,
        };
        let id = random_id();
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, token| token.expires_at > issued_at);
        issued.insert(id.clone(), token.clone());
        (id, token)
    }

    /// The token with this id, unless it has expired or was revoked.
    pub(crate) fn find(&self, id: &str) -> Option<Token> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let token = issued.get(id)?;
        (token.expires_at > self.clock.now()).then(|| token.clone())
    }

    /// Revokes one token.
    pub(crate) fn revoke(&self, id: &str) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.remove(id);
    }

    /// Revokes every token.
    pub(crate) fn revoke_all(&self) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.clear();
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokens")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As long as a Fernet token, and beginning like one.
fn random_id() -> String {
    let random: String = (0..6)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect();
    format!("gAAAAAB{random}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lets_its_service_method_and_path_through_and_nothing_else() {
        let rule = |path: &str| Rule {
            service: "image".to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
        };
        for (pattern, path, expected) in [
            ("/v2/images", "/v2/images", true),
            ("/v2/images", "/v2/images/1", false),
            ("/v2/images", "/v2", false),
            ("/v2/images/*", "/v2/images/1", true),
            ("/v2/images/*", "/v2/images", false),
            ("/v2/images/*", "/v2/images/1/file", false),
            ("/v2/images/**", "/v2/images/1/file", true),
            ("/v2/images/**", "/v2/images", false),
        ] {
            let allowed = rule(pattern).allows("image", "GET", path);
            assert_eq!(allowed, expected, "{pattern} {path}");
        }
        assert!(!rule("/v2/images").allows("image", "POST", "/v2/images"));
        assert!(!rule("/v2/images").allows("compute", "GET", "/v2/images"));
    }
}
