//! What Nova says of itself to everybody.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::inquiry::SPOKEN;
use crate::cloud::http::{self, Answer};

/// `GET /`.
pub(crate) fn all(url: &str) -> Answer {
    http::json(StatusCode::OK, &json!({ "versions": [version(url)] }))
}

/// `GET /v2.1/`.
pub(crate) fn one(url: &str) -> Answer {
    http::json(StatusCode::OK, &json!({ "version": version(url) }))
}

fn version(url: &str) -> Value {
    json!({
        "id": "v2.1",
        "status": "CURRENT",
        "version": SPOKEN.last.to_string(),
        "min_version": SPOKEN.first.to_string(),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{ "rel": "self", "href": format!("{url}/") }],
    })
}
