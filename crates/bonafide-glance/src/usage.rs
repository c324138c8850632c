//! Who uses which images.

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

/// The most pages of one list: a million elements, if pages have a hundred.
const PAGES: usize = 10_000;

/// Who uses an image, as far as it is known.
///
/// Whoever is about to remove something asks [`Usage::complete`]: where a cloud could not be asked,
/// or part of an answer was missing, nobody knows that an image is *not* used. There is no third
/// case, so this enum is closed.
///
/// # Limits
/// The look-up is no snapshot of the cloud: it takes a while, and what is made meanwhile may be
/// missing, as may a soft-deleted server that is restored meanwhile. Keep the image from being used
/// anew first, and look then. A database of Nova (a cell) that is down while the first page is read,
/// or when the lists begin or end, is noticed; one that is down in between only is not, since no
/// answer of Nova shows it. One without compute hosts, such as that of servers which never got a
/// host, is noticed only while the first page has room for its servers. That regions share an image
/// service is noticed by the catalog, if it has them. No service tells which image a server is
/// being rescued with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// All of it was learned.
    Complete(Uses),
    /// Some of it was not.
    Incomplete {
        /// What was learned, none of which is in doubt.
        known: Uses,
        /// What was not.
        gaps: Vec<UsageGap>,
    },
}

impl Usage {
    /// Looks up who uses these images: servers of all projects, soft-deleted ones among them since
    /// they can be restored (Nova), volumes and volume snapshots (Cinder), snapshots of servers
    /// (Glance, by their property `base_image_ref`).
    ///
    /// Never fails: what could not be learned is a gap. Only an administrator sees other projects,
    /// so without the role `admin` nothing is asked and everything is a gap. Without images nothing
    /// is asked either, since nobody uses none of them.
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

    /// Who uses the images, if all of it is known.
    #[must_use]
    pub fn complete(&self) -> Option<&Uses> {
        match self {
            Self::Complete(uses) => Some(uses),
            Self::Incomplete { .. } => None,
        }
    }

    /// Who is known to use the images, and maybe not all of them.
    #[must_use]
    pub fn known(&self) -> &Uses {
        match self {
            Self::Complete(uses) | Self::Incomplete { known: uses, .. } => uses,
        }
    }

    /// What is not known; nothing if all is.
    #[must_use]
    pub fn gaps(&self) -> &[UsageGap] {
        match self {
            Self::Complete(_) => &[],
            Self::Incomplete { gaps, .. } => gaps,
        }
    }
}

/// Whether the token is an administrator's, or else why not. To anybody else Cinder and Glance show
/// a part as if it were the whole.
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
        "all projects can be looked at by an administrator only; this user has {has}"
    ))
}

/// Whether all who take images from this image service are asked: one that several regions share
/// has users in each of them, and only one region is looked at.
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

/// Where a service is, or else why nobody knows.
async fn endpoint(session: &Session, service: Service) -> Result<Url, String> {
    match session.has(service).await {
        Ok(true) => session
            .endpoint(service)
            .await
            .map_err(|error| reason(&error)),
        Ok(false) => Err(format!(
            "there is no {name} service in the catalog; if the cloud has one, set \
             `{key}_endpoint_override`",
            name = service.name(),
            key = service.name().replace('-', "_")
        )),
        Err(error) => Err(reason(&error)),
    }
}

/// Reads a list to its end. What keeps that end away is a gap.
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
