//! The builds of one channel that were published once, and which of them is the newest.

use std::cmp::Ordering;

use bonafide_glance::{Image, Status};
use bonafide_sources::Serial;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Latest, Target};
use crate::channel::Channel;
use crate::ledger::marker;
use crate::plan::inventory::Inventory;

/// The images of a channel that were published once.
pub(super) struct Builds<'a> {
    /// What all projects see.
    pub(super) current: Option<&'a Image>,
    /// Superseded images, the newest of them first.
    pub(super) older: Vec<Older<'a>>,
    /// Images that do not name their build, or were never complete.
    pub(super) unreadable: Vec<&'a Image>,
}

/// An image that is no longer the newest of its channel.
pub(super) struct Older<'a> {
    pub(super) image: &'a Image,
    /// Since when; `None` if it has not given up its place yet.
    pub(super) since: Option<Timestamp>,
    /// The number of newer ones.
    pub(super) newer: u32,
}

/// The images of a channel.
pub(super) fn images<'a>(
    channel: &Channel,
    inventory: &'a Inventory,
) -> impl Iterator<Item = &'a Image> {
    let (name, project) = (channel.name().to_owned(), &inventory.project);
    let images = inventory.images.iter();
    images.filter(move |image| marker::is_own(image, &name, project))
}

impl<'a> Builds<'a> {
    /// `published` is the image of the newest build, if that is known and public. Otherwise the
    /// newest public one is used, and a superseded one only if there is no other: properties are
    /// easily changed. Without a newer public image none is old, unless the channel has ended.
    pub(super) fn new(
        target: &Target<'_>,
        inventory: &'a Inventory,
        published: Option<Uuid>,
    ) -> Self {
        let (mut sorted, mut unreadable) = (Vec::new(), Vec::new());
        let accepted =
            images(target.channel, inventory).filter(|image| marker::was_accepted(image));
        for image in accepted {
            match marker::serial(image) {
                Some(serial) if marker::is_unchanged(image) => sorted.push((serial, image)),
                _ => unreadable.push(image),
            }
        }
        sorted.sort_by(newest_first);
        let sorted: Vec<_> = sorted.into_iter().map(|(_, image)| image).collect();
        if let Latest::Ended = target.latest {
            return Self {
                current: None,
                older: ended(&sorted, target.channel.end()),
                unreadable,
            };
        }
        let public = |image: &&&Image| image.status == Status::Active && marker::is_public(image);
        let current = match published {
            Some(id) => sorted.iter().find(|image| image.id == id),
            None => {
                let unmarked = sorted
                    .iter()
                    .filter(public)
                    .find(|image| !marker::is_superseded(image));
                unmarked.or_else(|| sorted.iter().find(public))
            }
        };
        let current = current.copied();
        let mut older = Vec::new();
        let mut made: Option<Timestamp> = None;
        let mut passed = false;
        for (newer, image) in (0..).zip(&sorted) {
            let is_current = current.is_some_and(|current| current.id == image.id);
            // Of two images of the newest build, one is enough.
            let replaced = current.is_some()
                && (marker::is_superseded(image) || passed || published.is_some());
            if replaced && !is_current {
                let first = earliest(made, current.and_then(|current| current.created_at));
                older.push(Older {
                    image,
                    since: since(image, first),
                    newer: std::cmp::max(newer, 1),
                });
            }
            made = earliest(made, image.created_at);
            passed |= is_current;
        }
        Self {
            current,
            older,
            unreadable,
        }
    }
}

/// A mark from before the newer image was created can't be right. An image that is not public has
/// nothing to give up and needs no mark.
fn since(image: &Image, newer_made: Option<Timestamp>) -> Option<Timestamp> {
    match (marker::superseded_at(image), newer_made) {
        (Some(marked), Some(made)) => Some(marked.max(made)),
        (Some(marked), None) => Some(marked),
        (None, _) if marker::is_public(image) => None,
        (None, made) => made,
    }
}

fn ended<'a>(sorted: &[&'a Image], end: Option<Timestamp>) -> Vec<Older<'a>> {
    let older = (0..).zip(sorted).map(|(newer, image)| Older {
        image,
        // The last image has no successor.
        since: match newer {
            0 => end.or(marker::superseded_at(image)),
            _ => marker::superseded_at(image).or(end),
        },
        newer: std::cmp::max(newer, 1),
    });
    older.collect()
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Of two images of one build, the one that was created first is treated as the newer one.
fn newest_first(one: &(Serial, &Image), other: &(Serial, &Image)) -> Ordering {
    let ((a, one), (b, other)) = (one, other);
    b.cmp(a)
        .then_with(|| marker::signed_at(other).cmp(&marker::signed_at(one)))
        .then_with(|| one.created_at.cmp(&other.created_at))
        .then_with(|| one.id.cmp(&other.id))
}
