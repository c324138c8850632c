//! Circles of files, and the order of rooms.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{Crate, Path};

/// Files, by their modules.
pub(crate) type Circle = BTreeSet<String>;

/// The circles of a crate: files of which each uses each other one, directly or through others.
pub(crate) fn circles(all: &Crate) -> Vec<Circle> {
    let imports = all.imports();
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = imports
        .keys()
        .map(|file| (file, reached(&imports, file)))
        .collect();
    let mut circles: Vec<Circle> = Vec::new();
    for (file, others) in &reached {
        let circle: Circle = others
            .iter()
            .filter(|other| reached[**other].contains(file))
            .map(|other| other.join("::"))
            .collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reached<'a>(imports: &'a BTreeMap<Path, BTreeSet<Path>>, file: &Path) -> BTreeSet<&'a Path> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Path> = imports[file].iter().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(&imports[next]);
        }
    }
    found
}

/// Imports from a room that are not into one below it. A room is a file or a folder at the top of
/// `src`; `floors` has them from the bottom to the top, and rooms on one floor do not know each
/// other.
pub(crate) fn upward(all: &Crate, floors: &[&[&str]]) -> Vec<String> {
    let floor = |room: &str| floors.iter().position(|rooms| rooms.contains(&room));
    let mut found = Vec::new();
    for (file, others) in all.imports() {
        let Some(room) = file.first() else { continue };
        for other in others {
            let Some(below) = other.first().filter(|below| *below != room) else {
                continue;
            };
            let is_down = match (floor(room), floor(below)) {
                (Some(room), Some(below)) => below < room,
                // A room that is in no list has no place yet.
                _ => false,
            };
            if !is_down {
                found.push(format!("{} → {}", file.join("::"), other.join("::")));
            }
        }
    }
    found
}
