//! Where a catalog is, since its paths are relative to that.

use std::path::{Path, PathBuf};

use url::Url;

/// The directory of a catalog's file.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(PathBuf);

impl Place {
    /// The directory of this catalog file.
    pub(super) fn of(file: &Path) -> std::io::Result<Self> {
        let file = std::path::absolute(file)?;
        Ok(Self(file.parent().unwrap_or(&file).to_owned()))
    }

    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.0.join(path)
    }

    /// A URL as it is, or a path as a `file:` URL.
    pub(super) fn url(&self, text: &str) -> Result<Url, String> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "file") && is_open(&url) => Ok(url),
            Ok(_) => Err(
                "use an https URL without user information and query, or a path: the value \
                          becomes public"
                    .to_owned(),
            ),
            Err(_) => {
                let path = std::path::absolute(self.path(Path::new(text))).ok();
                let url = path.and_then(|path| Url::from_file_path(path).ok());
                url.ok_or_else(|| format!("`{text}` is neither an https URL nor a path"))
            }
        }
    }
}

/// Whether a URL contains nothing that may be a secret.
pub(super) fn is_open(url: &Url) -> bool {
    let anonymous = url.username().is_empty() && url.password().is_none();
    anonymous && url.query().is_none() && url.fragment().is_none()
}
