//! Which cloud, and who logs in: `clouds.yaml`, `secure.yaml` and the `OS_*` variables.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::authentication::Login;
use super::search::Found;
use super::settled::Written;
use super::tree::{Map, invalid};
use super::{profiles, search, variables};
use crate::endpoint::{Interface, Service};
use crate::{Error, RetryPolicy};

#[cfg(test)]
mod tests;

/// How to reach one cloud and who logs in.
///
/// Read like openstacksdk reads it, with the same names; the README of this crate has the supported
/// keys. Secrets are not part of `Debug`.
#[derive(Debug)]
pub struct CloudConfig {
    pub(crate) certificates: Certificates,
    pub(super) login: Login,
    pub(super) place: Endpoints,
    pub(crate) request_deadline: Duration,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) idle_timeout: Duration,
    pub(super) written: Written,
}

/// Where the services are.
#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) auth_url: Url,
    pub(super) block_storage: ServicePlace,
    pub(super) compute: ServicePlace,
    pub(super) image: ServicePlace,
}

/// Where one service is.
#[derive(Debug)]
pub(crate) struct ServicePlace {
    /// The URL that is used instead of the service catalog's.
    pub(crate) endpoint_override: Option<Url>,
    /// Never empty; the best one first.
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) region: Option<String>,
}

impl Endpoints {
    pub(crate) fn of(&self, service: Service) -> &ServicePlace {
        match service {
            Service::BlockStorage => &self.block_storage,
            Service::Compute => &self.compute,
            Service::Image => &self.image,
        }
    }
}

/// The TLS material.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// Whether the cloud's certificate is verified at all.
    pub(crate) verify: bool,
    /// Certification authorities that are trusted instead of the machine's.
    pub(crate) authorities: Option<PathBuf>,
    /// The client's certificate.
    pub(crate) certificate: Option<PathBuf>,
    /// Its key, if it is not in the same file.
    pub(crate) key: Option<PathBuf>,
}

impl CloudConfig {
    /// The deadline of a request other than an upload or download, from connecting to the last byte
    /// of the answer.
    pub const DEFAULT_REQUEST_DEADLINE: Duration = Duration::from_secs(60);
    /// How long an upload or download may make no progress.
    pub const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(300);

    /// Loads the named cloud, else the one in `OS_CLOUD`, else the one that the `OS_*` variables
    /// describe, else the only one.
    ///
    /// A name is looked up in `$OS_CLIENT_CONFIG_FILE`, else in the first `clouds.yaml`, `.yml` or
    /// `.json` in the working directory, `~/.config/openstack` or `/etc/openstack`. A `secure.yaml`
    /// there is merged over it. The cloud of the variables is called `envvars`, or as
    /// `OS_CLOUD_NAME` says.
    ///
    /// Variables that are set override a cloud of a file, as in the command `openstack`; one that
    /// contradicts the file about who logs in is refused.
    ///
    /// # Errors
    /// [`Error::NoConfig`] if no cloud is named, [`Error::NoCloud`] if the name is not found, both
    /// with the places searched; otherwise as [`CloudConfig::from_yaml`].
    pub fn load(cloud: Option<&str>) -> Result<Self, Error> {
        let lookup = |name: &str| env::var(name).ok();
        Self::load_with(cloud, &lookup, &search::directories(&lookup))
    }

    fn load_with(
        cloud: Option<&str>,
        lookup: &dyn Fn(&str) -> Option<String>,
        directories: &[PathBuf],
    ) -> Result<Self, Error> {
        let variable = |name| lookup(name).filter(|value| !value.is_empty());
        let wanted = cloud.map(str::to_owned).or_else(|| variable("OS_CLOUD"));
        let variables = variables::read(lookup);
        if wanted.is_none() && variables::are_a_cloud(&variables) {
            return Self::of_variables(variables);
        }
        let found = search::search(lookup, directories)?;
        let of_variables = variable("OS_CLOUD_NAME").unwrap_or_else(|| "envvars".to_owned());
        let wanted = match wanted {
            Some(wanted) if wanted == of_variables && variables::are_a_cloud(&variables) => {
                if found.clouds.contains(&wanted) {
                    let reason = format!(
                        "both a file and the OS_* variables have a cloud `{wanted}`; rename that \
                         of the file, or set OS_CLOUD_NAME to another name"
                    );
                    return Err(invalid(&wanted, &found.origin(&wanted), &reason));
                }
                return Self::of_variables(variables);
            }
            Some(wanted) => wanted,
            None => match found.only() {
                Some(only) => only,
                None => {
                    return Err(Error::NoConfig {
                        searched: found.searched,
                        found: found.clouds.into_keys(),
                    });
                }
            },
        };
        Self::of_file(found, &wanted, variables)
    }

