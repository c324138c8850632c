//! The order of modules: no circle of files in any crate, and no import upwards.
//!
//! A file knows another one if it names something that is defined there, through whatever modules
//! it is exported again. Methods are not followed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't read the sources should stop there"
)]

mod graph;
mod modules;
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use graph::{Circle, circles, upward};
use modules::Crate;

fn sources(name: &str) -> Crate {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates")
        .join(name)
        .join("src");
    let mut files = BTreeMap::new();
    read(&root, "", &mut files);
    Crate::new(
        files
            .iter()
            .map(|(file, text)| (file.as_str(), text.as_str())),
    )
}

fn read(directory: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn crates() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let names = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let packages = names.filter(|path| path.join("src/lib.rs").is_file());
    packages
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// A crate, the files of one circle, and why it stays.
type Exception = (&'static str, &'static [&'static str], &'static str);

/// At most three. Each file may leave its circle, and none may join it.
const CIRCLES: &[Exception] = &[
    (
        "bonafide-properties",
        &["edition", "error", "violation"],
        "an error names the violations of an image, and these the editions that have them",
    ),
    (
        "bonafide-publisher",
        &["error", "error::resolve"],
        "an error has that of a look-up as a source, and is made of it",
    ),
    (
        "bonafide-verify",
        &[
            "advice",
            "error",
            "evidence",
            "fingerprint",
            "keyring::owners",
            "openpgp",
            "openpgp::armor",
            "openpgp::certificate",
            "openpgp::checked",
            "openpgp::key_file",
            "openpgp::last_words",
            "openpgp::policy",
        ],
        "an error names the owner of an unknown key, who is found by reading the embedded keys",
    ),
];

/// The rooms of a crate, from the bottom to the top.
type Floors = &'static [&'static [&'static str]];

const ORDERS: &[(&str, Floors)] = &[
    (
        "bonafide-glance",
        &[
            &["endpoint", "retry_policy"],
            &["error"],
            &["config"],
            &["http"],
            &["keystone"],
            &["image_service"],
            &["usage"],
        ],
    ),
    (
        "bonafide-publisher",
        &[
            &["error"],
            &["event"],
            &["channel"],
            &["catalog", "ledger"],
            &["spec", "transfer"],
            &["audit", "plan", "publish"],
            &["reconcile"],
        ],
    ),
    (
        "bonafide-testkit",
        &[&["keys", "qcow2", "real_files"], &["cloud", "site"]],
    ),
];

fn is_known(name: &str, circle: &Circle) -> bool {
    CIRCLES.iter().any(|(known, files, _)| {
        *known == name && circle.iter().all(|file| files.contains(&file.as_str()))
    })
}

#[test]
fn no_files_know_each_other_except_for_a_reason() {
    assert!(CIRCLES.len() <= 3, "no more than three circles may stay");
    let mut found = Vec::new();
    for name in crates() {
        let circles = circles(&sources(&name)).into_iter();
        let unknown = circles.filter(|circle| !is_known(&name, circle));
        found.extend(unknown.map(|circle| format!("{name}: {circle:?}")));
    }
    assert!(found.is_empty(), "circles of files:\n{}", found.join("\n"));
}

#[test]
fn imports_go_down_only() {
    for (name, floors) in ORDERS {
        let found = upward(&sources(name), floors);
        assert!(
            found.is_empty(),
            "{name}: imports upwards:\n{}",
            found.join("\n")
        );
    }
}

/// A made-up crate: a chair, a table and its leg, and a map of each room.
fn house(changes: &[(&'static str, &'static str)]) -> Crate {
    let mut files = BTreeMap::from([
        (
            "lib.rs",
            "mod base; mod hall; pub use hall::chair::Chair; pub use base::Table;",
        ),
        (
            "base.rs",
            "mod table; mod leg; pub use table::Table; pub(crate) use leg::Leg;",
        ),
        (
            "base/table.rs",
            "use super::leg::Leg; pub struct Table(Leg);",
        ),
        (
            "base/leg.rs",
            "pub struct Leg; #[cfg(test)] mod tests { use crate::Chair; }",
        ),
        ("hall.rs", "pub(crate) mod chair;"),
        (
            "hall/chair.rs",
            "use crate::Table; pub struct Chair(Table);",
        ),
    ]);
    files.extend(changes.iter().copied());
    Crate::new(files)
}

const HOUSE: Floors = &[&["base"], &["hall"]];

#[test]
fn a_tree_in_order_passes() {
    let house = house(&[]);
    assert_eq!(circles(&house), Vec::<Circle>::new());
    assert_eq!(upward(&house, HOUSE), Vec::<String>::new());
}

#[test]
fn a_circle_is_refused_through_whatever_is_exported_again() {
    for leg in [
        "use crate::Table; pub struct Leg(Box<Table>);",
        "use super::{Table as Top}; pub struct Leg(Box<Top>);",
        "use crate::base; pub struct Leg(Box<base::Table>);",
        "use crate::base::{self}; fn all() -> Vec<base::table::Table> { vec![] } pub struct Leg;",
        "pub struct Leg; fn text() -> String { format!(\"{}\", super::table::NAME) }",
    ] {
        let found = circles(&house(&[("base/leg.rs", leg)]));
        let expected = ["base::leg", "base::table"].map(str::to_owned);
        assert_eq!(found, [Circle::from(expected)], "{leg}");
    }
}

#[test]
fn a_map_that_uses_what_it_exports_is_part_of_a_circle() {
    let base = "mod table; mod leg; pub use table::Table; pub struct Height; fn high(_: &Table) {}";
    let table = "use super::Height; pub struct Table(Height);";
    let found = circles(&house(&[("base.rs", base), ("base/table.rs", table)]));
    assert_eq!(
        found,
        [Circle::from(["base", "base::table"].map(str::to_owned))]
    );
}

#[test]
fn an_import_upwards_is_refused() {
    for leg in [
        "use crate::Chair; pub struct Leg(Box<Chair>);",
        "pub struct Leg(Box<crate::hall::chair::Chair>);",
        "use super::super::hall::chair; pub struct Leg(Box<chair::Chair>);",
    ] {
        let found = upward(&house(&[("base/leg.rs", leg)]), HOUSE);
        assert_eq!(found, ["base::leg → hall::chair"], "{leg}");
    }
}

#[test]
fn a_room_without_a_place_is_refused() {
    let found = upward(&house(&[]), &[&["base"]]);
    assert_eq!(found, ["hall::chair → base::table"]);
}
