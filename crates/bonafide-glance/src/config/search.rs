//! Where `clouds.yaml` and `secure.yaml` are looked for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::entry::{self, Entry};
use crate::Error;

const SUFFIXES: [&str; 3] = ["yaml", "yml", "json"];

/// The clouds that were found, and where was looked.
#[derive(Default)]
pub(super) struct Found {
    /// The file they are from.
    pub(super) file: Option<PathBuf>,
    /// By name.
    pub(super) clouds: BTreeMap<String, Entry>,
    /// Every place, in order; those without a file say so.
    pub(super) searched: Vec<String>,
}

/// Looks where openstacksdk does: the file that a variable names, then the working directory,
/// the user's configuration, the machine's. The first file counts.
pub(super) fn search(
    lookup: &dyn Fn(&str) -> Option<String>,
    directories: &[PathBuf],
) -> Result<Found, Error> {
    let mut found = Found::default();
    let named = |variable| lookup(variable).filter(|path| !path.is_empty());
    match named("OS_CLIENT_CONFIG_FILE") {
        Some(path) => found.file = Some(PathBuf::from(path)),
        None => {
            for candidate in candidates(directories, "clouds") {
                if candidate.is_file() {
                    found.file = Some(candidate);
                    break;
                }
                found
                    .searched
                    .push(format!("{} (absent)", candidate.display()));
            }
        }
    }
    let Some(file) = &found.file else {
        return Ok(found);
    };
    found.searched.push(file.display().to_string());
    found.clouds = clouds(file, "clouds.yaml")?;
    let secure = named("OS_CLIENT_SECURE_FILE")
        .map(PathBuf::from)
        .or_else(|| {
            let beside = file.parent().map(Path::to_path_buf);
            let places: Vec<_> = beside
                .into_iter()
                .chain(directories.iter().cloned())
                .collect();
            candidates(&places, "secure").find(|path| path.is_file())
        });
    if let Some(secure) = secure {
        found.clouds = overlaid(found.clouds, clouds(&secure, "secure.yaml")?);
    }
    Ok(found)
}

/// The clouds of one file, with those of a `secure.yaml` beside it merged over them.
pub(super) fn read_file(path: &Path) -> Result<BTreeMap<String, Entry>, Error> {
    let read = clouds(path, "clouds.yaml")?;
    let beside: Vec<_> = path.parent().map(Path::to_path_buf).into_iter().collect();
    match candidates(&beside, "secure").find(|path| path.is_file()) {
        Some(secure) => Ok(overlaid(read, clouds(&secure, "secure.yaml")?)),
        None => Ok(read),
    }
}

/// The directories that are searched without a variable.
pub(super) fn directories(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let user = lookup("XDG_CONFIG_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(lookup("HOME")?).join(".config")));
    let mut directories = vec![PathBuf::from(".")];
    directories.extend(user.map(|path| path.join("openstack")));
    directories.push(PathBuf::from("/etc/openstack"));
    directories
}

fn candidates(directories: &[PathBuf], name: &'static str) -> impl Iterator<Item = PathBuf> {
    directories.iter().flat_map(move |directory| {
        SUFFIXES.map(|suffix| directory.join(format!("{name}.{suffix}")))
    })
}

fn clouds(path: &Path, what: &'static str) -> Result<BTreeMap<String, Entry>, Error> {
    let text = fs::read_to_string(path).map_err(|error: io::Error| Error::ConfigFile {
        what,
        path: path.to_path_buf(),
        source: Box::new(error),
    })?;
    entry::read(&text, &path.display().to_string())
}

fn overlaid(
    below: BTreeMap<String, Entry>,
    mut above: BTreeMap<String, Entry>,
) -> BTreeMap<String, Entry> {
    let merged = below.into_iter().map(|(name, entry)| {
        let over = above.remove(&name).unwrap_or_default();
        (name, entry.merged(over))
    });
    merged.collect()
}
