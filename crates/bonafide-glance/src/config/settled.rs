//! All settings of one cloud merged, in openstacksdk's order: its profile, its entry, the values of
//! its region, the variables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::keys::{INSIDE_FIRST, OUTSIDE_FIRST};
use super::profiles::Profiles;
use super::regions::{choose, known};
use super::tree::{Map, Node, invalid};
use super::variables::variable;
use crate::Error;

/// The parsed settings of one cloud, to be settled for one region or another.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) cloud: Map,
    pub(crate) profiles: Profiles,
    /// Variables beside the cloud, by their names in lower case without `OS_`.
    pub(crate) variables: Map,
    /// Where it is written, for messages.
    pub(crate) origin: String,
}

// Any of its texts may be a password.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The same for one region, with every key in its place.
pub(crate) struct Settled {
    /// The keys of `auth` by their current names.
    pub(crate) auth: BTreeMap<&'static str, String>,
    /// The factors of a log-in with several.
    pub(crate) auth_methods: Vec<String>,
    /// Those keys that the file has inside of `auth`.
    pub(crate) inside: BTreeSet<&'static str>,
    /// Everything else.
    settings: Map,
    pub(crate) region: Option<String>,
    /// The keys that a variable sets.
    pub(crate) by_variable: BTreeSet<String>,
    pub(crate) origin: String,
}

impl Written {
    /// Settles it for the requested region, else that of a variable, else the first.
    pub(crate) fn settle(&self, region: Option<&str>) -> Result<Settled, Error> {
        let origin = &self.origin;
        let profile = self.profiles.of(&self.cloud, origin)?;
        let regions = known(&self.cloud, &profile, origin)?;
        let mut config = profile;
        config.update(self.cloud.clone());
        let variables = &self.variables;
        let named = variables.get("region_name").and_then(Node::text);
        let region = match (region, named) {
            (None, Some(name)) => choose(regions, Some(name), "OS_REGION_NAME", origin)?,
            (name, _) => choose(regions, name, "region_name", origin)?,
        };
        for key in ["cloud", "profile", "regions", "region_name"] {
            config.take(key);
        }
        let region = region.map(|region| {
            config.update_stated(region.values);
            region.name
        });
        self.agree(&config)?;
        for (key, node) in variables.iter().filter(|(key, _)| *key != "region_name") {
            if key == "interface" {
                // The older name would override later ones.
                config.take("endpoint_type");
            }
            config.set(key, node.clone());
        }
        let mut settled = Settled::new(config, region.filter(|name| !name.is_empty()), origin)?;
        settled.by_variable = variables.iter().map(|(key, _)| key.to_owned()).collect();
        Ok(settled)
    }

    /// Whether the variables and the file agree. If openstacksdk follows the file and the command
    /// `openstack` the variable, this crate refuses both.
    fn agree(&self, config: &Map) -> Result<(), Error> {
        let mut config = config.clone();
        let auth = config.take_map("auth", &self.origin)?;
        let stated = |names: &[&str]| {
            let mut of = names
                .iter()
                .flat_map(|name| [auth.get(name), config.get(name)]);
            of.find_map(|node| node.and_then(Node::text))
                .map(str::to_owned)
        };
        let by_variable = |names: &'static [&'static str]| {
            let mut found = names.iter().filter_map(|name| {
                let value = self.variables.get(name)?.text()?;
                Some((*name, value))
            });
            found.next_back()
        };
        for (key, names) in INSIDE_FIRST {
            if let (Some((name, value)), Some(other)) = (by_variable(names), stated(names))
                && value != other
            {
                return Err(self.contradicts(name, key));
            }
        }
        // An id is used and a name beside it is ignored.
        for (names, ids) in [
            (
                &["project_name", "tenant_name"][..],
                &["project_id", "tenant_id"][..],
            ),
            (&["project_domain_name"], &["project_domain_id"]),
            (&["user_domain_name"], &["user_domain_id"]),
            (&["domain_name"], &["domain_id"]),
            (&["username", "user_name"], &["user_id"]),
            (
                &["application_credential_name"],
                &["application_credential_id"],
            ),
        ] {
            if let (Some((name, _)), None, Some(_)) =
                (by_variable(names), by_variable(ids), stated(ids))
            {
                return Err(self.contradicts(name, ids[0]));
            }
        }
        Ok(())
    }

    fn contradicts(&self, name: &str, key: &str) -> Error {
        let reason = format!(
            "{} has `{key}`, which differs; unset the variable, or remove the key",
            self.origin
        );
        invalid(&variable(name), "the environment", &reason)
    }
}