    /// Reads the cloud of this name from a file, with a `secure.yaml` beside it merged over it.
    /// Variables are ignored.
    ///
    /// # Errors
    /// [`Error::ConfigFile`] if a file can't be read; otherwise as [`CloudConfig::from_yaml`].
    pub fn from_file(path: &Path, cloud: &str) -> Result<Self, Error> {
        Self::of_file(search::read_file(path)?, cloud, Map::default())
    }

    /// Reads the cloud of this name from the text of a `clouds.yaml`.
    ///
    /// # Errors
    /// [`Error::NoCloud`] if the cloud is absent, [`Error::MissingConfig`] and
    /// [`Error::InvalidConfig`] with the missing or invalid key. Mistakes in other clouds of the
    /// text are ignored, as long as it is YAML.
    pub fn from_yaml(text: &str, cloud: &str) -> Result<Self, Error> {
        let mut found = Found::default();
        found.searched.push("the given text".to_owned());
        found.add_text(text, "the given text")?;
        Self::of_file(found, cloud, Map::default())
    }

    /// Reads a cloud from `OS_*` variables, which `lookup` returns by their full names.
    ///
    /// # Errors
    /// [`Error::MissingConfig`] and [`Error::InvalidConfig`], with the missing or invalid key.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::of_variables(variables::read(&lookup))
    }

    fn of_variables(cloud: Map) -> Result<Self, Error> {
        let written = Written {
            cloud,
            profiles: profiles::Profiles::default(),
            variables: Map::default(),
            origin: "the OS_* variables".to_owned(),
        };
        Self::new(written, None)
    }

    fn of_file(mut found: Found, cloud: &str, variables: Map) -> Result<Self, Error> {
        let origin = found.origin(cloud);
        let Some(entry) = found.cloud(cloud, &origin)? else {
            return Err(Error::NoCloud {
                cloud: cloud.to_owned(),
                searched: found.searched,
                found: found.clouds.into_keys(),
            });
        };
        let written = Written {
            cloud: entry,
            profiles: found.profiles,
            variables,
            origin,
        };
        Self::new(written, None)
    }

    /// Sets the deadline of every request other than an upload or download; by default
    /// [`CloudConfig::DEFAULT_REQUEST_DEADLINE`].
    #[must_use]
    pub fn request_deadline(mut self, deadline: Duration) -> Self {
        self.request_deadline = deadline;
        self
    }

    /// Sets how long an upload or download may make no progress before it is cut; by default
    /// [`CloudConfig::DEFAULT_IDLE_TIMEOUT`]. The total time is not limited.
    #[must_use]
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = idle;
        self
    }

    /// Sets how often a request that failed transiently is sent again, and after which waits.
    #[must_use]
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Uses the services of another region of the same cloud, with the values that the file has for
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`] if the file lists the cloud's regions and this one is not among
    /// them, or if its values can't be used.
    pub fn with_region(self, region: &str) -> Result<Self, Error> {
        let configured = Self::new(self.written, Some(region))?;
        Ok(Self {
            request_deadline: self.request_deadline,
            retry_policy: self.retry_policy,
            idle_timeout: self.idle_timeout,
            ..configured
        })
    }

    /// The identity service, always ending in `/v3`.
    #[must_use]
    pub fn auth_url(&self) -> &Url {
        &self.place.auth_url
    }

    /// Which of the image service's addresses are used, the best one first.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.place.image.interfaces
    }

    /// The name, or else the id, of the project of the token. `None` if the log-in determines it,
    /// as application credentials do.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.login.project()
    }

    /// The region whose image service is used, if one is named.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.place.image.region.as_deref()
    }

    pub(crate) fn into_parts(self) -> (Endpoints, Login) {
        (self.place, self.login)
    }
}
