//! The look-up: every service is asked, and each failure is a gap.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::findings::{Findings, reason};
use super::gap::UsageSource;
use super::knowledge::Usage;
use super::{images, servers, volumes};
use crate::Glance;
use crate::endpoint::Service;

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
