//! Where a file is: host and path, whatever the scheme and the port.

use url::Url;

/// A host and a path, like `cloud-images.ubuntu.com/noble/current/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn new(host: &str, path: &str) -> Self {
        Self(format!("{}{path}", host.to_lowercase()))
    }

    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        Some(Self::new(url.host_str()?, url.path()))
    }

    pub(crate) fn host(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(host, _)| host)
    }

    /// Begins with a slash.
    pub(crate) fn path(&self) -> &str {
        self.0.get(self.host().len()..).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.0.ends_with('/')
    }

    /// The same place with a slash at its end.
    pub(crate) fn as_directory(&self) -> Self {
        Self(format!("{}/", self.0.trim_end_matches('/')))
    }

    pub(crate) fn join(&self, name: &str) -> Self {
        Self(format!("{}{name}", self.as_directory().0))
    }

    /// What of this place lies below that directory.
    pub(crate) fn below(&self, directory: &Self) -> Option<&str> {
        self.0.strip_prefix(&directory.0)
    }

    pub(crate) fn to_url(&self) -> String {
        format!("https://{}", self.0)
    }
}
