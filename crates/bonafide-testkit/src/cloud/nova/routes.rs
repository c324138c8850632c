//! Nova, as far as somebody looks for what uses an image: servers, and the services of its cells.

mod fleet;
mod list;
mod services;
mod versions;
mod view;

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::{Method, Request};

use super::denial::Denial;
use super::dispatch::{token, unauthorized};
use super::errors::Failure;
use super::http::{self, Answer, percent_decoded};
use super::microversion::{Microversion, Spoken};
use super::paging::Parameters;
use super::people::Person;
use super::shared::Shared;

pub(super) use fleet::{CELL, Fleet, Origin, Phase};
use view::Detail;

/// The versions that Nova 34 speaks.
const SPOKEN: Spoken = Spoken {
    service: "compute",
    old_header: Some("x-openstack-nova-api-version"),
    first: Microversion(2, 1),
    last: Microversion(2, 104),
};

/// From here on, what lies in a cell that is down is shown in part instead of left out.
const SHOWS_DOWN_CELLS: Microversion = Microversion(2, 69);

/// The compute service: its servers and cells.
#[derive(Debug, Default)]
pub(super) struct Compute(Mutex<Fleet>);

impl Compute {
    pub(super) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's request, as far as every path needs it.
struct Inquiry<'a> {
    shared: &'a Shared,
    person: &'static Person,
    version: Microversion,
    parameters: Parameters,
    /// With `/v2.1`, and with the project if the request has one there.
    url: &'a str,
}

/// Answers one compute request.
pub(super) fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
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
        false => Err(Denial::policy("os_compute_api:servers:index")),
    };
    let mut answer = answered.unwrap_or_else(Denial::into_answer);
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

    fn follow(&self, inquiry: &Inquiry<'_>) -> Result<Answer, Denial> {
        let own = inquiry.person.project_id();
        if let Some(named) = self.project.filter(|named| *named != own) {
            return Err(Denial::bad_request(format!(
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
