//! Refusals as Nova and Cinder word them: JSON, with the kind of the refusal as the only key.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde_json::json;

use super::http::{self, Answer};

/// A request that Nova or Cinder refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NovaError {
    status: StatusCode,
    message: String,
}

impl NovaError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The policy refuses the action.
    pub(crate) fn policy(action: &str) -> Self {
        let message = format!("Policy doesn't allow {action} to be performed.");
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Something broke inside; the exception's name stands in the message.
    pub(crate) fn internal(exception: &str) -> Self {
        let message = format!(
            "Unexpected API Error. Please contact the administrator\n<class '{exception}'>"
        );
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub(crate) fn into_answer(self) -> Answer {
        let kind = match self.status.as_u16() {
            400 => "badRequest",
            403 => "forbidden",
            404 => "itemNotFound",
            _ => "computeFault",
        };
        let fault = json!({ "code": self.status.as_u16(), "message": self.message });
        http::json(self.status, &json!(BTreeMap::from([(kind, fault)])))
    }
}
