//! The filters of Cinder's lists.

use std::collections::BTreeMap;

use super::inquiry::Inquiry;
use super::state::ImageMetadata;
use crate::cloud::microversion::Microversion;
use crate::cloud::paging::truth;

/// From here on volumes can be sought by what they have of their image.
const FILTERS_BY_IMAGE: Microversion = Microversion(3, 4);

/// Parameters that are no filters.
const NO_FILTERS: [&str; 8] = [
    "all_tenants",
    "limit",
    "marker",
    "offset",
    "sort",
    "sort_dir",
    "sort_key",
    "with_count",
];

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// `None`: what belongs to any project.
    project: Option<String>,
    status: Option<String>,
    image: Option<BTreeMap<String, String>>,
    volume: Option<String>,
    /// Whether there is a filter that nobody knows: it finds nothing.
    finds_nothing: bool,
}

impl Filter {
    /// `all_tenants` by who is no administrator is passed over without a word.
    pub(crate) fn parse(inquiry: &Inquiry<'_>) -> Self {
        let parameters = &inquiry.parameters;
        let is_of_all = inquiry.person.is_admin()
            && parameters
                .value("all_tenants")
                .is_some_and(|text| text.is_empty() || truth(text).unwrap_or_default());
        let mut filter = Self {
            project: (!is_of_all).then(|| inquiry.project.clone()),
            status: None,
            image: None,
            volume: None,
            finds_nothing: false,
        };
        let filters = parameters
            .iter()
            .filter(|(name, _)| !NO_FILTERS.contains(name));
        for (name, value) in filters {
            match name {
                "glance_metadata" if inquiry.version < FILTERS_BY_IMAGE => {}
                "glance_metadata" => match pairs(value) {
                    Some(pairs) => filter.image = Some(pairs),
                    None => filter.finds_nothing = true,
                },
                "project_id" if is_of_all => filter.project = Some(value.to_owned()),
                "project_id" => {}
                "status" => filter.status = Some(value.to_owned()),
                "volume_id" => filter.volume = Some(value.to_owned()),
                _ => filter.finds_nothing = true,
            }
        }
        filter
    }

    /// Whether something of this project, with this status, is wanted at all.
    pub(crate) fn wants(&self, project: &str, status: &str) -> bool {
        !self.finds_nothing
            && self.project.as_deref().is_none_or(|own| own == project)
            && self.status.as_deref().is_none_or(|own| own == status)
    }

    /// Whether a volume that was made from this is wanted.
    pub(crate) fn wants_image(&self, image: Option<&ImageMetadata>) -> bool {
        let Some(wanted) = &self.image else {
            return true;
        };
        let mut wanted = wanted.iter();
        wanted.all(|(name, value)| image.is_some_and(|image| image.get(name) == Some(value)))
    }

    /// Whether a snapshot of this volume is wanted.
    pub(crate) fn wants_volume(&self, volume: &str) -> bool {
        self.volume.as_deref().is_none_or(|own| own == volume)
    }
}

/// `{'image_id': 'UUID'}`, in Python's quotes or JSON's.
fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&text.replace('\'', "\"")))
        .ok()
}
