//! Where `clouds.yaml`, `secure.yaml` and `clouds-public.yaml` are searched.

use std::path::{Path, PathBuf};

use super::file;
use super::profiles::Profiles;
use super::tree::{Map, Node, invalid};
use super::yaml;
use crate::Error;

const SUFFIXES: [&str; 3] = ["yaml", "yml", "json"];

/// The clouds that were found, and where was searched.
#[derive(Default)]
pub(crate) struct Found {
    /// The file of each cloud.
    pub(crate) file: Option<PathBuf>,
    /// By name; unparsed values.
    pub(crate) clouds: Map,
    /// The names of clouds that a file defines twice.
    pub(crate) repeated: Vec<String>,
    /// What a `profile` of a cloud refers to.
    pub(crate) profiles: Profiles,
    /// Every place, in order; places without a file are marked.
    pub(crate) searched: Vec<String>,
}

impl Found {
    /// Where a cloud is written.
    pub(crate) fn origin(&self, cloud: &str) -> String {
        match &self.file {
            Some(file) => format!("cloud `{cloud}` in {}", file.display()),
            None => format!("cloud `{cloud}`"),
        }
    }

    /// The name of the only cloud, if there is exactly one.
    pub(crate) fn only(&self) -> Option<String> {
        let mut names = self.clouds.iter().map(|(name, _)| name.to_owned());
        names.next().filter(|_| self.clouds.len() == 1)
    }

    /// Removes and returns a cloud, if it exists.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] if it is not a mapping, or if it or a key of it is written twice.
    pub(crate) fn cloud(&mut self, name: &str, origin: &str) -> Result<Option<Map>, Error> {
        if self.repeated.iter().any(|repeated| repeated == name) {
            let reason = "the cloud is defined twice in one file; remove one of them";
            return Err(invalid(name, origin, reason));
        }
        let map = match self.clouds.take(name) {
            None => return Ok(None),
            Some(Node::Map(map)) => map,
            Some(Node::Null) => Map::default(),
            Some(other) => {
                let reason = format!("it is {} and not a mapping", other.kind());
                return Err(invalid(name, origin, &reason));
            }
        };
        match map.repeated() {
            Some(key) => Err(invalid(
                key,
                origin,
                "it is written twice; remove one of them",
            )),
            None => Ok(Some(map)),
        }
    }
}

/// Searches where openstacksdk does: the file that a variable names, then the working directory,
/// the user's configuration, the machine's. The first file is used.
pub(crate) fn search(
    lookup: &dyn Fn(&str) -> Option<String>,
    directories: &[PathBuf],
) -> Result<Found, Error> {
    let mut found = Found::default();
    let named = named(lookup, "OS_CLIENT_CONFIG_FILE", "clouds.yaml")?;
    let beside = named.as_deref().and_then(Path::parent);
    let beside: Vec<_> = beside.map(Path::to_path_buf).into_iter().collect();
    let clouds = named.or_else(|| {
        candidates(directories, "clouds").find(|candidate| {
            let is_there = candidate.is_file();
            if !is_there {
                let absent = format!("{} (absent)", candidate.display());
                found.searched.push(absent);
            }
            is_there
        })
    });
    let one = |places, what| candidates(places, what).find(|path| path.is_file());
    let secure = match self::named(lookup, "OS_CLIENT_SECURE_FILE", "secure.yaml")? {
        Some(path) => Some(path),
        // openstacksdk does not look beside a file that a variable names.
        None => one(directories, "secure").or_else(|| one(&beside, "secure")),
    };
    let public = one(directories, "clouds-public").or_else(|| one(&beside, "clouds-public"));
    found.profiles = Profiles::new(public);
    for (path, what) in [(&clouds, "clouds.yaml"), (&secure, "secure.yaml")] {
        if let Some(path) = path {
            found.searched.push(path.display().to_string());
            found.add(path, what)?;
        }
    }
    found.file = clouds.or(secure);
    Ok(found)
}

/// The file that a variable names. It must exist: another file may have the same cloud elsewhere.
fn named(
    lookup: &dyn Fn(&str) -> Option<String>,
    variable: &str,
    what: &'static str,
) -> Result<Option<PathBuf>, Error> {
    match lookup(variable) {
        Some(path) if !path.is_empty() => {
            let path = PathBuf::from(path);
            if path.exists() {
                return Ok(Some(path));
            }
            let reason = format!("{variable} names it, but it does not exist");
            Err(Error::ConfigFile {
                what,
                path,
                source: reason.into(),
            })
        }
        _ => Ok(None),
    }
}

/// The clouds of one file, with those of a `secure.yaml` beside it merged over them.
pub(crate) fn read_file(path: &Path) -> Result<Found, Error> {
    let beside: Vec<_> = path.parent().map(Path::to_path_buf).into_iter().collect();
    let one = |what| candidates(&beside, what).find(|path| path.is_file());
    let mut found = Found {
        profiles: Profiles::new(one("clouds-public")),
        ..Found::default()
    };
    found.searched.push(path.display().to_string());
    found.add(path, "clouds.yaml")?;
    if let Some(secure) = one("secure") {
        found.add(&secure, "secure.yaml")?;
    }
    found.file = Some(path.to_path_buf());
    Ok(found)
}

impl Found {
    /// Merges the clouds of a file over the existing ones.
    fn add(&mut self, path: &Path, what: &'static str) -> Result<(), Error> {
        let text = file::read_text(what, path)?;
        self.add_text(&text, &path.display().to_string())
    }

    pub(crate) fn add_text(&mut self, text: &str, origin: &str) -> Result<(), Error> {
        let mut document = yaml::read(text, origin)?;
        if document.repeats("clouds") {
            let reason = "it is written twice in the file; put all clouds below one of them";
            return Err(invalid("clouds", origin, reason));
        }
        let clouds = document.take_map("clouds", origin)?;
        let mut underscored = Map::default();
        for (name, node) in clouds.iter() {
            if clouds.repeats(name) {
                self.repeated.push(name.to_owned());
            }
            underscored.set(name, node.clone().underscored());
        }
        self.clouds.merge(underscored);
        Ok(())
    }
}

/// The directories that are searched without a variable: those of openstacksdk and of the XDG
/// specification.
pub(crate) fn directories(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let path = |name| {
        lookup(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let home = path("HOME");
    let mut directories = vec![PathBuf::from(".")];
    directories.extend(path("XDG_CONFIG_HOME"));
    // A snap has a `HOME` of its own.
    directories.extend(
        path("SNAP_REAL_HOME")
            .or(home)
            .map(|home| home.join(".config")),
    );
    match lookup("XDG_CONFIG_DIRS").filter(|list| !list.is_empty()) {
        Some(list) => directories.extend(list.split(':').map(PathBuf::from)),
        None => directories.push(PathBuf::from("/etc/xdg")),
    }
    for directory in &mut directories[1..] {
        directory.push("openstack");
    }
    directories.push(PathBuf::from("/etc/openstack"));
    directories.dedup();
    directories
}

fn candidates(directories: &[PathBuf], name: &'static str) -> impl Iterator<Item = PathBuf> {
    directories.iter().flat_map(move |directory| {
        SUFFIXES.map(|suffix| directory.join(format!("{name}.{suffix}")))
    })
}
