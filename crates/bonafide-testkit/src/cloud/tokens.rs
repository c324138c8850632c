//! The tokens that were issued: random, short-lived, in memory only.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::clock::Clock;
use super::people::Person;

/// What a token stands for.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) person: &'static Person,
    /// `password`, `application_credential`, or what the token that it was made from had.
    pub(super) methods: Vec<&'static str>,
    /// Whether the token is scoped to the person's project; an unscoped one opens no service.
    pub(super) scoped: bool,
    pub(super) audit_id: String,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// All tokens that can still be used.
pub(super) struct Tokens {
    lifetime: Duration,
    clock: Clock,
    issued: Mutex<HashMap<String, Token>>,
}

impl Tokens {
    pub(super) fn new(lifetime: Duration, clock: Clock) -> Self {
        Self {
            lifetime,
            clock,
            issued: Mutex::default(),
        }
    }

    /// Issues a token. One that is made from another (`renews`) doesn't live longer than that.
    pub(super) fn issue(
        &self,
        person: &'static Person,
        scoped: bool,
        method: &'static str,
        renews: Option<&Token>,
    ) -> (String, Token) {
        let issued_at = self.clock.now();
        let lifetime = SignedDuration::try_from(self.lifetime).unwrap_or(SignedDuration::MAX);
        let expires_at = renews.map_or_else(
            || issued_at.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            |token| token.expires_at,
        );
        let mut methods = vec![method];
        if let Some(old) = renews {
            methods.extend(old.methods.iter().filter(|&&name| name != method));
        }
        let token = Token {
            person,
            methods,
            scoped,
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
    pub(super) fn find(&self, id: &str) -> Option<Token> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let token = issued.get(id)?;
        (token.expires_at > self.clock.now()).then(|| token.clone())
    }

    /// Revokes one token.
    pub(super) fn revoke(&self, id: &str) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.remove(id);
    }

    /// Revokes every token.
    pub(super) fn revoke_all(&self) {
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

/// As long as a Fernet token, and beginning like one.
fn random_id() -> String {
    let random: String = (0..6)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect();
    format!("gAAAAAB{random}")
}
