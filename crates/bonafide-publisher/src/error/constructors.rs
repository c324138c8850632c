//! Errors made from those of the other crates.

use bonafide_glance::Image;
use bonafide_sources::FetchError;
use bonafide_verify::Digest;
use url::Url;

use crate::error::Error;

impl From<FetchError> for Error {
    fn from(error: FetchError) -> Self {
        Self::Fetch(Box::new(error))
    }
}

impl Error {
    pub(crate) fn properties(channel: &str, violations: &[impl ToString]) -> Self {
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        Self::Properties {
            channel: channel.to_owned(),
            violations: violations.join("; "),
        }
    }

    pub(crate) fn unverified(url: &Url, source: bonafide_verify::Error) -> Self {
        Self::Unverified {
            url: url.clone(),
            source: Box::new(source),
        }
    }

    pub(crate) fn mismatch(image: &Image, bytes: u64, digest: &Digest, format: &str) -> Self {
        let size = image
            .size
            .map_or_else(|| "no".to_owned(), |size| size.to_string());
        let hash = image.os_hash_value.as_deref().unwrap_or("no digest");
        Self::GlanceMismatch {
            id: image.id,
            expected: format!("{bytes} bytes, {digest}, {format}"),
            found: format!(
                "{size} bytes, {hash}, {} in {}, status {}",
                image.disk_format.as_deref().unwrap_or("no format"),
                image.container_format.as_deref().unwrap_or("nothing"),
                image.status
            ),
        }
    }
}
