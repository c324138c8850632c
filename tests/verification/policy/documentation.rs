//! What `docs/trust.md` says is there: functions, tests, errors, and differences to others.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of one section.
fn section(title: &str) -> Vec<String> {
    let page = read("docs/trust.md");
    let lines = page.lines().skip_while(|line| *line != title).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("## "));
    lines.map(str::to_owned).collect()
}

/// The texts in back-ticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The texts of all tests of the policy.
fn tests() -> String {
    let files = fs::read_dir(root().join("tests/verification/policy")).unwrap();
    let files = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let streamed = read("crates/bonafide-verify/tests/file_signature.rs");
    files.chain([streamed]).collect()
}

#[test]
fn every_rule_has_its_function_and_its_tests() {
    let tests = tests();
    let rows = section("## The rules");
    let rows = rows.iter().filter(|line| line.starts_with("| "));
    let mut rules = 0;
    for row in rows.skip(2) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [_, function, accepts, refuses] = cells[..] else {
            panic!("not four cells: {row}");
        };
        let (file, name) = quoted(function).next().unwrap().split_once("::").unwrap();
        let folder = if file == "keyring" { "" } else { "openpgp/" };
        let code = read(&format!("crates/bonafide-verify/src/{folder}{file}.rs"));
        let is_there = ["(", "<"].map(|after| code.contains(&format!("fn {name}{after}")));
        assert!(is_there.contains(&true), "no function `{file}::{name}`");
        for cell in [accepts, refuses] {
            assert!(quoted(cell).next().is_some(), "no test: {row}");
            for test in quoted(cell) {
                let test = format!("#[test]\nfn {test}()");
                assert!(tests.contains(&test), "no test `{test}`");
            }
        }
        rules += 1;
    }
    assert!(rules > 20, "{rules}");
}

#[test]
fn every_error_of_a_refusal_is_there() {
    let rows = section("## The rules").join("\n");
    let (_, errors) = rows.split_once("an error of its own: ").unwrap();
    let code = read("crates/bonafide-verify/src/error.rs");
    for error in quoted(errors) {
        assert!(code.contains(&format!("\n    {error} {{")), "`{error}`");
    }
}

#[test]
fn every_difference_to_others_is_explained() {
    let page = section("## Where other verifiers decide differently").join("\n");
    let table = read("tests/verification/independent/differences.rs");
    let reasons = table
        .lines()
        .filter_map(|line| line.split_once("reason: \""));
    let mut differences = 0;
    for (_, reason) in reasons {
        let reason = reason.trim_end_matches("\",");
        assert!(page.contains(reason), "not explained: {reason}");
        differences += 1;
    }
    assert!(differences > 10, "{differences}");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    for row in rows.skip(2) {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap();
        for difference in cell.split("; ") {
            let reason = format!("reason: \"{difference}\"");
            assert!(table.contains(&reason), "no longer: {difference}");
        }
    }
}
