//! Profiles: settings that several clouds of one provider share.

use std::path::PathBuf;

use super::file;
use super::tree::{Map, Node, invalid};
use super::yaml;
use crate::Error;

/// The profiles that are part of openstacksdk and not of this crate: half of those clouds are gone,
/// and a library that contains URLs sends passwords to them.
const BUILT_INTO_OPENSTACKSDK: [&str; 25] = [
    "auro",
    "betacloud",
    "binero",
    "bluebox",
    "catalyst",
    "citycloud",
    "conoha",
    "dreamcompute",
    "elastx",
    "entercloudsuite",
    "fuga",
    "ibmcloud",
    "internap",
    "limestonenetworks",
    "otc",
    "otc-swiss",
    "ovh",
    "ovh-us",
    "rackspace",
    "switchcloud",
    "switchengines",
    "ultimum",
    "unitedstack",
    "vexxhost",
    "zetta",
];

/// The profiles of `clouds-public.yaml`, which is read if a cloud has one.
#[derive(Clone, Default)]
pub(crate) struct Profiles {
    file: Option<PathBuf>,
}

impl Profiles {
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The base of a cloud: its profile, or nothing.
    pub(crate) fn of(&self, cloud: &Map, origin: &str) -> Result<Map, Error> {
        // `cloud` is the older name of the key.
        let key = if cloud.contains("profile") {
            "profile"
        } else {
            "cloud"
        };
        let name = match cloud.get(key) {
            None => return Ok(Map::default()),
            Some(node @ (Node::Null | Node::Text(_) | Node::Flag { .. })) => match node.text() {
                None => return Ok(Map::default()),
                Some(name) => name,
            },
            Some(other) => {
                let reason = format!("it is {} and not the name of a profile", other.kind());
                return Err(invalid(key, origin, &reason));
            }
        };
        match self.find(name)? {
            Some(profile) => Ok(profile),
            None => Err(invalid(key, origin, &self.missing(name))),
        }
    }

    fn find(&self, name: &str) -> Result<Option<Map>, Error> {
        let Some(path) = &self.file else {
            return Ok(None);
        };
        let origin = path.display().to_string();
        let mut document = yaml::read(&file::read_text("clouds-public.yaml", path)?, &origin)?;
        let mut profiles = document.take_map("public-clouds", &origin)?;
        let repeated = profiles.repeats(name);
        let profile = match profiles.take(name) {
            None => return Ok(None),
            Some(Node::Map(map)) => map.underscored(),
            Some(other) => {
                let reason = format!("the profile is {} and not a mapping", other.kind());
                return Err(invalid(name, &origin, &reason));
            }
        };
        if repeated {
            let reason = "the profile is defined twice; remove one of them";
            return Err(invalid(name, &origin, reason));
        }
        if let Some(key) = profile.repeated() {
            return Err(invalid(
                key,
                &origin,
                "it is written twice; remove one of them",
            ));
        }
        for key in ["cloud", "profile"] {
            if profile.contains(key) {
                let reason = format!("profile `{name}` refers to another one; put its keys here");
                return Err(invalid(key, &origin, &reason));
            }
        }
        Ok(Some(profile))
    }

    fn missing(&self, name: &str) -> String {
        // A URL may contain a password.
        let shown = if name.contains("://") {
            "https://…"
        } else {
            name
        };
        let place = match &self.file {
            Some(path) => format!(
                "`{shown}` is not below `public-clouds` of {}",
                path.display()
            ),
            None => format!("`{shown}` is unknown, since there is no clouds-public.yaml"),
        };
        let why = if BUILT_INTO_OPENSTACKSDK.contains(&name) {
            "; the profiles that are built into openstacksdk are not built in here"
        } else if name.contains("://") {
            "; profiles are not fetched from a URL"
        } else {
            ""
        };
        format!(
            "{place}{why}; write its `auth_url` and regions into the cloud, or a profile of this \
             name into clouds-public.yaml"
        )
    }
}
