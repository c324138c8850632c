//! Nova, as far as somebody looks for what uses an image: servers, and the services of its cells.

use hyper::body::Incoming;
use hyper::{Method, Request};

use super::inquiry::{Inquiry, SPOKEN};
use super::view::Detail;
use super::{list, services, versions};
use crate::cloud::auth::{token, unauthorized};
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer, percent_decoded};
use crate::cloud::nova_error::NovaError;
use crate::cloud::paging::Parameters;
use crate::cloud::shared::Shared;

/// Answers one compute request.
pub(crate) fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
    let url = shared.compute_url.as_deref().unwrap_or_default();
    let path = request.uri().path();
    let segments: Vec<String> = path.split('/').skip(1).map(percent_decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] | [""] => return versions::all(url),
        ["v2.1"] | ["v2.1", ""] => return versions::one(url),
        _ => {}
    }
    let Some(token) = token(shared, request.headers()) else {
        return unauthorized(shared, request);
    };
    let Some(way) = Way::find(request.method(), &segments) else {
        return Failure::no_route(request.headers());
    };
    let version = match SPOKEN.wanted(request.headers()) {
        Ok(version) => version,
        Err(unspoken) => return SPOKEN.refuse(unspoken),
    };
    let mut prefix = url.to_owned();
    if let Some(project) = way.project {
        prefix.push('/');
        prefix.push_str(project);
    }
    let inquiry = Inquiry {
        shared,
        person: token.person,
        version,
        parameters: Parameters::parse(request.uri().query().unwrap_or_default()),
        url: &prefix,
    };
    let answered = match token.scoped {
        true => way.follow(&inquiry),
        false => Err(NovaError::policy("os_compute_api:servers:index")),
    };
    let mut answer = answered.unwrap_or_else(NovaError::into_answer);
    SPOKEN.say(&mut answer, version);
    http::set_request_id(&mut answer);
    answer
}

/// What a path leads to.
struct Way<'a> {
    /// The project that the path may name before it.
    project: Option<&'a str>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    Servers(Detail),
    Services,
}

impl<'a> Way<'a> {
    fn find(method: &Method, segments: &[&'a str]) -> Option<Self> {
        let ["v2.1", rest @ ..] = segments else {
            return None;
        };
        let is_project = |text: &str| {
            let mut letters = text.bytes();
            let is_hex = |letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f' | b'-');
            !text.is_empty() && letters.all(is_hex)
        };
        let (project, rest) = match rest {
            [project, rest @ ..] if is_project(project) => (Some(*project), rest),
            rest => (None, rest),
        };
        let end = match (method, rest) {
            (&Method::GET, ["servers"]) => End::Servers(Detail::Index),
            (&Method::GET, ["servers", "detail"]) => End::Servers(Detail::Full),
            (&Method::GET, ["os-services"]) => End::Services,
            _ => return None,
        };
        Some(Self { project, end })
    }

    fn follow(&self, inquiry: &Inquiry<'_>) -> Result<Answer, NovaError> {
        let own = inquiry.person.project_id();
        if let Some(named) = self.project.filter(|named| *named != own) {
            return Err(NovaError::bad_request(format!(
                "Malformed request URL: URL's project_id '{named}' doesn't match Context's \
                 project_id '{own}'"
            )));
        }
        match self.end {
            End::Servers(detail) => list::list(inquiry, detail),
            End::Services => services::list(inquiry),
        }
    }
}
