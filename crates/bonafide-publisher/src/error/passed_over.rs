//! The places that did not give an image.

use serde::Serialize;
use url::Url;

/// A place that did not return an image, and why. Can be serialized to JSON.
///
/// Check the mirror if it appears often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PassedOver {
    /// The URL of the image there.
    pub url: Url,
    /// The error.
    pub reason: String,
}

/// The error of each place.
pub(super) fn joined(passed_over: &[PassedOver]) -> String {
    let said = passed_over.iter();
    let said = said.map(|place| format!("{} did not return it ({})", place.url, place.reason));
    said.collect::<Vec<_>>().join("; ")
}
