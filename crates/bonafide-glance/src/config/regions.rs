//! The region of a cloud, and its values.

use super::tree::{Map, Node, invalid};
use crate::Error;

/// A region that a file names, with the values that only it has.
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) values: Map,
}

/// The known regions of a cloud: those of its own entry, else those of its profile. None are known
/// if neither lists any.
pub(crate) fn known(cloud: &Map, profile: &Map, origin: &str) -> Result<Vec<Region>, Error> {
    for map in [cloud, profile] {
        match (map.get("regions"), map.get("region_name")) {
            (Some(Node::List(list)), _) => {
                let regions: Result<Vec<_>, _> =
                    list.iter().map(|node| one(node, origin)).collect();
                return regions;
            }
            (Some(other), _) if *other != Node::Null => {
                let reason = format!("it is {} and not a list of regions", other.kind());
                return Err(invalid("regions", origin, &reason));
            }
            (_, Some(node)) => {
                let regions = named(node, origin)?;
                if !regions.is_empty() {
                    return Ok(regions);
                }
            }
            _ => {}
        }
    }
    Ok(Vec::new())
}

/// The requested one, else the first. A region that the file does not list is refused: its values
/// are unknown, and a typo may be the name of another one.
pub(crate) fn choose(
    known: Vec<Region>,
    wanted: Option<&str>,
    key: &str,
    origin: &str,
) -> Result<Option<Region>, Error> {
    let Some(wanted) = wanted else {
        return Ok(known.into_iter().next());
    };
    if known.is_empty() {
        return Ok(Some(Region::named(wanted)));
    }
    let names: Vec<_> = known
        .iter()
        .map(|region| format!("`{}`", region.name))
        .collect();
    let found = known.into_iter().find(|region| region.name == wanted);
    found.map(Some).ok_or_else(|| {
        let reason = format!(
            "region `{wanted}` is not among those of the cloud: {}; name one of them, or add it to \
             `regions`",
            names.join(", ")
        );
        invalid(key, origin, &reason)
    })
}

impl Region {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            values: Map::default(),
        }
    }
}

/// A `region_name`, which may be a list too, or several with commas between them.
fn named(node: &Node, origin: &str) -> Result<Vec<Region>, Error> {
    match node {
        Node::List(list) => list.iter().map(|node| one(node, origin)).collect(),
        Node::Map(_) => Err(invalid(
            "region_name",
            origin,
            "it is a mapping and not a name",
        )),
        scalar => {
            let names = scalar.text().unwrap_or_default().split(',');
            Ok(names
                .filter(|name| !name.is_empty())
                .map(Region::named)
                .collect())
        }
    }
}

/// An element of `regions`: a name, or a name with values.
fn one(node: &Node, origin: &str) -> Result<Region, Error> {
    let refused = |reason: &str| Err(invalid("regions", origin, reason));
    let map = match node {
        Node::Map(map) => map,
        node => match node.text() {
            Some(name) => return Ok(Region::named(name)),
            None => return refused("a region is a name, or a mapping with `name` and `values`"),
        },
    };
    let Some(name) = map.get("name").and_then(Node::text) else {
        return refused("a region lacks its `name`");
    };
    if let Some((key, _)) = map
        .iter()
        .find(|(key, _)| !["name", "values"].contains(key))
    {
        return refused(&format!(
            "region `{name}` has `{key}`; values of one region must be below its `values`"
        ));
    }
    let mut values = match map.get("values") {
        None | Some(Node::Null) => Map::default(),
        Some(Node::Map(values)) => values.clone(),
        Some(other) => {
            return refused(&format!(
                "the values of region `{name}` are {} and not a mapping",
                other.kind()
            ));
        }
    };
    for key in ["profile", "cloud", "regions"] {
        if values.contains(key) {
            return refused(&format!(
                "region `{name}` has `{key}` among its values; it belongs to the cloud"
            ));
        }
    }
    // The name of the region is the requested one.
    values.take("region_name");
    Ok(Region {
        name: name.to_owned(),
        values,
    })
}
