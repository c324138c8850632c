//! From a request to its answer: the record, the faults, the token, the path.

use std::future::pending;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use thiserror::Error;

use super::auth::{token, unauthorized};
use super::cinder;
use super::control::fault::CloudFaultKind;
use super::errors::Failure;
use super::glance::{discovery, download, images, list, members, patch, upload};
use super::http::{self, Answer, percent_decoded, small_body};
use super::keystone::identity;
use super::keystone::users::Person;
use super::nova;
use super::shared::Shared;

/// Which service a listener belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    BlockStorage,
    Compute,
    Identity,
    Image,
}

/// Nobody will answer: the connection closes.
#[derive(Clone, Copy, Debug, Error)]
#[error("the connection is closed without an answer")]
pub(crate) struct HangUp;

/// Answers a request, or hangs up when a fault or the cloud's end wants it.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    service: Service,
    request: Request<Incoming>,
) -> Result<Answer, HangUp> {
    let (method, uri) = (request.method(), request.uri());
    let full_path = uri.path_and_query().map_or("/", |path| path.as_str());
    let number = shared.record.arrived(method.as_str(), full_path);
    let is_log_in = service == Service::Identity
        && method == Method::POST
        && uri.path().trim_end_matches('/') == "/v3/auth/tokens";
    let answered = if is_log_in {
        carry_out(&shared, service, request).await?
    } else {
        let turn = shared.shutdown.admit().ok_or(HangUp)?;
        let answered = tokio::select! {
            biased;
            answered = carry_out(&shared, service, request) => answered?,
            () = turn.broken_off() => return Err(HangUp),
        };
        if turn.loses_answer() {
            return Err(HangUp);
        }
        answered
    };
    shared.record.answered(number, answered.status().as_u16());
    Ok(answered)
}

async fn carry_out(
    shared: &Arc<Shared>,
    service: Service,
    request: Request<Incoming>,
) -> Result<Answer, HangUp> {
    if !shared.rate_limit.admits() {
        return Ok(out_of_order(429, request.headers()));
    }
    let fault = shared
        .faults
        .take(request.method().as_str(), request.uri().path());
    let answered = match fault {
        Some(CloudFaultKind::DropBefore) => return Err(HangUp),
        Some(CloudFaultKind::Stall) => pending().await,
        Some(CloudFaultKind::Status(status)) => {
            let answered = out_of_order(status, request.headers());
            http::drain(request.into_body());
            answered
        }
        Some(CloudFaultKind::Unauthorized) if service == Service::Identity => {
            identity::unauthorized(shared)
        }
        Some(CloudFaultKind::Unauthorized) => unauthorized(shared, request),
        _ if !is_allowed(shared, service, &request) => unauthorized(shared, request),
        fault => {
            if let Some(CloudFaultKind::Delay(time)) = fault {
                tokio::time::sleep(time).await;
            }
            match service {
                Service::BlockStorage => cinder::routes::answer(shared, request),
                Service::Compute => nova::routes::answer(shared, request),
                Service::Identity => identity::answer(shared, request).await,
                Service::Image => image(shared, request, fault).await?,
            }
        }
    };
    if fault == Some(CloudFaultKind::DropAfter) {
        return Err(HangUp);
    }
    Ok(answered)
}

/// An answer as of something in front of the service.
fn out_of_order(status: u16, headers: &HeaderMap) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = Failure::new(status, "Answered by a fault.").into_answer(headers);
    http::set_request_id(&mut answer);
    answer
}

/// Whether the access rules of the token let the request through, if it has some.
fn is_allowed(shared: &Shared, service: Service, request: &Request<Incoming>) -> bool {
    let kind = match service {
        Service::BlockStorage => "block-storage",
        Service::Compute => "compute",
        Service::Identity => return true,
        Service::Image => "image",
    };
    let (method, path) = (request.method().as_str(), request.uri().path());
    token(shared, request.headers()).is_none_or(|token| token.allows(kind, method, path))
}

