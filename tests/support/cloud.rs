//! The cloud that a test runs against, and its clock.

use std::path::Path;
use std::time::Duration;

use bonafide::glance::RetryPolicy;
use bonafide::{CloudConfig, Glance, Session};
use bonafide_testkit::cloud::EmbeddedCloud;
use jiff::Timestamp;

use crate::project;

/// How often a request that fails by chance is sent.
pub const TRIES: usize = 5;

/// What the clock of this machine shows.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is a program: this is its clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// What fails by chance is tried again as often as by default, and sooner.
pub fn quick(config: CloudConfig) -> CloudConfig {
    let moment = Duration::from_millis(2);
    let policy = RetryPolicy::default();
    config.retry_policy(policy.first_wait(moment).longest_pause(moment))
}

/// The cloud that a test runs against.
pub enum Cloud {
    /// One inside this process.
    Embedded(EmbeddedCloud),
    /// `clouds.yaml` of the real one, with the administrator in a project of this test's own.
    Real(String),
}

impl Cloud {
    /// A new embedded cloud.
    pub async fn embedded() -> Option<Self> {
        Some(Self::Embedded(EmbeddedCloud::start().await.unwrap()))
    }

    /// The real Keystone and Glance that `tests/run` has started; required in CI.
    pub async fn real() -> Option<Self> {
        let Some(path) = std::env::var_os("BONAFIDE_TEST_CLOUDS") else {
            let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!required, "BONAFIDE_TEST_CLOUDS is required in CI");
            println!("skipped: no real cloud; tests/run starts one and sets BONAFIDE_TEST_CLOUDS");
            return None;
        };
        let clouds_yaml = project::clouds_yaml_with_a_new_project(Path::new(&path)).await;
        Some(Self::Real(clouds_yaml))
    }

    /// The text of its `clouds.yaml`.
    pub fn clouds_yaml(&self) -> &str {
        match self {
            Self::Embedded(cloud) => cloud.clouds_yaml(),
            Self::Real(clouds_yaml) => clouds_yaml,
        }
    }

    /// A session of this user.
    pub fn session(&self, user: &str) -> Session {
        let config = CloudConfig::from_yaml(self.clouds_yaml(), user);
        Session::new(quick(config.unwrap()), now).unwrap()
    }

    /// A client of its image service as this user.
    pub fn glance(&self, user: &str) -> Glance {
        Glance::new(self.session(user))
    }

    /// The embedded cloud, for a test that sets faults in it.
    pub fn as_embedded(&self) -> &EmbeddedCloud {
        match self {
            Self::Embedded(cloud) => cloud,
            Self::Real(_) => panic!("this test sets faults in the embedded cloud"),
        }
    }
}
