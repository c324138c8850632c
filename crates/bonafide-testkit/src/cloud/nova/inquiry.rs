//! What every path of the service needs of a request.

use crate::cloud::keystone::users::Person;
use crate::cloud::microversion::{Microversion, Spoken};
use crate::cloud::paging::Parameters;
use crate::cloud::shared::Shared;

/// The versions that Nova 34 speaks.
pub(crate) const SPOKEN: Spoken = Spoken {
    service: "compute",
    old_header: Some("x-openstack-nova-api-version"),
    first: Microversion(2, 1),
    last: Microversion(2, 104),
};

/// From here on, what lies in a cell that is down is shown in part instead of left out.
pub(crate) const SHOWS_DOWN_CELLS: Microversion = Microversion(2, 69);

/// Somebody's request, as far as every path needs it.
pub(crate) struct Inquiry<'a> {
    pub(super) shared: &'a Shared,
    pub(super) person: &'static Person,
    pub(super) version: Microversion,
    pub(super) parameters: Parameters,
    /// With `/v2.1`, and with the project if the request has one there.
    pub(super) url: &'a str,
}
