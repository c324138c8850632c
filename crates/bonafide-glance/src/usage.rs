//! Which projects use which images.

use std::collections::BTreeSet;
use std::error::Error as StdError;

use serde::Serialize;
use url::Url;
use uuid::Uuid;

use self::findings::Findings;
use crate::catalog::Service;
use crate::pages::{Page, Pages};
use crate::{Error, Glance, Session};

mod findings;
mod gap;
mod images;
mod servers;
mod services;
mod snapshots;
mod uses;
mod version;
mod volumes;

pub use self::gap::{UsageGap, UsageSource};
pub use self::uses::{UseCounts, Uses};

/// The maximum number of pages of one list: a million elements, with a hundred on a page.
const PAGES: usize = 10_000;

/// Which projects use an image, as far as it is known.
///
/// Before a removal, check [`Usage::complete`]: if a cloud could not be asked, or a part of an
/// answer was missing, it is unknown whether an image is *unused*. There is no third case, so this
/// enum is closed.
///
/// # Limits
/// The look-up is not a snapshot of the cloud: it takes time, and users that are created meanwhile
/// may be missing, as may a soft-deleted server that is restored meanwhile. Prevent new use of the
/// image first, and look then. A database of Nova (a cell) that is down while the first page is
/// read, or when the lists begin or end, is noticed; one that is down only in between is not, since
/// no answer of Nova shows it. A cell without compute hosts, such as that of servers which never
/// got a host, is noticed only while the first page has room for its servers. Regions that share an
/// image service are noticed if they are in the service catalog. No service reports which image a
/// server is being rescued with.
/// being rescued with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// The usage is known completely.
    Complete(Uses),
    /// A part is unknown.
    Incomplete {
        /// The known part, which is certain.
        known: Uses,
        /// The gaps.
        gaps: Vec<UsageGap>,
    },
}

impl Usage {
    /// Looks up who uses these images: servers of all projects, including soft-deleted ones since
    /// they can be restored (Nova), volumes and volume snapshots (Cinder), snapshots of servers
    /// (Glance, by their property `base_image_ref`).
    ///
    /// Never fails: what could not be learned is a gap. Only an administrator sees other projects,
    /// so without the role `admin` no request is sent and everything is a gap. Returns immediately
    /// for an empty set.
    pub async fn look_up(glance: &Glance, images: &BTreeSet<Uuid>) -> Self {
        let mut found = Findings::new(images);
        if images.is_empty() {
            return found.into_usage();
        }
        if let Err(why) = administrator(glance).await {
            for source in UsageSource::ALL {
                found.gap(source, why.clone());
            }
            return found.into_usage();
        }
        for source in UsageSource::ALL {
            if let Err(why) = alone(glance, source).await {
                found.gap(source, why);
            }
        }
        let (servers, volumes, snapshots) = tokio::join!(
            servers::look_up(glance.session(), images),
            volumes::look_up(glance.session(), images),
            images::look_up(glance, images),
        );
        for other in [servers, volumes, snapshots] {
            found.absorb(other);
        }
        found.into_usage()
    }

    /// The users of the images, if all of them are known.
    ///
    /// `None` if anything is unknown: then nothing may be removed.
    #[must_use]
    pub fn complete(&self) -> Option<&Uses> {
        match self {
            Self::Complete(uses) => Some(uses),
            Self::Incomplete { .. } => None,
        }
    }

    /// The known users of the images, which may not be all.
    ///
    /// Enough to give access to a project, and not enough to take it away.
    #[must_use]
    pub fn known(&self) -> &Uses {
        match self {
            Self::Complete(uses) | Self::Incomplete { known: uses, .. } => uses,
        }
    }

    /// The gaps; empty if the usage is complete.
    #[must_use]
    pub fn gaps(&self) -> &[UsageGap] {
        match self {
            Self::Complete(_) => &[],
            Self::Incomplete { gaps, .. } => gaps,
        }
    }
}