impl Settled {
    fn new(mut config: Map, region: Option<String>, origin: &str) -> Result<Self, Error> {
        let mut section = config.take_map("auth", origin)?;
        let auth_methods = match section.take("auth_methods") {
            None | Some(Node::Null) => config.take("auth_methods"),
            methods => methods,
        };
        let mut auth = BTreeMap::new();
        let mut inside = BTreeSet::new();
        for (target, names) in OUTSIDE_FIRST {
            for name in names {
                if let Some(text) = scalar(section.take(name), &format!("auth.{name}"), origin)? {
                    inside.insert(target);
                    auth.insert(target, text);
                }
                if let Some(text) = scalar(config.take(name), name, origin)? {
                    auth.insert(target, text);
                }
            }
        }
        for (target, names) in INSIDE_FIRST {
            let mut texts = Vec::new();
            for name in names {
                let text = scalar(section.take(name), &format!("auth.{name}"), origin)?;
                if text.is_some() {
                    inside.insert(target);
                }
                texts.extend(text);
            }
            for name in names {
                texts.extend(scalar(config.take(name), name, origin)?);
            }
            if !texts.is_empty() {
                auth.insert(target, texts.swap_remove(0));
            }
        }
        if let Some((key, _)) = section.iter().find(|(_, node)| **node != Node::Null) {
            let reason = "no built-in log-in has this key; correct its name or remove it";
            return Err(invalid(&format!("auth.{key}"), origin, reason));
        }
        spread_domain(&mut auth);
        let mut settled = Self {
            auth,
            auth_methods: Vec::new(),
            inside,
            settings: config,
            region,
            by_variable: BTreeSet::new(),
            origin: origin.to_owned(),
        };
        if let Some(methods) = auth_methods {
            settled.auth_methods = texts(&methods, "auth_methods", origin)?;
        }
        if let Some(url) = settled.auth.get("auth_url") {
            let url = settled.expanded("auth.auth_url", url)?;
            settled.auth.insert("auth_url", url);
        }
        Ok(settled)
    }

    pub(crate) fn auth(&self, key: &str) -> Option<&str> {
        self.auth.get(key).map(String::as_str)
    }

    pub(crate) fn setting(&self, key: &str) -> Option<&Node> {
        self.settings.get(key).filter(|node| **node != Node::Null)
    }

    /// The text of a setting, with the references in braces replaced.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, Error> {
        let node = self.settings.get(key).cloned();
        match scalar(node, key, &self.origin)? {
            Some(text) => self.expanded(key, &text).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.settings.iter()
    }

    pub(crate) fn invalid(&self, key: &str, reason: &str) -> Error {
        if self.by_variable.contains(key) {
            return invalid(&variable(key), "the environment", reason);
        }
        invalid(key, &self.origin, reason)
    }

    /// `{region_name}` and the like are replaced by the cloud's value of that key, as Python's
    /// `str.format` does; `{{` is a brace.
    fn expanded(&self, key: &str, text: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(place);
            out.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                out.push_str(&from[..1]);
                rest = after;
                continue;
            }
            let name = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((name, after)) = name else {
                return Err(self.invalid(key, "a brace in it has no counterpart; write it twice"));
            };
            let value = match name {
                "region_name" => self.region.as_deref(),
                _ => self.settings.get(name).and_then(Node::text),
            };
            let Some(value) = value else {
                let reason = format!("the cloud has no text under `{name}`, to which it refers");
                return Err(self.invalid(key, &reason));
            };
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// One domain may be set for the user and the project of a log-in to a project.
fn spread_domain(auth: &mut BTreeMap<&'static str, String>) {
    if !auth.contains_key("project_id") && !auth.contains_key("project_name") {
        return;
    }
    for (domain, targets) in [
        ("domain_id", ["user_domain_id", "project_domain_id"]),
        ("domain_name", ["user_domain_name", "project_domain_name"]),
    ] {
        if let Some(text) = auth.remove(domain) {
            for target in targets {
                auth.entry(target).or_insert_with(|| text.clone());
            }
        }
    }
}

fn scalar(node: Option<Node>, key: &str, origin: &str) -> Result<Option<String>, Error> {
    match node {
        Some(node @ (Node::List(_) | Node::Map(_))) => {
            let reason = format!("it is {} and not a text", node.kind());
            Err(invalid(key, origin, &reason))
        }
        Some(node) => Ok(node.text().map(str::to_owned)),
        None => Ok(None),
    }
}

/// The texts of a list, which may also be one text with commas.
pub(crate) fn texts(node: &Node, key: &str, origin: &str) -> Result<Vec<String>, Error> {
    let split = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect();
    match node {
        Node::List(list) => {
            let texts = list.iter().map(|node| {
                let text = scalar(Some(node.clone()), key, origin)?;
                text.ok_or_else(|| invalid(key, origin, "an element of the list is empty"))
            });
            texts.collect()
        }
        Node::Map(_) => Err(invalid(key, origin, "it is a mapping and not a list")),
        scalar => Ok(scalar.text().map(split).unwrap_or_default()),
    }
}

pub(crate) fn missing(settled: &Settled, key: &'static str, hint: &'static str) -> Error {
    Error::MissingConfig {
        key,
        origin: settled.origin.clone(),
        hint,
    }
}
