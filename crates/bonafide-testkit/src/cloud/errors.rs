//! Refusals, worded and dressed as WebOb does it for Glance.

use std::borrow::Cow;

use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde_json::json;

use super::http::{self, Answer};

/// A request that Glance refuses: JSON for who accepts JSON, a page of HTML for who accepts that or
/// anything, plain text for the others.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    explanation: Cow<'static, str>,
    detail: String,
    /// What WebOb's template of the status has behind the detail.
    tail: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Failure {
    /// A refusal with the sentence that Glance gives as its explanation.
    pub(crate) fn new(status: StatusCode, explanation: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            explanation: explanation.into(),
            detail: String::new(),
            tail: match status {
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE => "",
                _ => "\n\n",
            },
            headers: Vec::new(),
        }
    }

    pub(crate) fn bad_request(explanation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, explanation)
    }

    pub(crate) fn conflict(explanation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, explanation)
    }

    pub(crate) fn forbidden(explanation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, explanation)
    }

    pub(crate) fn not_found(explanation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, explanation)
    }

    pub(crate) fn too_large(explanation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, explanation)
    }

    /// The policy refuses the action: its name stands in the message.
    pub(crate) fn policy(action: &str) -> Self {
        Self::forbidden(format!(
            "You are not authorized to complete {action} action."
        ))
    }

    /// Glance raised this one with the sentence as WebOb's detail.
    pub(crate) fn access_denied(detail: impl Into<String>) -> Self {
        Self::forbidden("Access was denied to this resource.").with_detail(detail)
    }

    /// No such image, or none that the caller may know of.
    pub(crate) fn no_image(id: &str) -> Self {
        Self::not_found(format!("No image found with ID {id}"))
    }

    /// The image is there, and the answer gives that away.
    pub(crate) fn not_visible(id: &str) -> Self {
        Self::forbidden(format!("Forbidding request, image {id} not visible"))
    }

    /// No such path.
    pub(crate) fn no_resource() -> Self {
        Self::not_found("The resource could not be found.")
    }

    /// The same from Nova or Cinder, whose routes it never reached: it has neither a version nor
    /// the form of their refusals.
    pub(crate) fn no_route(request_headers: &HeaderMap) -> Answer {
        let mut answer = Self::no_resource().into_answer(request_headers);
        http::set_request_id(&mut answer);
        answer
    }

    /// Something broke inside.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server has either erred or is incapable of performing the requested operation.",
        )
    }

    pub(crate) fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let explanation = format!("The method {method} is not allowed for this resource. ");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, explanation).with_header("allow", allowed)
    }

    /// 415; WebOb repeats the media type of the request whatever the reason was.
    pub(crate) fn media_type(headers: &HeaderMap, detail: impl Into<String>) -> Self {
        let media_type = headers
            .get(hyper::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("${CONTENT_TYPE}");
        let explanation =
            format!("The request media type {media_type} is not supported by this server.\n");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, explanation).with_detail(detail)
    }

    /// Keystone's middleware in front of Glance: no token, or none that is valid.
    pub(crate) fn unauthorized(identity_url: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "This server could not verify that you are authorized to access the document you \
             requested. Either you supplied the wrong credentials (e.g., bad password), or your \
             browser does not understand how to supply the credentials required.",
        )
        .with_header(
            "www-authenticate",
            format!("Keystone uri=\"{identity_url}\""),
        )
    }

    #[must_use]
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer, in the form that the request's `Accept` asks for.
    pub(crate) fn into_answer(self, request_headers: &HeaderMap) -> Answer {
        let title = title(self.status);
        let code = format!("{} {title}", self.status.as_u16());
        let (explanation, detail, tail) = (&self.explanation, &self.detail, self.tail);
        let mut answer = match Form::wanted(request_headers) {
            Form::Json => {
                let message = format!("{explanation}<br /><br />\n{detail}{tail}");
                let body = json!({ "message": message, "code": code, "title": title });
                http::json(self.status, &body)
            }
            Form::Html => {
                let (explanation, detail) = (escaped(explanation), escaped(detail));
                let page = format!(
                    "<html>\n <head>\n  <title>{code}</title>\n </head>\n <body>\n  \
                     <h1>{code}</h1>\n  {explanation}<br /><br />\n{detail}{tail}\n </body>\n</html>"
                );
                http::text(self.status, "text/html; charset=UTF-8", page)
            }
            Form::Text => {
                let text = format!("{code}\n\n{explanation}\n\n{detail}   ");
                http::text(self.status, "text/plain; charset=UTF-8", text)
            }
        };
        for (name, value) in &self.headers {
            http::set(&mut answer, name, value);
        }
        answer
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Json,
    Text,
}

impl Form {
    /// As WebOb reads `Accept`, without its weights: the first type that it can write counts.
    fn wanted(headers: &HeaderMap) -> Self {
        let accept = headers.get(hyper::header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        let types = accept.unwrap_or_default().split([',', ';']).map(str::trim);
        let mut forms = types.filter_map(|media_type| match media_type {
            "application/json" => Some(Self::Json),
            "*/*" | "text/*" | "text/html" => Some(Self::Html),
            _ => None,
        });
        forms.next().unwrap_or(Self::Text)
    }
}

/// WebOb's name of the status, where it differs from today's.
fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        413 => "Request Entity Too Large",
        416 => "Request Range Not Satisfiable",
        _ => status.canonical_reason().unwrap_or("Unknown"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
