//! The examples as people run them: what they print and how they exit.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod bounds;
mod catalog;
mod check;
mod failures;
mod forms;
mod lifecycle;
mod made;
mod publish;
mod scene;
mod stopped;
mod upload;
mod verify;

use std::path::Path;
use std::process::{Command, Output};

/// Examples are built beside the tests, by the same `cargo test`.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let path = profile.join("examples").join(name);
    assert!(
        path.is_file(),
        "{} is missing: cargo build --examples",
        path.display()
    );
    let mut command = Command::new(path);
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("OS_")) {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    let (code, _, stderr) = run(example("publish").args(["--only", "ubuntu-23.10"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("ubuntu-23.10") && stderr.contains("ubuntu-24.04"),
        "{stderr}"
    );
    assert_eq!(run(example("publish").arg("--publish-everything")).0, 2);
    assert_eq!(run(&mut example("verify")).0, 2);
    let (code, _, stderr) = run(example("verify").args(["--vendor", "gentoo", "--list", "x"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("`gentoo`") && stderr.contains("fedora-44"),
        "{stderr}"
    );
    let (code, _, stderr) = run(example("verify").args(["--vendor", "flatcar", "--list", "x"]));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("--key") && stderr.contains("https://www.flatcar.org/"),
        "{stderr}"
    );
    let missing = [
        "--vendor",
        "ubuntu",
        "--list",
        "/nonexistent/a",
        "--signature",
        "/nonexistent/b",
    ];
    let (code, _, stderr) = run(example("verify").args(missing));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("`/nonexistent/a` can't be read"),
        "{stderr}"
    );
}
