//! Servers, volumes and snapshots in the real Nova and Cinder, made by `tests/openstack/use`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::panicking;

use serde_json::{Value, json};
use uuid::Uuid;

/// What one test has made; it goes when this is dropped. Each call takes some seconds.
pub struct Seeds {
    /// Where `tests/openstack/up` keeps its cloud.
    root: PathBuf,
    servers: Vec<String>,
    volumes: Vec<String>,
    snapshots: Vec<String>,
}

impl Seeds {
    /// Seeds for the cloud of this `clouds.yaml`.
    pub fn new(clouds_yaml: &Path) -> Self {
        let clouds_yaml = clouds_yaml.canonicalize().unwrap();
        Self {
            root: clouds_yaml.parent().unwrap().to_owned(),
            servers: Vec::new(),
            volumes: Vec::new(),
            snapshots: Vec::new(),
        }
    }

    /// Servers: the project's id and the image, `None` for one that starts from a volume.
    pub fn servers(&mut self, of: &[(&str, Option<Uuid>)]) -> Vec<String> {
        let made = self.make(
            "servers",
            of.iter().map(|(project, image)| {
                let image = image.map(|image| image.to_string()).unwrap_or_default();
                json!({"project_id": project, "image_id": image})
            }),
        );
        self.servers.extend(made.clone());
        made
    }

    /// Volumes: the project's id and the image.
    pub fn volumes(&mut self, of: &[(&str, Uuid)]) -> Vec<String> {
        let made = self.make(
            "volumes",
            of.iter()
                .map(|(project, image)| json!({"project_id": project, "image_id": image})),
        );
        self.volumes.extend(made.clone());
        made
    }

    /// Snapshots of volumes: the project's id and the volume.
    pub fn snapshots(&mut self, of: &[(&str, &str)]) -> Vec<String> {
        let made = self.make(
            "snapshots",
            of.iter()
                .map(|(project, volume)| json!({"project_id": project, "volume_id": volume})),
        );
        self.snapshots.extend(made.clone());
        made
    }

    /// Deletes these servers now.
    pub fn delete_servers(&mut self, ids: &[String]) {
        self.delete("delete-server", ids).unwrap();
        self.servers.retain(|id| !ids.contains(id));
    }

    /// Deletes these volumes now.
    pub fn delete_volumes(&mut self, ids: &[String]) {
        self.delete("delete-volume", ids).unwrap();
        self.volumes.retain(|id| !ids.contains(id));
    }

    /// Deletes these snapshots now.
    pub fn delete_snapshots(&mut self, ids: &[String]) {
        self.delete("delete-snapshot", ids).unwrap();
        self.snapshots.retain(|id| !ids.contains(id));
    }

    fn make(&self, what: &str, list: impl Iterator<Item = Value>) -> Vec<String> {
        let list = Value::Array(list.collect()).to_string();
        let made = self.run(&[what.to_owned()], &list).unwrap();
        made.lines().map(str::to_owned).collect()
    }

    fn delete(&self, what: &str, ids: &[String]) -> Result<(), String> {
        if ids.is_empty() {
            return Ok(());
        }
        let arguments = [&[what.to_owned()], ids].concat();
        self.run(&arguments, "").map(drop)
    }

    fn run(&self, arguments: &[String], input: &str) -> Result<String, String> {
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/openstack/use");
        let mut child = Command::new(tool)
            .args(arguments)
            .env("BONAFIDE_OPENSTACK_ROOT", &self.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap()),
            false => Err(format!("{arguments:?}: {}", output.status)),
        }
    }
}

impl Drop for Seeds {
    fn drop(&mut self) {
        for (what, ids) in [
            ("delete-snapshot", &self.snapshots),
            ("delete-volume", &self.volumes),
            ("delete-server", &self.servers),
        ] {
            // A second panic would hide the first one.
            let deleted = self.delete(what, ids);
            assert!(deleted.is_ok() || panicking(), "{deleted:?}");
        }
    }
}