/// The image service. What stands before the token (versions, health) and the refusal of the token
/// itself carry no request id, as in Glance.
async fn image(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    fault: Option<CloudFaultKind>,
) -> Result<Answer, HangUp> {
    let path = request.uri().path();
    let segments: Vec<String> = path.split('/').skip(1).map(percent_decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["healthcheck"] => return Ok(discovery::health()),
        ["versions"] => return Ok(discovery::versions(shared, StatusCode::OK)),
        ["v2", ..] => {}
        _ => return Ok(discovery::versions(shared, StatusCode::MULTIPLE_CHOICES)),
    }
    let headers = request.headers().clone();
    let Some(token) = token(shared, &headers) else {
        return Ok(unauthorized(shared, request));
    };
    let routed = if token.scoped {
        route(shared, token.person, &segments[1..], request, fault).await
    } else {
        let creates = request.method() == Method::POST;
        Err(Failure::policy(if creates {
            "add_image"
        } else {
            "get_images"
        }))
    };
    let mut answer = match routed {
        Ok(Some(answer)) => answer,
        Ok(None) => return Err(HangUp),
        Err(failure) => failure.into_answer(&headers),
    };
    http::set_request_id(&mut answer);
    Ok(answer)
}

/// Everything below `/v2`; `None` when the worker died.
async fn route(
    shared: &Arc<Shared>,
    person: &Person,
    segments: &[&str],
    request: Request<Incoming>,
    fault: Option<CloudFaultKind>,
) -> Result<Option<Answer>, Failure> {
    let method = request.method().clone();
    if let (&Method::PUT, ["images", id, "file"]) = (&method, segments) {
        return upload::upload(shared, person, id, request, fault).await;
    }
    let headers = request.headers().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = small_body(request.into_body()).await;
    let body = body.ok_or_else(|| Failure::too_large("Request body too large."))?;
    let answer = match (&method, segments) {
        (&Method::GET, ["images"]) => list::list(shared, person, &query),
        (&Method::POST, ["images"]) => images::create(shared, person, &body),
        (&Method::GET, ["images", id]) => images::show(shared, person, id),
        (&Method::PATCH, ["images", id]) => patch::patch(shared, person, id, &headers, &body),
        (&Method::DELETE, ["images", id]) => images::delete(shared, person, id),
        (&Method::GET, ["images", id, "file"]) => {
            download::download(shared, person, id, &headers, fault)
        }
        (&Method::GET, ["images", id, "members"]) => members::list(shared, person, id),
        (&Method::POST, ["images", id, "members"]) => members::create(shared, person, id, &body),
        (&Method::GET, ["images", id, "members", project]) => {
            members::show(shared, person, id, project)
        }
        (&Method::PUT, ["images", id, "members", project]) => {
            members::update(shared, person, id, project, &body)
        }
        (&Method::DELETE, ["images", id, "members", project]) => {
            members::delete(shared, person, id, project)
        }
        (&Method::POST, ["images", id, "actions", action]) => {
            images::act(shared, person, id, action)
        }
        (&Method::PUT, ["images", id, "tags", tag]) => images::add_tag(shared, person, id, tag),
        (&Method::DELETE, ["images", id, "tags", tag]) => {
            images::remove_tag(shared, person, id, tag)
        }
        (&Method::GET, ["info", what @ ..]) => discovery::info(person, what),
        (&Method::GET, ["schemas", name]) => discovery::schema(name),
        (method, segments) => Err(unknown(method, segments)),
    };
    answer.map(Some)
}

/// 405 where another method would do, else 404.
fn unknown(method: &Method, segments: &[&str]) -> Failure {
    let allowed = match segments {
        ["images"] | ["images", _, "members"] => "GET, POST",
        ["images", _] => "GET, PATCH, DELETE",
        ["images", _, "file"] => "GET, PUT",
        ["images", _, "members", _] => "GET, PUT, DELETE",
        ["images", _, "tags", _] => "PUT, DELETE",
        ["images", _, "actions", "deactivate" | "reactivate"] => "POST",
        _ => return Failure::no_resource(),
    };
    Failure::method_not_allowed(method.as_str(), allowed)
}
