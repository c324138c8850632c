//! `tests/openstack/use`, which seeds the real cloud, and the lock of those who use its Nova.

use std::fs::File;
use std::io::{Result as IoResult, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use uuid::Uuid;

const USE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openstack/use");

/// Waits for the lock by which tests of the real cloud agree on who may put Nova out of reach. It
/// holds between the cases of this suite as between programs.
pub(crate) async fn lock(root: &Path, take: fn(&File) -> IoResult<()>) -> File {
    let path = root.join("use-nova.lock");
    let taken = spawn_blocking(move || {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        take(&file).unwrap();
        file
    });
    taken.await.unwrap()
}

/// Makes what the list names; ids come back in its order.
pub(crate) async fn make(root: &Path, what: &str, list: &[Value]) -> Vec<Uuid> {
    if list.is_empty() {
        return Vec::new();
    }
    let printed = run(root, &[what], json!(list).to_string()).await.unwrap();
    let ids: Vec<_> = printed.lines().map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids.len(), list.len(), "{printed}");
    ids
}

pub(crate) async fn delete(root: &Path, what: &str, ids: &[Uuid]) -> Result<(), String> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ids.iter().map(Uuid::to_string).collect();
    let mut arguments = vec![what];
    arguments.extend(ids.iter().map(String::as_str));
    run(root, &arguments, String::new()).await.map(drop)
}

/// Runs it, and gives what it prints, or else its complaint.
pub(crate) async fn run(root: &Path, arguments: &[&str], input: String) -> Result<String, String> {
    let mut command = Command::new(USE);
    command
        .args(arguments)
        .env("BONAFIDE_OPENSTACK_ROOT", root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = spawn_blocking(move || {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read says so by its status.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    });
    let output = running.await.unwrap();
    let output = output.map_err(|error| format!("{USE}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{USE} {arguments:?}: {}: {complaint}",
        output.status
    ))
}
