//! The token of a request, as Keystone's middleware in front of the other services sees it.

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::HeaderMap;

use super::errors::Failure;
use super::http::{self, Answer};
use super::keystone::tokens::Token;
use super::shared::Shared;

/// What Keystone's middleware answers in front of the other services.
pub(crate) fn unauthorized(shared: &Shared, request: Request<Incoming>) -> Answer {
    let failure = Failure::unauthorized(&shared.identity_url);
    let answer = failure.into_answer(request.headers());
    http::drain(request.into_body());
    answer
}

/// The token of a request, if it is good.
pub(crate) fn token(shared: &Shared, headers: &HeaderMap) -> Option<Token> {
    http::header(headers, "x-auth-token").and_then(|id| shared.tokens.find(id))
}
