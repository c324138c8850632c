//! Nova's services, which show whether one of its databases (cells) is down.

use serde::Deserialize;
use url::Url;

use super::findings::{number, reason};
use super::version::{refusal, too_old, versioned};
use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::{Error, Session};

/// Checks that the state of all services is known, as it is unless a cell is down. The error has
/// the reason.
///
/// A user who may not ask is not an administrator for Nova, which then silently ignores the request
/// for soft-deleted servers.
pub(crate) async fn are_known(session: &Session, compute: &Url) -> Result<(), String> {
    let url = below(compute, &["os-services"]);
    let answer = match session
        .send(&versioned(ApiRequest::new(Verb::Get, url)))
        .await
    {
        Ok(answer) => answer,
        Err(error @ (Error::Forbidden(_) | Error::NotFound(_))) => {
            return Err(format!(
                "{}; without it servers of a cell that is down, and those that are soft-deleted, \
                 could be missing",
                reason(&error)
            ));
        }
        Err(error) => return Err(refusal(&error)),
    };
    if let Some(why) = too_old(&answer.headers) {
        return Err(why);
    }
    let Services { services } = answer.json().map_err(|error| refusal(&error))?;
    let unknown: Vec<_> = services.iter().filter(|entry| entry.is_unknown()).collect();
    let Some(first) = unknown.first() else {
        return Ok(());
    };
    let host = first.host.as_deref().unwrap_or("?");
    Err(format!(
        "the state of {} is UNKNOWN (on host `{host}`{}): a cell is down, and its servers may be \
         missing",
        number(unknown.len() as u64, "compute service", "compute services"),
        if unknown.len() > 1 { " and others" } else { "" },
    ))
}

#[derive(Deserialize)]
struct Services {
    services: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

impl Entry {
    fn is_unknown(&self) -> bool {
        let status = self.status.as_deref();
        status.is_none_or(|status| status.eq_ignore_ascii_case("UNKNOWN"))
    }
}
