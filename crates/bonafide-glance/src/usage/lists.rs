//! Where a service is, and its lists, read to their ends.

use url::Url;

use super::findings::{Findings, reason};
use super::gap::UsageSource;
use crate::Session;
use crate::endpoint::Service;
use crate::keystone::pages::{Page, Pages};

pub(super) const PAGES: usize = 10_000;

/// The URL of a service, or why it is unknown.
pub(super) async fn endpoint(session: &Session, service: Service) -> Result<Url, String> {
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
pub(super) async fn read<'a, P: Page>(
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
