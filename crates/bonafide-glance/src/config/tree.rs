//! Values as they are written in a file, and how openstacksdk merges them.

use crate::Error;

/// A value as it is written. It has no `Debug`: any text may be a password.
#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    /// A boolean of YAML 1.1 without quotes, such as `no`, with its spelling.
    Flag {
        value: bool,
        text: String,
    },
    List(Vec<Node>),
    Map(Map),
    Null,
    /// A text, or a number or date as it is spelled: openstacksdk converts numbers to texts too.
    Text(String),
}

/// A mapping in the order of the file.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Map {
    entries: Vec<(String, Node)>,
    repeated: Option<String>,
}

impl Node {
    /// The text of a scalar; `None` for a null, which is treated as absent.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Flag { text, .. } | Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn underscored(self) -> Self {
        match self {
            Self::Map(map) => Self::Map(map.underscored()),
            Self::List(list) => Self::List(list.into_iter().map(Self::underscored).collect()),
            scalar => scalar,
        }
    }

    /// Its kind, for an error message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Flag { .. } => "a boolean",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Null => "null",
            Self::Text(_) => "a text",
        }
    }
}

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let found = self.entries.iter().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, node)| (key.as_str(), node))
    }

    pub(crate) fn into_keys(self) -> Vec<String> {
        self.entries.into_iter().map(|(key, _)| key).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn set(&mut self, key: &str, node: Node) {
        match self.entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = node,
            None => self.entries.push((key.to_owned(), node)),
        }
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        let place = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(place).1)
    }

    /// Adds an entry as it is read; a duplicate key is recorded.
    pub(crate) fn read(&mut self, key: String, node: Node) {
        if self.contains(&key) {
            self.repeated = Some(key.clone());
        }
        self.set(&key, node);
    }

    /// With underscores for the dashes of its keys, at every depth.
    pub(crate) fn underscored(self) -> Self {
        let mut map = Self {
            entries: Vec::with_capacity(self.entries.len()),
            repeated: self.repeated,
        };
        for (key, node) in self.entries {
            map.read(key.replace('-', "_"), node.underscored());
        }
        map
    }

    /// A key that is written twice, here or further down.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let below = || {
            self.entries.iter().find_map(|(_, node)| match node {
                Node::Map(map) => map.repeated(),
                Node::List(list) => list.iter().find_map(|node| match node {
                    Node::Map(map) => map.repeated(),
                    _ => None,
                }),
                _ => None,
            })
        };
        self.repeated.as_deref().or_else(below)
    }

    /// Whether this very mapping, and not one below it, has the key twice.
    pub(crate) fn repeats(&self, key: &str) -> bool {
        self.repeated.as_deref() == Some(key)
    }

    /// Mappings are merged at every depth; other values of `over` replace the old ones, a null too.
    /// So `secure.yaml` is merged over `clouds.yaml`.
    pub(crate) fn merge(&mut self, over: Self) {
        for (key, node) in over.entries {
            match (self.entries.iter_mut().find(|(name, _)| *name == key), node) {
                (Some((_, Node::Map(below))), Node::Map(map)) => below.merge(map),
                (Some((_, below)), node) => *below = node,
                (None, node) => self.entries.push((key, node)),
            }
        }
        self.repeated = self.repeated.take().or(over.repeated);
    }

    /// Only `auth` is merged, and one level deep; other values of `over` replace the old ones. So a
    /// cloud is merged over its profile, and the values of a region over a cloud.
    pub(crate) fn update(&mut self, over: Self) {
        for (key, node) in over.entries {
            match (key.as_str(), node) {
                ("auth", Node::Map(auth)) => match self.get_mut("auth") {
                    Some(Node::Map(below)) => {
                        for (key, node) in auth.entries {
                            below.set(&key, node);
                        }
                    }
                    _ => self.set("auth", Node::Map(auth)),
                },
                ("auth", Node::Null) => {}
                (_, node) => self.set(&key, node),
            }
        }
    }

    /// The same, but a null does not replace anything.
    pub(crate) fn update_stated(&mut self, mut over: Self) {
        over.entries.retain(|(_, node)| *node != Node::Null);
        self.update(over);
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let found = self.entries.iter_mut().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    /// Removes and returns a mapping; empty if it is absent or a null.
    pub(crate) fn take_map(&mut self, key: &str, origin: &str) -> Result<Self, Error> {
        match self.take(key) {
            None | Some(Node::Null) => Ok(Self::default()),
            Some(Node::Map(map)) => Ok(map),
            Some(other) => Err(invalid(
                key,
                origin,
                &format!("{} where a mapping belongs", other.kind()),
            )),
        }
    }
}

pub(crate) fn invalid(key: &str, origin: &str, reason: &str) -> Error {
    Error::InvalidConfig {
        key: key.to_owned(),
        origin: origin.to_owned(),
        reason: reason.to_owned(),
    }
}
