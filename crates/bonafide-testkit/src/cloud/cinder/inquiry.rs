//! What every path of the service needs of a request.

use crate::cloud::keystone::users::Person;
use crate::cloud::microversion::{Microversion, Spoken};
use crate::cloud::paging::Parameters;
use crate::cloud::shared::Shared;

/// The versions that Cinder 29 speaks.
pub(crate) const SPOKEN: Spoken = Spoken {
    service: "volume",
    old_header: None,
    first: Microversion(3, 0),
    last: Microversion(3, 71),
};

/// Somebody's request, as far as every path needs it.
pub(crate) struct Inquiry<'a> {
    pub(super) shared: &'a Shared,
    pub(super) person: &'static Person,
    pub(super) project: String,
    pub(super) version: Microversion,
    pub(super) parameters: Parameters,
    /// With `/v3` and the project.
    pub(super) url: String,
}
