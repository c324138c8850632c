//! The client of a vendor's site.

use std::time::Duration;

use bonafide::HttpFetch;
use bonafide::sources::{Retries, Sleep};
use bonafide_testkit::site::VendorSite;

/// Short, since a stalled server is one of the cases; long enough for a busy machine.
const IDLE: Duration = Duration::from_secs(5);

/// Waits for nothing.
#[derive(Debug)]
struct NoSleep;

#[async_trait::async_trait]
impl Sleep for NoSleep {
    async fn sleep(&self, _: Duration) {}
}

/// The real client, with the vendors' host names resolved to this site. It does not wait between tries.
pub fn site_fetch(site: &VendorSite) -> HttpFetch {
    let mut builder = HttpFetch::builder()
        .no_proxy()
        .only_authority(site.ca_certificate_pem())
        .retries(Retries::default().tries(3).sleep(NoSleep))
        .idle_timeout(IDLE);
    for host in site.hosts() {
        builder = builder.resolve(&host, site.address());
    }
    builder.build().unwrap()
}
