//! From the text of a file to values as they are written.
//!
//! The text is read twice: once for its structure and its types, and once for the spelling of its
//! scalars, since a password like `0123` or `1e5` must stay as it is written.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::DuplicateKeyPolicy;

use super::tree::{Map, Node};
use crate::Error;

/// Reads a document, which is a mapping or empty.
///
/// # Errors
/// [`Error::InvalidConfig`] with the place, if it is not YAML or not a mapping. The parser's own
/// message may quote the line, and with it a password, so it is not passed on.
pub(crate) fn read(text: &str, origin: &str) -> Result<Map, Error> {
    let refused = |error: serde_saphyr::Error| Error::InvalidConfig {
        key: "clouds".to_owned(),
        origin: origin.to_owned(),
        reason: match error.location() {
            Some(place) => format!(
                "it is not YAML, see line {} column {}",
                place.line(),
                place.column()
            ),
            None => "it is not YAML".to_owned(),
        },
    };
    // For Python, a text with comments only and an empty one are a null.
    if text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    }) {
        return Ok(Map::default());
    }
    let options = || serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::PassThrough };
    let shape: Shape = serde_saphyr::from_str_with_options(text, options()).map_err(refused)?;
    let node = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |yaml| {
        Spelled(&shape).deserialize(yaml)
    });
    match node.map_err(refused)? {
        Node::Map(map) => Ok(map),
        Node::Null => Ok(Map::default()),
        other => Err(Error::InvalidConfig {
            key: "clouds".to_owned(),
            origin: origin.to_owned(),
            reason: format!("the file is {} and not a mapping", other.kind()),
        }),
    }
}

/// The structure of a document.
enum Shape {
    Flag(bool),
    List(Vec<Shape>),
    Map(Vec<Shape>),
    Null,
    Text,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Flag(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        Shape::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while let Some(shape) = sequence.next_element()? {
            shapes.push(shape);
        }
        Ok(Shape::List(shapes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while let Some((_, shape)) = map.next_entry::<Key, Shape>()? {
            shapes.push(shape);
        }
        Ok(Shape::Map(shapes))
    }
}

/// A key of any type, as it is spelled.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// The values of a document whose structure is known.
struct Spelled<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for Spelled<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.0 {
            Shape::Null => IgnoredAny::deserialize(deserializer).map(|_| Node::Null),
            Shape::Flag(value) => {
                let text = String::deserialize(deserializer)?;
                Ok(match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "false" | "no" | "off" => Node::Flag {
                        value: *value,
                        text,
                    },
                    // Python's YAML reads `y` and `n` as texts.
                    _ => Node::Text(text),
                })
            }
            Shape::Text => String::deserialize(deserializer).map(Node::Text),
            Shape::List(shapes) => deserializer.deserialize_seq(ListVisitor(shapes)),
            Shape::Map(shapes) => deserializer.deserialize_map(MapVisitor(shapes)),
        }
    }
}

struct ListVisitor<'s>(&'s [Shape]);

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        for shape in self.0 {
            let node = sequence.next_element_seed(Spelled(shape))?;
            nodes.push(node.ok_or_else(|| A::Error::custom("a list became shorter"))?);
        }
        // The end must be read too.
        match sequence.next_element::<IgnoredAny>()? {
            None => Ok(Node::List(nodes)),
            Some(_) => Err(A::Error::custom("a list became longer")),
        }
    }
}

struct MapVisitor<'s>(&'s [Shape]);

impl<'de> Visitor<'de> for MapVisitor<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = Map::default();
        for shape in self.0 {
            let Some(Key(key)) = access.next_key()? else {
                return Err(A::Error::custom("a mapping became shorter"));
            };
            map.read(key, access.next_value_seed(Spelled(shape))?);
        }
        match access.next_key::<Key>()? {
            None => Ok(Node::Map(map)),
            Some(_) => Err(A::Error::custom("a mapping became longer")),
        }
    }
}
