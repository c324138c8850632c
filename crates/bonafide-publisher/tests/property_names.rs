//! `docs/properties.md` lists exactly the properties that the code names.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't read the sources should stop there"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Prefixes, not whole names.
const NOT_NAMES: [&str; 2] = ["bonafide_", "bonafide_proof_"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The names between the delimiters, such as the quotes of a string literal.
fn names(text: &str, delimiter: char) -> BTreeSet<String> {
    let is_name = |word: &&str| {
        word.starts_with("bonafide_")
            && word
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let words = text.split(delimiter).filter(is_name);
    words.map(str::to_owned).collect()
}

/// The names in the sources below a directory.
fn collect(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(names(&fs::read_to_string(path).unwrap(), '"'));
        }
    }
}

#[test]
fn each_property_of_the_code_is_on_the_page_and_the_reverse() {
    let mut code = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        // The testkit knows no property of the publisher.
        if !path.ends_with("bonafide-testkit") {
            collect(&path.join("src"), &mut code);
        }
    }
    code.retain(|name| !NOT_NAMES.contains(&name.as_str()));
    assert!(code.len() > 20, "{code:?}");

    let page = fs::read_to_string(root().join("docs/properties.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|row| row.split('`').next());
    let page: Vec<_> = rows.map(str::to_owned).collect();
    let once: BTreeSet<_> = page.iter().cloned().collect();
    assert_eq!(page.len(), once.len(), "a property is listed twice");

    let missing: Vec<_> = code.difference(&once).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let gone: Vec<_> = once.difference(&code).collect();
    assert!(gone.is_empty(), "not in the code: {gone:?}");
}