/// Why the token is not an administrator's, if it is not. To other users Cinder and Glance show a
/// part as if it were the whole.
async fn administrator(glance: &Glance) -> Result<(), String> {
    let roles = glance.session().roles().await;
    let roles = roles.map_err(|error| reason(&error))?;
    // Services compare the names of roles like this.
    if roles.iter().any(|role| role.eq_ignore_ascii_case("admin")) {
        return Ok(());
    }
    let has = if roles.is_empty() {
        "no role".to_owned()
    } else {
        format!("the roles {}", roles.join(", "))
    };
    Err(format!(
        "only an administrator sees all projects; this user has {has}"
    ))
}

/// Why not all users of this image service are asked, if several regions share it: each of them has
/// users, and only one region is asked.
async fn alone(glance: &Glance, source: UsageSource) -> Result<(), String> {
    let service = match source {
        UsageSource::ServerSnapshots => return Ok(()),
        UsageSource::Servers => Service::Compute,
        UsageSource::VolumeSnapshots | UsageSource::Volumes => Service::BlockStorage,
    };
    let image = glance.endpoint().await.map_err(|error| reason(&error))?;
    let addresses = glance.session().beside(&image, service).await;
    let addresses = addresses.map_err(|error| reason(&error))?;
    if addresses.len() < 2 {
        return Ok(());
    }
    let addresses: Vec<_> = addresses.into_iter().collect();
    Err(format!(
        "regions share this image service, and only one of their {} services is asked: {}",
        service.name(),
        addresses.join(", ")
    ))
}

/// The URL of a service, or why it is unknown.
async fn endpoint(session: &Session, service: Service) -> Result<Url, String> {
    match session.has(service).await {
        Ok(true) => session
            .endpoint(service)
            .await
            .map_err(|error| reason(&error)),
        Ok(false) => Err(format!(
            "there is no {name} service in the service catalog; if the cloud has one, set \
             `{key}_endpoint_override`",
            name = service.name(),
            key = service.name().replace('-', "_")
        )),
        Err(error) => Err(reason(&error)),
    }
}

/// Reads a list to its end. An error is a gap.
async fn read<'a, P: Page>(
    mut pages: Pages<'_>,
    source: UsageSource,
    found: &mut Findings<'a>,
    mut take: impl FnMut(&mut Findings<'a>, P),
) {
    loop {
        match pages.next().await {
            Ok(Some((page, _))) => take(found, page),
            Ok(None) => return,
            Err(error) => return found.failed(source, &error),
        }
    }
}

/// An error with its causes, in one line.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// `1 server`, `2 servers`.
fn number(count: u64, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_complete_knowledge_is_complete() {
        let mut uses = Uses::new();
        uses.add(Uuid::nil(), "p", UsageSource::Servers);
        let complete = Usage::Complete(uses.clone());
        assert_eq!(complete.complete(), Some(&uses));
        assert!(complete.gaps().is_empty());
        let gaps = vec![UsageGap::new(UsageSource::Volumes, "it is closed today")];
        let incomplete = Usage::Incomplete {
            known: uses.clone(),
            gaps,
        };
        assert_eq!(incomplete.complete(), None);
        assert_eq!(incomplete.known(), &uses);
        assert_eq!(
            incomplete.gaps()[0].to_string(),
            "volumes: it is closed today"
        );
    }

    #[test]
    fn usage_is_written_as_json() {
        let mut known = Uses::new();
        known.add(Uuid::nil(), "p", UsageSource::Servers);
        let usage = Usage::Incomplete {
            known,
            gaps: vec![UsageGap::new(UsageSource::ServerSnapshots, "why")],
        };
        let counts = json!({
            "servers": 1, "volumes": 0, "volume_snapshots": 0, "server_snapshots": 0,
        });
        assert_eq!(
            serde_json::to_value(usage).unwrap(),
            json!({"incomplete": {
                "known": {Uuid::nil().to_string(): {"p": counts}},
                "gaps": [{"source": "server_snapshots", "why": "why"}],
            }})
        );
    }
}
