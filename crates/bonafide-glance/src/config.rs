//! Which cloud, and who logs in: `clouds.yaml`, `secure.yaml` and the `OS_*` variables.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use self::authentication::Login;
use self::entry::Entry;
use crate::Error;
use crate::catalogue::Service;

pub(crate) mod authentication;
mod entry;
mod resolve;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use self::resolve::service_url;

/// How to reach one cloud and who logs in.
///
/// Read like openstacksdk reads it, with the same names. Secrets are kept in
/// [`secrecy::SecretString`], so `Debug` shows none.
#[derive(Debug)]
pub struct CloudConfig {
    pub(crate) certificates: Certificates,
    login: Login,
    place: Place,
    pub(crate) request_deadline: Duration,
    pub(crate) idle_timeout: Duration,
}

/// Where the services are.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) auth_url: Url,
    pub(crate) block_storage_endpoint_override: Option<Url>,
    pub(crate) compute_endpoint_override: Option<Url>,
    pub(crate) image_endpoint_override: Option<Url>,
    pub(crate) interface: Interface,
    pub(crate) region: Option<String>,
}

impl Place {
    /// The address that counts instead of the catalogue's.
    pub(crate) fn endpoint_override(&self, service: Service) -> Option<&Url> {
        match service {
            Service::BlockStorage => self.block_storage_endpoint_override.as_ref(),
            Service::Compute => self.compute_endpoint_override.as_ref(),
            Service::Image => self.image_endpoint_override.as_ref(),
        }
    }
}

/// The TLS material.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// Whether the cloud's certificate is checked at all.
    pub(crate) verify: bool,
    /// Certification authorities that are trusted instead of the machine's.
    pub(crate) authorities: Option<PathBuf>,
    /// The client's certificate.
    pub(crate) certificate: Option<PathBuf>,
    /// Its key, if it is not in the same file.
    pub(crate) key: Option<PathBuf>,
}

/// Which of a service's addresses is meant (Keystone v3 knows exactly these).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// For administrators.
    Admin,
    /// For services inside the cloud.
    Internal,
    /// For everybody; the default.
    Public,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admin => "admin",
            Self::Internal => "internal",
            Self::Public => "public",
        })
    }
}

impl CloudConfig {
    /// The deadline of a request that is no upload or download, from connecting to the last
    /// byte of the answer.
    pub const DEFAULT_REQUEST_DEADLINE: Duration = Duration::from_secs(60);
    /// How long an upload or download may stand still.
    pub const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(300);

    /// Loads the cloud that is named, else the one that `OS_CLOUD` names, else the one that the
    /// `OS_*` variables describe.
    ///
    /// A name is looked up in `$OS_CLIENT_CONFIG_FILE`, else in the first `clouds.yaml`, `.yml`
    /// or `.json` in the working directory, `~/.config/openstack` or `/etc/openstack`. A
    /// `secure.yaml` beside it, or in one of these directories, is merged over it.
    ///
    /// # Errors
    /// [`Error::NoConfig`] if nothing says which cloud, [`Error::NoCloud`] if the name is not
    /// found, both with the places searched; otherwise as [`CloudConfig::from_yaml`].
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
        if wanted.is_none() && variable("OS_AUTH_URL").is_some() {
            return Self::from_variables(lookup);
        }
        let mut found = search::search(lookup, directories)?;
        let Some(wanted) = wanted else {
            return Err(Error::NoConfig {
                searched: found.searched,
                found: found.clouds.into_keys().collect(),
            });
        };
        let Some(entry) = found.clouds.remove(&wanted) else {
            return Err(Error::NoCloud {
                cloud: wanted,
                searched: found.searched,
                found: found.clouds.into_keys().collect(),
            });
        };
        let file = found.file.unwrap_or_default();
        Self::new(entry, &format!("cloud `{wanted}` in {}", file.display()))
    }

    /// Reads the cloud of this name from a file, with a `secure.yaml` beside it merged over it.
    ///
    /// # Errors
    /// [`Error::ConfigFile`] if a file can't be read; otherwise as [`CloudConfig::from_yaml`].
    pub fn from_file(path: &Path, cloud: &str) -> Result<Self, Error> {
        let mut clouds = search::read_file(path)?;
        let Some(entry) = clouds.remove(cloud) else {
            return Err(Error::NoCloud {
                cloud: cloud.to_owned(),
                searched: vec![path.display().to_string()],
                found: clouds.into_keys().collect(),
            });
        };
        Self::new(entry, &format!("cloud `{cloud}` in {}", path.display()))
    }

    /// Reads the cloud of this name from the text of a `clouds.yaml`.
    ///
    /// # Errors
    /// [`Error::NoCloud`] if it is not there, [`Error::MissingConfig`] and
    /// [`Error::InvalidConfig`] with the key that lacks or can't be used.
    pub fn from_yaml(text: &str, cloud: &str) -> Result<Self, Error> {
        let mut clouds = entry::read(text, "the given text")?;
        let Some(entry) = clouds.remove(cloud) else {
            return Err(Error::NoCloud {
                cloud: cloud.to_owned(),
                searched: vec!["the given text".to_owned()],
                found: clouds.into_keys().collect(),
            });
        };
        Self::new(entry, &format!("cloud `{cloud}`"))
    }

    /// Reads a cloud from `OS_*` variables, which `lookup` gives by their full names.
    ///
    /// # Errors
    /// [`Error::MissingConfig`] and [`Error::InvalidConfig`], with the key that lacks or can't
    /// be used.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::new(Entry::from_variables(&lookup), "the OS_* variables")
    }

    /// Sets the deadline of every request that is no upload or download; by default
    /// [`CloudConfig::DEFAULT_REQUEST_DEADLINE`].
    #[must_use]
    pub fn request_deadline(mut self, deadline: Duration) -> Self {
        self.request_deadline = deadline;
        self
    }

    /// Sets how long an upload or download may stand still before it is cut; by default
    /// [`CloudConfig::DEFAULT_IDLE_TIMEOUT`]. There is no limit on how long it takes in all.
    #[must_use]
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = idle;
        self
    }

    /// Uses the services of another region of the same cloud.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.place.region = Some(region.into());
        self
    }

    /// The identity service, always ending in `/v3`.
    #[must_use]
    pub fn auth_url(&self) -> &Url {
        &self.place.auth_url
    }

    /// Which of the services' addresses are used.
    #[must_use]
    pub fn interface(&self) -> Interface {
        self.place.interface
    }

    /// The name, or else the id, of the project that is asked for. None where the login brings
    /// its own, as application credentials do.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.login.project()
    }

    /// The region whose services are used, if one is named.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.place.region.as_deref()
    }

    pub(crate) fn into_parts(self) -> (Place, Login) {
        (self.place, self.login)
    }
}
