//! The tree of files and links behind the site.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::content::Content;
use super::fault::Faults;
use super::place::Place;
use super::vendors::ubuntu::products::Products;

/// Links are followed so often; more are a loop.
const MAX_LINKS: usize = 8;

/// Everything the site holds and has seen.
#[derive(Debug, Default)]
pub(crate) struct Store {
    files: BTreeMap<Place, File>,
    /// From a place without a slash at its end to another.
    links: BTreeMap<Place, Place>,
    /// From directories, with a slash at their end, to what their requests are redirected to.
    redirects: BTreeMap<Place, Place>,
    /// Headings of the directories that have one.
    titles: BTreeMap<Place, String>,
    /// What Ubuntu's simplestreams name.
    pub(crate) streams: Products,
    pub(crate) faults: Faults,
    pub(crate) requests: Vec<String>,
}

/// A file and when it was modified.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content: Content,
    pub(crate) modified: Timestamp,
}

/// What is at a place.
#[derive(Debug)]
pub(crate) enum Found {
    /// A directory, its heading and entries.
    Directory(Option<String>, Vec<Entry>),
    /// A file.
    File(File),
    /// A directory asked for without the slash at its end.
    Moved,
    /// Nothing.
    Nothing,
    /// Another host is said to have it.
    Redirected(Place),
}

/// A line of a directory page.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// With a slash at its end for a directory.
    pub(crate) name: String,
    pub(crate) modified: Timestamp,
    /// Of a file.
    pub(crate) size: Option<u64>,
}

impl Store {
    /// A copy to try changes on, without faults and requests.
    pub(crate) fn scratch(&self) -> Self {
        Self {
            files: self.files.clone(),
            links: self.links.clone(),
            redirects: self.redirects.clone(),
            titles: self.titles.clone(),
            streams: self.streams.clone(),
            faults: Faults::default(),
            requests: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, place: Place, content: Content, modified: Timestamp) {
        self.files
            .insert(self.resolve(&place), File { content, modified });
    }

    pub(crate) fn remove(&mut self, place: &Place) {
        let place = self.resolve(place);
        let directory = place.as_directory();
        self.files
            .retain(|file, _| *file != place && file.below(&directory).is_none());
    }

    pub(crate) fn link(&mut self, place: &Place, target: &Place) {
        self.links
            .insert(without_slash(place), without_slash(target));
    }

    pub(crate) fn redirect(&mut self, directory: &Place, target: &Place) {
        let (from, to) = (directory.as_directory(), target.as_directory());
        self.redirects.insert(from, to);
    }

    /// Where a request for this is redirected to, by the longest rule.
    pub(crate) fn redirected(&self, place: &Place) -> Option<Place> {
        let mut rules = self.redirects.iter().rev();
        rules.find_map(|(from, to)| Some(to.join(place.below(from)?)))
    }

    pub(crate) fn set_title(&mut self, directory: &Place, title: String) {
        self.titles.insert(directory.as_directory(), title);
    }

    /// The place that is meant, links followed.
    pub(crate) fn resolve(&self, place: &Place) -> Place {
        let mut resolved = place.clone();
        for _ in 0..MAX_LINKS {
            let Some(next) = self.follow_once(&resolved) else {
                break;
            };
            resolved = next;
        }
        resolved
    }

    fn follow_once(&self, place: &Place) -> Option<Place> {
        if let Some(target) = self.links.get(place) {
            return Some(target.clone());
        }
        self.links.iter().find_map(|(link, target)| {
            place
                .below(&link.as_directory())
                .map(|rest| target.join(rest))
        })
    }

    pub(crate) fn find(&self, asked: &Place) -> Found {
        if let Some(target) = self.redirected(asked) {
            return Found::Redirected(target);
        }
        let place = self.resolve(asked);
        if let Some(file) = self.files.get(&place) {
            return Found::File(file.clone());
        }
        let directory = place.as_directory();
        let entries = self.entries(&directory);
        if entries.is_empty() {
            Found::Nothing
        } else if asked.is_directory() {
            Found::Directory(self.titles.get(&directory).cloned(), entries)
        } else {
            Found::Moved
        }
    }

    /// The names of the directories right below this one, without slashes.
    pub(crate) fn directories(&self, directory: &Place) -> BTreeSet<String> {
        let directory = directory.as_directory();
        self.files
            .keys()
            .filter_map(|file| file.below(&directory)?.split_once('/'))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// The files right in this directory; links are none.
    pub(crate) fn files(&self, directory: &Place) -> BTreeMap<String, Content> {
        let directory = directory.as_directory();
        self.files
            .iter()
            .filter_map(|(place, file)| Some((place.below(&directory)?, file)))
            .filter(|(name, _)| !name.contains('/'))
            .map(|(name, file)| (name.to_owned(), file.content.clone()))
            .collect()
    }

    fn entries(&self, directory: &Place) -> Vec<Entry> {
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (place, file) in &self.files {
            let Some(rest) = place.below(directory) else {
                continue;
            };
            let (name, size) = match rest.split_once('/') {
                Some((name, _)) => (format!("{name}/"), None),
                None => (rest.to_owned(), Some(file.content.len())),
            };
            let entry = entries.entry(name.clone()).or_insert(Entry {
                name,
                modified: file.modified,
                size,
            });
            entry.modified = entry.modified.max(file.modified);
        }
        let links = self.links.keys().filter_map(|link| link.below(directory));
        for name in links.filter(|name| !name.contains('/')) {
            if let Some(entry) = self.linked_entry(directory, name) {
                entries.insert(entry.name.clone(), entry);
            }
        }
        entries.into_values().collect()
    }

    /// A link looks like what it points to, and like nothing if that is not there.
    fn linked_entry(&self, directory: &Place, name: &str) -> Option<Entry> {
        let target = self.resolve(&directory.join(name));
        if let Some(file) = self.files.get(&target) {
            let size = Some(file.content.len());
            return Some(Entry {
                name: name.to_owned(),
                modified: file.modified,
                size,
            });
        }
        let inside = target.as_directory();
        let files = self
            .files
            .iter()
            .filter(|(place, _)| place.below(&inside).is_some());
        let modified = files.map(|(_, file)| file.modified).max()?;
        Some(Entry {
            name: format!("{name}/"),
            modified,
            size: None,
        })
    }
}

fn without_slash(place: &Place) -> Place {
    Place::new(place.host(), place.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Place {
        Place::new("host.test", path)
    }

    fn store() -> Store {
        let mut store = Store::default();
        store.put(place("/noble/1/a"), "a".into(), Timestamp::UNIX_EPOCH);
        store.link(&place("/noble/current/"), &place("/noble/1"));
        store.link(&place("/24.04"), &place("/noble"));
        store
    }

    #[test]
    fn links_lead_on_through_links() {
        let resolved = store().resolve(&place("/24.04/current/a"));
        assert_eq!(resolved, place("/noble/1/a"));
    }

    #[test]
    fn a_loop_of_links_ends() {
        let mut store = store();
        store.link(&place("/x"), &place("/y"));
        store.link(&place("/y"), &place("/x"));
        assert!(matches!(store.find(&place("/x/a")), Found::Nothing));
    }

    #[test]
    fn a_directory_lists_files_directories_and_links() {
        let Found::Directory(_, entries) = store().find(&place("/noble/")) else {
            panic!("no directory");
        };
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["1/", "current/"]);
        assert!(matches!(store().find(&place("/noble")), Found::Moved));
        assert!(matches!(
            store().find(&place("/24.04/current")),
            Found::Moved
        ));
    }
}
