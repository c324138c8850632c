//! `GET /v2.1/servers` and `…/detail`.

use hyper::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::fleet::{Fleet, Origin, Phase, Server};
use super::inquiry::{Inquiry, SHOWS_DOWN_CELLS};
use super::view::{Detail, Entry, Views};
use crate::cloud::control::timeline::Place;
use crate::cloud::http::{self, Answer};
use crate::cloud::microversion::Microversion;
use crate::cloud::nova_error::NovaError;
use crate::cloud::paging::{Link, truth};

/// From here on an unknown status is refused.
const REFUSES_STATUSES: Microversion = Microversion(2, 38);

/// What a status can be.
const STATUSES: [&str; 19] = [
    "ACTIVE",
    "BUILD",
    "DELETED",
    "ERROR",
    "HARD_REBOOT",
    "MIGRATING",
    "PASSWORD",
    "PAUSED",
    "REBOOT",
    "REBUILD",
    "RESCUE",
    "RESIZE",
    "REVERT_RESIZE",
    "SHELVED",
    "SHELVED_OFFLOADED",
    "SHUTOFF",
    "SOFT_DELETED",
    "SUSPENDED",
    "VERIFY_RESIZE",
];

/// One page.
#[derive(Serialize)]
struct Page<'a> {
    servers: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    servers_links: Option<[Link; 1]>,
}

/// Which servers are asked for.
struct Wanted {
    /// `None`: those of all projects.
    project: Option<String>,
    image: Option<String>,
    status: Option<String>,
    /// Only those that are deleted. Of these, soft-deleted ones are all that is not forgotten here.
    is_deleted: bool,
    /// Those that are soft-deleted as well.
    soft_deleted: bool,
    limit: usize,
}

