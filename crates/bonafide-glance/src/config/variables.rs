//! The `OS_*` variables: a cloud of their own, or beside one of a file.

use super::keys::{INSIDE_FIRST, NOT_BUILT_IN, OF_A_SERVICE, OUTSIDE_FIRST, SETTINGS};
use super::tree::{Map, Node};
use crate::endpoint::Service;

/// keystoneauth's variables that mean nothing alone; they do not make a cloud.
const WEAK: [&str; 3] = ["protocol", "scope", "url"];

/// Every variable with a meaning here, by its name in lower case without `OS_`; those that select
/// the cloud and the file are not among them.
pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Map {
    let mut map = Map::default();
    for name in names() {
        let value = lookup(&variable(&name)).filter(|value| !value.is_empty());
        if let Some(value) = value {
            map.set(&name, Node::Text(value));
        }
    }
    map
}

/// Whether the variables say who logs in, and so are a cloud of their own unless another one is
/// named.
pub(crate) fn are_a_cloud(variables: &Map) -> bool {
    auth_names().any(|name| !WEAK.contains(&name) && variables.contains(name))
}

/// The name of a variable by its key.
pub(crate) fn variable(key: &str) -> String {
    format!("OS_{}", key.to_ascii_uppercase())
}

fn auth_names() -> impl Iterator<Item = &'static str> {
    OUTSIDE_FIRST
        .iter()
        .chain(&INSIDE_FIRST)
        .flat_map(|(_, names)| names.iter().copied())
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = auth_names().map(str::to_owned).collect();
    names.push("region_name".to_owned());
    names.extend(SETTINGS.map(str::to_owned));
    names.extend(NOT_BUILT_IN.map(|(name, _)| name.to_owned()));
    for service in Service::ALL {
        for prefix in service.prefixes() {
            names.extend(OF_A_SERVICE.map(|setting| format!("{prefix}_{setting}")));
        }
    }
    names.push("identity_api_version".to_owned());
    names
}
