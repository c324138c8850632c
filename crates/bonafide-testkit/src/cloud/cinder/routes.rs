//! Cinder, as far as somebody looks for what was made from an image: volumes and snapshots.

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::inquiry::{Inquiry, SPOKEN};
use super::list;
use super::view::Detail;
use crate::cloud::auth::{token, unauthorized};
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer, percent_decoded};
use crate::cloud::nova_error::NovaError;
use crate::cloud::paging::Parameters;
use crate::cloud::shared::Shared;

/// Answers one block storage request.
pub(crate) fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
    let url = shared.block_storage_url.as_deref().unwrap_or_default();
    let path = request.uri().path();
    let segments: Vec<String> = path.split('/').skip(1).map(percent_decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] | [""] => return versions(url, StatusCode::MULTIPLE_CHOICES),
        ["v3"] | ["v3", ""] => return versions(url, StatusCode::OK),
        _ => {}
    }
    let Some(token) = token(shared, request.headers()) else {
        return unauthorized(shared, request);
    };
    let ["v3", project, rest @ ..] = segments.as_slice() else {
        return Failure::no_route(request.headers());
    };
    let Some((kind, detail)) = route(request.method(), rest) else {
        return Failure::no_route(request.headers());
    };
    let version = match SPOKEN.wanted(request.headers()) {
        Ok(version) => version,
        Err(unspoken) => return SPOKEN.refuse(unspoken),
    };
    let inquiry = Inquiry {
        shared,
        person: token.person,
        project: (*project).to_owned(),
        version,
        parameters: Parameters::parse(request.uri().query().unwrap_or_default()),
        url: format!("{url}/{project}"),
    };
    let answered = if !token.scoped || *project != token.person.project_id() {
        Err(NovaError::bad_request("Malformed request url"))
    } else {
        match kind {
            Kind::Snapshots => list::snapshots(&inquiry, detail),
            Kind::Volumes => list::volumes(&inquiry, detail),
        }
    };
    let mut answer = answered.unwrap_or_else(NovaError::into_answer);
    SPOKEN.say(&mut answer, version);
    http::set_request_id(&mut answer);
    answer
}

#[derive(Clone, Copy)]
enum Kind {
    Snapshots,
    Volumes,
}

/// What the rest of a path leads to.
fn route(method: &Method, segments: &[&str]) -> Option<(Kind, Detail)> {
    if method != Method::GET {
        return None;
    }
    match segments {
        ["volumes"] => Some((Kind::Volumes, Detail::Index)),
        ["volumes", "detail"] => Some((Kind::Volumes, Detail::Full)),
        ["snapshots"] => Some((Kind::Snapshots, Detail::Index)),
        ["snapshots", "detail"] => Some((Kind::Snapshots, Detail::Full)),
        _ => None,
    }
}

/// What Cinder says of itself to everybody.
fn versions(url: &str, status: StatusCode) -> Answer {
    let version = json!({
        "id": "v3.0",
        "status": "CURRENT",
        "version": SPOKEN.last.to_string(),
        "min_version": SPOKEN.first.to_string(),
        "updated": "2023-08-31T00:00:00Z",
        "links": [{ "rel": "self", "href": format!("{url}/") }],
    });
    http::json(status, &json!({ "versions": [version] }))
}