pub(crate) fn list(inquiry: &Inquiry<'_>, detail: Detail) -> Result<Answer, NovaError> {
    let wanted = Wanted::parse(inquiry, detail)?;
    let fleet = inquiry.shared.compute.fleet();
    let marker = marker(inquiry, &fleet)?;
    let views = Views::new(inquiry, detail);
    let up = fleet.servers.behind(marker);
    let up = up.filter(|(_, server)| wanted.matches(server) && fleet.is_up(&server.cell));
    let up: Vec<(Place, &Server)> = up.take(wanted.limit).collect();
    // Nova looks into its own list of servers for those it can't reach, and only when nothing
    // but `all_tenants` was asked for. It knows no more of them than whose they are, and puts them
    // first.
    let mut parameters = inquiry.parameters.iter();
    let is_bare = parameters.all(|(name, _)| name == "all_tenants");
    let room = match is_bare && inquiry.version >= SHOWS_DOWN_CELLS {
        true => wanted.limit - up.len(),
        false => 0,
    };
    let down = fleet.servers.oldest_first();
    let down = down.filter(|(_, server)| wanted.is_of(server) && !fleet.is_up(&server.cell));
    let mut servers: Vec<(Place, Entry<'_>)> = down
        .take(room)
        .map(|(place, server)| (place, views.unknown(place, server)))
        .collect();
    let known = up.iter();
    servers.extend(known.map(|(place, server)| (*place, views.known(*place, server))));
    let last = servers.last().filter(|_| servers.len() == wanted.limit);
    let last = last.map(|(place, _)| place.id);
    let page = Page {
        servers: servers.into_iter().map(|(_, entry)| entry).collect(),
        servers_links: last.map(|id| {
            let url = format!("{}{}", inquiry.url, detail.path());
            inquiry.parameters.next(&url, id)
        }),
    };
    let text = serde_json::to_string(&page).map_err(|_| NovaError::internal("ValueError"))?;
    Ok(http::text(StatusCode::OK, "application/json", text))
}

impl Wanted {
    fn parse(inquiry: &Inquiry<'_>, detail: Detail) -> Result<Self, NovaError> {
        let parameters = &inquiry.parameters;
        let is_admin = inquiry.person.is_admin();
        let is_of_all = match parameters.value("all_tenants") {
            None => false,
            // The name alone is enough.
            Some("") => true,
            Some(text) => truth(text).ok_or_else(|| {
                NovaError::bad_request(format!(
                    "Unrecognized value '{text}', acceptable values are: '0', '1', 'f', 'false', \
                     'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
                ))
            })?,
        };
        if is_of_all && !is_admin {
            return Err(NovaError::policy(detail.all_tenants_policy()));
        }
        let filter = |name: &str| parameters.value(name).map(str::to_owned);
        let named = filter("project_id").or_else(|| filter("tenant_id"));
        let value = |name: &str| parameters.value(name).filter(|_| is_admin);
        Ok(Self {
            project: if is_of_all {
                named
            } else {
                Some(inquiry.person.project_id())
            },
            image: filter("image"),
            status: status(inquiry)?,
            is_deleted: value("deleted").and_then(truth) == Some(true),
            // Any word will do.
            soft_deleted: value("soft_deleted").is_some_and(|text| !text.is_empty()),
            limit: limit(inquiry)?,
        })
    }

    fn matches(&self, server: &Server) -> bool {
        let is_of_image = |wanted: &String| match server.origin {
            Origin::Image(image) => wanted.parse() == Ok(image),
            Origin::Volume(_) => false,
        };
        let is_shown = match server.phase {
            Phase::SoftDeleted => self.is_deleted || self.soft_deleted,
            Phase::Active | Phase::Failed | Phase::Shelved => !self.is_deleted,
        };
        is_shown
            && self.is_of(server)
            && self.image.as_ref().is_none_or(is_of_image)
            && self
                .status
                .as_ref()
                .is_none_or(|status| status.eq_ignore_ascii_case(server.phase.status()))
    }

    /// Whether the server is one of the projects that are asked for.
    fn is_of(&self, server: &Server) -> bool {
        let project = self.project.as_ref();
        project.is_none_or(|project| **project == *server.project)
    }
}

/// The status that is asked for. From 2.38 on it has to be one; before, another finds nothing.
fn status(inquiry: &Inquiry<'_>) -> Result<Option<String>, NovaError> {
    let Some(text) = inquiry.parameters.value("status") else {
        return Ok(None);
    };
    let mut known = STATUSES.iter();
    let is_known = known.any(|status| status.eq_ignore_ascii_case(text));
    if !is_known && inquiry.version >= REFUSES_STATUSES {
        return Err(NovaError::bad_request("Invalid status value"));
    }
    Ok(Some(text.to_owned()))
}

/// `limit`, which has to be of a pattern before it is read.
fn limit(inquiry: &Inquiry<'_>) -> Result<usize, NovaError> {
    if let Some(text) = inquiry.parameters.value("limit")
        && !text.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(NovaError::bad_request(format!(
            "Invalid input for query parameters limit. Value: {text}. '{text}' does not match \
             '^[0-9]*$'"
        )));
    }
    let most = inquiry.shared.settings.compute_page_limit;
    inquiry.parameters.limit(most)
}

/// The server behind which the page begins: it may be deleted, but its cell must answer.
fn marker(inquiry: &Inquiry<'_>, fleet: &Fleet) -> Result<Option<Place>, NovaError> {
    let Some(text) = inquiry.parameters.value("marker") else {
        return Ok(None);
    };
    let place = text.parse::<Uuid>().ok();
    let place = place.and_then(|id| fleet.servers.place(id));
    let place =
        place.ok_or_else(|| NovaError::bad_request(format!("marker [{text}] not found")))?;
    let server = fleet.server(place.id);
    if server.is_some_and(|server| !fleet.is_up(&server.cell)) {
        return Err(NovaError::internal("oslo_db.exception.DBConnectionError"));
    }
    Ok(Some(place))
}
