//! Things in the order in which they were made, as servers and volumes are listed.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use jiff::Timestamp;
use uuid::Uuid;

/// A place in the order: by time, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) created_at: Timestamp,
    pub(crate) id: Uuid,
}

/// Things with an id and a time, found by either at once however many there are.
#[derive(Debug)]
pub(crate) struct Timeline<T> {
    things: BTreeMap<Place, T>,
    /// Also of what was removed: it still marks where a page begins.
    places: HashMap<Uuid, Place>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self {
            things: BTreeMap::new(),
            places: HashMap::new(),
        }
    }
}

impl<T> Timeline<T> {
    /// Adds a thing, and gives it an id.
    pub(crate) fn add(&mut self, created_at: Timestamp, thing: T) -> Uuid {
        let id = Uuid::new_v4();
        let place = Place { created_at, id };
        self.things.insert(place, thing);
        self.places.insert(id, place);
        id
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<&T> {
        self.things.get(self.places.get(&id)?)
    }

    pub(crate) fn find_mut(&mut self, id: Uuid) -> Option<&mut T> {
        self.things.get_mut(self.places.get(&id)?)
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<T> {
        self.things.remove(self.places.get(&id)?)
    }

    /// Where a thing is, or was.
    pub(crate) fn place(&self, id: Uuid) -> Option<Place> {
        self.places.get(&id).copied()
    }

    /// All things, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (Place, &T)> {
        self.behind(None)
    }

    /// All things, the oldest first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = (Place, &T)> {
        self.things.iter().map(|(place, thing)| (*place, thing))
    }

    /// The newest first; with a place, those behind it.
    pub(crate) fn behind(&self, place: Option<Place>) -> impl Iterator<Item = (Place, &T)> {
        let end = place.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.things.range((Bound::Unbounded, end));
        range.rev().map(|(place, thing)| (*place, thing))
    }
}
