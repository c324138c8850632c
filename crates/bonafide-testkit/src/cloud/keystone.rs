//! Keystone: log-ins, tokens and the users that there are.

pub(crate) mod factors;
pub(crate) mod federation;
pub(crate) mod identity;
pub(crate) mod login;
pub(crate) mod tokens;
pub(crate) mod users;
