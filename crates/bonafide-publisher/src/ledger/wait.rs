//! Steps that wait after the cloud failed at them: they would fail in every run again.
//!
//! An upload waits if Glance has stored other bytes than were sent. The image with those bytes is removed
//! at once. An image without data remains, under the build's next id: it says how often that happened and
//! when the next upload may begin.
//!
//! A publication waits if the cloud's policy forbids it (403). Each try demotes the older image for a
//! moment and reads the file again. The new image, private and complete, says when the next one may begin.

use std::collections::BTreeMap;

use bonafide_glance::{Glance, Image, NewImage, Visibility};
use bonafide_resolve::Candidate;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::ledger::remember::remember;
use crate::ledger::{evidence, identity, keys, marker};

/// `waiting`, instead of `uploading`.
const WAITING: &str = "waiting";
/// How many ids are tried for this image.
const IDS: u32 = 64;

/// How long the next upload waits after this number of wrong uploads.
const fn pause(failures: u32) -> SignedDuration {
    SignedDuration::from_hours(match failures {
        0 | 1 => 1,
        2 => 6,
        _ => 24,
    })
}

/// The contents of a waiting image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) image: Uuid,
    pub(crate) failures: u32,
    pub(crate) until: Timestamp,
}

impl Wait {
    /// The wait that an image records, if it is a waiting image. One that can't be read is over.
    pub(crate) fn of(image: &Image) -> Option<Self> {
        let said = |name| image.properties.get(name);
        if said(keys::STATE).is_none_or(|state| state != WAITING) {
            return None;
        }
        let failures = said(keys::FAILED_UPLOADS).and_then(|said| said.parse().ok());
        let failures = failures.unwrap_or(1);
        let made = image.created_at.unwrap_or(Timestamp::MIN);
        let next = said(keys::NEXT_UPLOAD).and_then(|said| said.parse::<Timestamp>().ok());
        // Glance's own clock bounds what a run with a wrong clock may have written.
        let latest = later(made, pause(failures));
        Some(Self {
            image: image.id,
            failures,
            until: next.map_or(made, |next| next.min(latest)),
        })
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    pub(crate) fn error(&self) -> Error {
        Error::UploadsWait {
            id: self.image,
            failures: self.failures,
            until: self.until,
        }
    }
}

/// A publication that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicationWait {
    image: Uuid,
    failures: u32,
    until: Timestamp,
}

impl PublicationWait {
    /// What an image says that is complete and not public. A value that can't be read does not wait.
    pub(crate) fn of(image: &Image) -> Option<Self> {
        let said = marker::remembered(image, keys::PUBLISH_REFUSED)?;
        let (failures, next) = said.split_once(' ')?;
        let failures = failures.parse().ok()?;
        let next: Timestamp = next.parse().ok()?;
        // Glance's own clock bounds what a run with a wrong clock may have written.
        let latest = later(image.updated_at?, pause(failures));
        Some(Self {
            image: image.id,
            failures,
            until: next.min(latest),
        })
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    pub(crate) fn error(&self) -> Error {
        Error::PublicationWaits {
            id: self.image,
            failures: self.failures,
            until: self.until,
        }
    }
}

/// Lets the next publication of this image wait, unless it is public by now. If that can't be written,
/// the next run tries.
pub(crate) async fn hold_back_publication(glance: &Glance, id: Uuid, now: Timestamp) {
    let Ok(Some(image)) = glance.find(id).await else {
        return;
    };
    if image.visibility != Visibility::Private || !image.properties.contains_key(keys::STATE) {
        return;
    }
    let failures = PublicationWait::of(&image).map_or(0, |wait| wait.failures);
    let failures = failures.saturating_add(1);
    let value = format!("{failures} {}", later(now, pause(failures)));
    remember(glance, id, keys::PUBLISH_REFUSED, &value).await;
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Delays the next upload of the build, under the build's next id. If the image can't be created,
/// the next run uploads.
pub(crate) async fn hold_back(
    glance: &Glance,
    namespace: &Uuid,
    (channel, candidate): (&Channel, &Candidate),
    now: Timestamp,
    failures: u32,
) {
    let digest = &candidate.expected().digest;
    let properties: BTreeMap<&str, String> = [
        (keys::CHANNEL, channel.name().to_owned()),
        (keys::DIGEST, evidence::digest(candidate)),
        (keys::SERIAL, candidate.serial().to_string()),
        (keys::STATE, WAITING.to_owned()),
        (keys::FAILED_UPLOADS, failures.to_string()),
        (keys::NEXT_UPLOAD, later(now, pause(failures)).to_string()),
    ]
    .into();
    for attempt in 0..IDS {
        let id = identity::image_id(namespace, channel.name(), digest, attempt);
        let name = format!("{} {} (waiting)", channel.name(), candidate.serial());
        let mark = NewImage::new(id, name)
            .visibility(Visibility::Private)
            .properties(properties.clone());
        match glance.create(&mark).await {
            Err(bonafide_glance::Error::Conflict(_)) => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_wait_an_hour_then_six_then_a_day() {
        let hours = |failures| pause(failures).as_hours();
        assert_eq!([1, 2, 3, 4, 99].map(hours), [1, 6, 24, 24, 24]);
    }
}
