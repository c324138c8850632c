//! The run that made an unfinished image.

use std::time::Duration;

use bonafide_glance::{Image, Status, Visibility};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::ledger::heartbeat::rule::{LONGEST_WAIT, SHORTEST};
use crate::ledger::keys;

/// What an unfinished image says about the run that created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    /// The heartbeat image.
    pub(crate) heartbeat: Uuid,
    pub(crate) gone_after: Duration,
}

impl Watched {
    /// `None` if the image has no usable heartbeat: then its lease is used.
    pub(crate) fn of(image: &Image) -> Option<Self> {
        let heartbeat = image.properties.get(keys::HEARTBEAT)?.parse().ok()?;
        let gone_after = image.properties.get(keys::GONE_AFTER)?;
        let gone_after: SignedDuration = gone_after.parse().ok()?;
        let gone_after = Duration::try_from(gone_after).ok()?;
        (SHORTEST..=LONGEST_WAIT)
            .contains(&gone_after)
            .then_some(Self {
                heartbeat,
                gone_after,
            })
    }
}

/// Whether the image is a heartbeat image of this project, without data.
pub(crate) fn is_heartbeat(image: &Image, project: &str) -> bool {
    image.owner.as_deref() == Some(project)
        && image.status == Status::Queued
        && image.visibility == Visibility::Private
        && image.properties.contains_key(keys::BEATS)
        && !image.properties.contains_key(keys::CHANNEL)
}
