//! Servers of all projects, as Nova lists them.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::findings::{Findings, number};
use super::gap::UsageSource;
use super::lists::{PAGES, endpoint};
use super::services;
use super::version::{refusal, too_old, versioned};
use crate::Session;
use crate::endpoint::Service;
use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::keystone::pages::{Link, Page, Pages};

const SOURCE: UsageSource = UsageSource::Servers;
/// The status of a deleted server that can be restored.
const SOFT_DELETED: &str = "SOFT_DELETED";

/// The servers of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lot {
    /// All but the soft-deleted ones. Only this very query shows a cell that is down, and only on
    /// its first page: with any filter or limit Nova omits its servers.
    Present,
    /// The soft-deleted ones: in no other list, but they can be restored for as long as the cloud
    /// keeps them. `soft_deleted` alone would list all the others once more.
    SoftDeleted,
}

impl Lot {
    const ALL: [Self; 2] = [Self::Present, Self::SoftDeleted];

    fn query(self) -> &'static str {
        match self {
            Self::Present => "all_tenants=1",
            Self::SoftDeleted => "all_tenants=1&status=SOFT_DELETED&soft_deleted=true",
        }
    }

    /// A Nova that ignores the filter lists the servers of the other list again.
    fn has(self, server: &Server) -> bool {
        match self {
            Self::Present => true,
            Self::SoftDeleted => server.is_soft_deleted() || !server.is_known(),
        }
    }
}

pub(crate) async fn look_up<'a>(session: &Session, wanted: &'a BTreeSet<Uuid>) -> Findings<'a> {
    let mut found = Findings::new(wanted);
    let compute = match endpoint(session, Service::Compute).await {
        Ok(url) => url,
        Err(why) => {
            found.gap(SOURCE, why);
            return found;
        }
    };
    // Further pages and filtered lists don't show a cell that is down, so the list of services must
    // show that there is none, before and after.
    let before = services::are_known(session, &compute).await;
    let mut odd = Odd::default();
    // A refused request is not repeated.
    let mut refused = None;
    for lot in Lot::ALL {
        if refused.is_none() {
            refused = list(session, &compute, lot, &mut odd, &mut found).await;
        }
    }
    odd.report(&mut found);
    let after = match &before {
        Ok(()) => services::are_known(session, &compute).await,
        Err(_) => Ok(()),
    };
    let gaps = [refused, before.err(), after.err()];
    for why in gaps.into_iter().flatten() {
        found.gap(SOURCE, why);
    }
    found
}

/// Reads a list. Returns why it is incomplete, if it is.
async fn list(
    session: &Session,
    compute: &Url,
    lot: Lot,
    odd: &mut Odd,
    found: &mut Findings<'_>,
) -> Option<String> {
    let mut url = below(compute, &["servers", "detail"]);
    url.set_query(Some(lot.query()));
    let mut pages = Pages::new(session, versioned(ApiRequest::new(Verb::Get, url)), PAGES);
    let mut old = None;
    loop {
        match pages.next::<Servers>().await {
            Ok(Some((page, headers))) => {
                old = old.or_else(|| too_old(&headers));
                for server in page.servers.into_iter().filter(|server| lot.has(server)) {
                    odd.take(server, found);
                }
            }
            Ok(None) => return old,
            Err(error) => return Some(refusal(&error)),
        }
    }
}

#[derive(Deserialize)]
struct Servers {
    servers: Vec<Server>,
    #[serde(default)]
    servers_links: Vec<Link>,
}

impl Page for Servers {
    const ENDING: &str = "/servers/detail";
    const SAME_HOST: bool = false;

    fn next(&self) -> Option<&str> {
        Link::next(&self.servers_links)
    }
}

#[derive(Deserialize)]
struct Server {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    tenant_id: Option<String>,
    /// An object, or the empty text for a server that was booted from a volume.
    #[serde(default)]
    image: Option<Value>,
}

/// The origin of a server.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    Image(Uuid),
    /// The key is missing.
    NotTold,
    Unreadable,
    /// Cinder reports the image of the volume.
    Volume,
}

impl Server {
    fn origin(&self) -> Origin {
        match &self.image {
            None => Origin::NotTold,
            Some(Value::String(text)) if text.is_empty() => Origin::Volume,
            Some(image) => match image.get("id").and_then(Value::as_str).map(Uuid::parse_str) {
                Some(Ok(id)) => Origin::Image(id),
                _ => Origin::Unreadable,
            },
        }
    }

    fn is_known(&self) -> bool {
        let status = self.status.as_deref();
        status.is_some_and(|status| !status.eq_ignore_ascii_case("UNKNOWN"))
    }

    fn is_soft_deleted(&self) -> bool {
        let status = self.status.as_deref();
        status.is_some_and(|status| status.eq_ignore_ascii_case(SOFT_DELETED))
    }
}

/// The numbers of servers with a problem.
#[derive(Debug, Default)]
struct Odd {
    unknown: u64,
    unreadable: u64,
    without_project: u64,
}

impl Odd {
    fn take(&mut self, server: Server, found: &mut Findings<'_>) {
        let origin = server.origin();
        match origin {
            _ if !server.is_known() => self.unknown += 1,
            Origin::NotTold => self.unknown += 1,
            Origin::Unreadable => self.unreadable += 1,
            Origin::Image(_) | Origin::Volume => {}
        }
        match server.tenant_id.as_deref().filter(|id| !id.is_empty()) {
            None => self.without_project += 1,
            Some(project) => {
                if let Origin::Image(image) = origin {
                    found.add(image, project, SOURCE);
                }
            }
        }
    }

    fn report(&self, found: &mut Findings<'_>) {
        for (count, why) in [
            (
                self.unknown,
                "of status UNKNOWN or without an image: a cell may be down",
            ),
            (self.unreadable, "of an image whose id can't be read"),
            (
                self.without_project,
                "without `tenant_id`: is this user an administrator?",
            ),
        ] {
            if count > 0 {
                found.gap(
                    SOURCE,
                    format!("{} {why}", number(count, "server", "servers")),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn origin(server: Value) -> Origin {
        serde_json::from_value::<Server>(server).unwrap().origin()
    }

    #[test]
    fn the_image_is_stated_in_four_ways() {
        let image = Uuid::from_u128(7);
        assert_eq!(
            origin(json!({"image": {"id": image, "links": []}})),
            Origin::Image(image)
        );
        assert_eq!(origin(json!({"image": ""})), Origin::Volume);
        assert_eq!(origin(json!({"status": "UNKNOWN"})), Origin::NotTold);
        assert_eq!(origin(json!({"image": null})), Origin::NotTold);
        for odd in [
            json!({}),
            json!({"id": "x"}),
            json!({"id": 7}),
            json!("x"),
            json!(7),
        ] {
            assert_eq!(origin(json!({"image": odd})), Origin::Unreadable, "{odd}");
        }
    }
}
