//! Images that an operator builds and publishes.

use std::path::Path;

use jiff::Timestamp;

use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::SignatureOptions;
use crate::site::build::{Build, Layout};
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of the operator's own.
pub type OwnBuild = Build<Own>;

/// An operator's layout.
#[derive(Clone, Debug)]
pub struct Own {
    host: String,
    directory: String,
    name: String,
}

impl OwnBuild {
    /// An image of this name in a directory of a host, like `images.operator.test` and `/rescue/`,
    /// beside all others that were put there. The list is `SHA256SUMS` with a detached signature,
    /// `SHA256SUMS.asc`.
    pub fn new(host: &str, directory: &str, name: &str) -> Self {
        Self::of(Own {
            host: host.to_owned(),
            directory: directory.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl Layout for Own {
    fn name(&self) -> String {
        format!("{}{}{}", self.host, self.directory, self.name)
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.name)
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at)
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        if Path::new(&self.name).file_name() != Some(self.name.as_ref()) {
            return Err(SiteError::Version {
                version: self.name.clone(),
                example: "rescue-ubuntu-18.04.qcow2",
            });
        }
        let path = format!("/{}", self.directory.trim_matches('/'));
        let directory = Place::new(&self.host, path.trim_end_matches('/'));
        publication.put(directory.join(&self.name), publication.image());
        let files = publication.files(&directory);
        let images = files
            .iter()
            .filter(|(name, _)| !name.starts_with("SHA256SUMS"));
        let listed: Vec<_> = images
            .map(|(name, content)| Listed::new(name, content))
            .collect();
        let list = publication.edited(sums::gnu(&listed, Algorithm::Sha256));
        publication.put_armored(directory.join("SHA256SUMS.asc"), list.as_bytes())?;
        publication.put(directory.join("SHA256SUMS"), list);
        Ok(publication.published(&directory, &self.name, "SHA256SUMS", "SHA256SUMS.asc"))
    }
}
